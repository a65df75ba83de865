"""What follows once a referral was sent: asking again, disagreeing, answering the agency."""

from datetime import datetime

from pydantic import Field

from app.core.codes import ChallengeIssuesOut, ChallengeStagesOut
from app.core.schemas import Out


class ChallengeOut(Out):
    """The open disagreement with the agency."""

    stage: ChallengeStagesOut = Field(description="Stage it is at.")
    issue: ChallengeIssuesOut = Field(description="What it is about.")
    immediate_risk: bool = Field(description="Whether somebody may be in danger now.")
    authority: str = Field(
        description="Authority whose stages it follows; `*`: the default stages."
    )
    opened_at: datetime = Field(description="When it was first raised.")
    stage_since: datetime = Field(description="When the present stage began.")


class MissingOut(Out):
    """One item that approval needs."""

    pointer: str = Field(description="JSON Pointer into the referral.")
    code: str = Field(description="Code of what is missing.")
    detail: str = Field(description="What to do.")
    section: str | None = Field(description="Section of the form; null: no field.")
    label: str | None = Field(description="Label of the field; null: no field.")


class MissingListOut(Out):
    """What approval still needs."""

    items: list[MissingOut] = Field(description="Missing items; empty: ready for approval.")
    answered: int = Field(description="Number of fields with an answer.")
    fields: int = Field(description="Number of fields of the form.")
    next: None = Field(description="Always null: the list is complete.")
