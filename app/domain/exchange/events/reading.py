"""Reading events: pages of the trail, cut to what a reader is told, in the order of commits."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from app.core.vocabularies.events import PROGRESSED
from app.core.words import Actor, Permission
from app.db.repositories.exchange import event_reads
from app.db.repositories.exchange.event_reads import START, Place
from app.db.session import Driver, known
from app.domain import policy
from app.domain.errors import PermissionMissing, SecondFactorNeeded
from app.domain.exchange.events.errors import PlaceUnknown
from app.domain.exchange.events.facts import Entry, Facts, entry_of, facts_for
from app.domain.exchange.events.kinds import OF_BOTH_TRAILS, RIGHTS_CHANGED, told_kinds
from app.domain.exchange.events.sight import Sight, Told

__all__ = ["START", "Entry", "Facts", "Leaf", "Place", "Told"]


@cache
def _watched() -> Sequence[str]:
    return tuple(sorted({*told_kinds(), *RIGHTS_CHANGED}))


@dataclass(frozen=True, slots=True)
class Leaf:
    """A page of events and what decides about them; `place` is after all that was looked at."""

    entries: Sequence[Entry]
    facts: Facts
    place: Place
    is_complete: bool
    """Whether nothing more can be read at the moment."""
    rights_changed: bool = False
    """Whether somebody may see more or less by now."""


async def schools_with_news(driver: Driver, places: Mapping[UUID, Place]) -> list[UUID]:
    """Those of the schools in which something can be read that was committed after their place."""
    return await event_reads.schools_with_news(driver, places)


async def start_now(driver: Driver) -> Place:
    """The place from which everything that is committed later will be read."""
    oldest, _ = await event_reads.horizon(driver)
    return Place(oldest)


async def read_leaf(driver: Driver, school_id: UUID, after: Place, most: int) -> Leaf:
    """The next events of a school, and what decides about them. Raises `PlaceUnknown`."""
    oldest, ceiling = await event_reads.horizon(driver)
    if after.xid > ceiling:
        raise PlaceUnknown
    found = await event_reads.scan(
        driver, school_id, after, until=oldest, most=most, verbs=_watched(),
        adult_verbs=OF_BOTH_TRAILS,
    )  # fmt: skip
    entries = [entry_of(row) for row in found.rows if row["verb"] in told_kinds()]
    return Leaf(
        entries,
        await facts_for(driver, school_id, entries),
        found.place,
        found.is_complete,
        any(row["verb"] in RIGHTS_CHANGED for row in found.rows),
    )


def told(
    actor: Actor,
    leaf: Leaf,
    kinds: Collection[str] | None,
    after: Place = START,
    sponsor_id: UUID | None = None,
) -> list[tuple[Entry, Told]]:
    """What one reader is told of a page, beyond a place; `kinds` None is every kind.

    `sponsor_id` is who stands for a reader that is an endpoint.
    """
    sight = Sight(actor, leaf.facts, sponsor_id)
    found: list[tuple[Entry, Told]] = []
    for entry in leaf.entries:
        much = sight.of(entry) if entry.place > after else Told.NOTHING
        if much is not Told.NOTHING and (kinds is None or kind_told(entry, much) in kinds):
            found.append((entry, much))
    return found


def kind_told(entry: Entry, much: Told) -> str:
    """The kind as its reader is told it."""
    return PROGRESSED if much is Told.PROGRESS else entry.kind.did.value


def shown(entry: Entry, much: Told, facts: Facts) -> dict[str, Any]:
    """An event as it leaves: ids, kind and time."""
    event: dict[str, Any] = {
        "id": entry.id,
        "kind": kind_told(entry, much),
        "at": entry.at,
        "noun": entry.kind.noun,
        "noun_id": entry.noun_id,
    }
    if much is Told.PROGRESS:
        return event
    if entry.child_id is not None:
        event["child_id"] = entry.child_id
    if entry.kind.noun == "deadline":
        event["noun_id"] = entry.noun_id if entry.noun == "deadline" else None
        event["thing_noun"], event["thing_id"] = facts.deadlines[entry.noun_id]  # type: ignore[index]
    concern_id = entry.concern_id or _concern_of(entry, facts)
    if concern_id is not None:
        event["concern_id"] = concern_id
    return event


def _concern_of(entry: Entry, facts: Facts) -> UUID | None:
    thing = facts.things.get((entry.kind.noun, entry.noun_id)) if entry.noun_id else None
    return thing.concern_id if thing else None


async def still_readers(
    driver: Driver, school_id: UUID, actors: Sequence[Actor], now: datetime
) -> list[Actor | None]:
    """Each reader as the database knows them now; None where nothing may be told them any more."""
    sessions = [actor.session_id for actor in actors if actor.session_id]
    rows = await event_reads.readers_of(driver, school_id, sessions, now)
    return [_known(actor, rows.get(actor.session_id)) for actor in actors]  # type: ignore[arg-type]


def _known(actor: Actor, row: Any) -> Actor | None:
    if row is None:
        return None
    found = policy.proved(known(actor, row))
    try:
        policy.require(found, Permission.ALERT_READ)
        policy.require_second_factor(found)
    except (PermissionMissing, SecondFactorNeeded):
        return None
    return found
