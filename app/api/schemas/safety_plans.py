"""Safety plans: steps in the pupil's words, who goes with them, who has a copy, and the card."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator

from app.api.schemas.answers import AnswerIn, AnswerOut
from app.api.schemas.known_words import CopiesOut
from app.core.codes import (
    ConfidentialityClassesOut,
    SafetyPlanCopiesIn,
    SafetyPlanCopiesOut,
    SafetyPlanFormatsIn,
    SafetyPlanFormatsOut,
    SafetyPlanHoldersIn,
    SafetyPlanHoldersOut,
    SafetyPlanMadeWithIn,
    SafetyPlanMadeWithOut,
    SafetyPlanPicturesIn,
    SafetyPlanPicturesOut,
    SafetyPlanPlacesIn,
    SafetyPlanPlacesOut,
    SafetyPlanStatesOut,
    SafetyPlanStepsOut,
    TaskStatesOut,
)
from app.core.schemas import (
    BodyFault,
    Day,
    In,
    Line,
    Moment,
    NamedConcernOut,
    Narrative,
    NewId,
    Out,
    Paragraph,
    PersonOut,
    Word,
    absent,
)

Class = Literal["K2", "K3", "K4", "K5"]
Language = Annotated[
    str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$", max_length=35)
]
"""A language tag (BCP 47), such as `en`, `cy` or `bn`."""


class PlanLineIn(In):
    """One thing in the pupil's words, with or without a picture. Never a picture of an injury."""

    words: Paragraph | None = Field(default=None, description="The pupil's words.")
    picture: SafetyPlanPicturesIn | None = Field(
        default=None, description="Picture beside or instead of the words."
    )
    attachment_id: UUID | None = Field(
        default=None, description="Drawing or picture added to a concern of this child."
    )

    @model_validator(mode="after")
    def _something(self) -> "PlanLineIn":
        if self.words is None and self.picture is None and self.attachment_id is None:
            raise BodyFault("give words or a picture")
        return self


class PlanHelperIn(In):
    """A person the pupil can ask for help."""

    name: Word = Field(description="Their name.")
    number: Word | None = Field(default=None, description="Phone number.")
    when: Line | None = Field(default=None, description="When they can be contacted.")
    agreed: AnswerIn[bool] | None = Field(default=None, description="Whether they have agreed.")
    is_pupil: bool = Field(
        default=False, description="Whether they are a pupil. Only the pupil's own copy names them."
    )
    pupil_id: UUID | None = Field(default=None, description="ID, if they are a pupil here.")


class PlanServiceIn(In):
    """A professional or a helpline."""

    name: Word = Field(description="Name of the service or professional.")
    number: Word | None = Field(default=None, description="Phone number.")
    when: Line | None = Field(default=None, description="When they can be contacted.")


class SaferSpaceIn(In):
    """A step that makes a place safer, and who does it."""

    what: Paragraph = Field(description="What makes the place safer.")
    where: SafetyPlanPlacesIn | None = Field(default=None, description="Place it makes safer.")
    who: Line | None = Field(default=None, description="Person who does it.")
    done_on: Day | None = Field(default=None, description="Day it was done.")
    checked_on: Day | None = Field(default=None, description="Day it was last checked.")


Lines = Annotated[list[PlanLineIn], Field(max_length=30)]


class PlanStepsIn(In):
    """The six steps. Each may be empty."""

    signs: Lines = absent(description="Signs that a hard time is starting.")
    alone: Lines = absent(description="What the pupil can do alone.")
    company: Lines = absent(description="People and places that distract the pupil.")
    helpers: list[PlanHelperIn] = absent(max_length=30, description="People to ask for help.")
    services: list[PlanServiceIn] = absent(max_length=30, description="Services and helplines.")
    safer_space: list[SaferSpaceIn] = absent(max_length=30, description="What makes places safer.")


class PlanAtSchoolIn(In):
    """What helps at school."""

    exit_card: Line | None = absent(description="Where to go, and how to say so.")
    room: Line | None = absent(description="Room the pupil may use.")
    adult: Line | None = absent(description="Adult to go to.")
    words_to_use: Line | None = absent(description="Words that help.")
    other: Line | None = absent(description="Anything else that helps.")


class SeenByHealthIn(In):
    """A health professional who has read the plan, and when."""

    who: Line = Field(description="Professional who read it.")
    seen_on: Day | None = Field(default=None, description="Day they read it.")


class PlanPatch(In):
    """Fields to change. Content only in a draft; people until the plan ends."""

    made_with: SafetyPlanMadeWithIn | None = absent(description="Pupil's part; null empties it.")
    made_with_reason: Narrative | None = absent(
        description="Why the pupil has not taken part yet; null empties it."
    )
    helped_by: Line | None = absent(description="Person who helped the pupil; null empties it.")
    formats: list[SafetyPlanFormatsIn] = absent(max_length=3, description="Formats for the pupil.")
    language: Language = absent(description="Language of the plan.")
    steps: PlanStepsIn = absent(description="The six steps.")
    hold_on_to: Lines = absent(description="What the pupil holds on to.")
    at_school: PlanAtSchoolIn = absent(description="What helps the pupil at school.")
    not_helpful: Lines = absent(description="What does not help the pupil.")
    staff_note: Narrative | None = absent(
        description="Staff only: on no card, and no pupil reads it; null empties it."
    )
    lead_id: UUID = absent(description="Safeguarding lead of the plan.")
    chosen_adult_id: UUID | None = absent(description="Adult the pupil chose; null empties it.")
    cover_adult_id: UUID | None = absent(description="Adult who stands in; null empties it.")
    holiday_arrangement: Narrative | None = absent(
        description="How contact is kept in the holidays; null empties it."
    )
    seen_by_health: SeenByHealthIn | None = absent(
        description="Health professional who read it; null empties it."
    )


class PlanIn(PlanPatch):
    """A new version. All fields are optional, and can be added later."""

    id: NewId
    concern_id: UUID | None = Field(default=None, description="Concern it belongs to.")
    confidentiality: Class = Field(
        default="K3", description="Class of confidentiality, unless a concern sets it."
    )
    from_present: bool = Field(
        default=False, description="Whether to copy the content of the version in use."
    )


class AgreePlanIn(In):
    """When to review the plan. Default: by the rule."""

    review_due_at: Moment | None = Field(
        default=None, description="When to review the plan. Default: by the rule."
    )


class UsePlanIn(In):
    """Whether to get old paper copies back."""

    recall_old_copies: bool = Field(
        default=True, description="Whether to get old paper copies back. Default: yes."
    )


class GivePlanCopyIn(In):
    """A person who has a copy."""

    id: NewId
    kind: SafetyPlanHoldersIn = Field(description="Type of person.")
    person: Line | None = Field(default=None, description="Person who has the copy.")
    copy_kind: SafetyPlanCopiesIn = Field(description="Form of the copy.")
    given_at: Moment | None = Field(default=None, description="When they got it. Default: now.")
    consent_by_pupil: AnswerIn[bool] | None = Field(
        default=None, description="Whether the pupil agreed."
    )
    already_given: bool = Field(
        default=False,
        description="`true`: records a copy the person already has, even if home is guarded.",
    )


class CardQuery(In):
    """Whose copy it is."""

    copy_for: Literal["pupil", "professional", "other"] = Field(
        default="pupil",
        description="Type of copy. `professional`: someone who works with the pupil. `other`: "
        "family. Only the pupil's copy names friends.",
    )


class PlanLineOut(Out):
    """One thing in the pupil's words."""

    words: str | None = Field(description="The pupil's words; null: only a picture.")
    picture: SafetyPlanPicturesOut | None = Field(description="Picture with the words; null: none.")
    attachment_id: UUID | None = Field(
        default=None, description="Drawing or picture; null: none. Absent for a chosen adult."
    )


class PlanHelperOut(Out):
    """A person the pupil can ask for help."""

    name: str = Field(description="Their name.")
    number: str | None = Field(description="Phone number; null: none.")
    when: str | None = Field(description="When they can be contacted; null: not said.")
    agreed: AnswerOut[bool] | None = Field(description="Whether they have agreed; null: not said.")
    is_pupil: bool = Field(description="Whether they are a pupil.")
    pupil_id: UUID | None = Field(
        default=None, description="Pupil ID; null: none. Absent for a chosen adult."
    )


class PlanServiceOut(Out):
    """A professional or a helpline."""

    name: str = Field(description="Name of the service or professional.")
    number: str | None = Field(description="Phone number; null: none.")
    when: str | None = Field(description="When they can be contacted; null: not said.")


class SaferSpaceOut(Out):
    """A step that makes a place safer."""

    what: str = Field(description="What makes the place safer.")
    where: SafetyPlanPlacesOut | None = Field(description="Place it makes safer; null: not said.")
    who: str | None = Field(description="Person who does it; null: not said.")
    done_on: date | None = Field(description="Day it was done; null: not yet.")
    checked_on: date | None = Field(description="Day it was last checked; null: not yet.")


class PlanStepsOut(Out):
    """The six steps, in reading order."""

    signs: list[PlanLineOut] = Field(description="Signs that a hard time is starting.")
    alone: list[PlanLineOut] = Field(description="What the pupil can do alone.")
    company: list[PlanLineOut] = Field(description="People and places that distract the pupil.")
    helpers: list[PlanHelperOut] = Field(description="People to ask for help.")
    services: list[PlanServiceOut] = Field(description="Services and helplines.")
    safer_space: list[SaferSpaceOut] = Field(description="What makes places safer.")


class PlanAtSchoolOut(Out):
    """What helps at school. Empty parts are absent."""

    exit_card: str | None = Field(default=None, description="Where to go, how to ask; null: none.")
    room: str | None = Field(default=None, description="Room the pupil may use; null: none.")
    adult: str | None = Field(default=None, description="Adult to go to; null: none.")
    words_to_use: str | None = Field(default=None, description="Words that help; null: none.")
    other: str | None = Field(default=None, description="Anything else that helps; null: nothing.")


class SeenByHealthOut(Out):
    """A health professional who has read the plan."""

    who: str = Field(description="Professional who read it.")
    seen_on: date | None = Field(description="Day they read it; null: not known.")


class PlanCard(Out):
    """A plan in a list, without the pupil's words."""

    id: UUID = Field(description="Plan ID.")
    number: int = Field(description="Version number of the plan, from 1.")
    state: SafetyPlanStatesOut = Field(description="State of the plan.")
    vocabulary_status: str = Field(description="Draft notice to show beside labels.")
    lead: PersonOut = Field(description="Safeguarding lead of the plan.")
    chosen_adult: PersonOut | None = Field(description="Adult the pupil chose; null: none.")
    cover_adult: PersonOut | None = Field(description="Adult who stands in; null: none.")
    review_due_at: datetime | None = Field(description="When to read it again; null: not agreed.")
    last_read_with_pupil_at: datetime | None = Field(description="Last read together; null: never.")
    supersedes_id: UUID | None = Field(description="Version it replaces; null: none.")
    record_id: UUID | None = Field(description="Safety record that keeps it; null until agreed.")
    made_at: datetime = Field(description="When it was started.")
    agreed_at: datetime | None = Field(description="When it was agreed; null until then.")
    used_at: datetime | None = Field(description="When it was put into use; null until then.")
    ended_at: datetime | None = Field(description="When it ended; null while it is open.")


class PlanReviewOut(Out):
    """The owner and deadline of the next review."""

    task_id: UUID = Field(description="Task to review the plan.")
    due_at: datetime = Field(description="Deadline of the review.")
    owner: PersonOut = Field(description="Person who reviews it with the pupil.")


class PlanRecallOut(Out):
    """The task to get a copy back."""

    task_id: UUID = Field(description="Task to get the copy back.")
    state: TaskStatesOut = Field(description="State of the task.")


class PlanHolderOut(Out):
    """A person who has a copy of this version."""

    id: UUID = Field(description="Copy ID.")
    kind: SafetyPlanHoldersOut = Field(description="Type of person.")
    person: str | None = Field(description="Person who has it; null: see the contact or child.")
    copy_kind: SafetyPlanCopiesOut = Field(description="Form of the copy.")
    given_at: datetime = Field(description="When they got it.")
    consent_by_pupil: AnswerOut[bool] | None = Field(description="Pupil's consent; null: not said.")
    noted_at: datetime = Field(description="When it was recorded.")
    noted_by: PersonOut = Field(description="Person who recorded it.")
    recalled_at: datetime | None = Field(description="When it was recalled; null: it was not.")
    recall: PlanRecallOut | None = Field(description="Task to get it back; null: none.")


class PlanOut(Out):
    """One whole version of a plan."""

    id: UUID = Field(description="Plan ID.")
    child: PersonOut = Field(description="Child the plan is about.")
    concern: NamedConcernOut | None = Field(description="Concern the plan belongs to; null: none.")
    number: int = Field(description="Version number of the plan, from 1.")
    state: SafetyPlanStatesOut = Field(description="State of the plan.")
    vocabulary_status: str = Field(description="Draft notice to show beside labels.")
    confidentiality: ConfidentialityClassesOut = Field(description="Class of confidentiality.")
    lead: PersonOut = Field(description="Safeguarding lead of the plan.")
    chosen_adult: PersonOut | None = Field(description="Adult the pupil chose; null: none.")
    cover_adult: PersonOut | None = Field(description="Adult who stands in; null: none.")
    holiday_arrangement: str | None = Field(description="Contact in the holidays; null: not said.")
    seen_by_health: SeenByHealthOut | None = Field(
        description="Health professional who read it; null: none."
    )
    made_with: SafetyPlanMadeWithOut | None = Field(description="The pupil's part; null: not said.")
    made_with_reason: str | None = Field(description="Why the pupil took no part; null: not said.")
    helped_by: str | None = Field(description="Person who helped the pupil; null: not said.")
    formats: list[SafetyPlanFormatsOut] = Field(description="Formats for the pupil.")
    language: str = Field(description="Language of the plan.")
    steps: PlanStepsOut = Field(description="The six steps.")
    hold_on_to: list[PlanLineOut] = Field(description="What the pupil holds on to.")
    at_school: PlanAtSchoolOut = Field(description="What helps at school.")
    not_helpful: list[PlanLineOut] = Field(description="What does not help the pupil.")
    staff_note: str | None = Field(description="Note for staff, never on the card; null: none.")
    review: PlanReviewOut | None = Field(description="Next review with the pupil; null: none.")
    last_read_with_pupil_at: datetime | None = Field(description="Last read together; null: never.")
    holders: list[PlanHolderOut] = Field(description="People who have a copy.")
    supersedes_id: UUID | None = Field(
        description="Version in use when this one was started; null: none."
    )
    superseded_by_id: UUID | None = Field(description="Version that replaced it; null: none.")
    record_id: UUID | None = Field(
        description="Record that holds what was agreed; null until agreed."
    )
    made_at: datetime = Field(description="When it was started.")
    made_by: PersonOut = Field(description="Person who made it.")
    agreed_at: datetime | None = Field(description="When it was agreed; null until then.")
    agreed_by: PersonOut | None = Field(description="Person who agreed it; null until then.")
    used_at: datetime | None = Field(description="When it was put into use; null until then.")
    ended_at: datetime | None = Field(description="When the plan ended; null while it is open.")
    ended_by: PersonOut | None = Field(description="Person who ended it; null until then.")
    end_reason: str | None = Field(description="Why it ended; null while it is open.")
    permissions: list[str] = Field(description="What you may do next, as `operationId`s.")


class MyPlanOut(Out):
    """What a chosen adult needs from a plan: the steps, and no reason."""

    id: UUID = Field(description="Plan ID.")
    child: PersonOut = Field(description="Pupil who chose you.")
    chosen: bool = Field(description="`false`: you stand in.")
    vocabulary_status: str = Field(description="Draft notice to show beside labels.")
    steps: PlanStepsOut = Field(description="The six steps.")
    at_school: PlanAtSchoolOut = Field(description="What helps at school.")


class PlanCardLineOut(Out):
    """One line of a card."""

    name: str | None = Field(description="Name of a person or service; null: none.")
    number: str | None = Field(description="Phone number; null: none.")
    when: str | None = Field(description="When they can be contacted; null: not said.")
    agreed: AnswerOut[bool] | None = Field(description="Whether they have agreed; null: not said.")
    words: str | None = Field(description="The pupil's words; null: none.")
    picture: SafetyPlanPicturesOut | None = Field(description="Code of the picture; null: none.")
    picture_character: str | None = Field(description="Picture as a character; null: none.")
    where: SafetyPlanPlacesOut | None = Field(description="Place it makes safer; null: none.")
    where_label: str | None = Field(description="Label of the place; null: none.")
    who: str | None = Field(description="Person who does it; null: none.")
    done_on: date | None = Field(description="Day it was done; null: not yet.")
    checked_on: date | None = Field(description="Day it was last checked; null: not yet.")


class PlanCardStepOut(Out):
    """One of the six steps, with its heading. Empty steps are included."""

    step: SafetyPlanStepsOut = Field(description="Code of the step.")
    number: int = Field(description="Number of the step, 1 to 6.")
    label: str = Field(description="Heading of the step.")
    lines: list[PlanCardLineOut] = Field(description="Lines of the step.")


class PlanCardBesideOut(Out):
    """A part of the card other than the six steps, with its heading."""

    step: SafetyPlanStepsOut = Field(description="Code of the part.")
    label: str = Field(description="Heading of the part.")
    lines: list[PlanCardLineOut] = Field(description="Lines of the part.")


class CardNumberOut(Out):
    """A number that is on every card."""

    number: str = Field(description="Phone number.")
    words: str = Field(description="What to say about it.")


class PlanCardContentOut(Out):
    """A card: the pupil's words and numbers to call. Nothing identifies the pupil."""

    format: str = Field(description="Format of the card and its version.")
    vocabulary_status: str = Field(description="Draft notice to show beside labels.")
    copy_for: CopiesOut = Field(description="Type of reader the copy is for.")
    language: str = Field(description="Language of the card's headings.")
    plan_language: str = Field(description="Language the plan was written in.")
    title: str = Field(description="Heading of the card.")
    number: int = Field(description="Version number of the plan.")
    state: SafetyPlanStatesOut = Field(description="State of the plan.")
    agreed_at: datetime | None = Field(description="When the plan was agreed; null until then.")
    review_due_at: datetime | None = Field(description="When to read it again; null: not agreed.")
    always: list[CardNumberOut] = Field(description="Numbers on every card.")
    steps: list[PlanCardStepOut] = Field(description="The six steps, in order.")
    beside: list[PlanCardBesideOut] = Field(description="Parts of the card besides the steps.")
