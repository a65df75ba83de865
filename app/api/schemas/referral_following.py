"""What follows once a referral was sent: asking again, disagreeing, answering the agency."""

from datetime import datetime

from pydantic import Field

from app.core.codes import (
    ChallengeIssuesIn,
    ChallengeIssuesOut,
    ChallengeResolutionsIn,
    ChallengeStagesIn,
    ChallengeStagesOut,
    DeliveryRoutesIn,
    ReferralOutcomesIn,
)
from app.core.schemas import In, Line, Moment, Narrative, Out


class ChasingIn(In):
    """Somebody asked the agency again."""

    whom: Line = Field(description="Who at the agency was asked.")
    route: DeliveryRoutesIn = Field(description="How they were asked.")
    at: Moment
    said: Narrative | None = Field(default=None, description="What they said.")


class ChallengeIn(In):
    """A disagreement: to its first stage, or, where one is open, to its next."""

    issue: ChallengeIssuesIn
    text: Narrative = Field(description="What the school disagrees with, and why.")
    whom: Line = Field(description="Who at the agency was told.")
    route: DeliveryRoutesIn
    at: Moment
    stage: ChallengeStagesIn | None = Field(
        default=None, description="A later stage; only with `immediate_risk`."
    )
    immediate_risk: bool = Field(
        default=False, description="A child is at risk now: stages are left out, and it is a day."
    )


class ResolutionIn(In):
    """How a disagreement ended."""

    resolution: ChallengeResolutionsIn
    text: Narrative
    agreed_with: Line = Field(description="Who at the agency.")
    at: Moment
    outcome: ReferralOutcomesIn | None = Field(
        default=None, description="What the agency decides now, where that has changed."
    )
    learning: Narrative | None = None


class AnswerIn(In):
    """What the school says to the agency."""

    text: Narrative


class ChallengeOut(Out):
    """The disagreement that is open."""

    stage: ChallengeStagesOut
    issue: ChallengeIssuesOut
    immediate_risk: bool
    authority: str = Field(description="Whose scheme of stages it follows; `*` is the default.")
    opened_at: datetime
    stage_since: datetime


class MissingOut(Out):
    """One thing that approval needs."""

    pointer: str = Field(description="JSON Pointer into the referral.")
    code: str
    detail: str = Field(description="What to do.")
    section: str | None = Field(description="Of a field: its section on the form.")
    label: str | None


class MissingListOut(Out):
    """What approval still needs; empty when it can be approved."""

    items: list[MissingOut]
    answered: int = Field(description="Fields with an answer.")
    fields: int = Field(description="Fields of the form.")
    next: None = Field(description="Null: the list is whole.")
