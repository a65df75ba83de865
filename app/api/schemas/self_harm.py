"""What is said of self-harm or words about dying, and the steps that people take after it."""

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from app.api.schemas.answers import AnswerIn, AnswerOut
from app.api.schemas.lead_availability import CallOut
from app.api.schemas.linked_concerns import NoteBesideOut
from app.api.schemas.tasks import TaskOut
from app.api.schemas.written import ToldMarkOut, WrittenPart
from app.core.codes import (
    AwareRolesIn,
    AwareRolesOut,
    ConcernCategoriesOut,
    ConcernChildRolesIn,
    ConcernChildRolesOut,
    ContactWaysIn,
    EmergencyCallsIn,
    EmergencyReasonsIn,
    ImmediaciesOut,
    LedUpToIn,
    LedUpToOut,
    MedicalHelpIn,
    MedicalHelpOut,
    OnlinePartsIn,
    OnlinePartsOut,
    PathwayStatesOut,
    PathwayStepsOut,
    RolesOut,
    SelfHarmKindsIn,
    SelfHarmKindsOut,
    SelfHarmMeansIn,
    SelfHarmMeansOut,
    SelfHarmPlacesIn,
    SelfHarmPlacesOut,
    TaskKindsOut,
)
from app.core.schemas import (
    BodyFault,
    In,
    Line,
    Moment,
    Narrative,
    Out,
    PersonOut,
    PointerOut,
    absent,
)

Several = Field(min_length=1, max_length=20)


class AwareIn(In):
    """Someone who was there or knows about it."""

    role: AwareRolesIn = Field(description="Who they are to the pupil.")
    name: Line | None = Field(default=None, description="Their name.")
    note: Line | None = Field(default=None, description="What they saw or know.")


class ToldBeforeIn(In):
    """A person the pupil had told before."""

    whom: Line = Field(description="Person the pupil told.")
    when: Line | None = Field(default=None, description="When the pupil told them.")


class SelfHarmIn(In):
    """What was said about self-harm, as it was said. All optional; Cairn infers nothing."""

    kind: SelfHarmKindsIn | None = Field(
        default=None,
        description="Type, more exact than a category. Default: by the categories, or an unspoken "
        "worry.",
    )
    own_words: AnswerIn[Narrative] | None = Field(
        default=None, description="What the pupil says it was for, word for word."
    )
    means_group: AnswerIn[SelfHarmMeansIn] | None = Field(
        default=None, description="Group of means. Never the exact method."
    )
    place: AnswerIn[SelfHarmPlacesIn] | None = Field(
        default=None, description="Kind of place it happened in."
    )
    medical: AnswerIn[Annotated[list[MedicalHelpIn], Several]] | None = Field(
        default=None, description="Medical help given."
    )
    first_aid_by: Line | None = Field(default=None, description="Person who gave first aid.")
    with_now: Line | None = Field(default=None, description="Adult who is with the pupil now.")
    aware: list[AwareIn] = Field(
        default=[], max_length=20, description="People who were there or know about it."
    )
    online: AnswerIn[Annotated[list[OnlinePartsIn], Several]] | None = Field(
        default=None, description="Part the internet played."
    )
    led_up_to: AnswerIn[Annotated[list[LedUpToIn], Several]] | None = Field(
        default=None, description="What led up to it, in the pupil's view."
    )
    told_before: AnswerIn[Annotated[list[ToldBeforeIn], Several]] | None = Field(
        default=None, description="People the pupil had told before."
    )
    immediacy_reason: Line | None = Field(default=None, description="Why you choose this urgency.")


class UnmatchedChildIn(In):
    """A child the reporter could not find. Any detail helps to identify them."""

    name: Line | None = Field(default=None, description="Name or nickname.")
    year_group: Line | None = Field(default=None, description="Year group, as far as known.")
    description: Narrative | None = Field(
        default=None, description="Anything that helps: class, clothes, where they were."
    )


class OfPupilsIn(In):
    """A step that is about pupils of the report."""

    child_ids: list[UUID | None] | None = Field(
        default=None,
        min_length=1,
        max_length=30,
        description="Pupils it is about; null in the list: the unmatched pupil. Default: every "
        "known pupil.",
    )


class WithAdultIn(OfPupilsIn):
    """The adult with the pupil, or that nobody is."""

    name: Line | None = Field(default=None, description="Adult who is with the pupil now.")
    nobody: Literal[True] | None = Field(
        default=None, description="`true`: the adult had to leave, and someone must go there now."
    )
    staff_id: UUID | None = Field(
        default=None, description="Staff ID of the adult, if they have an account."
    )
    handed_over_by: Line | None = Field(
        default=None, description="Person who handed the pupil over."
    )
    place: Line | None = Field(default=None, description="Where they are.")
    at: Moment | None = Field(default=None, description="When. Default: now.")
    note: Narrative | None = Field(default=None, description="Further details.")

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if (self.name is None) == (self.nobody is None):
            raise BodyFault("name the adult who is with the pupil, or say that nobody is")
        return self


class EmergencyIn(OfPupilsIn):
    """Emergency help. Every field is optional; a later step can add more."""

    reason_codes: list[EmergencyReasonsIn] = Field(
        default=[], max_length=10, description="Why help is needed."
    )
    called: list[EmergencyCallsIn] = Field(
        default=[], max_length=10, description="Services called."
    )
    called_at: Moment | None = Field(default=None, description="When help was called.")
    called_by: Line | None = Field(default=None, description="Person who called.")
    incident_number: Line | None = Field(default=None, description="Number the service gave.")
    went_with: Line | None = Field(default=None, description="Adult who went with the pupil.")
    where_to: Line | None = Field(default=None, description="Where the pupil was taken.")
    hand_over: Narrative | None = Field(
        default=None, description="What you told the emergency services."
    )


class CheckedIn(OfPupilsIn):
    """A conversation with the pupil, or why there was none."""

    check_id: UUID | None = Field(default=None, description="Record ID of a safety check.")
    seen_by: Line | None = Field(
        default=None, description="Person who spoke with the pupil. Default: you."
    )
    at: Moment | None = Field(default=None, description="When they spoke. Default: now.")
    note: Narrative | None = Field(
        default=None, description="What was said, or why nobody spoke with the pupil."
    )
    not_seen: Narrative | None = Field(
        default=None, description="Why nobody spoke with the pupil, and what was done instead."
    )

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.check_id is None and self.seen_by is None and self.not_seen is None:
            raise BodyFault(
                "say who spoke with the pupil, name a safety check, or say why nobody could"
            )
        return self


class LeftSafelyIn(OfPupilsIn):
    """The person the pupil left with, and what was agreed."""

    handed_to: Line = Field(description="Adult the pupil left with.")
    relationship: Line | None = Field(default=None, description="Who they are to the pupil.")
    at: Moment | None = Field(default=None, description="When the pupil left. Default: now.")
    home_made_safer: AnswerIn[bool] | None = Field(
        default=None, description="Whether you talked about making home safer."
    )
    home_note: Narrative | None = Field(default=None, description="What was agreed for home.")
    call_tonight: Line | None = Field(default=None, description="Person to call tonight.")
    phones_tomorrow: UUID | None = Field(
        default=None, description="Member of staff who phones tomorrow. Default: the owner."
    )
    note: Narrative | None = Field(default=None, description="Further details.")


class StayedWithPlanIn(OfPupilsIn):
    """The pupil stays in school, with what was agreed."""

    chosen_adult: Line | None = Field(
        default=None, description="Name of the adult the pupil chose."
    )
    note: Narrative | None = Field(default=None, description="What was agreed.")


class TaskContactedIn(In):
    """An attempt to speak with the pupil or family. No answer is not contact."""

    how: ContactWaysIn = Field(description="How you spoke, or tried to.")
    at: Moment | None = Field(
        default=None, description="When you spoke, or tried to. Default: now."
    )
    note: Narrative | None = Field(default=None, description="What was said, or how you tried.")


class ContactedIn(OfPupilsIn, TaskContactedIn):
    """Contact with the pupil or family."""


class SettleIn(OfPupilsIn):
    """Things have settled. Give a reason before 90 days."""

    reason: Narrative | None = Field(
        default=None, description="Why things have settled. Required before 90 days."
    )
    pupils_view: AnswerIn[Narrative] | None = Field(default=None, description="The pupil's view.")
    what_helped: Narrative | None = Field(default=None, description="What helped the pupil.")
    who_to_go_to: Line | None = Field(default=None, description="Adult the pupil can go to.")
    how_to_restart: Narrative | None = Field(
        default=None, description="How to start support again."
    )


class MatchedChildIn(In):
    """A child the report is about."""

    child_id: UUID = Field(description="Child the report is about.")
    role: ConcernChildRolesIn = Field(default="subject", description="The child's part in it.")


class MatchConcernIn(In):
    """Children the report is about."""

    children: list[MatchedChildIn] = Field(
        min_length=1, max_length=30, description="Children the report is about."
    )


class AwareOut(Out):
    """Someone who was there or knows about it."""

    role: AwareRolesOut = Field(description="Who they are to the pupil.")
    name: str | None = Field(description="Their name; null: not said.")
    note: str | None = Field(description="What they saw or know; null: not said.")


class ToldBeforeOut(Out):
    """A person the pupil had told before."""

    whom: str = Field(description="Person the pupil told.")
    when: str | None = Field(description="When the pupil told them; null: not said.")


class SelfHarmToldOut(Out):
    """What was said, as it was said. Anything left unsaid is absent."""

    own_words: AnswerOut[str] = absent(description="The pupil's own words.")
    means_group: AnswerOut[SelfHarmMeansOut] = absent(
        description="Group of means. Never the exact method."
    )
    place: AnswerOut[SelfHarmPlacesOut] = absent(description="Kind of place it happened in.")
    medical: AnswerOut[list[MedicalHelpOut]] = absent(description="Medical help given.")
    first_aid_by: str = absent(description="Person who gave first aid.")
    with_now: str = absent(description="Adult with the pupil when it was reported.")
    aware: list[AwareOut] = Field(default=[], description="People who were there or know about it.")
    online: AnswerOut[list[OnlinePartsOut]] = absent(description="Part the internet played.")
    led_up_to: AnswerOut[list[LedUpToOut]] = absent(
        description="What led up to it, in the pupil's view."
    )
    told_before: AnswerOut[list[ToldBeforeOut]] = absent(
        description="People the pupil had told before."
    )
    immediacy_reason: str = absent(description="Why the reporter chose this urgency.")


class AmendedSelfHarmOut(SelfHarmToldOut):
    """What an amendment adds about self-harm."""

    kind: SelfHarmKindsOut = absent(description="Type of self-harm concern; absent: unchanged.")


class SelfHarmStepOut(Out):
    """A step that was taken."""

    id: UUID = Field(description="Step ID.")
    step: PathwayStepsOut = Field(description="Type of step.")
    at: datetime = Field(description="When the step was taken.")
    recorded_at: datetime = Field(description="When Cairn saved the step.")
    by: PersonOut | None = Field(
        description="Person who took the step; null: another step caused it."
    )
    by_role: RolesOut = Field(description="Role the person acted in.")
    from_state: PathwayStatesOut | None = Field(
        default=None, description="State before it; null: first step. Absent for the reporter."
    )
    to_state: PathwayStatesOut = absent(description="State after it; absent for the reporter.")
    child_ids: list[UUID | None] | None = Field(
        default=None,
        description="Pupils it was about; null in the list: an unmatched pupil. Null: the whole "
        "report. Absent for the reporter.",
    )
    details: dict[str, WrittenPart] = Field(description="Details, by name.")


class PupilTaskOut(Out):
    """An open task for a pupil."""

    kind: TaskKindsOut = Field(description="Type of task.")
    due_at: datetime = Field(description="Deadline of the task.")


class PupilOut(Out):
    """One pupil of the report: progress, and open tasks."""

    child_id: UUID | None = Field(description="Child ID; null: not matched yet.")
    state: PathwayStatesOut = Field(description="State of the pathway for this pupil.")
    owed: list[PupilTaskOut] = Field(description="Open tasks, soonest first.")


class AlsoKnownOut(PointerOut):
    """Another record about the pupil: where to look, without its content."""

    at: datetime = Field(description="When it happened.")
    category: ConcernCategoriesOut | None = Field(
        description="Category of a concern, or kind of a record; null: none."
    )
    child_id: UUID = Field(description="Child it is about.")


class SelfHarmOut(Out):
    """What was said, and what has been done. Case work is absent for the reporter."""

    kind: SelfHarmKindsOut = Field(description="Type, as amended.")
    kind_told: SelfHarmKindsOut = Field(description="Type first reported.")
    immediacy_told: ImmediaciesOut = Field(description="Urgency the reporter chose.")
    told: SelfHarmToldOut = Field(description="What was told, as it was told.")
    begun_at: datetime = Field(description="When it began.")
    review: str = Field(description="Whether these words have been reviewed clinically.")

    state: PathwayStatesOut = absent(
        description="State that every pupil has reached. `pupils` has each pupil's own."
    )
    pupils: list[PupilOut] = Field(default=[], description="Pupils it is about.")
    last_event_at: datetime = absent(description="When something last happened.")
    steps: list[SelfHarmStepOut] = Field(
        default=[], description="Steps taken. The reporter sees only their own."
    )
    next: list[str] = Field(default=[], description="Possible next steps. A person decides.")
    also_known: list[AlsoKnownOut] = Field(default=[], description="Other records to check.")
    also_known_since: datetime = absent(description="Start of the period searched.")
    also_known_note: str = absent(description="What to consider when reading them.")
    at_school_then: list[NoteBesideOut] = Field(
        default=[], description="What was on at school around then. Changes nothing."
    )


class UnmatchedChildOut(Out):
    """A child as the reporter described them."""

    name: str | None = Field(description="Name as reported; null: not given.")
    year_group: str | None = Field(description="Year group as reported; null: not given.")
    description: str | None = Field(
        description="Anything else that identifies the child; null: nothing."
    )
    unknown: list["UnknownIdOut"] = Field(description="Child IDs that match no child here.")
    marks: list["UnmatchedMarkOut"] = Field(description="Marks, kept with the child once matched.")
    matched_at: datetime | None = Field(description="When the child was matched; null until then.")
    matched_by: PersonOut | None = Field(
        description="Person who matched the child; null until then."
    )


class UnmatchedMarkOut(ToldMarkOut):
    """A mark on the body map of an unmatched child."""

    details: "UnmatchedMarkDetailsOut" = Field(description="Further details of the mark.")


class UnmatchedMarkDetailsOut(Out):
    """Further details of a mark."""

    skin_broken: bool = absent(description="Whether the skin is broken.")
    swelling: bool = absent(description="Whether it is swollen.")
    painful: bool = absent(description="Whether it hurts.")
    first_aid: str = absent(description="First aid that was given.")


class UnknownIdOut(Out):
    """A child ID in the report that matches no child here."""

    child_id: UUID = Field(description="ID as sent.")
    role: ConcernChildRolesOut = Field(description="The child's part in the report.")


class StepTakenOut(Out):
    """The recorded step, and its results."""

    id: UUID = Field(description="Concern ID.")
    reference: str = Field(description="Concern reference that people use.")
    step: PathwayStepsOut = Field(description="Step that was recorded.")
    recorded_at: datetime = Field(description="When Cairn saved the step.")
    first: list[str] = Field(description="What to do first. Show at once.")
    call: list[CallOut] = Field(description="Numbers to call.")
    review: str = Field(description="Whether these words have been reviewed clinically.")

    state: PathwayStatesOut = absent(
        description="State that every pupil has reached. `pupils` has each pupil's own."
    )
    kind: SelfHarmKindsOut = absent(description="Type of self-harm concern.")
    pupils: list[PupilOut] = Field(
        default=[], description="Pupils of the report, and their open tasks."
    )
    next: list[str] = Field(default=[], description="Suggested next steps, in words.")


class TaskContactedOut(TaskOut):
    """The recorded contact, and its task."""

    step: PathwayStepsOut = Field(description="Step that was recorded.")
    recorded_at: datetime = Field(description="When Cairn saved the contact.")
    first: list[str] = Field(description="What to do first. Show at once.")
    call: list[CallOut] = Field(description="Numbers to call.")
    review: str = Field(description="Whether these words have been reviewed clinically.")
