"""What is known of a pupil's safety just now: facts in their own words, in any order, no sums."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from app.api.schemas.answers import AnswerIn, AnswerOut
from app.api.schemas.known_words import YesNoOut
from app.core.codes import (
    AskedDirectlyIn,
    AskedDirectlyOut,
    ConfidentialityClassesOut,
    OccurredPrecisionsIn,
    OccurredPrecisionsOut,
    SafetyCheckActionsIn,
    SafetyCheckActionsOut,
    SafetyCheckPicturesIn,
    SafetyCheckPicturesOut,
    SafetyCheckWaysIn,
    SafetyCheckWaysOut,
)
from app.core.schemas import (
    In,
    Line,
    Moment,
    Narrative,
    NewId,
    Out,
    PersonOut,
    VocabularyStatus,
)

YesNo = Literal["yes", "no"]


class AskedIn(In):
    """Whether the pupil was asked plainly about suicide: a prompt, never a condition."""

    answer: AskedDirectlyIn | None = None
    reason: Narrative | None = Field(default=None, description="Why not yet, or not just now.")
    question: Narrative | None = Field(default=None, description="Word for word.")
    reply: Narrative | None = Field(default=None, description="Word for word.")


class MustNotKnowIn(In):
    """Somebody the pupil said must not know, and why."""

    who: Line = Field(description="Person who must not know.")
    why: Narrative | None = Field(default=None, description="Why they must not know.")
    contact_id: UUID | None = Field(default=None, description="Where it is a contact of theirs.")


class CheckFields(In):
    """What can be written down; everything may be left out, in any order."""

    seen_by: AnswerIn[Line] | None = None
    where: AnswerIn[Line] | None = None
    ways: list[SafetyCheckWaysIn] = Field(
        default=[], max_length=10,
        description="In which way the pupil was asked and could answer, whatever their age.",
    )  # fmt: skip
    helped_by: AnswerIn[Line] | None = Field(
        default=None, description="Who helped the pupil to say it."
    )
    pictures: (
        AnswerIn[Annotated[list[SafetyCheckPicturesIn], Field(min_length=1, max_length=20)]] | None
    ) = Field(
        default=None,
        description="Which pictures the pupil pointed at, in that order; what they mean is for "
        "the pupil to say.",
    )
    asked_directly: AskedIn | None = None
    thinking_now: AnswerIn[Narrative] | None = None
    how_long_how_often: AnswerIn[Narrative] | None = None
    has_a_way_in_mind: AnswerIn[YesNo] | None = Field(
        default=None, description="Yes or no is enough: no detail is asked for."
    )
    can_get_at_it: AnswerIn[YesNo] | None = None
    where_it_is: AnswerIn[Line] | None = None
    done_anything_already: AnswerIn[Narrative] | None = None
    taken_anything: AnswerIn[YesNo] | None = Field(
        default=None,
        description="`yes` is an emergency, also where the pupil seems well: call 999 first.",
    )
    taken_words: AnswerIn[Narrative] | None = Field(
        default=None, description="For whoever treats them, in the pupil's words."
    )
    alcohol_or_drugs: AnswerIn[Narrative] | None = None
    alone_tonight: AnswerIn[YesNo] | None = None
    safe_at_home: AnswerIn[YesNo] | None = None
    who_is_at_home: AnswerIn[Narrative] | None = None
    anyone_hurting_you: AnswerIn[Narrative] | None = None
    what_helps_keep_safe: AnswerIn[Narrative] | None = None
    what_they_want_to_happen: AnswerIn[Narrative] | None = None
    who_they_trust: AnswerIn[Narrative] | None = None
    who_must_not_know: AnswerIn[Annotated[list[MustNotKnowIn], Field(max_length=20)]] | None = None
    what_staff_did: AnswerIn[Narrative] | None = None
    what_would_change_this: AnswerIn[Narrative] | None = None
    actions: list[SafetyCheckActionsIn] = Field(
        default=[], max_length=20, description="What follows; no order, and it may be empty."
    )
    actions_words: Narrative | None = Field(
        default=None, description="What happens next, in words."
    )
    good_until: Moment | None = Field(
        default=None,
        description="After it the check is shown as old; the end of the next school day, where "
        "it is left out. Nothing ends by it.",
    )


class SafetyCheckIn(CheckFields):
    """A talk with a pupil about how safe they are now."""

    kind: Literal["safety_check"]
    id: NewId
    concern_id: UUID | None = Field(
        default=None, description="Else it counts for every open pathway of the pupil."
    )
    at: Moment | None = Field(default=None, description="When it was; now, where it is left out.")
    at_precision: OccurredPrecisionsIn = "exact"


class AmendSafetyCheckIn(CheckFields):
    """The whole check as it should read, and why; the earlier one stays as it is."""

    kind: Literal["safety_check"]
    id: NewId
    reason: Narrative = Field(description="Why you change it.")


class AskedOut(Out):
    """Whether the pupil was asked plainly, with the words."""

    answer: AskedDirectlyOut | None
    reason: str | None = Field(description="Why the pupil was not asked; null: they were.")
    question: str | None = Field(description="Words of the question; null: not asked.")
    reply: str | None = Field(description="What the pupil said; null: not asked.")


class MustNotKnowOut(Out):
    """Somebody the pupil said must not know."""

    who: str = Field(description="Person who must not know.")
    why: str | None = Field(description="Why they must not know; null: not said.")
    contact_id: UUID | None = Field(description="That contact of the child; null: none.")


class CheckContentOut(Out):
    """What was written down; null where nothing was."""

    seen_by: AnswerOut[str] | None
    where: AnswerOut[str] | None
    ways: list[SafetyCheckWaysOut]
    helped_by: AnswerOut[str] | None
    pictures: AnswerOut[list[SafetyCheckPicturesOut]] | None
    asked_directly: AskedOut | None
    thinking_now: AnswerOut[str] | None
    how_long_how_often: AnswerOut[str] | None
    has_a_way_in_mind: AnswerOut[YesNoOut] | None
    can_get_at_it: AnswerOut[YesNoOut] | None
    where_it_is: AnswerOut[str] | None
    done_anything_already: AnswerOut[str] | None
    taken_anything: AnswerOut[YesNoOut] | None
    taken_words: AnswerOut[str] | None
    alcohol_or_drugs: AnswerOut[str] | None
    alone_tonight: AnswerOut[YesNoOut] | None
    safe_at_home: AnswerOut[YesNoOut] | None
    who_is_at_home: AnswerOut[str] | None
    anyone_hurting_you: AnswerOut[str] | None
    what_helps_keep_safe: AnswerOut[str] | None
    what_they_want_to_happen: AnswerOut[str] | None
    who_they_trust: AnswerOut[str] | None
    who_must_not_know: AnswerOut[list[MustNotKnowOut]] | None
    what_staff_did: AnswerOut[str] | None
    what_would_change_this: AnswerOut[str] | None
    actions: list[SafetyCheckActionsOut]
    actions_words: str | None = Field(description="What happens next, in words; null: not said.")


class KeptOut(Out):
    """What every record of keeping a child safe has around what was written down."""

    id: UUID = Field(description="Record ID.")
    child_id: UUID = Field(description="Child the record is about.")
    concern_id: UUID | None = Field(description="Concern the record belongs to; null: none.")
    occurred_at: datetime = Field(description="When it happened, as far as is known.")
    occurred_precision: OccurredPrecisionsOut
    recorded_at: datetime = Field(description="When Cairn saved the record.")
    late: bool = Field(description="Whether it was saved more than a day after it happened.")
    by: PersonOut
    confidentiality: ConfidentialityClassesOut
    supersedes_id: UUID | None = Field(description="The record this one puts right.")
    superseded_by_id: UUID | None = Field(description="Amend that one.")
    reason: str | None = Field(description="Why it was amended.")
    post_event: bool = Field(description="Written after a death.")
    vocabulary_status: VocabularyStatus


class SafetyCheckOut(KeptOut):
    """A safety check."""

    kind: Literal["safety_check"]
    content: CheckContentOut
    good_until: datetime = Field(description="When it is out of date.")
    old: bool = Field(description="Looked at a while ago: ask again. Nothing has ended by it.")
    prompts: list[str] = Field(description="What may still be worth writing down; never owed.")
