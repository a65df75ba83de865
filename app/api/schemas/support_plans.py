"""Support plans: two adults, times, place, what helps, and how often somebody asks."""

from datetime import date, datetime
from typing import Annotated, Any, Literal, get_args
from uuid import UUID

from pydantic import Field, StringConstraints

from app.api.schemas.answers import AnswerIn, AnswerOut
from app.api.schemas.safety_checks import KeptOut
from app.api.schemas.support_notes import AdviceFromIn, AdviceFromOut
from app.core.schemas import In, Line, ListIn, Moment, Narrative, NewId, Out, PersonOut, words

Hour = Annotated[
    str,
    StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d(:00)?$", max_length=8),
]
Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday"]
WeekdaysOut: Any = words(None, get_args(Weekday), closed=True)


class WindowIn(In):
    """A time of day for check-ins, by the school's clock."""

    from_: Hour = Field(alias="from", description="Local time it begins, as `HH:MM`.")
    to: Hour = Field(description="Local time it ends, as `HH:MM`.")


class CadenceIn(In):
    """One part of a cadence: check-ins per week, and how long."""

    per_week: int = Field(ge=1, le=5, description="Check-ins per week, 1 to 5.")
    weekdays: list[Weekday] = Field(
        default=[], max_length=5, description="Days of the week. Default: spread evenly."
    )
    school_days: int | None = Field(
        default=None,
        ge=1,
        le=400,
        description="Number of school days in this part. Default: until the next part.",
    )
    to_day: int | None = Field(
        default=None,
        ge=1,
        le=730,
        description="Last school day of this part, counted from the start of the plan.",
    )


class WhoKnowsIn(In):
    """A person, and what they know."""

    who: Line = Field(description="Person who knows.")
    what: Narrative | None = Field(default=None, description="What they know.")


class PlanWords(In):
    """What else was agreed; everything may be left out."""

    lesson_adjustments: AnswerIn[Narrative] | None = Field(
        default=None, description="What changes in lessons."
    )
    pe_adjustments: AnswerIn[Narrative] | None = Field(
        default=None, description="What changes in PE."
    )
    exit_arrangement: AnswerIn[Narrative] | None = Field(
        default=None, description="How the pupil may leave a lesson, and where to go."
    )
    who_knows_what: list[WhoKnowsIn] = Field(
        default=[], max_length=50, description="People who know, and what each knows."
    )
    home_contact: AnswerIn[Narrative] | None = Field(
        default=None, description="How home is kept informed."
    )
    advice_from: list[AdviceFromIn] = Field(
        default=[], max_length=20, description="Advice taken, such as from mental health services."
    )
    agencies: AnswerIn[Narrative] | None = Field(default=None, description="Agencies that help.")
    pupil_words: AnswerIn[Narrative] | None = Field(
        default=None, description="The pupil's own words."
    )


class SupportPlanFields(PlanWords):
    """A plan as it is agreed."""

    adult_id: UUID = Field(description="Adult the pupil chose.")
    cover_id: UUID = Field(description="Adult who stands in, also chosen with the pupil.")
    place: Line | None = Field(
        default=None, description="Place to meet that does not single the pupil out."
    )
    times: list[WindowIn] = Field(
        default=[],
        max_length=4,
        description="Times of day for check-ins. Default: the first hour of the school day.",
    )
    cadence: list[CadenceIn] = Field(
        default=[],
        max_length=6,
        description="How often check-ins are. Default: daily for five school days, twice a week "
        "to day 28, then weekly until a lead ends the plan.",
    )
    holiday_arrangement: Narrative | None = Field(
        default=None,
        description="Who is in touch in the holidays. While empty, Cairn asks a lead.",
    )


class SupportPlanIn(SupportPlanFields):
    """A new plan."""

    id: NewId
    concern_id: UUID | None = Field(default=None, description="Concern it belongs to.")
    review_due_at: Moment | None = Field(
        default=None, description="When to review the plan. Default: by the rule."
    )


class ChangeSupportPlanIn(SupportPlanFields):
    """The whole new plan, and why it changed."""

    reason: Narrative = Field(description="Why the plan changes.")


class ReviewSupportPlanIn(In):
    """A review of the support plan with the pupil."""

    words: Narrative | None = Field(default=None, description="What the pupil said.")
    pupils_view: AnswerIn[Narrative] | None = Field(
        default=None, description="What the pupil thinks of the plan."
    )
    review_due_at: Moment | None = Field(
        default=None, description="When to review the plan. Default: by the rule."
    )


class EndSupportPlanIn(In):
    """Why check-ins end, and the pupil's view."""

    reason: Narrative = Field(description="Why the check-ins end.")
    pupils_view: AnswerIn[Narrative] | None = Field(
        default=None, description="What the pupil thinks about ending it."
    )


class PlanVersionListIn(ListIn):
    """Pages of what was agreed before."""


class WindowOut(Out):
    """A time of day."""

    from_: str = Field(alias="from", description="Local time it begins, as `HH:MM`.")
    to: str = Field(description="Local time it ends, as `HH:MM`.")


class CadenceOut(Out):
    """One part of a cadence."""

    per_week: int = Field(description="Check-ins per week.")
    weekdays: list[WeekdaysOut] = Field(description="Days of the week; empty: any.")
    school_days: int | None = Field(
        description="Number of school days in this part; null: to the end."
    )
    to_day: int | None = Field(
        description="Last school day of this part, from 1; null: to the end."
    )


class WhoKnowsOut(Out):
    """A person, and what they know."""

    who: str = Field(description="Person who knows.")
    what: str | None = Field(description="What they know; null: not said.")


class PlanContentOut(Out):
    """What was agreed; null: nothing."""

    adult_id: UUID = Field(description="Adult who checks in.")
    cover_id: UUID = Field(description="Adult who stands in.")
    place: str | None = Field(description="Where to meet; null: not agreed.")
    windows: list[WindowOut] = Field(description="Times of the day for check-ins.")
    cadence: list[CadenceOut] = Field(description="How often check-ins are, in parts.")
    holiday_arrangement: str | None = Field(
        description="How contact is kept in the holidays; null: not said."
    )
    lesson_adjustments: AnswerOut[str] | None = Field(
        description="What changes in lessons; null: not said."
    )
    pe_adjustments: AnswerOut[str] | None = Field(description="What changes in PE; null: not said.")
    exit_arrangement: AnswerOut[str] | None = Field(
        description="How the pupil may leave a lesson; null: not said."
    )
    who_knows_what: list[WhoKnowsOut] = Field(description="People who know, and what each knows.")
    home_contact: AnswerOut[str] | None = Field(
        description="How home is kept informed; null: not said."
    )
    advice_from: list[AdviceFromOut] = Field(description="Advice that was taken.")
    agencies: AnswerOut[str] | None = Field(description="Agencies that help; null: not said.")
    pupil_words: AnswerOut[str] | None = Field(description="The pupil's own words; null: none.")


class SupportPlanOut(Out):
    """The pupil's current support plan."""

    id: UUID = Field(description="Plan ID.")
    child_id: UUID = Field(description="Child the plan is about.")
    record_id: UUID = Field(description="Record that holds it.")
    adult: PersonOut = Field(description="Adult who checks in.")
    cover: PersonOut = Field(description="Adult who stands in.")
    lead: PersonOut | None = Field(
        description="Lead who reviews it with the pupil; null: no more reviews."
    )
    began_on: date = Field(description="First day of the plan.")
    review_due_at: datetime = Field(description="When to read it again.")
    content: PlanContentOut = Field(description="What was written down.")
    made_at: datetime = Field(description="When it was agreed.")
    ended_at: datetime | None = Field(description="When the plan ended; null while it is open.")
    version: int = Field(description="Version number to show. For `If-Match`, use the ETag.")
    permissions: list[str] = Field(description="What you may do next, as `operationId`s.")


class PlanVersionOut(KeptOut):
    """One agreed version of the plan."""

    kind: Literal["support_plan"]
    content: PlanContentOut = Field(description="What was written down.")
