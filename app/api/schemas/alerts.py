"""Alerts: that something waits for me, and nothing about it."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from app.core.codes import AlertKindsOut
from app.core.schemas import ListIn, Out


class AlertListIn(ListIn):
    """Which of my alerts."""

    acknowledged: bool | None = Field(
        default=None,
        description="Only those acknowledged or settled (true), or only what still waits (false).",
    )


class AboutOut(Out):
    """What an alert is about: where to look."""

    noun: str = Field(
        description=(
            "`concern`, `action`, `monitoring_alert`, `webhook` and so on; "
            "`school` in a trust's tray."
        )
    )
    id: UUID


class CallNextOut(Out):
    """A colleague to telephone, on the school's own number."""

    id: UUID
    name: str
    phone: str | None = Field(
        description="Null where the school has told none: see `/v1/lead-availability`."
    )


class AlertCard(Out):
    """One alert; read the concern to learn more."""

    id: UUID
    kind: AlertKindsOut
    urgent: bool = Field(description="Somebody may be in immediate danger.")
    concern_id: UUID | None
    action_id: UUID | None
    counts: dict[str, int] | None = Field(
        default=None,
        description="How much of each kind it speaks of, where it is about no single record.",
    )
    created_at: datetime
    acknowledged_at: datetime | None
    rung: int | None = Field(
        description="How far the ladder has climbed, from 1; null where nothing is overdue."
    )
    rung_at: datetime | None = Field(description="When the ladder rang it last.")
    settled: bool = Field(
        description="What was overdue is done, or rings anew in another alert: nothing waits here."
    )
    call_next: CallNextOut | None = Field(
        default=None,
        description=(
            "Whom to telephone if I cannot act: who comes next, is here and may know of it. In my "
            "tray alone, while it waits; no message has it."
        ),
    )
    about: AboutOut | None = Field(
        default=None,
        description="Where to look; absent where it may not be opened or the alert may not say it.",
    )
