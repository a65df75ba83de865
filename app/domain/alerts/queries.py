"""Reads of alerts."""

from typing import Any
from uuid import UUID

from app.db.paging import Cursor, Page, PageOf, page_of
from app.db.reading import Reading
from app.db.repositories import alert_reads
from app.domain.alerts.rules import Notice


async def list_alerts(
    reading: Reading, acknowledged: bool | None, asked: PageOf
) -> Page[dict[str, Any]]:
    """The reader's own alerts, newest first."""
    rows = await alert_reads.tray_of(
        reading.driver, reading.actor.school_id, reading.actor.id, acknowledged, asked
    )
    return page_of(rows, asked, key=lambda row: Cursor(row["created_at"], row["id"]), shape=dict)


async def unsent_alerts(reading: Reading, concern_id: UUID) -> list[Notice]:
    """What is still to be mailed about a concern."""
    rows = await alert_reads.unsent_of(
        reading.driver, reading.actor.school_id, concern_id, reading.now.date()
    )
    return [Notice(row["id"], row["urgent"], row["email"]) for row in rows]
