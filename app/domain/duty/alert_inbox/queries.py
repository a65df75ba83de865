"""One person's inbox of alerts, and alerts that are still to be mailed."""

import json
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from app.core.words import Actor, Permission
from app.db.paging import Cursor, Page, PageOf, page_of
from app.db.reading import Reading
from app.db.repositories.duty import alerts
from app.db.repositories.duty import ladder as stored
from app.db.session import Driver
from app.domain import policy
from app.domain.alerts.rules import ADULT_KINDS, APPOINTMENT_NEEDED, Notice
from app.domain.duty.ladder.queries import next_people, things_of
from app.domain.duty.ladder.rules import CHILD, DRILL, NOBODY_TO_TELL
from app.domain.kinds import audit_log_of

SHOWN = (
    "id", "kind", "urgent", "concern_id", "action_id", "created_at", "acknowledged_at", "rung",
    "rung_at", "settled",
)  # fmt: skip

TO_APPOINT = frozenset({NOBODY_TO_TELL, APPOINTMENT_NEEDED})
"""Told to administrators, who may not open what it is about: it names nothing."""


def summary_of(row: Any) -> dict[str, Any]:
    """An alert as it leaves; counts are left out where it is about one record."""
    card = {name: row[name] for name in SHOWN}
    return card if row["counts"] is None else {**card, "counts": json.loads(row["counts"])}


async def unsent_alerts(reading: Reading, concern_id: UUID) -> list[Notice]:
    """What is still to be mailed about a concern."""
    rows = await alerts.unsent_of(
        reading.driver, reading.actor.school_id, concern_id, reading.today
    )
    return [_notice(row) for row in rows]


async def unsent_alert(reading: Reading, alert_id: UUID) -> Notice | None:
    """An alert that is still to be mailed, or None where it is not or not any more."""
    row = await alerts.unsent_one(reading.driver, reading.actor.school_id, alert_id, reading.today)
    return row and _notice(row)


def _notice(row: Any) -> Notice:
    addresses = tuple(one for one in (row["email"], row["new_email"]) if one is not None)
    return Notice(row["id"], row["kind"], row["urgent"], addresses, row["rung_again_at"])


async def list_alerts(
    reading: Reading, acknowledged: bool | None, asked: PageOf
) -> Page[dict[str, Any]]:
    """The reader's own alerts, newest first, without those they could not follow any more."""
    driver, actor, part, kept = reading.driver, reading.actor, asked, list[Any]()
    classes = policy.class_sight(actor)
    while True:
        rows = await alerts.tray_of(driver, actor, classes, acknowledged, part)
        gone = await hidden(driver, actor, rows, reading.now)
        kept += [row for row in rows if row["id"] not in gone]
        if len(rows) < part.fetch or len(kept) >= asked.fetch:
            break
        part = replace(asked, after=Cursor(rows[-1]["created_at"], rows[-1]["id"]))
    shown = kept[: asked.fetch]
    openable = await may_open(driver, actor, shown, reading.now)
    nearest = await next_people(driver, actor, shown, reading.now)
    return page_of(
        shown,
        asked,
        key=lambda row: Cursor(row["created_at"], row["id"]),
        shape=lambda row: {**card_of(row, openable), "call_next": nearest.get(row["id"])},
    )


def card_of(row: Any, openable: Collection[UUID]) -> dict[str, Any]:
    """An alert as it leaves, with what it is about where that may be said.

    `openable` are the alerts about things that the reader may open.
    """
    card = summary_of(row)
    if row["id"] in openable:
        return {**card, "about": {"noun": row["told_noun"], "id": row["told_id"]}}
    if row["about_id"] is not None:
        return {**card, "about": {"noun": "school", "id": row["about_id"]}}
    named = row["noun"] and audit_log_of(row["noun"]) != "adults" and row["kind"] not in TO_APPOINT
    if named and not row["settled"]:
        return {**card, "about": {"noun": row["noun"], "id": row["thing_id"]}}
    return card


async def hidden(driver: Driver, actor: Actor, rows: Sequence[Any], now: datetime) -> set[UUID]:
    """Alerts of the ladder about open things that the reader may open in none of their roles."""
    asked = [row for row in rows if _is_asked(row)]
    if not asked:
        return set()
    keys = [(row["noun"], row["thing_id"]) for row in asked]
    things = await things_of(driver, actor.school_id, keys)
    roles = await stored.roles_held(driver, actor.school_id, now, actor.id)
    gone = set()
    for row in asked:
        thing = things.get((row["noun"], row["thing_id"]))
        if thing is not None and not thing.may_be_told_to(roles):
            gone.add(row["id"])
    return gone


async def may_open(driver: Driver, actor: Actor, rows: Sequence[Any], now: datetime) -> set[UUID]:
    """Alerts that name a thing, open or ended, which the reader may open in one of their roles."""
    told = [row for row in rows if row["told_id"] and row["kind"] not in ADULT_KINDS]
    asked = [row for row in told if row["told_noun"] != CHILD]
    opened = {
        row["id"]
        for row in told
        if row["told_noun"] == CHILD and _opens_child(actor, row["told_id"])
    }
    if not asked:
        return opened
    keys = list({(row["told_noun"], row["told_id"]) for row in asked})
    things = await things_of(driver, actor.school_id, keys, ended=True)
    roles = await stored.roles_held(driver, actor.school_id, now, actor.id)
    found = {key for key, thing in things.items() if thing.may_be_told_to(roles)}
    return opened | {row["id"] for row in asked if (row["told_noun"], row["told_id"]) in found}


def _opens_child(actor: Actor, child_id: UUID) -> bool:
    related = child_id in actor.conflicts.children
    return not related and policy.may(actor, Permission.CHILD_OPEN).allowed


def _is_asked(row: Any) -> bool:
    if row["noun"] is None or row["noun"] == DRILL or row["settled"]:
        return False
    return row["kind"] not in TO_APPOINT
