"""Pure rules of the ladder: who is alerted on each rung, how it climbs, and when it may ring."""

import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from functools import cache, cached_property
from pathlib import Path
from typing import Final, Literal
from uuid import UUID

from app.core.words import Actor, Permission, Role
from app.domain.common.alerts.rules import ADULT_OVERDUE
from app.domain.policy import LEADS, rights_of
from app.formats.calendars import SchoolCalendar

OVERDUE, DRILL = "overdue", "drill"
CHILD = "child"
"""Subject of an alert about a child's record without outstanding work."""
NOBODY_TO_TELL = "nobody_to_tell"
SCHOOL_OVERDUE = "school_overdue"
TRUST: Final = "trust"
LOOKED_AT_AGAIN: Final = timedelta(hours=1)
"""A clock without a record is a fault of Cairn: it is reported to the operator each hour."""
PATIENT_ROUNDS = 3
"""Rounds of promises after which each further one alerts the head at once."""

Rings = Literal["always", "daily", "working_days"]
LONGEST_QUIET = 40
"""Days to search for one that allows ringing; after them it rings on any day."""


@dataclass(frozen=True, slots=True)
class OverdueResource:
    """What is overdue, and who may be alerted to it."""

    resource_type: str
    id: UUID
    owner_id: UUID | None
    urgent: bool
    opens: Callable[[Actor], bool]
    """Whether someone, in one of their roles, may open it."""
    keeps_out: Callable[[Actor], bool]
    """Whether someone must not know of it: they have a conflict, or it is about them."""
    concern_id: UUID | None = None
    action_id: UUID | None = None
    in_adult_register: bool = False

    @property
    def kind(self) -> str:
        """The kind of alert about it in the school."""
        if self.resource_type == DRILL:
            return DRILL
        return ADULT_OVERDUE if self.in_adult_register else OVERDUE

    def may_be_told_to(self, roles: Sequence[Actor]) -> bool:
        """Whether a person may be told of it, given all roles they hold."""
        return any(map(self.opens, roles)) and not any(map(self.keeps_out, roles))


@dataclass(frozen=True)
class Team:
    """Everyone who works in an organisation today, once for each role, and who is away."""

    people: Sequence[Actor] = ()
    away: Mapping[UUID, Sequence[UUID]] = field(default_factory=dict)
    """Who stands in for each of them, in order."""
    doubted: frozenset[UUID] = frozenset()
    """People recorded as away only by those who do not read concerns, including themselves."""

    @cached_property
    def roles(self) -> Mapping[UUID, list[Actor]]:
        """The roles of each person."""
        result: dict[UUID, list[Actor]] = {}
        for actor in self.people:
            result.setdefault(actor.id, []).append(actor)
        return result

    def present(self, person: UUID) -> tuple[UUID, ...]:
        """The person, or those who stand in while they are away; both if the absence is doubted."""
        if person not in self.away:
            return (person,)
        others = tuple(item for item in self.away[person] if item not in self.away)
        return (person, *others) if person in self.doubted else others

    def reached(
        self, about: Sequence[UUID], may: Callable[[UUID], bool], *, absent: bool = False
    ) -> tuple[UUID, ...]:
        """List who on a rung is here and may be alerted.

        If everyone on it is away, they are alerted as well as those who stand in, so that one
        stand-in is never the only person to know. With `absent` they are alerted even if nobody
        stands in.
        """
        here = [person for item in about for person in self.present(item) if may(person)]
        if (here or absent) and all(item in self.away for item in about):
            here += filter(may, about)
        return tuple(dict.fromkeys(here))


HOLDS: Final[Mapping[str, Callable[[Actor], bool]]] = {
    "leads": lambda actor: actor.role in LEADS,
    "head": lambda actor: actor.role is Role.HEADTEACHER,
    "register": lambda actor: (
        actor.role not in LEADS and Permission.ADULT_READ in rights_of(actor).permissions
    ),
    "admins": lambda actor: actor.role is Role.SCHOOL_ADMIN,
    TRUST: lambda actor: actor.role is Role.TRUST_LEAD,
}
"""Who is on a rung; the owner's rung has one person."""


def told_on(
    step: str, thing: OverdueResource, team: Team, *, absent: bool = False
) -> tuple[UUID, ...]:
    """List who is alerted on a rung: here, and able to open it in one of their roles.

    A drill tests just that and rings everyone, because its alert names nothing. An owner who is
    away is alerted only with `absent`: no rung had anyone who is here.
    """

    def may(person: UUID) -> bool:
        roles = team.roles.get(person, ())
        return bool(roles) if thing.resource_type == DRILL else thing.may_be_told_to(roles)

    if step == "owner":
        about = [] if thing.owner_id is None else [thing.owner_id]
    else:
        about = [actor.id for actor in team.people if HOLDS[step](actor)]
    if step == "register":
        about = [item for item in about if item != thing.owner_id]
    if step == "owner" and not absent:
        here = [person for item in about for person in team.present(item)]
        return tuple(dict.fromkeys(filter(may, here)))
    return team.reached(about, may, absent=absent)


def told_in_trust(trust: Team) -> tuple[UUID, ...]:
    """List the trust's leads who are here: they hear about the school without any content."""
    about = [actor.id for actor in trust.people if HOLDS[TRUST](actor)]
    return trust.reached(about, trust.roles.__contains__)


def appointers(thing: OverdueResource, team: Team) -> tuple[UUID, ...]:
    """Who can appoint someone if nobody may be alerted: administrators, or the last owner."""
    free = [person for person in team.people if not thing.keeps_out(person)]
    result = [item.id for item in free if HOLDS["admins"](item)] or [
        item.id for item in free
        if item.id == thing.owner_id and Permission.ROLE_GRANT in rights_of(item).permissions
    ]  # fmt: skip
    return tuple(dict.fromkeys(result))


@dataclass(frozen=True, slots=True)
class Climb:
    """One step: the rung reached, the people alerted, and the minutes until the next."""

    step: int
    name: str
    notified: tuple[UUID, ...]
    trust: tuple[UUID, ...]
    wait: int
    nobody: bool = False
    """Nobody was on any rung: administrators are alerted."""
    absent: bool = False
    """Nobody was here: people who are away are alerted, and administrators as well."""


@dataclass(frozen=True, slots=True)
class Ladder:
    """How alerts climb: people on each rung, minutes between rungs, and when it rings."""

    name: str
    rings: Rings
    rungs: tuple[str, ...]
    waits: tuple[int, ...]
    again: int


def climb(ladder: Ladder, after: int, ask: Callable[[str], tuple[UUID, ...]]) -> Climb:
    """Find the next rung with anyone on it; without one above, the highest again.

    `after` counts from 1 and is 0 before the first. `ask` lists who is on a rung. If only the trust
    could be alerted again, the school's highest rung is too, since only they can act.
    """
    for number in range(after, len(ladder.rungs)):
        if people := ask(ladder.rungs[number]):
            return _step(ladder, number, people, wait=_wait(ladder, number))
    items: tuple[UUID, ...] = ()
    reached: Climb | None = None
    for number in reversed(range(len(ladder.rungs))):
        if people := ask(ladder.rungs[number]):
            step = _step(ladder, number, people, wait=ladder.again)
            reached, items = reached or step, step.notified
            if items:
                break
    if reached is None:
        return Climb(len(ladder.rungs), "nobody", (), (), ladder.again, nobody=True)
    return Climb(reached.step, reached.name, items, reached.trust, ladder.again)


def climb_again(ladder: Ladder, round_: int, ask: Callable[[str], tuple[UUID, ...]]) -> Climb:
    """Find the first step of a round after an acknowledged one: several rungs at once.

    Each broken promise reaches more people, and always someone above the lowest rung if there is
    anyone: nobody can acknowledge alone for ever.
    """
    wanted = 2 if round_ <= PATIENT_ROUNDS else 3
    lowest = set(ask(ladder.rungs[0]))
    notified: dict[UUID, None] = {}
    reached: Climb | None = None
    for number, name in enumerate(ladder.rungs):
        heard = bool(notified.keys() - lowest)
        if number >= wanted and heard:
            break
        if people := ask(name):
            reached = _step(ladder, number, people, wait=_wait(ladder, number))
            notified |= dict.fromkeys(reached.notified)
    if reached is None:
        return climb(ladder, 0, ask)
    return replace(reached, notified=(*notified,))


def _step(ladder: Ladder, number: int, people: tuple[UUID, ...], *, wait: int) -> Climb:
    name = ladder.rungs[number]
    notified, trust = ((), people) if name == TRUST else (people, ())
    return Climb(number + 1, name, notified, trust, wait)


def _wait(ladder: Ladder, number: int) -> int:
    return ladder.waits[number] if number < len(ladder.waits) else ladder.again


def rings_after(
    ladder: Ladder, calendar: SchoolCalendar, moment: datetime, minutes: int
) -> datetime:
    """Find when it may next ring, at least `minutes` after a moment."""
    return rings_at(ladder.rings, calendar, moment + timedelta(minutes=minutes))


@cache
def ladders() -> Mapping[str, Ladder]:
    """Every ladder by its name."""
    return {
        name: Ladder(
            name, entry["rings"], tuple(entry["rungs"]), tuple(entry["waits"]), entry["again"]
        )
        for name, entry in tomllib.loads(
            (Path(__file__).parent / "ladders.toml").read_text()
        ).items()
    }


def rings_at(rings: Rings, calendar: SchoolCalendar, moment: datetime) -> datetime:
    """The first moment from a given one on at which a ladder may ring."""
    if rings == "always":
        return moment
    for _ in range(LONGEST_QUIET):
        day = calendar.local(moment).date()
        if rings == "working_days" and not calendar.is_working_day(day):
            moment = calendar.at(day + timedelta(days=1), time())
        elif calendar.is_quiet(moment):
            moment = calendar.quiet_ends(moment)
        else:
            break
    return moment
