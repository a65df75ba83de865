"""Feedback to tools about the alerts they sent."""

from datetime import datetime, timedelta
from typing import Any

from app.core.words import Permission
from app.db.paging import Page, PageOf, page_of
from app.db.reading import Reading
from app.db.repositories.exchange import alert_intake, monitoring_alerts
from app.domain import policy
from app.domain.exchange.intake_sources.errors import IntakeSourceNotFound

SETTLED = timedelta(minutes=1)
"""Decisions are reported once nothing older can still be committed, so no page skips one."""


async def list_feedback(
    reading: Reading, since: datetime | None, source: str | None, paging: PageOf
) -> Page[dict[str, Any]]:
    """List people's dismissals of sent alerts, oldest first; IDs and codes only.

    A key sees the sources for which it sends. Raises `PermissionMissing`, `IntakeSourceNotFound`.
    """
    policy.require(reading.actor, Permission.ALERT_INTAKE)
    driver, school_id = reading.driver, reading.actor.school_id
    source_id = None
    if source is not None:
        source_named = await alert_intake.source_named(driver, school_id, source)
        if source_named is None or source_named["service_key_id"] != reading.actor.id:
            raise IntakeSourceNotFound
        source_id = source_named["id"]
    rows = await monitoring_alerts.feedback(
        driver, school_id, since=since, until=reading.now - SETTLED, source_id=source_id,
        service_key_id=reading.actor.id, asked=paging,
    )  # fmt: skip
    return page_of(rows, paging, key="at", shape=dict)
