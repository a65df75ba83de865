"""What is decided of a concern about an adult."""

from typing import Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from app.core.codes import AdultAdvisersIn, AdultOutcomesIn, AdultThresholdsIn, HarmTestsIn
from app.core.schemas import BodyFault, In, Line, Moment, Narrative, distinct
from app.domain.adults.adult_concerns.schemas import AdultIn


class AssessIn(In):
    """The threshold, and why."""

    threshold: AdultThresholdsIn = Field(description="Whether it meets the harm threshold.")
    harm_tests: list[HarmTestsIn] = Field(
        default=[], max_length=4, description="Which tests are met; at least one for `allegation`."
    )
    reason: Narrative = Field(description="Why it meets the harm threshold or not.")

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        if not distinct(self.harm_tests):
            raise BodyFault("a test is named twice")
        return self


class AdultAdviceIn(In):
    """Advice that was taken, or a referral that was made."""

    kind: Literal["advice", "referral"] = Field(
        default="advice", description="Whether it is advice or a referral. Default: advice."
    )
    taken_from: AdultAdvisersIn = Field(
        default="lado", alias="from", description="Type of adviser. Default: the LADO."
    )
    name: Line = Field(description="Who gave the advice or took the referral.")
    at: Moment = Field(description="When the advice was given.")
    reference: Line | None = Field(default=None, description="Their reference for it.")
    advice: Narrative = Field(description="What was advised.")
    due_at: Moment | None = Field(default=None, description="When to look again.")


class AdultAssignIn(In):
    """Who manages this case from now on, and why."""

    case_manager_id: UUID = Field(description="New case manager.")
    reason: Narrative = Field(description="Why it moves.")


class AdultRedirectIn(In):
    """Adult it is really about, and how you know."""

    about: AdultIn = Field(description="Adult the concern is about.")
    reason: Narrative = Field(description="How you know that it is about this adult.")


class LockOutIn(In):
    """Who is kept away from this one, and why."""

    staff_id: UUID = Field(description="Person who must not read it.")
    reason: Narrative = Field(description="Why they must not.")


class AdultCloseIn(In):
    """Outcome and reason."""

    outcome: AdultOutcomesIn = Field(description="Outcome of the concern.")
    reason: Narrative = Field(description="Why it is closed so.")
