"""What is said where an agency is silent, or decided otherwise."""

from pydantic import Field

from app.core.codes import (
    ChallengeIssuesIn,
    ChallengeResolutionsIn,
    ChallengeStagesIn,
    DeliveryRoutesIn,
    ReferralOutcomesIn,
)
from app.core.schemas import In, Line, Moment, Narrative


class ChasingIn(In):
    """Somebody asked the agency again."""

    whom: Line = Field(description="Who at the agency was asked.")
    route: DeliveryRoutesIn = Field(description="How they were asked.")
    at: Moment = Field(description="When you asked again.")
    said: Narrative | None = Field(default=None, description="What they said.")


class ChallengeIn(In):
    """A disagreement: to its first stage, or, where one is open, to its next."""

    issue: ChallengeIssuesIn = Field(description="What it is about.")
    text: Narrative = Field(description="What the school disagrees with, and why.")
    whom: Line = Field(description="Who at the agency was told.")
    route: DeliveryRoutesIn = Field(description="How you raised it.")
    at: Moment = Field(description="When you raised it.")
    stage: ChallengeStagesIn | None = Field(
        default=None, description="A later stage; only with `immediate_risk`."
    )
    immediate_risk: bool = Field(
        default=False, description="A child is at risk now: stages are left out, and it is a day."
    )


class ResolutionIn(In):
    """How a disagreement ended."""

    resolution: ChallengeResolutionsIn = Field(description="How it was resolved.")
    text: Narrative = Field(description="How it was resolved.")
    agreed_with: Line = Field(description="Who at the agency.")
    at: Moment = Field(description="When it was resolved.")
    outcome: ReferralOutcomesIn | None = Field(
        default=None, description="What the agency decides now, where that has changed."
    )
    learning: Narrative | None = Field(default=None, description="What was learned.")
