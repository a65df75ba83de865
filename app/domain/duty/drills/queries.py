"""Reads of drills."""

import json
from datetime import datetime
from typing import Any
from uuid import UUID

from app.core.words import Actor
from app.db.paging import Page, PageOf, page_of
from app.db.reading import Reading
from app.db.repositories.duty import calendars, drills
from app.db.session import Driver
from app.domain.common.deadlines.commands import calendar_from
from app.domain.duty.drills.errors import DrillNotFound
from app.domain.duty.drills.kind import DRILL
from app.domain.duty.ladder.rules import ladders, rings_at
from app.domain.errors import require_row


async def list_drills(reading: Reading, state: str | None, asked: PageOf) -> Page[dict[str, Any]]:
    """Drills, newest first."""
    DRILL.require(reading.actor)
    rows = await drills.drills_of(reading.driver, reading.actor.school_id, state, asked)
    return page_of(rows, asked, key="started_at", shape=_summary_of)


async def read_drill(driver: Driver, actor: Actor, drill_id: UUID) -> dict[str, Any]:
    """Get one drill with its rings and the people alerted.

    Raises `PermissionMissing`, `DrillNotFound`.
    """
    DRILL.require(actor)
    row = require_row(await drills.drill_of(driver, actor.school_id, drill_id), DrillNotFound)
    climbs = await drills.climbs_of(driver, actor.school_id, drill_id)
    notified = await drills.told_by(driver, actor.school_id, drill_id)
    return {
        **_summary_of(row),
        "rings_at": None if climbs else await _rings_at(driver, actor.school_id, row),
        "climbs": [
            {**dict(climb), "recipients": json.loads(climb["recipients"])} for climb in climbs
        ],
        "told": [{**dict(item), "person": json.loads(item["person"])} for item in notified],
        "permissions": ["end_drill"] if row["ended_at"] is None else [],
        "version": row["version"],
    }


async def _rings_at(driver: Driver, school_id: UUID, drill: Any) -> datetime | None:
    """When a drill will first ring, if quiet hours delay it; None otherwise."""
    current = await calendars.current(driver, school_id)
    if drill["ended_at"] is not None or current is None:
        return None
    calendar = calendar_from(current["number"], current["nation"], current["content"])
    rings = rings_at(ladders()[drill["ladder"]].rings, calendar, drill["started_at"])
    return rings if rings > drill["started_at"] else None


def _summary_of(row: Any) -> dict[str, Any]:
    summary = dict(row)
    del summary["version"]
    return {
        **summary,
        "owner": json.loads(row["owner"]),
        "started_by": json.loads(row["started_by"]),
    }
