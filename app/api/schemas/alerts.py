"""Alerts: that something waits for me, and nothing about it."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from app.api.schemas.common import Out
from app.api.schemas.lists import ListIn


class AlertListIn(ListIn):
    """Which of my alerts."""

    acknowledged: bool | None = Field(
        default=None, description="Only those acknowledged (true), or only the others (false)."
    )


class AlertCard(Out):
    """One alert; read the concern to learn more."""

    id: UUID
    kind: str = Field(description="What happened, such as `concern_raised`; the list may grow.")
    urgent: bool = Field(description="Somebody may be in immediate danger.")
    concern_id: UUID | None
    action_id: UUID | None
    created_at: datetime
    acknowledged_at: datetime | None
