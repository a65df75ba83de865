"""Safety plans: steps in the pupil's words, who goes with them, who has a copy, and the card."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator

from app.api.schemas.answers import AnswerIn, AnswerOut
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
    TaskStatesOut,
)
from app.core.schemas import (
    In,
    Line,
    Moment,
    Narrative,
    NewId,
    Out,
    Paragraph,
    PersonOut,
    Told,
    Word,
    absent,
)

Class = Literal["K2", "K3", "K4", "K5"]
Language = Annotated[
    str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$", max_length=35)
]
"""A language tag (BCP 47), such as `en`, `cy` or `bn`."""


class PlanLineIn(In):
    """One thing in the pupil's words, with or instead of a picture; never one of an injury."""

    words: Paragraph | None = None
    picture: SafetyPlanPicturesIn | None = None
    attachment_id: UUID | None = Field(
        default=None, description="A drawing or picture that was added to a concern of this child."
    )

    @model_validator(mode="after")
    def _something(self) -> "PlanLineIn":
        if self.words is None and self.picture is None and self.attachment_id is None:
            raise Told("give words or a picture")
        return self


class PlanHelperIn(In):
    """Somebody the pupil can ask for help."""

    name: Word
    number: Word | None = None
    when: Line | None = Field(default=None, description="When they can be reached.")
    agreed: AnswerIn[bool] | None = Field(default=None, description="Whether they have agreed.")
    is_pupil: bool = Field(
        default=False, description="Another pupil: named in the pupil's own copy alone."
    )
    pupil_id: UUID | None = Field(default=None, description="Where they are a pupil of the school.")


class PlanServiceIn(In):
    """A professional or a helpline."""

    name: Word
    number: Word | None = None
    when: Line | None = None


class SaferSpaceIn(In):
    """Something that makes a place safer, and who does it."""

    what: Paragraph
    where: SafetyPlanPlacesIn | None = None
    who: Line | None = Field(default=None, description="Who does it.")
    done_on: date | None = None
    checked_on: date | None = None


Lines = Annotated[list[PlanLineIn], Field(max_length=30)]


class PlanStepsIn(In):
    """The six steps; each may be empty."""

    signs: Lines = absent()
    alone: Lines = absent()
    company: Lines = absent()
    helpers: list[PlanHelperIn] = absent(max_length=30)
    services: list[PlanServiceIn] = absent(max_length=30)
    safer_space: list[SaferSpaceIn] = absent(max_length=30)


class PlanAtSchoolIn(In):
    """What helps at school."""

    exit_card: Line | None = absent()
    room: Line | None = absent()
    adult: Line | None = absent()
    words_to_use: Line | None = absent()
    other: Line | None = absent()


class SeenByHealthIn(In):
    """Who of a health service has read it, and when."""

    who: Line
    seen_on: date | None = None


class PlanPatch(In):
    """What changes. Content changes in a draft; who goes with it, as long as it has not ended."""

    made_with: SafetyPlanMadeWithIn | None = absent()
    made_with_reason: Narrative | None = absent()
    helped_by: Line | None = absent()
    formats: list[SafetyPlanFormatsIn] = absent(max_length=3)
    language: Language = absent()
    steps: PlanStepsIn = absent()
    reasons: Lines = absent()
    at_school: PlanAtSchoolIn = absent()
    not_helpful: Lines = absent()
    staff_note: Narrative | None = Field(
        default_factory=lambda: None, description="Between staff: on no card, and read by no pupil."
    )
    lead_id: UUID = absent()
    chosen_adult_id: UUID | None = Field(
        default_factory=lambda: None, description="Any member of staff the pupil chose."
    )
    cover_adult_id: UUID | None = absent()
    holiday_arrangement: Narrative | None = absent()
    seen_by_health: SeenByHealthIn | None = absent()


class PlanIn(PlanPatch):
    """A new version; nothing is needed yet, and what is left out can be written later."""

    id: NewId
    concern_id: UUID | None = None
    confidentiality: Class = Field(
        default="K3", description="Of a plan without a concern; else it has the concern's."
    )
    from_present: bool = Field(
        default=False, description="Begin with what the version in use says."
    )


class AgreePlanIn(In):
    """When it is read again; left out, by the limit."""

    review_due_at: Moment | None = None


class UsePlanIn(In):
    """Whether copies on paper of the version before are to be got back."""

    recall_old_copies: bool = True


class GivePlanCopyIn(In):
    """Who has a copy."""

    id: NewId
    kind: SafetyPlanHoldersIn
    person: Line | None = None
    copy_kind: SafetyPlanCopiesIn
    given_at: Moment | None = None
    consent_by_pupil: AnswerIn[bool] | None = None
    already_given: bool = Field(
        default=False,
        description="True records a copy that the person has already, although home is guarded.",
    )


class CardQuery(In):
    """Whose copy it is."""

    copy_for: Literal["pupil", "professional", "other"] = Field(
        default="pupil",
        description="`professional` is for somebody who knows the pupil through their work, "
        "`other` for the family. Only the pupil's copy names friends.",
    )


class PlanLineOut(Out):
    """One thing in the pupil's words."""

    words: str | None
    picture: SafetyPlanPicturesOut | None
    attachment_id: UUID | None = Field(default=None, description="Absent for a chosen adult.")


class PlanHelperOut(Out):
    """Somebody the pupil can ask for help."""

    name: str
    number: str | None
    when: str | None
    agreed: AnswerOut[bool] | None
    is_pupil: bool
    pupil_id: UUID | None = Field(default=None, description="Absent for a chosen adult.")


class PlanServiceOut(Out):
    """A professional or a helpline."""

    name: str
    number: str | None
    when: str | None


class SaferSpaceOut(Out):
    """Something that makes a place safer."""

    what: str
    where: SafetyPlanPlacesOut | None
    who: str | None
    done_on: date | None
    checked_on: date | None


class PlanStepsOut(Out):
    """The six steps, in the order in which they are read."""

    signs: list[PlanLineOut]
    alone: list[PlanLineOut]
    company: list[PlanLineOut]
    helpers: list[PlanHelperOut]
    services: list[PlanServiceOut]
    safer_space: list[SaferSpaceOut]


class PlanAtSchoolOut(Out):
    """What helps at school; what nobody wrote is absent."""

    exit_card: str | None = None
    room: str | None = None
    adult: str | None = None
    words_to_use: str | None = None
    other: str | None = None


class SeenByHealthOut(Out):
    """Who of a health service has read it."""

    who: str
    seen_on: date | None


class PlanCard(Out):
    """A row of the list: nothing of what the pupil wrote."""

    id: UUID
    number: int
    state: SafetyPlanStatesOut
    vocabulary_status: str
    lead: PersonOut
    chosen_adult: PersonOut | None
    cover_adult: PersonOut | None
    review_due_at: datetime | None
    last_read_with_pupil_at: datetime | None
    supersedes_id: UUID | None
    record_id: UUID | None
    made_at: datetime
    agreed_at: datetime | None
    used_at: datetime | None
    ended_at: datetime | None


class PlanConcernOut(Out):
    """The concern it belongs to."""

    id: UUID
    reference: str


class PlanReviewOut(Out):
    """Who reads it again, and by when."""

    task_id: UUID
    due_at: datetime
    owner: PersonOut


class PlanRecallOut(Out):
    """What has to be done to get a copy back."""

    task_id: UUID
    state: TaskStatesOut


class PlanHolderOut(Out):
    """Somebody who has a copy of this version."""

    id: UUID
    kind: SafetyPlanHoldersOut
    person: str | None
    copy_kind: SafetyPlanCopiesOut
    given_at: datetime
    consent_by_pupil: AnswerOut[bool] | None
    noted_at: datetime
    noted_by: PersonOut
    recalled_at: datetime | None
    recall: PlanRecallOut | None


class PlanOut(Out):
    """One version of a plan, whole."""

    id: UUID
    child: PersonOut
    concern: PlanConcernOut | None
    number: int = Field(description="Counts the versions of a child's plan from 1.")
    state: SafetyPlanStatesOut
    vocabulary_status: str
    confidentiality: ConfidentialityClassesOut
    lead: PersonOut
    chosen_adult: PersonOut | None
    cover_adult: PersonOut | None
    holiday_arrangement: str | None
    seen_by_health: SeenByHealthOut | None
    made_with: SafetyPlanMadeWithOut | None
    made_with_reason: str | None
    helped_by: str | None
    formats: list[SafetyPlanFormatsOut]
    language: str
    steps: PlanStepsOut
    reasons: list[PlanLineOut]
    at_school: PlanAtSchoolOut
    not_helpful: list[PlanLineOut]
    staff_note: str | None
    review: PlanReviewOut | None
    last_read_with_pupil_at: datetime | None
    holders: list[PlanHolderOut]
    supersedes_id: UUID | None = Field(
        description="The version that was in use when this was begun."
    )
    replaced_by_id: UUID | None
    record_id: UUID | None = Field(description="The record that keeps what was agreed.")
    made_at: datetime
    made_by: PersonOut
    agreed_at: datetime | None
    agreed_by: PersonOut | None
    used_at: datetime | None
    ended_at: datetime | None
    ended_by: PersonOut | None
    end_reason: str | None
    permissions: list[str] = Field(description="What this reader may do next.")


class MyPlanOut(Out):
    """What a chosen adult needs of a plan: no reason, and nothing else that is written."""

    id: UUID
    child: PersonOut
    chosen: bool = Field(description="False for who stands in.")
    vocabulary_status: str
    steps: PlanStepsOut
    at_school: PlanAtSchoolOut


class PlanCardLineOut(Out):
    """One line of a card."""

    name: str | None
    number: str | None
    when: str | None
    agreed: AnswerOut[bool] | None
    words: str | None
    picture: SafetyPlanPicturesOut | None
    picture_character: str | None = Field(description="The picture itself, as a character.")
    where: SafetyPlanPlacesOut | None
    where_label: str | None
    who: str | None
    done_on: date | None
    checked_on: date | None


class PlanCardStepOut(Out):
    """One of the six steps, with its label; they come in order, empty ones too."""

    step: str
    number: int
    label: str
    lines: list[PlanCardLineOut]


class PlanCardBesideOut(Out):
    """What stands beside the steps, with its label."""

    step: str
    label: str
    lines: list[PlanCardLineOut]


class AlwaysOut(Out):
    """A number that is on every card."""

    number: str
    words: str


class PlanCardContentOut(Out):
    """A card: what the pupil wrote and whom to call; nothing that says who the pupil is."""

    format: str
    vocabulary_status: str
    copy_for: str
    language: str = Field(description="Of the card's own words.")
    plan_language: str
    title: str
    number: int
    state: SafetyPlanStatesOut
    agreed_at: datetime | None
    review_due_at: datetime | None
    always: list[AlwaysOut]
    steps: list[PlanCardStepOut]
    beside: list[PlanCardBesideOut]
