"""Drills: which ladder was tested, who it reached, and who answered."""

from datetime import datetime
from typing import Any, Literal, get_args
from uuid import UUID

from pydantic import Field

from app.api.schemas.known_words import DrillEndsOut, LaddersOut
from app.core.schemas import ListIn, Out, PersonOut, words

DrillState = Literal["running", "ended"]
DrillStatesOut: Any = words("DrillStates", get_args(DrillState))


class DrillListIn(ListIn):
    """Which drills."""

    state: DrillState | None = Field(
        default=None, description="Only running drills, or only ended ones. Default: both."
    )


class DrillCard(Out):
    """An alert drill in a list."""

    id: UUID = Field(description="Drill ID.")
    ladder: LaddersOut = Field(description="Escalation ladder it tests.")
    reason: str | None = Field(description="Why it is run; null: not said.")
    owner: PersonOut = Field(description="Person alerted first: the first person on duty.")
    started_by: PersonOut = Field(description="Person who started it.")
    state: DrillStatesOut = Field(description="Whether it still runs.")
    started_at: datetime = Field(description="When it started.")
    ended_at: datetime | None = Field(description="When it ended; null while it runs.")
    ended_reason_code: DrillEndsOut | None = Field(
        description="How it ended (`ended`: by hand); null: it still runs."
    )


class DrillClimbOut(Out):
    """One escalation step of the drill."""

    at: datetime = Field(description="When it alerted them.")
    round: int = Field(description="Round of alerts, from 1.")
    rung: int = Field(description="Escalation step, from 1.")
    name: str = Field(description="Escalation step: `owner`, `leads`, `head`, `trust` and so on.")
    recipients: list[UUID] = Field(description="People alerted at this school.")
    in_trust: int = Field(description="Number of trust leads alerted.")


class DrillToldOut(Out):
    """A person at this school alerted by the drill."""

    person: PersonOut = Field(description="Person who was alerted.")
    round: int = Field(description="Round of alerts, from 1.")
    rung: int = Field(description="Last escalation step that alerted them.")
    rung_at: datetime = Field(description="When they were last alerted.")
    sent_at: datetime | None = Field(
        description="When the mail server accepted the last email; null: none."
    )
    acknowledged_at: datetime | None = Field(
        description="When they acknowledged it; null until then."
    )


class DrillOut(DrillCard):
    """An alert drill, and the people it alerted."""

    rings_at: datetime | None = Field(
        description="When it alerts first, if started in quiet hours; null: at once."
    )
    climbs: list[DrillClimbOut] = Field(description="Each escalation step.")
    told: list[DrillToldOut] = Field(description="People who were alerted.")
    permissions: list[str] = Field(description="What you may do next, as `operationId`s.")
