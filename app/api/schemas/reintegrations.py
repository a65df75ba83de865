"""Coming back after an absence or from hospital: what is known and agreed, as answers."""

from datetime import date, datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from app.api.schemas.answers import AnswerIn, AnswerOut
from app.core.codes import ConfidentialityClassesOut
from app.core.schemas import (
    BodyFault,
    Day,
    In,
    Line,
    ListIn,
    Moment,
    Narrative,
    NewId,
    Out,
    PersonOut,
    absent,
)

YesNo = Literal["yes", "no"]
People = Annotated[list[Line], Field(max_length=50)]


class ReintegrationMeetingIn(In):
    """The meeting before or on the day."""

    at: Moment | None = Field(default=None, description="When it is planned.")
    where: Line | None = Field(default=None, description="Where it is planned.")
    who: People = Field(default=[], description="People who will come.")


class TimetableStepIn(In):
    """One stage of a timetable that builds up. Each stage ends."""

    starts_on: Day = Field(description="First day of this stage.")
    ends_on: Day = Field(description="Last day of this stage.")
    what: Line = Field(description="What the pupil does at this stage.")

    @model_validator(mode="after")
    def _ends(self) -> Self:
        if self.ends_on < self.starts_on:
            raise BodyFault("a part of the timetable ends before it starts")
        return self


class ReintegrationFields(In):
    """What can be written down; everything may be left out."""

    reason_known_to: AnswerIn[People] | None = Field(
        default=None, description="People who know why the pupil was away."
    )
    hospital: AnswerIn[Line] | None = Field(default=None, description="Hospital or unit.")
    discharged_on: AnswerIn[Day] | None = Field(
        default=None, description="Day of discharge from hospital."
    )
    expected_return: AnswerIn[Day] | None = Field(
        default=None, description="Day the pupil is expected back."
    )
    returned_on: Day | None = Field(default=None, description="Day the pupil came back.")
    meeting: AnswerIn[ReintegrationMeetingIn] | None = Field(
        default=None, description="Meeting before or on the day."
    )
    agreed_story: AnswerIn[Narrative] | None = Field(
        default=None, description="What friends are told, as agreed with the pupil."
    )
    timetable: list[TimetableStepIn] = Field(
        default=[], max_length=30, description="Timetable that builds up. Each stage ends."
    )
    medication_held_by: AnswerIn[Line] | None = Field(
        default=None, description="Person who holds the medication."
    )
    plan_updated: AnswerIn[YesNo] | None = Field(
        default=None, description="Whether the safety plan was updated."
    )
    staff_told: AnswerIn[People] | None = Field(default=None, description="Staff who need to know.")


class ReintegrationIn(ReintegrationFields):
    """A return to school after an absence. Send what is known so far."""

    id: NewId
    concern_id: UUID | None = Field(default=None, description="Concern it belongs to.")
    adult_id: UUID | None = Field(
        default=None,
        description="Adult who sees the pupil on the first five school days. Default: the lead.",
    )


class ReintegrationPatch(In):
    """What is known now. Cairn keeps the earlier record."""

    reason_known_to: AnswerIn[People] = absent(description="People who know the reason.")
    hospital: AnswerIn[Line] = absent(description="Hospital or ward.")
    discharged_on: AnswerIn[Day] = absent(description="Day of discharge from hospital.")
    expected_return: AnswerIn[Day] = absent(description="Day the pupil is expected back.")
    returned_on: Day | None = absent(description="Day the pupil came back; null empties it.")
    meeting: AnswerIn[ReintegrationMeetingIn] = absent(description="Meeting before or on the day.")
    agreed_story: AnswerIn[Narrative] = absent(
        description="What others are told, as agreed with the pupil."
    )
    timetable: list[TimetableStepIn] = Field(
        default_factory=list,
        max_length=30,
        description="Timetable that builds up. Send the whole list.",
    )
    medication_held_by: AnswerIn[Line] = absent(description="Person who holds the medication.")
    plan_updated: AnswerIn[YesNo] = absent(description="Whether the safety plan was updated.")
    staff_told: AnswerIn[People] = absent(description="Staff who have been told.")
    reason: Line = absent(description="Why you change it.")


class HeldMeetingIn(In):
    """A meeting that was held."""

    at: Moment = Field(description="When it was held.")
    who: People = Field(default=[], description="People who came.")
    agreed: Narrative | None = Field(default=None, description="What was agreed.")


class Day90In(In):
    """The review after 90 days."""

    found: Narrative = Field(description="What you found.")
    next: Narrative | None = Field(default=None, description="Next steps.")


class ReintegrationListIn(ListIn):
    """Pages of reintegrations."""


class ReintegrationMeetingOut(Out):
    """The meeting as it is planned."""

    at: datetime | None = Field(description="When it is planned; null: not yet.")
    where: str | None = Field(description="Where it is planned; null: not yet.")
    who: list[str] = Field(description="People who will come.")


class TimetableStepOut(Out):
    """One stage of a timetable that builds up."""

    starts_on: date = Field(description="First day of this stage.")
    ends_on: date = Field(description="Last day of this stage.")
    what: str = Field(description="What the pupil does at this stage.")


class ReintegrationContentOut(Out):
    """What is known of the return; null: nothing."""

    reason_known_to: AnswerOut[list[str]] | None = Field(
        description="People who know the reason; null: not said."
    )
    hospital: AnswerOut[str] | None = Field(description="Hospital or ward; null: not said.")
    discharged_on: AnswerOut[date] | None = Field(
        description="Day of discharge from hospital; null: not said."
    )
    expected_return: AnswerOut[date] | None = Field(
        description="Day the pupil is expected back; null: not said."
    )
    returned_on: date | None = Field(description="Day the pupil came back; null until then.")
    meeting: AnswerOut[ReintegrationMeetingOut] | None = Field(
        description="Meeting before or on the day; null: not said."
    )
    agreed_story: AnswerOut[str] | None = Field(
        description="What to tell others, as agreed; null: not said."
    )
    timetable: list[TimetableStepOut] = Field(description="Timetable, building up over time.")
    medication_held_by: AnswerOut[str] | None = Field(
        description="Person who holds the medication; null: not said."
    )
    plan_updated: AnswerOut[str] | None = Field(
        description="Whether the safety plan was updated; null: not said."
    )
    staff_told: AnswerOut[list[str]] | None = Field(
        description="Staff who have been told; null: not said."
    )


class HeldMeetingOut(Out):
    """A meeting that was held."""

    at: datetime = Field(description="When it was held.")
    who: list[str] = Field(description="People who came.")
    agreed: str | None = Field(description="What was agreed; null: nothing.")


class Day90Out(Out):
    """The review after 90 days."""

    found: str = Field(description="Findings.")
    next: str | None = Field(description="Next steps; null: none.")


class ReintegrationOut(Out):
    """A return to school, with its newest record."""

    id: UUID = Field(description="Reintegration ID.")
    child_id: UUID = Field(description="Child the reintegration is about.")
    concern_id: UUID | None = Field(description="Concern the reintegration belongs to; null: none.")
    record_id: UUID = Field(description="Newest record of it. Earlier ones stay.")
    expected_on: date | None = Field(description="Day the pupil is expected back; null: not known.")
    returned_on: date | None = Field(description="Day the pupil came back; null until then.")
    adult: PersonOut | None = Field(description="Adult the pupil can go to; null: none.")
    content: ReintegrationContentOut = Field(description="What was written down.")
    met: HeldMeetingOut | None = Field(description="Meeting that was held; null: not yet.")
    day_90: Day90Out | None = Field(description="Review after 90 days; null: not yet.")
    confidentiality: ConfidentialityClassesOut = Field(
        description="Class of confidentiality of the reintegration."
    )
    set_by: PersonOut = Field(description="Person who set it.")
    set_at: datetime = Field(description="When it was created.")
    ended_at: datetime | None = Field(
        description="When the reintegration ended; null while it is open."
    )
    permissions: list[str] = Field(description="What you may do next, as `operationId`s.")
