"""Reads of events: pages of the audit log, cut to what a reader may see, in commit order."""

import base64
import binascii
import struct
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Final, Protocol
from uuid import UUID

from app.core.ids import NIL
from app.core.pointers import about, pointer
from app.core.vocabularies.events import PROGRESSED
from app.core.words import Actor, Permission
from app.db.reading import Reading
from app.db.repositories.exchange import events
from app.db.repositories.exchange.events import START, Place
from app.db.scope import known
from app.db.session import Driver
from app.domain import policy
from app.domain.errors import FieldProblem, PermissionMissing, SecondFactorNeeded, ValidationFailed
from app.domain.exchange.event_audiences.kind import OF_BOTH_TRAILS, RIGHTS_CHANGED, told_kinds
from app.domain.exchange.event_audiences.queries import (
    Entry,
    EventDetail,
    EventReader,
    Facts,
    entry_of,
    facts_for,
)
from app.domain.exchange.events.errors import PlaceUnknown

LAYOUT = struct.Struct(">BQBq")
VERSION = 2
CONTEXT = b"cairn.events/"

BEGINNING: Final = "start"
MOST_LOOKED_AT = 2_000
"""Maximum audit log entries read for one request."""


# What is in it counts the transactions of the whole database, so that nobody may read it: it would
# tell how much other schools write.
class Seal(Protocol):
    """Seals positions, always in the same way."""

    def seal(self, place: bytes, bound_to: bytes) -> bytes:
        """Encrypt and bind to a context."""
        ...

    def open(self, sealed: bytes, bound_to: bytes) -> bytes | None:
        """Decrypt; None for content that was not sealed for this context."""
        ...


@dataclass(frozen=True, slots=True)
class Cursors:
    """Writes positions for clients, and reads those they send back."""

    seal: Seal

    def written(self, school_id: UUID, place: Place) -> str:
        """The place as clients carry it."""
        content = LAYOUT.pack(VERSION, place.xid, place.log, place.seq)
        sealed = self.seal.seal(content, CONTEXT + school_id.bytes)
        return base64.urlsafe_b64encode(sealed).decode().rstrip("=")

    def read(self, school_id: UUID, text: str, pointer: str) -> Place:
        """The place a client sent back. Raises `ValidationFailed` for any other text."""
        try:
            whole = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
            content = self.seal.open(whole, CONTEXT + school_id.bytes)
            version, xid, log, seq = LAYOUT.unpack(content or b"")
        except (binascii.Error, ValueError, struct.error):
            raise _unknown(pointer) from None
        place = Place(xid, log, seq)
        if version != VERSION or self.written(school_id, place) != text:
            raise _unknown(pointer)
        return place


def _unknown(pointer: str) -> ValidationFailed:
    problem = FieldProblem(pointer, "cursor_invalid", "This cursor was not made for this school.")
    return ValidationFailed(problems=[problem])


@cache
def _watched() -> Sequence[str]:
    return tuple(sorted({*told_kinds(), *RIGHTS_CHANGED}))


@dataclass(frozen=True, slots=True)
class Leaf:
    """A page of events and what decides about them; `place` is after everything read."""

    entries: Sequence[Entry]
    facts: Facts
    place: Place
    is_complete: bool
    """Whether nothing more can be read at the moment."""
    rights_changed: bool = False
    """Whether someone may by now see more or less."""


async def schools_with_news(driver: Driver, places: Mapping[UUID, Place]) -> list[UUID]:
    """Schools with readable entries committed after their position."""
    return await events.schools_with_news(driver, places)


async def start_now(driver: Driver) -> Place:
    """The position from which everything committed later will be read."""
    oldest, _ = await events.horizon(driver)
    return Place(oldest)


async def read_leaf(
    driver: Driver,
    school_id: UUID,
    after: Place,
    limit: int,
    kinds: Collection[str] | None = None,
) -> Leaf:
    """Read the next events of a school, and what decides about them; `kinds` None: all kinds.

    Raises `PlaceUnknown`.
    """
    oldest, ceiling = await events.horizon(driver)
    if after.xid > ceiling:
        raise PlaceUnknown
    scan = await events.scan(
        driver, school_id, after, until=oldest, limit=limit, verbs=_watched(),
        adult_verbs=OF_BOTH_TRAILS,
    )  # fmt: skip
    told = told_kinds().keys()
    asked = told if kinds is None or PROGRESSED in kinds else told & kinds
    entries = [entry_of(row) for row in scan.rows if row["verb"] in asked]
    return Leaf(
        entries,
        await facts_for(driver, school_id, entries),
        scan.place,
        scan.is_complete,
        any(row["verb"] in RIGHTS_CHANGED for row in scan.rows),
    )


def events_for(
    actor: Actor,
    leaf: Leaf,
    kinds: Collection[str] | None,
    after: Place = START,
    sponsor_id: UUID | None = None,
) -> list[tuple[Entry, EventDetail]]:
    """Events of a page, after a position, that one reader may see; `kinds` None: all kinds.

    `sponsor_id` is the person who answers for a reader that is an endpoint.
    """
    access = EventReader(actor, leaf.facts, sponsor_id)
    entrieses: list[tuple[Entry, EventDetail]] = []
    for entry in leaf.entries:
        much = access.of(entry) if entry.place > after else EventDetail.NOTHING
        if much is not EventDetail.NOTHING and (kinds is None or kind_told(entry, much) in kinds):
            entrieses.append((entry, much))
    return entrieses


def kind_told(entry: Entry, much: EventDetail) -> str:
    """The kind as its reader sees it."""
    return PROGRESSED if much is EventDetail.PROGRESS else entry.kind.did.value


def to_response(entry: Entry, much: EventDetail, facts: Facts) -> dict[str, Any]:
    """Build the answer for an event: IDs, kind and time."""
    event: dict[str, Any] = {
        "id": entry.id,
        "kind": kind_told(entry, much),
        "at": entry.at,
        "about": _about(entry, facts),
    }
    if much is EventDetail.PROGRESS:
        return event
    if entry.child_id is not None:
        event["child_id"] = entry.child_id
    concern_id = entry.concern_id or _concern_of(entry, facts)
    if concern_id is not None:
        event["concern_id"] = concern_id
    return event


def _about(entry: Entry, facts: Facts) -> dict[str, Any] | None:
    """The record that the event is about, or that is due."""
    if entry.resource_id is not None and entry.kind.resource_type == "deadline":
        return pointer(*facts.deadlines[entry.resource_id])
    return about(entry.kind.resource_type, entry.resource_id)


def _concern_of(entry: Entry, facts: Facts) -> UUID | None:
    thing = facts.things.get(entry.resource_id or NIL)
    return thing.concern_id if thing else None


async def still_readers(
    driver: Driver, school_id: UUID, actors: Sequence[Actor], now: datetime
) -> list[Actor | None]:
    """Each reader with their present rights; None if they may see nothing any more."""
    sessions = [actor.session_id for actor in actors if actor.session_id]
    rows = await events.readers_of(driver, school_id, sessions, now)
    return [_known(actor, rows.get(actor.session_id)) for actor in actors]  # type: ignore[arg-type]


def _known(actor: Actor, row: Any) -> Actor | None:
    if row is None:
        return None
    proved = policy.proved(known(actor, row))
    try:
        policy.require(proved, Permission.ALERT_READ)
        policy.require_second_factor(proved)
    except (PermissionMissing, SecondFactorNeeded):
        return None
    return proved


async def list_changes_since(
    reading: Reading, cursors: Cursors, since: str | None, limit: int, kinds: Sequence[str]
) -> dict[str, Any]:
    """Events after a place, and where the next answer begins: always further on.

    Raises `PermissionMissing`, `ValidationFailed`, `PlaceUnknown`.
    """
    policy.require(reading.actor, Permission.ALERT_READ)
    school_id = reading.actor.school_id
    if since is None:
        now = await start_now(reading.driver)
        return {"items": [], "next": cursors.written(school_id, now), "more": False}
    place = START if since == BEGINNING else cursors.read(school_id, since, "/query/since")
    asked = frozenset(kinds) or None
    leaf = await read_leaf(reading.driver, school_id, place, MOST_LOOKED_AT, asked)
    result = events_for(reading.actor, leaf, asked)
    cut = result[:limit]
    is_whole = len(cut) == len(result)
    place = leaf.place if is_whole else cut[-1][0].place
    return {
        "items": [to_response(entry, much, leaf.facts) for entry, much in cut],
        "next": cursors.written(school_id, place),
        "more": not (is_whole and leaf.is_complete),
    }
