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
    """Somebody who was there or knows of it."""

    role: AwareRolesIn = Field(description="Who they are to the pupil.")
    name: Line | None = Field(default=None, description="Their name.")
    note: Line | None = Field(default=None, description="What they saw or know.")


class ToldBeforeIn(In):
    """Somebody the pupil had told before."""

    whom: Line = Field(description="Person the pupil told.")
    when: Line | None = Field(default=None, description="When the pupil told them.")


class SelfHarmIn(In):
    """What was told, as it was told: all of it may be left out, and nothing is inferred from it."""

    kind: SelfHarmKindsIn | None = Field(
        default=None,
        description="More exactly than by category. Left out: by the categories, or else a worry "
        "that nobody has put into words.",
    )
    own_words: AnswerIn[Narrative] | None = Field(
        default=None, description="What the pupil said it was for, word for word."
    )
    means_group: AnswerIn[SelfHarmMeansIn] | None = Field(
        default=None, description="Group of what was used; never the exact method."
    )
    place: AnswerIn[SelfHarmPlacesIn] | None = Field(
        default=None, description="Kind of place it happened at."
    )
    medical: AnswerIn[Annotated[list[MedicalHelpIn], Several]] | None = Field(
        default=None, description="Medical help that was given."
    )
    first_aid_by: Line | None = Field(default=None, description="Person who gave first aid.")
    with_now: Line | None = Field(default=None, description="The adult who is with the pupil now.")
    aware: list[AwareIn] = Field(
        default=[], max_length=20, description="People who were there or know of it."
    )
    online: AnswerIn[Annotated[list[OnlinePartsIn], Several]] | None = Field(
        default=None, description="Part that the internet played."
    )
    led_up_to: AnswerIn[Annotated[list[LedUpToIn], Several]] | None = Field(
        default=None, description="What led up to it, as the pupil says."
    )
    told_before: AnswerIn[Annotated[list[ToldBeforeIn], Several]] | None = Field(
        default=None, description="People the pupil had told before."
    )
    immediacy_reason: Line | None = Field(default=None, description="Why you choose this urgency.")


class UnmatchedChildIn(In):
    """A child the reporter has no record of: whatever is known helps to find out who it is."""

    name: Line | None = Field(default=None, description="Name, or what the child is called.")
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
        description="The pupils of the concern this is about; null among them for the one "
        "that nobody has matched yet. Left out: every pupil who is known.",
    )


class WithAdultIn(OfPupilsIn):
    """Which adult is with the pupil, or that nobody is any more."""

    name: Line | None = Field(default=None, description="The adult who is with the pupil now.")
    nobody: Literal[True] | None = Field(
        default=None, description="True: the adult had to go, and somebody has to go there now."
    )
    staff_id: UUID | None = Field(default=None, description="If they have an account here.")
    handed_over_by: Line | None = Field(
        default=None, description="Person who handed the pupil over."
    )
    place: Line | None = Field(default=None, description="Where they are.")
    at: Moment | None = Field(default=None, description="When. Default: now.")
    note: Narrative | None = Field(default=None, description="Anything else.")

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if (self.name is None) == (self.nobody is None):
            raise BodyFault("name the adult who is with the pupil, or say that nobody is")
        return self


class EmergencyIn(OfPupilsIn):
    """Emergency help: everything may be left out and added with the next one."""

    reason_codes: list[EmergencyReasonsIn] = Field(
        default=[], max_length=10, description="Why emergency help is needed."
    )
    called: list[EmergencyCallsIn] = Field(
        default=[], max_length=10, description="Services that were called."
    )
    called_at: Moment | None = Field(default=None, description="When help was called.")
    called_by: Line | None = Field(default=None, description="Person who called.")
    incident_number: Line | None = Field(default=None, description="Number the service gave.")
    went_with: Line | None = Field(default=None, description="Adult who went with the pupil.")
    where_to: Line | None = Field(default=None, description="Where the pupil was taken.")
    hand_over: Narrative | None = Field(
        default=None, description="What the emergency services were told."
    )


class CheckedIn(OfPupilsIn):
    """Somebody has spoken with the pupil, or why nobody could."""

    check_id: UUID | None = Field(default=None, description="The record of a safety check.")
    seen_by: Line | None = Field(
        default=None, description="Person who spoke with the pupil. Default: you."
    )
    at: Moment | None = Field(default=None, description="When they spoke. Default: now.")
    note: Narrative | None = Field(default=None, description="What was said, or why nobody could.")
    not_seen: Narrative | None = Field(
        default=None, description="Why nobody could, and what was done instead."
    )

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.check_id is None and self.seen_by is None and self.not_seen is None:
            raise BodyFault(
                "say who spoke with the pupil, name a safety check, or say why nobody could"
            )
        return self


class LeftSafelyIn(OfPupilsIn):
    """Who the pupil left with, and what was agreed."""

    handed_to: Line = Field(description="Adult the pupil left with.")
    relationship: Line | None = Field(default=None, description="Who they are to the pupil.")
    at: Moment | None = Field(default=None, description="When the pupil left. Default: now.")
    home_made_safer: AnswerIn[bool] | None = Field(
        default=None, description="Whether making home safer was talked about."
    )
    home_note: Narrative | None = Field(default=None, description="What was agreed for home.")
    call_tonight: Line | None = Field(default=None, description="Person to call tonight.")
    phones_tomorrow: UUID | None = Field(
        default=None, description="Member of staff who phones tomorrow. Default: the owner."
    )
    note: Narrative | None = Field(default=None, description="Anything else.")


class StayedWithPlanIn(OfPupilsIn):
    """The pupil stays in school with what was agreed."""

    chosen_adult: Line | None = Field(default=None, description="Adult the pupil chose.")
    note: Narrative | None = Field(default=None, description="What was agreed.")


class TaskContactedIn(In):
    """An attempt to speak with the pupil or the family; that nobody answered is no contact."""

    how: ContactWaysIn = Field(description="How you spoke or tried.")
    at: Moment | None = Field(default=None, description="When you spoke or tried. Default: now.")
    note: Narrative | None = Field(default=None, description="What was said, or how you tried.")


class ContactedIn(OfPupilsIn, TaskContactedIn):
    """Contact with a pupil or the family, as a lead writes it down."""


class SettleIn(OfPupilsIn):
    """Things have settled. A reason is needed before ninety days."""

    reason: Narrative | None = Field(
        default=None, description="Why things have settled; needed before ninety days."
    )
    pupils_view: AnswerIn[Narrative] | None = Field(
        default=None, description="What the pupil thinks."
    )
    what_helped: Narrative | None = Field(default=None, description="What helped the pupil.")
    who_to_go_to: Line | None = Field(default=None, description="Adult the pupil can go to.")
    how_to_restart: Narrative | None = Field(
        default=None, description="How to begin support again."
    )


class MatchedChildIn(In):
    """A child the report is about."""

    child_id: UUID = Field(description="Child the report is about.")
    role: ConcernChildRolesIn = Field(default="subject", description="The child's part in it.")


class MatchConcernIn(In):
    """Child the report is about."""

    children: list[MatchedChildIn] = Field(
        min_length=1, max_length=30, description="Children the report is about."
    )


class AwareOut(Out):
    """Somebody who was there or knows of it."""

    role: AwareRolesOut = Field(description="Who they are to the pupil.")
    name: str | None = Field(description="Their name; null: not said.")
    note: str | None = Field(description="What they saw or know; null: not said.")


class ToldBeforeOut(Out):
    """Somebody the pupil had told before."""

    whom: str = Field(description="Person the pupil told.")
    when: str | None = Field(description="When the pupil told them; null: not said.")


class SelfHarmToldOut(Out):
    """What was told, as it was told; what nobody said is absent."""

    own_words: AnswerOut[str] = absent(description="The pupil's own words.")
    means_group: AnswerOut[SelfHarmMeansOut] = absent(
        description="Group of what was used; never the exact method."
    )
    place: AnswerOut[SelfHarmPlacesOut] = absent(description="Kind of place it happened at.")
    medical: AnswerOut[list[MedicalHelpOut]] = absent(description="Medical help that was given.")
    first_aid_by: str = absent(description="Person who gave first aid.")
    with_now: str = absent(description="Adult with the pupil when it was reported.")
    aware: list[AwareOut] = Field(default=[], description="People who were there or know of it.")
    online: AnswerOut[list[OnlinePartsOut]] = absent(description="Part that the internet played.")
    led_up_to: AnswerOut[list[LedUpToOut]] = absent(
        description="What led up to it, as the pupil says."
    )
    told_before: AnswerOut[list[ToldBeforeOut]] = absent(
        description="People the pupil had told before."
    )
    immediacy_reason: str = absent(description="Why the reporter chose this urgency.")


class AmendedSelfHarmOut(SelfHarmToldOut):
    """What an amendment tells of it."""

    kind: SelfHarmKindsOut = absent(description="Absent: it says nothing of that.")


class SelfHarmStepOut(Out):
    """A step that somebody took."""

    id: UUID = Field(description="Step ID.")
    step: PathwayStepsOut = Field(description="Which step it is.")
    at: datetime = Field(description="When it was taken.")
    recorded_at: datetime = Field(description="When Cairn saved the step.")
    by: PersonOut | None = Field(
        description="Person who took the step; null: it followed from another."
    )
    by_role: RolesOut = Field(description="Role the person acted in.")
    from_state: PathwayStatesOut | None = Field(
        default=None, description="For who works on the concern."
    )
    to_state: PathwayStatesOut = absent(description="For who works on the concern.")
    child_ids: list[UUID | None] | None = Field(
        default=None,
        description="Who it was about, null among them for a pupil nobody had matched; null "
        "where it was about the whole report. For who works on the concern.",
    )
    details: dict[str, WrittenPart] = Field(description="What was written down with it.")


class PupilTaskOut(Out):
    """Something that somebody has still to do for a pupil."""

    kind: TaskKindsOut = Field(description="What has to be done.")
    due_at: datetime = Field(description="When it has to be done.")


class PupilOut(Out):
    """One pupil of the report: how far they are, and what is still owed to them."""

    child_id: UUID | None = Field(description="Child ID; null: not matched yet.")
    state: PathwayStatesOut = Field(description="How far the pathway is for this pupil.")
    owed: list[PupilTaskOut] = Field(description="Soonest due first.")


class AlsoKnownOut(PointerOut):
    """Something else that is written down about the pupil: where to look, and no more."""

    at: datetime = Field(description="When it happened.")
    category: ConcernCategoriesOut | None = Field(
        description="Category of a concern, or kind of a record."
    )
    child_id: UUID = Field(description="Child it is about.")


class SelfHarmOut(Out):
    """What was told, and what has been done. What is marked as work is absent for its reporter."""

    kind: SelfHarmKindsOut = Field(description="Kind, as amended.")
    kind_told: SelfHarmKindsOut = Field(description="As it was told first.")
    immediacy_told: ImmediaciesOut = Field(description="What the reporter sent.")
    told: SelfHarmToldOut = Field(description="What was told, as it was told.")
    begun_at: datetime = Field(description="When it began.")
    review: str = Field(description="Whether these words have been reviewed clinically.")

    state: PathwayStatesOut = absent(
        description="State that every pupil has reached; each pupil's own is in `pupils`."
    )
    pupils: list[PupilOut] = Field(default=[], description="Each pupil it is about.")
    last_event_at: datetime = absent(description="When something last happened.")
    steps: list[SelfHarmStepOut] = Field(
        default=[], description="For its reporter those that they took themselves."
    )
    next: list[str] = Field(default=[], description="What could come next; a person decides.")
    also_known: list[AlsoKnownOut] = Field(default=[], description="Other records to look at.")
    also_known_since: datetime = absent(description="How far back other records were looked for.")
    also_known_note: str = absent(description="What to think of when reading them.")
    at_school_then: list[NoteBesideOut] = Field(
        default=[],
        description="What was on at school around then: it raises and lowers nothing.",
    )


class UnmatchedChildOut(Out):
    """A child as the reporter named them."""

    name: str | None = Field(description="Name as reported; null: not given.")
    year_group: str | None = Field(description="Year group as reported; null: not given.")
    description: str | None = Field(
        description="Anything else that identifies the child; null: nothing."
    )
    unknown: list["UnknownIdOut"] = Field(description="Ids that were sent and nobody knows.")
    marks: list["UnmatchedMarkOut"] = Field(description="Kept with the child once it is matched.")
    matched_at: datetime | None = Field(description="When the child was matched; null until then.")
    matched_by: PersonOut | None = Field(
        description="Person who matched the child; null until then."
    )


class UnmatchedMarkOut(ToldMarkOut):
    """A mark on the body map of a child who is not matched yet."""

    details: "UnmatchedMarkDetailsOut" = Field(description="What else was said of the mark.")


class UnmatchedMarkDetailsOut(Out):
    """What else was said of a mark."""

    skin_broken: bool = absent(description="Whether the skin is broken.")
    swelling: bool = absent(description="Whether it is swollen.")
    painful: bool = absent(description="Whether it hurts.")
    first_aid: str = absent(description="First aid that was given.")


class UnknownIdOut(Out):
    """An id that was sent, and that no child here has."""

    child_id: UUID = Field(description="The ID as it was sent.")
    role: ConcernChildRolesOut = Field(description="Part the report gave the child.")


class StepTakenOut(Out):
    """A step that was recorded, and its results."""

    id: UUID = Field(description="Concern ID.")
    reference: str = Field(description="Concern reference that people use.")
    step: PathwayStepsOut = Field(description="Step that was recorded.")
    recorded_at: datetime = Field(description="When Cairn saved the step.")
    first: list[str] = Field(description="What to do first, in words to show at once.")
    call: list[CallOut] = Field(description="Numbers to call.")
    review: str = Field(description="Whether these words have been reviewed clinically.")

    state: PathwayStatesOut = absent(
        description="State that every pupil has reached; each pupil's own is in `pupils`."
    )
    kind: SelfHarmKindsOut = absent(description="Kind of self-harm concern.")
    pupils: list[PupilOut] = Field(
        default=[], description="Pupils of the report, and what is still to do."
    )
    next: list[str] = Field(default=[], description="Suggested next steps, in words.")


class TaskContactedOut(TaskOut):
    """The contact that was recorded, and its task."""

    step: PathwayStepsOut = Field(description="Step that was recorded.")
    recorded_at: datetime = Field(description="When Cairn saved the contact.")
    first: list[str] = Field(description="What to do first, in words to show at once.")
    call: list[CallOut] = Field(description="Numbers to call.")
    review: str = Field(description="Whether these words have been reviewed clinically.")
