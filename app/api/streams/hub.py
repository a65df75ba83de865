"""The hub of one process: looks for news of all schools with open streams, and shares it out.

One loop reads, whatever the number of streams: which schools have news, each such school's new
events once, and what decides about them once. Who is told is decided in memory, once for all
readers who are alike. Nothing here holds a database connection between two looks.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog

from app.api.streams import frames
from app.api.streams.client import MOST_WAITING, Client
from app.core import clock
from app.core.ids import NIL
from app.core.limits import Policy
from app.core.settings import Settings
from app.core.words import Actor
from app.db.faults import fault_of
from app.db.reading import Reading, open_reading
from app.db.repositories.exchange.events import Place
from app.db.session import Database
from app.domain.abuse import MINUTE
from app.domain.errors import ServiceUnavailable, TooManyRequests
from app.domain.exchange.event_audiences import queries as event_audiences_queries
from app.domain.exchange.event_audiences.queries import named_in
from app.domain.exchange.events import queries as events
from app.domain.exchange.events.queries import Cursors, Leaf

log = structlog.get_logger()
LEAF = 1_000
"""Entries of the trail that are looked at in one go."""
HEARTBEAT_SECONDS = 15.0
CHECK_SECONDS = 8.0
"""Rights are read again after this long, and at once after an event that may change them."""
BEGIN_SECONDS = 30.0
"""A stream that was admitted has begun by then, or never will."""
WAIT_SECONDS = 10
"""When somebody with too many streams may come again."""


@dataclass(slots=True)
class Room:
    """The streams of one school, and the place up to which they have been told."""

    school_id: UUID
    place: Place
    clients: set[Client] = field(default_factory=set)

    def is_due(self, now: float) -> bool:
        """Whether somebody's rights were read too long ago."""
        return any(now - client.checked_at >= CHECK_SECONDS for client in self.clients)


class Hub:
    """Every open stream of this process."""

    def __init__(self, database: Database, settings: Settings, cursors: Cursors) -> None:
        self.cursors = cursors
        self._database = database
        self._settings = settings
        self._rooms: dict[UUID, Room] = {}
        self._clients: set[Client] = set()
        self._counts: Counter[UUID] = Counter()
        """Streams of each account and of each school."""
        self._loops: dict[str, asyncio.Task[None]] = {}
        self._is_stopping = False

    @property
    def open(self) -> int:
        """How many streams are open."""
        return len(self._clients)

    def admit(self, actor: Actor, kinds: Iterable[str], token_ends: datetime) -> Client:
        """A stream of a reader whose rights were read just now; it counts from here on.

        Raises `ServiceUnavailable`, `TooManyRequests`.
        """
        self._drop_unbegun()
        if self._is_stopping or self.open >= self._settings.events_streams:
            raise ServiceUnavailable
        for id_, maximum in (
            (actor.id, self._settings.events_streams_per_account),
            (actor.school_id, self._settings.most_streams_per_school),
        ):
            if self._counts[id_] >= maximum:
                raise TooManyRequests(
                    Policy("streams", maximum, MINUTE, burst=maximum), WAIT_SECONDS
                )
        client = self._new_client(actor, kinds, token_ends)
        self._clients.add(client)
        self._counts.update(_counted(client))
        return client

    def _drop_unbegun(self) -> None:
        """Forget streams that were admitted and never began: their request failed in between."""
        for client in tuple(self._clients):
            if not client.has_begun and _now() - client.checked_at > BEGIN_SECONDS:
                self.leave(client)

    def _new_client(self, actor: Actor, kinds: Iterable[str], token_ends: datetime) -> Client:
        longest = clock.now() + timedelta(seconds=self._settings.events_stream_seconds)
        by_token = token_ends <= longest
        return Client(
            actor,
            self.cursors,
            frozenset(kinds) or None,
            token_ends if by_token else longest,
            "token_expired" if by_token else "time_is_up",
            checked_at=_now(),
            told_at=_now(),
        )

    def enter(self, client: Client) -> None:
        """Have a stream begin."""
        client.has_begun = True
        if self._is_stopping:
            client.end(frames.about_stream("bye", reason_code="server_stopping"))
        self._keep_up("look", self._look_safely, self._settings.events_poll_ms / 1_000)
        self._keep_up("beat", self._beat, min(1.0, self._settings.events_stream_seconds / 4))

    def _keep_up(
        self, name: str, step: Callable[[], Coroutine[Any, Any, None]], pause: float
    ) -> None:
        """Have something done again and again, as long as any stream is open."""
        if name not in self._loops:
            self._loops[name] = asyncio.create_task(self._repeat(name, step, pause))

    async def _repeat(
        self, name: str, step: Callable[[], Coroutine[Any, Any, None]], pause: float
    ) -> None:
        while self._clients:
            await asyncio.sleep(pause)
            await step()
        del self._loops[name]

    def leave(self, client: Client) -> None:
        """Forget a stream that has ended."""
        client.is_over = True
        client.waiting.clear()
        if client in self._clients:
            self._clients.discard(client)
            self._counts.subtract(_counted(client))
            self._counts += Counter()  # without those of which none is left
        self._forget(client)

    def _forget(self, client: Client) -> None:
        room = self._rooms.get(client.school_id)
        if room is not None:
            room.clients.discard(client)
            if not room.clients:
                del self._rooms[client.school_id]

    def join(self, client: Client, place: Place) -> bool:
        """Tell a client from now on what comes after a place.

        False where the others have been told more already: then it has to read on by itself.
        """
        room = self._rooms.setdefault(client.school_id, Room(client.school_id, place))
        if room.place > place:
            return False
        client.after = place
        room.clients.add(client)
        return True

    def stop(self) -> None:
        """Say goodbye to every stream: the server is about to end."""
        self._is_stopping = True
        for client in tuple(self._clients):
            client.end(frames.about_stream("bye", reason_code="server_stopping"))

    async def close(self) -> None:
        """End the loops."""
        self.stop()
        for task in tuple(self._loops.values()):
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        self._loops.clear()

    async def _beat(self) -> None:
        """Heartbeats and ends of time, also while the database is away."""
        self._drop_unbegun()
        now, moment = _now(), clock.now()
        for client in tuple(self._clients):
            if moment >= client.ends_at:
                client.end(frames.about_stream("bye", reason_code=client.reason_code))
        for room in tuple(self._rooms.values()):
            for client in tuple(room.clients):
                if now - client.told_at >= HEARTBEAT_SECONDS:
                    place = max(room.place, client.after)
                    client.tell([frames.heartbeat(client.cursor(place))], now, place)

    async def _look_safely(self) -> None:
        """Look for news; a database that is away is asked again the next time."""
        try:
            await self._read_news()
        except Exception as error:
            if fault_of(error) is None:
                log.error("events.look_failed", exc_info=error)
            else:
                log.warning("events.database_away")

    async def _read_news(self) -> None:
        """Read every school with news, and the rights that were read too long ago."""
        if not self._rooms:
            return
        places = {room.school_id: room.place for room in self._rooms.values()}
        async with open_reading(self._database, Actor.system(NIL)) as reading:
            news = await events.schools_with_news(reading.driver, places)
        for school_id in {
            *news,
            *(id_ for id_, room in self._rooms.items() if room.is_due(_now())),
        }:
            room = self._rooms.get(school_id)
            if room is not None:
                await self._read(room, has_news=school_id in news)

    async def _read(self, room: Room, *, has_news: bool) -> None:
        """Tell a room what is new, leaf by leaf, as long as its clients can follow."""
        count = 0
        while room.clients and count <= MOST_WAITING // 2:
            async with open_reading(self._database, Actor.system(room.school_id)) as reading:
                leaf = None
                if has_news:
                    leaf = await events.read_leaf(reading.driver, room.school_id, room.place, LEAF)
                if leaf is None or leaf.rights_changed or room.is_due(_now()):
                    await self._check(room, reading)
            if leaf is None:
                return
            count += self._share(room, leaf)
            room.place = leaf.place
            if leaf.is_complete:
                return

    async def _check(self, room: Room, reading: Reading) -> None:
        """Read everybody's rights again, and end the streams of those who have none any more."""
        clients = tuple(room.clients)
        still_readers = await events.still_readers(
            reading.driver, room.school_id, [client.actor for client in clients], reading.now
        )
        for client, actor in zip(clients, still_readers, strict=True):
            if actor is None:
                client.end(frames.about_stream("bye", reason_code="session_ended"))
                self._forget(client)
            else:
                client.know(actor, _now())

    def _share(self, room: Room, leaf: Leaf) -> int:
        """Put into each queue what its reader is told; the longest that was put into one."""
        named = named_in(leaf.facts)
        alike: dict[tuple[Actor, frozenset[str] | None], list[Client]] = {}
        for client in room.clients:
            reader = client.actor if client.actor.id in named else client.like
            alike.setdefault((reader, client.kinds), []).append(client)
        made = Frames(self.cursors, room.school_id, leaf)
        now, longest = _now(), 0
        for (reader, kinds), clients in alike.items():
            for_reader = made.for_reader(reader, kinds)
            longest = max(longest, len(for_reader))
            for client in clients:
                new = [bytes_ for place, bytes_ in for_reader if place > client.after]
                client.tell(new, now, leaf.place)
                if client.is_over:
                    self._forget(client)
        return longest


class Frames:
    """The frames of one leaf, each made once however many are told it."""

    def __init__(self, cursors: Cursors, school_id: UUID, leaf: Leaf) -> None:
        self._cursors = cursors
        self._school_id = school_id
        self._leaf = leaf
        self._made: dict[tuple[UUID, event_audiences_queries.EventDetail], bytes] = {}

    def for_reader(
        self, reader: Actor, kinds: frozenset[str] | None
    ) -> Sequence[tuple[Place, bytes]]:
        """What one reader is told, with the place of each."""
        return [
            (entry.place, self._frame(entry, much))
            for entry, much in events.events_for(reader, self._leaf, kinds)
        ]

    def _frame(
        self, entry: event_audiences_queries.Entry, much: event_audiences_queries.EventDetail
    ) -> bytes:
        key = (entry.id, much)
        if key not in self._made:
            cursor = self._cursors.written(self._school_id, entry.place)
            self._made[key] = frames.of_event(cursor, entry, much, self._leaf.facts)
        return self._made[key]


def _counted(client: Client) -> tuple[UUID, UUID]:
    return client.actor.id, client.school_id


def _now() -> float:
    return asyncio.get_running_loop().time()
