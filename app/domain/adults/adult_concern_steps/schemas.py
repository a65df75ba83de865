"""What is decided of a concern about an adult."""

from typing import Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from app.core.codes import AdultAdvisersIn, AdultOutcomesIn, AdultThresholdsIn, HarmTestsIn
from app.core.schemas import BodyFault, In, Line, Moment, Narrative, distinct
from app.domain.adults.adult_concerns.schemas import AdultIn


class AssessIn(In):
    """The decision on the harm threshold, and the reason."""

    threshold: AdultThresholdsIn = Field(description="Decision on the harm threshold.")
    harm_tests: list[HarmTestsIn] = Field(
        default=[], max_length=4, description="Harm tests met. At least one for `allegation`."
    )
    reason: Narrative = Field(description="Why it meets the harm threshold or not.")

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        if not distinct(self.harm_tests):
            raise BodyFault("a test is named twice")
        return self


class AdultAdviceIn(In):
    """Advice taken, or a referral made."""

    kind: Literal["advice", "referral"] = Field(
        default="advice", description="Whether it is advice or a referral. Default: advice."
    )
    taken_from: AdultAdvisersIn = Field(
        default="lado", alias="from", description="Type of adviser. Default: the LADO."
    )
    name: Line = Field(description="Who gave the advice or took the referral.")
    at: Moment = Field(description="When the advice was given.")
    reference: Line | None = Field(default=None, description="Their reference for it.")
    advice: Narrative = Field(description="What they advised.")
    due_at: Moment | None = Field(default=None, description="When to review it.")


class AdultAssignIn(In):
    """The new case manager, and the reason."""

    case_manager_id: UUID = Field(description="New case manager.")
    reason: Narrative = Field(description="Why the case manager changes.")


class AdultRedirectIn(In):
    """The adult it is really about, and how you know."""

    about: AdultIn = Field(description="Adult the concern is about.")
    reason: Narrative = Field(description="How you know that it is about this adult.")


class LockOutIn(In):
    """The person to block from this concern, and the reason."""

    staff_id: UUID = Field(description="Person who must not read it.")
    reason: Narrative = Field(description="Why they must not read it.")


class AdultCloseIn(In):
    """The outcome, and the reason for it."""

    outcome: AdultOutcomesIn = Field(description="Outcome of the concern.")
    reason: Narrative = Field(description="Why you close it with this outcome.")
