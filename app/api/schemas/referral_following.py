"""What follows once a referral was sent: asking again, disagreeing, answering the agency."""

from datetime import datetime

from pydantic import Field

from app.core.codes import (
    ChallengeIssuesOut,
    ChallengeStagesOut,
)
from app.core.schemas import Out


class ChallengeOut(Out):
    """The disagreement that is open."""

    stage: ChallengeStagesOut = Field(description="Stage it is at.")
    issue: ChallengeIssuesOut = Field(description="What it is about.")
    immediate_risk: bool = Field(description="Whether somebody may be in danger now.")
    authority: str = Field(description="Whose scheme of stages it follows; `*` is the default.")
    opened_at: datetime = Field(description="When it began.")
    stage_since: datetime = Field(description="When its present stage began.")


class MissingOut(Out):
    """One thing that approval needs."""

    pointer: str = Field(description="JSON Pointer into the referral.")
    code: str = Field(description="Code of what is missing.")
    detail: str = Field(description="What to do.")
    section: str | None = Field(description="Section on the form, for a field.")
    label: str | None = Field(description="Field's label; null: no field.")


class MissingListOut(Out):
    """What approval still needs; empty when it can be approved."""

    items: list[MissingOut] = Field(description="What is missing; empty: it can be approved.")
    answered: int = Field(description="Fields with an answer.")
    fields: int = Field(description="Fields of the form.")
    next: None = Field(description="Always null: the list is whole.")
