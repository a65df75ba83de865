"""Lets the demo's people act through the same commands as the API, each at their own moment."""

import heapq
import itertools
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar
from uuid import UUID

from app.core import clock
from app.core.ids import new_id
from app.core.words import Actor, Role
from app.db.models import AuthSession
from app.db.reading import open_reading
from app.db.session import Database
from app.db.unit_of_work import UnitOfWork, open_work
from app.demo.people import FIRST_CHILD_ID, HARBOUR, SECONDARY, Cast, Person, Place
from app.domain.duty.alerts.commands import acknowledge_alerts, note_sent
from app.domain.duty.alerts.queries import unsent_alerts

T = TypeVar("T")
Do = Callable[[], Awaitable[None]]
LONGEST_LOAD = timedelta(hours=6)
MAIL_TAKES = timedelta(seconds=20)


@dataclass(frozen=True, slots=True)
class Player:
    """A person in one role, signed in."""

    person: Person
    actor: Actor

    @property
    def id(self) -> UUID:
        """The person's id, which is their account's."""
        return self.actor.id


@dataclass(slots=True)
class Stage:
    """The database, who may act, and what is still to happen, by its moment."""

    database: Database
    now: datetime
    cast: Cast = HARBOUR
    quiet: bool = False
    """Whether nobody is mailed or alerted of what is done: it has been, in the story."""
    accounts: dict[str, UUID] = field(default_factory=dict)
    players: dict[tuple[UUID, Role], list[Player]] = field(default_factory=dict)
    plan: list[tuple[datetime, int, Do]] = field(default_factory=list)
    alerts: dict[tuple[UUID, UUID], list[UUID]] = field(default_factory=dict)
    _kept_id: UUID | None = FIRST_CHILD_ID
    _number: Iterator[int] = field(default_factory=itertools.count)

    def team(self, place: Place, role: Role) -> list[Player]:
        """Everybody who holds a role in a place."""
        return self.players[place.id, role]

    def id_for(self, place: Place) -> UUID | None:
        """The id that is known before for the secondary school's first child; None elsewhere."""
        if place is not SECONDARY:
            return None
        id_, self._kept_id = self._kept_id, None
        return id_

    def at(self, moment: datetime, do: Do) -> bool:
        """Plan something; what has not happened yet is left out, and False is answered."""
        if moment >= self.now:
            return False
        heapq.heappush(self.plan, (moment, next(self._number), do))
        return True

    def due(self) -> Iterator[tuple[datetime, Do]]:
        """What was planned, in order, what is planned on the way included."""
        while self.plan:
            moment, _, do = heapq.heappop(self.plan)
            yield moment, do

    async def act(self, player: Player, do: Callable[[UnitOfWork], Awaitable[T]]) -> T:
        """One command by one person, in a transaction of its own."""
        async with open_work(self.database, player.actor) as work:
            work.quiet = self.quiet
            return await do(work)

    async def mail_alerts(self, place: Place, concern_id: UUID) -> None:
        """Note that the alerts of a concern were mailed, as the worker would have."""
        system = Actor.system(place.id)
        async with open_reading(self.database, system) as reading:
            notices = await unsent_alerts(reading, concern_id)
        if not notices:
            return
        with lived_at(clock.now() + MAIL_TAKES):
            async with open_work(self.database, system) as work:
                await note_sent(work, notices)
                for notice in notices:
                    key = (self.accounts[notice.addresses[0]], concern_id)
                    self.alerts.setdefault(key, []).append(notice.alert_id)

    async def acknowledge_alerts(self, work: UnitOfWork, player: Player, concern_id: UUID) -> None:
        """The person has seen what they can read of this concern."""
        await acknowledge_alerts(work, self.alerts.pop((player.id, concern_id), []))

    async def sign_everybody_in(self) -> None:
        """A session for each role of each person, so that the trail names who acted as what."""
        for person in self.cast.people:
            for post in person.posts:
                await self._sign_in(person, post.place.id, post.role)

    async def _sign_in(self, person: Person, place_id: UUID, role: Role) -> None:
        account_id, session_id = self.accounts[person.email], new_id()
        async with open_work(self.database, Actor.system(place_id)) as work:
            work.accounts.add(
                AuthSession(
                    id=session_id, account_id=account_id, organisation_id=place_id,
                    role=role.value, amr=["demo"], auth_time=self.now, seen_at=self.now,
                    expires_at=self.now + LONGEST_LOAD,
                )
            )  # fmt: skip
        actor = Actor(account_id, place_id, role, session_id, amr=("demo",), auth_time=self.now)
        self.players.setdefault((place_id, role), []).append(Player(person, actor))

    async def sign_everybody_out(self) -> None:
        """End every session: nobody is signed in when the demo opens."""
        for (place_id, _), players in self.players.items():
            for player in players:
                async with open_work(self.database, Actor.system(place_id)) as work:
                    await work.accounts.revoke(
                        account_id=player.id, at=clock.now(), reason="demo_loaded"
                    )


@contextmanager
def lived_at(moment: datetime) -> Iterator[None]:
    """The clock stands at a moment of the story, for who tells it alone."""
    with clock.lived_at(moment):
        yield


def school_time(moment: datetime) -> datetime:
    """The moment itself in working hours; otherwise early on the next working day."""
    if moment.hour >= 17:
        moment = (moment + timedelta(days=1)).replace(hour=8, minute=moment.minute)
    if moment.hour < 8:
        moment = moment.replace(hour=8)
    while moment.weekday() >= 5:
        moment += timedelta(days=1)
    return moment
