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
    """A reminder to the agency."""

    whom: Line = Field(description="Person reminded at the agency.")
    route: DeliveryRoutesIn = Field(description="How you reminded them.")
    at: Moment = Field(description="When you reminded them.")
    said: Narrative | None = Field(default=None, description="What they said.")


class ChallengeIn(In):
    """A disagreement with an agency: a new one, or the next stage of an open one."""

    issue: ChallengeIssuesIn = Field(description="What it is about.")
    text: Narrative = Field(description="What the school disagrees with, and why.")
    whom: Line = Field(description="Person told at the agency.")
    route: DeliveryRoutesIn = Field(description="How you raised it.")
    at: Moment = Field(description="When you raised it.")
    stage: ChallengeStagesIn | None = Field(
        default=None, description="A later stage. Only with `immediate_risk`."
    )
    immediate_risk: bool = Field(
        default=False,
        description="Whether a child is at risk now. If so, you may skip stages and the limit is "
        "one day.",
    )


class ResolutionIn(In):
    """How the disagreement ended."""

    resolution: ChallengeResolutionsIn = Field(description="Type of resolution.")
    text: Narrative = Field(description="How it was resolved, in words.")
    agreed_with: Line = Field(description="Person at the agency.")
    at: Moment = Field(description="When it was resolved.")
    outcome: ReferralOutcomesIn | None = Field(
        default=None, description="The agency's new decision. Default: unchanged."
    )
    learning: Narrative | None = Field(default=None, description="What was learned.")
