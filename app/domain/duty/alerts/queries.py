"""Read a person's inbox of alerts, and alerts still to be mailed."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson

from app.core.pointers import pointer
from app.core.words import Actor
from app.db.facts import Facts
from app.db.paging import MAX_LIMIT, Cursor, Page, PageOf, page_of
from app.db.reading import Reading
from app.db.repositories.concern_facts import ConcernAccess, concern_access_from
from app.db.repositories.duty import alerts, calendars
from app.db.repositories.duty import ladder as stored
from app.db.session import Driver
from app.domain.access.concern_access.queries import knows_of
from app.domain.common.alerts.rules import (
    ADULT_KINDS,
    APPOINTMENT_NEEDED,
    TO_REPORTER,
    Digest,
    Gathered,
    Notice,
)
from app.domain.duty.ladder.queries import next_people, thing_of
from app.domain.duty.ladder.rules import DRILL, NOBODY_TO_TELL, OverdueResource
from app.domain.kinds import Key, audit_log_of, facts_by_key, registry
from app.formats.calendars import read_calendar

SHOWN = (
    "id", "kind", "urgent", "created_at", "acknowledged_at", "rung", "rung_at", "times", "state",
    "ended_at",
)  # fmt: skip

GATHERED_FOR = timedelta(days=30)
SETTLED = "settled"
OWNED = "concern_assigned"
"""Names the concern even to an owner who may not read it: they break glass or appoint someone."""
TO_APPOINT = frozenset({NOBODY_TO_TELL, APPOINTMENT_NEEDED})
"""Alerts to administrators, who may not open the subject: these name nothing."""


def summary_of(row: Any) -> dict[str, Any]:
    """Build the answer for an alert, without counts if it is about one record."""
    summary = {name: row[name] for name in SHOWN}
    return summary if row["counts"] is None else {**summary, "counts": orjson.loads(row["counts"])}


async def unsent_alerts(reading: Reading, concern_id: UUID) -> list[Notice]:
    """List the alerts still to be mailed about a concern."""
    rows = await alerts.unsent_of(
        reading.driver, reading.actor.school_id, concern_id, reading.today
    )
    return [_notice(row) for row in await _still_told(reading, rows)]


async def unsent_with(reading: Reading, alert_id: UUID) -> Gathered | None:
    """An alert still to be mailed, with the recipient's other alerts to mail at once.

    None if nothing is left to mail.
    """
    driver, school_id = reading.driver, reading.actor.school_id
    rows = await alerts.unsent_with(driver, school_id, alert_id, reading.today)
    told = await _still_told(reading, rows)
    notices = sorted(map(_notice, told), key=lambda item: not item.urgent)
    return Gathered(notices) if notices else None


async def digests(reading: Reading, only: UUID | None = None) -> list[Digest]:
    """Gather each person's (or `only` one's) alerts from before the school's last digest hour.

    After `GATHERED_FOR` an alert is in the inbox alone: one that stays hidden is not read for ever.
    """
    current = await calendars.current(reading.driver, reading.actor.school_id)
    content = orjson.loads(current["content"])
    until = read_calendar(current["number"], current["nation"], content).digest_before(reading.now)
    if until is None:
        return []
    rows = await alerts.gathered(
        reading.driver, reading.actor.school_id, until, reading.today, until - GATHERED_FOR, only
    )
    of: dict[UUID, list[Notice]] = {}
    for row in await _still_told(reading, rows):
        of.setdefault(row["recipient_id"], []).append(_notice(row))
    return [Digest(person, until, tuple(notices)) for person, notices in of.items()]


async def _still_told(reading: Reading, rows: Sequence[Any]) -> list[Any]:
    """The alerts that the inbox still shows their recipient in one of their roles."""
    driver, school_id = reading.driver, reading.actor.school_id
    cards = await alerts.alerts_of(driver, school_id, [row["id"] for row in rows])
    people = {row["recipient_id"] for row in rows}
    roles = await stored.roles_held(driver, school_id, reading.now, people) if rows else {}
    behind = await _behind(driver, school_id, cards, roles, keys_of(cards))
    shown = {
        card["id"]
        for card in cards
        for actor in roles.get(card["recipient_id"], ())
        if not behind.hides(actor, card)
    }
    return [row for row in rows if row["id"] in shown]


def _notice(row: Any) -> Notice:
    addresses = tuple(item for item in (row["email"], row["new_email"]) if item is not None)
    return Notice(
        row["id"], row["kind"], row["urgent"], addresses, row["rung_again_at"], row["reference"]
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Behind:
    """Facts that decide on the alerts of a page, for the inbox and events."""

    records: Mapping[Key, Facts] = field(default_factory=dict)
    """Facts of the records they are about."""
    roles: Mapping[UUID, Sequence[Actor]] = field(default_factory=dict)
    """Their recipients, once for each role they hold."""
    concerns: Mapping[UUID, ConcernAccess] = field(default_factory=dict)
    """Facts of concerns that could be hidden from someone."""

    def hides(self, actor: Actor, row: Any) -> bool:
        """Whether an alert is now hidden from its recipient.

        It is about a concern they are locked out of or that has been sealed from them since; or it
        rings for a record that none of their roles opens, or is about what bars them. Alerts to a
        reporter stay, as their submission does: one that goes would tell them that they are named.
        """
        concern = self.concerns.get(row["concern_id"])
        if concern is not None and not knows_of(actor, concern):
            return row["kind"] not in TO_REPORTER or concern.reporter_id != actor.id
        thing = self._thing(row)
        held = self.roles.get(actor.id, ())
        if thing is None or thing.may_be_told_to(held):
            return False
        return bool(row["noun"] or any(map(thing.keeps_out, held)))

    def opens(self, actor: Actor, row: Any) -> bool:
        """Whether the recipient may open the subject in one of their roles."""
        thing, held = self._thing(row), self.roles.get(actor.id, ())
        return thing is not None and not thing.in_adult_register and thing.may_be_told_to(held)

    def _thing(self, row: Any) -> OverdueResource | None:
        key = _matter_of(row)
        facts = self.records.get(key) if key else None
        return thing_of(key, facts) if key and facts else None


@dataclass(frozen=True, slots=True)
class Known:
    """What one reader may know of the alerts of a page."""

    hidden: frozenset[UUID] = frozenset()
    openable: frozenset[UUID] = frozenset()
    """Alerts about a record, open or ended, that the reader may open in one of their roles."""


async def list_alerts(reading: Reading, state: str | None, asked: PageOf) -> Page[dict[str, Any]]:
    """List the reader's own alerts, newest first, without those they could no longer follow."""
    driver, actor, part = reading.driver, reading.actor, asked
    visible, openable = list[Any](), set[UUID]()
    while True:
        rows = await alerts.inbox_of(driver, actor, state, part)
        known = await known_of(driver, actor, rows, reading.now)
        visible += [row for row in rows if row["id"] not in known.hidden]
        openable |= known.openable
        if len(rows) < part.fetch or len(visible) >= asked.fetch:
            break
        part = PageOf(
            min(2 * part.limit, MAX_LIMIT), Cursor(rows[-1]["created_at"], rows[-1]["id"])
        )
    rows_shown = visible[: asked.fetch]
    nearest = await next_people(driver, actor, rows_shown, reading.now)
    return page_of(
        rows_shown,
        asked,
        key="created_at",
        shape=lambda row: {**card_of(row, openable), "call_next": nearest.get(row["id"])},
    )


async def hidden_of(reading: Reading, rows: Sequence[Any]) -> frozenset[UUID]:
    """The reader's own open alerts that the inbox hides."""
    driver, actor = reading.driver, reading.actor
    roles = await _roles_of(driver, actor, rows, reading.now)
    held = roles.get(actor.id, ())
    behind = await _behind(driver, actor.school_id, rows, roles, _hiding(rows, held))
    return frozenset(row["id"] for row in rows if behind.hides(actor, row))


def _hiding(rows: Iterable[Any], held: Sequence[Actor]) -> set[Key]:
    """Keys of the records that could hide these alerts from a person with these roles.

    What does not ring is hidden by lock-outs alone, which most people and kinds have none of.
    """
    in_conflict = any(actor.conflicts for actor in held)
    return {
        key
        for row in rows
        if (key := _matter_of(row)) is not None
        and (row["noun"] or in_conflict or registry()[key[0]].bars_by_name)
    }


def card_of(row: Any, openable: Collection[UUID]) -> dict[str, Any]:
    """Build the answer for an alert, with its subject and the person who ended it if visible."""
    summary, opens = summary_of(row), row["id"] in openable
    summary["ended_reason_code"] = row["ended_reason_code"] if opens else None
    summary["ended_by"] = None
    if opens and row["ended_by_name"] is not None:
        summary["ended_by"] = {"id": row["ended_by"], "name": row["ended_by_name"]}
    about = _about(row, opens=opens)
    return summary if about is None else {**summary, "about": pointer(*about)}


def _about(row: Any, *, opens: bool) -> Key | None:
    """The one record that an alert is about, if the reader may know it."""
    if opens and row["told_id"] is not None:
        return row["told_noun"], row["told_id"]
    if row["about_id"] is not None:
        return "school", row["about_id"]
    named = row["noun"] and audit_log_of(row["noun"]) != "adults" and row["kind"] not in TO_APPOINT
    if named and row["state"] != SETTLED:
        return row["noun"], row["thing_id"]
    if row["concern_id"] is None or (row["told_id"] is not None and row["kind"] != OWNED):
        return None
    if row["action_id"] is not None:
        return "action", row["action_id"]
    return "concern", row["concern_id"]


async def known_of(driver: Driver, actor: Actor, rows: Sequence[Any], now: datetime) -> Known:
    """Read the subjects of alerts and judge them as opening would, in each role of the reader."""
    roles = await _roles_of(driver, actor, rows, now)
    behind = await _behind(driver, actor.school_id, rows, roles, keys_of(rows))
    return Known(
        frozenset(row["id"] for row in rows if behind.hides(actor, row)),
        frozenset(row["id"] for row in rows if behind.opens(actor, row)),
    )


async def _roles_of(
    driver: Driver, actor: Actor, rows: Sequence[Any], now: datetime
) -> Mapping[UUID, Sequence[Actor]]:
    """The reader once for each role, if a record decides on any of these alerts."""
    if not keys_of(rows):
        return {}
    return await stored.roles_held(driver, actor.school_id, now, [actor.id])


async def _behind(
    driver: Driver,
    school_id: UUID,
    rows: Sequence[Any],
    roles: Mapping[UUID, Sequence[Actor]],
    keys: Collection[Key],
) -> Behind:
    named = [concern_access_from(row) for row in rows if row["facts_id"]]
    records = await facts_by_key(driver, school_id, keys)
    return Behind(records, roles, {concern.id: concern for concern in named})


def keys_of(rows: Iterable[Any]) -> set[Key]:
    """Keys of the records that decide on these alerts."""
    return {key for row in rows if (key := _matter_of(row)) is not None}


def about_of(row: Any) -> Key | None:
    """The subject of an alert, visible or not: what rings in it comes first."""
    named: list[tuple[str, UUID | None]] = [
        (row["noun"], row["thing_id"]), (row["told_noun"], row["told_id"]),
        ("action", row["action_id"]), ("concern", row["concern_id"]),
    ]  # fmt: skip
    return next(((noun, id_) for noun, id_ in named if id_ is not None), None)


def _matter_of(row: Any) -> Key | None:
    """The record that decides on an alert: its subject, what rings in it, or what has ended."""
    if row["kind"] in TO_APPOINT or row["noun"] == DRILL or row["about_id"] is not None:
        return None
    if row["noun"] is not None:
        return row["noun"], row["thing_id"]
    if row["kind"] in ADULT_KINDS:
        return None
    if row["told_id"] is not None:
        return row["told_noun"], row["told_id"]
    tells_end = row["state"] == SETTLED and row["concern_id"] is not None
    return ("concern", row["concern_id"]) if tells_end else None
