"""What decides who is told of events: loaded once for a page of them, whoever reads it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from app.db import facts as row_facts
from app.db.repositories.concern_sight import SightRow
from app.db.repositories.exchange import event_reads
from app.db.repositories.exchange.event_reads import Place
from app.db.session import Driver
from app.domain.exchange.events.kinds import By, Kind, told_kinds
from app.domain.kinds import KINDS as RECORDS
from app.domain.record.concerns.rules import progress_for_reporter


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the trail that may be an event."""

    place: Place
    id: UUID
    at: datetime
    kind: Kind
    noun: str
    """What the trail says it was done to."""
    noun_id: UUID | None
    child_id: UUID | None
    concern_id: UUID | None
    other_child_id: UUID | None
    relation: str | None
    """How two children are connected, where it is about that."""


@dataclass(frozen=True, slots=True)
class Thing:
    """What of an action, alert, status, file or the like decides about it."""

    concern_id: UUID | None
    child_id: UUID | None
    person_id: UUID | None


@dataclass(slots=True)
class Facts:
    """Everything about the events of one page that decides who is told of them."""

    deadlines: Mapping[UUID, tuple[str, UUID]] = field(default_factory=dict)
    """What is due, by the id of an entry about a due time; what an alert is about, by its id."""
    things: Mapping[tuple[str, UUID], Thing] = field(default_factory=dict)
    records: Mapping[tuple[str, UUID], row_facts.Facts] = field(default_factory=dict)
    """What decides about records of registered kinds."""
    concerns: Mapping[UUID, SightRow] = field(default_factory=dict)
    children: Mapping[UUID, tuple[str | None, str | None]] = field(default_factory=dict)
    progress: frozenset[tuple[UUID, str, datetime]] = frozenset()
    """Steps after which the reporter is told something else: concern, verb and moment."""


def entry_of(row: Mapping[str, Any]) -> Entry:
    """An entry from a row of the scan."""
    return Entry(
        Place(row["xid"], row["log"], row["seq"]),
        row["id"],
        row["at"],
        told_kinds()[row["verb"]],
        row["noun"],
        row["noun_id"],
        row["child_id"],
        _id(row["concern_id"]),
        _id(row["other_child_id"]),
        row["relation"],
    )


def _id(text: str | None) -> UUID | None:
    return None if text is None else UUID(text)


async def facts_for(driver: Driver, school_id: UUID, entries: Sequence[Entry]) -> Facts:
    """Load what decides about the entries, each kind of thing in one statement."""
    by: dict[By, list[Entry]] = {}
    for entry in entries:
        by.setdefault(entry.kind.by, []).append(entry)
    deadlines = await _deadlines(driver, school_id, by.get(By.DEADLINE, ()))
    alerts = [one.noun_id for one in by.get(By.ALERT, ()) if one.noun_id]
    deadlines |= await event_reads.alerts_about(driver, school_id, alerts)
    things = await _things(driver, school_id, by)
    concerns = await event_reads.concerns_of(driver, school_id, _concern_ids(entries, things))
    about = {entry.child_id for entry in by.get(By.RELATIONSHIP, ())}
    child_ids = sorted(one for one in about if one is not None)
    children = await event_reads.groups_of(driver, school_id, child_ids)
    progress = await _progress(driver, school_id, by.get(By.CONCERN, ()))
    records = await _records(driver, school_id, by.get(By.KIND, ()), deadlines)
    return Facts(deadlines, things, records, concerns, children, progress)


async def _records(
    driver: Driver,
    school_id: UUID,
    entries: Sequence[Entry],
    deadlines: Mapping[UUID, tuple[str, UUID]],
) -> dict[tuple[str, UUID], row_facts.Facts]:
    """What decides about each record, whether the entry is about it or about its due time."""
    wanted: dict[str, set[UUID]] = {}
    about = [(one.kind.noun, one.noun_id) for one in entries if one.noun_id]
    for noun, id_ in [*about, *deadlines.values()]:
        if noun in RECORDS and RECORDS[noun].register == "children":
            wanted.setdefault(noun, set()).add(id_)
    return {
        (noun, id_): facts
        for noun, ids in wanted.items()
        for id_, facts in (
            await row_facts.facts_of(driver, school_id, RECORDS[noun].model, sorted(ids))
        ).items()
    }


async def _deadlines(
    driver: Driver, school_id: UUID, entries: Sequence[Entry]
) -> dict[UUID, tuple[str, UUID]]:
    """The things whose due times the entries are about, by the id an entry has."""
    clocks = [one.noun_id for one in entries if one.noun_id and one.noun == "deadline"]
    others = {one.noun_id: (one.noun, one.noun_id) for one in entries if one.noun_id}
    return others | await event_reads.deadlines_of(driver, school_id, clocks)


OF_THING = frozenset({By.ALERT, By.GRANT})


async def _things(
    driver: Driver,
    school_id: UUID,
    by: Mapping[By, Sequence[Entry]],
) -> dict[tuple[str, UUID], Thing]:
    ids = {one.noun_id for kind in OF_THING for one in by.get(kind, ()) if one.noun_id}
    rows = await event_reads.things_of(driver, school_id, sorted(ids))
    found: dict[tuple[str, UUID], Thing] = {}
    for key, row in rows.items():
        found[key] = Thing(row["concern_id"], row["child_id"], row["person_id"])
    return found


def _concern_ids(
    entries: Iterable[Entry],
    things: Mapping[tuple[str, UUID], Thing],
) -> list[UUID]:
    found = {entry.noun_id for entry in entries if entry.kind.by is By.CONCERN}
    found |= {thing.concern_id for thing in things.values()}
    return sorted(one for one in found if one is not None)


async def _progress(
    driver: Driver, school_id: UUID, entries: Sequence[Entry]
) -> frozenset[tuple[UUID, str, datetime]]:
    """Those of the steps that move a concern's content-free progress on."""
    ids = sorted({one.noun_id for one in entries if one.noun_id})
    rows = await event_reads.steps_of(driver, school_id, ids, [one.at for one in entries])
    return frozenset(
        (row["concern_id"], f"concern.{row['verb']}", row["at"])
        for row in rows
        if row["from_state"] is None
        or progress_for_reporter(row["from_state"]) != progress_for_reporter(row["to_state"])
    )
