"""Reads of sources."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import orjson

from app.core.words import Actor, Permission
from app.db.paging import Page, PageOf, page_of
from app.db.reading import Reading
from app.db.repositories.exchange import monitoring_alerts
from app.db.session import Driver
from app.domain import policy
from app.domain.exchange.intake_sources.errors import IntakeSourceNotFound


async def list_sources(reading: Reading, paging: PageOf, *, state: str) -> Page[dict[str, Any]]:
    """Sources in a state, newest first."""
    policy.require(reading.actor, Permission.INTAKE_CHANGE)
    rows = await monitoring_alerts.page_of_sources(
        reading.driver, reading.actor.school_id, paging, state=state
    )
    return page_of(rows, paging, key="created_at", shape=_summary_of)


async def read_source(driver: Driver, actor: Actor, source_id: UUID) -> dict[str, Any]:
    """Get one source with its mapping and counts. Raises `IntakeSourceNotFound`."""
    row = await monitoring_alerts.whole_source(driver, actor.school_id, source_id)
    if row is None:
        raise IntakeSourceNotFound
    unmapped = await monitoring_alerts.unmapped_of(driver, actor.school_id, source_id)
    counts = await monitoring_alerts.counts_of(driver, actor.school_id, source_id)
    steps = ["update_intake_source", "rotate_intake_source", "end_intake_source"]
    return {
        **_summary_of(row),
        "version": row["version"],
        "severities": orjson.loads(row["severities"]),
        "categories": orjson.loads(row["categories"]),
        "identifiers": row["identifiers"],
        "unmapped_severities": unmapped["severities"],
        "unmapped_categories": unmapped["categories"],
        "counts": [dict(item) for item in counts],
        "permissions": steps if row["ended_at"] is None else [],
    }


def _summary_of(row: Mapping[str, Any]) -> dict[str, Any]:
    state = "waiting" if row["last_received_at"] is None else "active"
    facts = {name: value for name, value in row.items() if name not in ("version", "identifiers")}
    return {**facts, "state": "ended" if row["ended_at"] is not None else state}
