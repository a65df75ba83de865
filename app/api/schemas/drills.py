"""Drills: which ladder was tested, who it reached, and who answered."""

from datetime import datetime
from typing import Any, Literal, get_args
from uuid import UUID

from pydantic import Field

from app.api.schemas.known_words import DrillEndsOut
from app.core.schemas import ListIn, Out, PersonOut, words

DrillState = Literal["running", "ended"]
DrillStatesOut: Any = words("DrillStates", get_args(DrillState))


class DrillListIn(ListIn):
    """Which drills."""

    state: DrillState | None = Field(
        default=None, description="Only those that still ring, or only ended ones. Default: both."
    )


class DrillCard(Out):
    """One drill; open it to learn who it reached."""

    id: UUID = Field(description="Drill ID.")
    ladder: str = Field(description="Which people it alerts, and in which order.")
    reason: str | None = Field(description="Why it is run; null: not said.")
    owner: PersonOut = Field(description="Who was told first: the first person on duty.")
    started_by: PersonOut = Field(description="Person who started it.")
    state: DrillStatesOut = Field(description="Whether it still rings.")
    started_at: datetime = Field(description="When it started.")
    ended_at: datetime | None = Field(description="When it ended; null while it runs.")
    ended_reason_code: DrillEndsOut | None = Field(
        description="How it ended: `ended` is by hand; null before."
    )


class DrillClimbOut(Out):
    """One ring of the ladder."""

    at: datetime = Field(description="When it alerted these people.")
    round: int = Field(description="Round of alerts, from 1.")
    rung: int = Field(description="Escalation step, from 1.")
    name: str = Field(description="The rung: `owner`, `leads`, `head`, `trust` and so on.")
    recipients: list[UUID] = Field(description="Who was told in this school.")
    in_trust: int = Field(description="How many leads of the trust were told.")


class DrillToldOut(Out):
    """One person of this school who was told."""

    person: PersonOut = Field(description="Person who was alerted.")
    round: int = Field(description="Round of alerts, from 1.")
    rung: int = Field(description="The last rung they were told on.")
    rung_at: datetime = Field(description="When they were last alerted.")
    sent_at: datetime | None = Field(description="When the mail server took the last message.")
    acknowledged_at: datetime | None = Field(
        description="When they acknowledged it; null until then."
    )


class DrillOut(DrillCard):
    """One drill, with the people it reached."""

    rings_at: datetime | None = Field(
        description="When it rings first, where it was started in quiet hours; null otherwise."
    )
    climbs: list[DrillClimbOut] = Field(description="Each step of the escalation.")
    told: list[DrillToldOut] = Field(description="People who were alerted.")
    permissions: list[str] = Field(description="What you may do next: `operationId`s.")
