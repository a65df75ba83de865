"""Alerts: that something needs me, and nothing about it."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from app.core.codes import AlertKindsOut, EventKindsOut
from app.core.schemas import In, Line, ListIn, Out, PersonOut, PointerOut, absent, words

AlertStatesOut: Any = words("AlertStates", ("open", "acknowledged", "settled"))


class AlertListIn(ListIn):
    """Which of my alerts."""

    state: Literal["open", "ended"] | None = Field(
        default=None,
        description="`open`: needs you. `ended`: `acknowledged` or `settled`. Default: both.",
    )


class CallNextOut(Out):
    """A colleague to phone on the school's own number."""

    id: UUID = Field(description="Staff ID.")
    name: str = Field(description="Colleague's name.")
    phone: str | None = Field(
        description="School phone number; null: none set, see `/v1/lead-availability`."
    )


class AlertCard(Out):
    """One alert. Open the record it is about to learn more."""

    id: UUID = Field(description="Alert ID.")
    kind: AlertKindsOut = Field(description="What the alert is about.")
    urgent: bool = Field(description="Whether someone may be in immediate danger.")
    counts: dict[str, int] | None = Field(
        default=None,
        description="Number of records of each kind; null: it is about one record.",
    )
    created_at: datetime = Field(description="When the alert was made.")
    acknowledged_at: datetime | None = Field(
        description="When you acknowledged it; null until then."
    )
    rung: int | None = Field(
        description="Escalation step reached, from 1; null: nothing is overdue."
    )
    rung_at: datetime | None = Field(description="When it last escalated; null: never.")
    times: int = Field(description="How many events it combines.")
    state: AlertStatesOut = Field(
        description="`open`: needs you. `acknowledged`: you have seen it. `settled`: the work is "
        "done, or a newer alert replaces it."
    )
    ended_at: datetime | None = Field(description="When it ended; null while open.")
    ended_reason_code: EventKindsOut | None = Field(
        description="What was done. `overdue` or `rings_again`: a newer alert replaces it. Null: "
        "open, or you may not open the record."
    )
    ended_by: PersonOut | None = Field(
        description="Person who did it. Null: Cairn, or you may not open the record."
    )
    call_next: CallNextOut | None = Field(
        default=None,
        description="Person to phone if you cannot act: the next in line who is here and may "
        "know; null: nobody, or the alert has ended. Never in a message.",
    )
    about: PointerOut = absent(
        description="Record to open. Absent if you may not open it, or the alert may not name it. "
        "A concern assigned to you is named even if you cannot read it: use break-glass, or "
        "appoint someone who can.",
    )


class AlertsAcknowledgeIn(In):
    """Alerts to acknowledge together, and the reason."""

    alert_ids: Annotated[list[UUID], Field(min_length=1, max_length=200)] = Field(
        description="Alerts to acknowledge."
    )
    reason: Line = Field(description="Reason, kept in the audit log with each alert.")


class AlertAcknowledgedOut(Out):
    """The result for one alert."""

    id: UUID = Field(description="Alert ID.")
    acknowledged_at: datetime | None = Field(
        description="When it was acknowledged; null: it was refused."
    )
    error: str | None = Field(description="`alert_not_found`; null: acknowledged.")


class AlertsAcknowledgedOut(Out):
    """The result for each alert, in the order sent."""

    results: list[AlertAcknowledgedOut] = Field(
        description="The result of each, in the order sent."
    )
