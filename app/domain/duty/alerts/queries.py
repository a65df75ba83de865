"""Reads of alerts."""

import json
from typing import Any
from uuid import UUID

from app.db.reading import Reading
from app.db.repositories.duty import alert_reads
from app.domain.alerts.rules import Notice

SHOWN = (
    "id", "kind", "urgent", "concern_id", "action_id", "created_at", "acknowledged_at", "rung",
    "rung_at", "settled",
)  # fmt: skip


def card_of(row: Any) -> dict[str, Any]:
    """An alert as it leaves; counts are left out where it is about one record."""
    card = {name: row[name] for name in SHOWN}
    return card if row["counts"] is None else {**card, "counts": json.loads(row["counts"])}


async def unsent_alerts(reading: Reading, concern_id: UUID) -> list[Notice]:
    """What is still to be mailed about a concern."""
    rows = await alert_reads.unsent_of(
        reading.driver, reading.actor.school_id, concern_id, reading.today
    )
    return [_notice(row) for row in rows]


async def unsent_alert(reading: Reading, alert_id: UUID) -> Notice | None:
    """An alert that is still to be mailed, or None where it is not or not any more."""
    row = await alert_reads.unsent_one(
        reading.driver, reading.actor.school_id, alert_id, reading.today
    )
    return row and _notice(row)


def _notice(row: Any) -> Notice:
    addresses = tuple(one for one in (row["email"], row["new_email"]) if one is not None)
    return Notice(row["id"], row["kind"], row["urgent"], addresses, row["rung_again_at"])
