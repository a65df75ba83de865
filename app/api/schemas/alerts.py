"""Alerts: that something needs me, and nothing about it."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from app.core.codes import AlertKindsOut, EventKindsOut
from app.core.schemas import In, Line, ListIn, Out, PersonOut, PointerOut, words

AlertStatesOut: Any = words("AlertStates", ("open", "acknowledged", "settled"))


class AlertListIn(ListIn):
    """Which of my alerts."""

    state: Literal["open", "ended"] | None = Field(
        default=None,
        description="`open`: those that need me. `ended`: `acknowledged` or `settled`. Default: "
        "both.",
    )


class CallNextOut(Out):
    """A colleague to phone, on the school's own number."""

    id: UUID = Field(description="Staff ID.")
    name: str = Field(description="Colleague's name.")
    phone: str | None = Field(
        description="Null where the school has told none: see `/v1/lead-availability`."
    )


class AlertCard(Out):
    """One alert; open what it is about to learn more."""

    id: UUID = Field(description="Alert ID.")
    kind: AlertKindsOut = Field(description="What the alert is about.")
    urgent: bool = Field(description="Somebody may be in immediate danger.")
    counts: dict[str, int] | None = Field(
        default=None,
        description="How much of each kind it speaks of, where it is about no single record.",
    )
    created_at: datetime = Field(description="When the alert was made.")
    acknowledged_at: datetime | None = Field(
        description="When you acknowledged it; null until then."
    )
    rung: int | None = Field(
        description="How far the ladder has climbed, from 1; null where nothing is overdue."
    )
    rung_at: datetime | None = Field(description="When the ladder rang it last.")
    times: int = Field(description="How much was told in it while it waited.")
    state: AlertStatesOut = Field(
        description="`open`: it needs you. `acknowledged`: you have seen it. `settled`: somebody "
        "did what it asked, or another alert rings in its place."
    )
    ended_at: datetime | None = Field(description="When it ended.")
    ended_reason_code: EventKindsOut | None = Field(
        description="What was done; `overdue` or `rings_again` where another alert rings in its "
        "place. Null for somebody who may not open what it is about."
    )
    ended_by: PersonOut | None = Field(
        description="Who did it. Null where that was Cairn, or for somebody who may not open it."
    )
    call_next: CallNextOut | None = Field(
        default=None,
        description=(
            "Person to phone if you cannot act: the next in line who is here and may know of"
            " it. Only while the alert is open; no message has it."
        ),
    )
    about: PointerOut | None = Field(
        default=None,
        description="Record to open. Absent if you may not, or the alert may not say it; a concern "
        "that was given to you is named even so: break glass, or appoint somebody who may read it.",
    )


class AlertsAcknowledgeIn(In):
    """Which of my alerts I have seen, and why I acknowledge them together."""

    alert_ids: Annotated[list[UUID], Field(min_length=1, max_length=200)] = Field(
        description="Alerts to acknowledge."
    )
    reason: Line = Field(description="Kept in the audit log beside each of them.")


class AlertAcknowledgedOut(Out):
    """What became of one alert."""

    id: UUID = Field(description="Alert ID.")
    acknowledged_at: datetime | None = Field(description="When it was acknowledged; null: refused.")
    error: str | None = Field(description="`alert_not_found`; null where it was acknowledged.")


class AlertsAcknowledgedOut(Out):
    """What became of each, in the order they were sent."""

    results: list[AlertAcknowledgedOut] = Field(
        description="The result of each, in the order sent."
    )
