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
from app.core.schemas import In, Line, Moment, Narrative, NewId, Out, PersonOut, VocabularyStatus

YesNo = Literal["yes", "no"]


class AskedIn(In):
    """Whether you asked the pupil directly about suicide. Never a condition."""

    answer: AskedDirectlyIn | None = Field(default=None, description="What the pupil answered.")
    reason: Narrative | None = Field(default=None, description="Why you have not asked yet.")
    question: Narrative | None = Field(default=None, description="Your question, word for word.")
    reply: Narrative | None = Field(default=None, description="The pupil's reply, word for word.")


class MustNotKnowIn(In):
    """A person who must not know, and why."""

    who: Line = Field(description="Person who must not know.")
    reason: Narrative | None = Field(default=None, description="Why they must not know.")
    contact_id: UUID | None = Field(
        default=None, description="Contact of the child, if they are one."
    )


class CheckFields(In):
    """What can be written down; everything may be left out, in any order."""

    seen_by: AnswerIn[Line] | None = Field(
        default=None, description="Person who spoke with the pupil."
    )
    where: AnswerIn[Line] | None = Field(default=None, description="Where they spoke.")
    ways: list[SafetyCheckWaysIn] = Field(
        default=[], max_length=10,
        description="How the pupil was asked and could answer, at any age.",
    )  # fmt: skip
    helped_by: AnswerIn[Line] | None = Field(
        default=None, description="Person who helped the pupil to answer."
    )
    pictures: (
        AnswerIn[Annotated[list[SafetyCheckPicturesIn], Field(min_length=1, max_length=20)]] | None
    ) = Field(
        default=None,
        description="Pictures the pupil pointed at, in order. The pupil says what they mean.",
    )
    asked_directly: AskedIn | None = Field(
        default=None, description="Whether the pupil was asked directly about suicide, and how."
    )
    thinking_now: AnswerIn[Narrative] | None = Field(
        default=None, description="Thoughts of self-harm or suicide now, in the pupil's words."
    )
    how_long_how_often: AnswerIn[Narrative] | None = Field(
        default=None, description="How long the pupil has had these thoughts, and how often."
    )
    has_a_way_in_mind: AnswerIn[YesNo] | None = Field(
        default=None,
        description="Whether the pupil has a way in mind. Yes or no is enough: do not ask for "
        "details.",
    )
    can_get_at_it: AnswerIn[YesNo] | None = Field(
        default=None, description="Whether the pupil can get to it."
    )
    where_it_is: AnswerIn[Line] | None = Field(default=None, description="Where it is.")
    done_anything_already: AnswerIn[Narrative] | None = Field(
        default=None, description="What the pupil has already done."
    )
    taken_anything: AnswerIn[YesNo] | None = Field(
        default=None,
        description="Whether the pupil has taken something. `yes` is an emergency, even if they "
        "seem well: call 999 first.",
    )
    taken_words: AnswerIn[Narrative] | None = Field(
        default=None,
        description="What the pupil took and when, in their words, for those who treat them.",
    )
    alcohol_or_drugs: AnswerIn[Narrative] | None = Field(
        default=None, description="Whether alcohol or drugs are involved."
    )
    alone_tonight: AnswerIn[YesNo] | None = Field(
        default=None, description="Whether the pupil will be alone tonight."
    )
    safe_at_home: AnswerIn[YesNo] | None = Field(default=None, description="Whether home is safe.")
    who_is_at_home: AnswerIn[Narrative] | None = Field(default=None, description="People at home.")
    anyone_hurting_you: AnswerIn[Narrative] | None = Field(
        default=None, description="Whether anyone is hurting the pupil."
    )
    what_helps_keep_safe: AnswerIn[Narrative] | None = Field(
        default=None, description="What helps the pupil to stay safe."
    )
    what_they_want_to_happen: AnswerIn[Narrative] | None = Field(
        default=None, description="What the pupil wants to happen."
    )
    who_they_trust: AnswerIn[Narrative] | None = Field(
        default=None, description="Adults the pupil trusts."
    )
    who_must_not_know: AnswerIn[Annotated[list[MustNotKnowIn], Field(max_length=20)]] | None = (
        Field(default=None, description="People who must not know, and why.")
    )
    what_staff_did: AnswerIn[Narrative] | None = Field(
        default=None, description="What staff said or did."
    )
    what_would_change_this: AnswerIn[Narrative] | None = Field(
        default=None, description="What would make it better or worse."
    )
    actions: list[SafetyCheckActionsIn] = Field(
        default=[], max_length=20, description="Actions to take next, in any order. May be empty."
    )
    actions_words: Narrative | None = Field(
        default=None, description="Actions to take next, in words."
    )
    good_until: Moment | None = Field(
        default=None,
        description="When the check goes out of date. Default: end of the next school day.",
    )


class SafetyCheckIn(CheckFields):
    """A conversation about how safe the pupil is now."""

    kind: Literal["safety_check"]
    id: NewId
    concern_id: UUID | None = Field(
        default=None, description="Concern it belongs to. Default: all open pathways of the pupil."
    )
    at: Moment | None = Field(default=None, description="When it took place. Default: now.")
    at_precision: OccurredPrecisionsIn = Field(
        default="exact", description="How exactly the time is known."
    )


class AmendSafetyCheckIn(CheckFields):
    """The whole corrected check, and why. Cairn keeps the earlier one."""

    kind: Literal["safety_check"]
    id: NewId
    reason: Narrative = Field(description="Why you change it.")


class AskedOut(Out):
    """Whether the pupil was asked directly about suicide, word for word."""

    answer: AskedDirectlyOut | None = Field(description="What the pupil answered; null: not asked.")
    reason: str | None = Field(description="Why the pupil was not asked; null: they were.")
    question: str | None = Field(description="The question, word for word; null: not asked.")
    reply: str | None = Field(description="The pupil's reply, word for word; null: not asked.")


class MustNotKnowOut(Out):
    """A person who must not know, and why."""

    who: str = Field(description="Person who must not know.")
    reason: str | None = Field(description="Why they must not know; null: not said.")
    contact_id: UUID | None = Field(description="Contact of the child; null: none.")


class CheckContentOut(Out):
    """What the safety check recorded; null: nothing."""

    seen_by: AnswerOut[str] | None = Field(
        description="Person who spoke with the pupil; null: not said."
    )
    where: AnswerOut[str] | None = Field(description="Where they spoke; null: not said.")
    ways: list[SafetyCheckWaysOut] = Field(description="How the pupil could answer.")
    helped_by: AnswerOut[str] | None = Field(
        description="Person who helped the pupil to answer; null: nobody."
    )
    pictures: AnswerOut[list[SafetyCheckPicturesOut]] | None = Field(
        description="Pictures the pupil pointed at; null: none."
    )
    asked_directly: AskedOut | None = Field(
        description="Whether the pupil was asked directly about suicide; null: not said."
    )
    thinking_now: AnswerOut[str] | None = Field(
        description="Thoughts of self-harm or suicide now, in the pupil's words; null: not asked."
    )
    how_long_how_often: AnswerOut[str] | None = Field(
        description="How long the pupil has had these thoughts, and how often; null: not asked."
    )
    has_a_way_in_mind: AnswerOut[YesNoOut] | None = Field(
        description="Whether the pupil has a way in mind; null: not asked."
    )
    can_get_at_it: AnswerOut[YesNoOut] | None = Field(
        description="Whether the pupil can get to it; null: not asked."
    )
    where_it_is: AnswerOut[str] | None = Field(description="Where it is; null: not said.")
    done_anything_already: AnswerOut[str] | None = Field(
        description="What the pupil has already done; null: not asked."
    )
    taken_anything: AnswerOut[YesNoOut] | None = Field(
        description="Whether the pupil has taken something; null: not asked."
    )
    taken_words: AnswerOut[str] | None = Field(
        description="What the pupil took and when; null: nothing said."
    )
    alcohol_or_drugs: AnswerOut[str] | None = Field(
        description="Whether alcohol or drugs are involved; null: not asked."
    )
    alone_tonight: AnswerOut[YesNoOut] | None = Field(
        description="Whether the pupil will be alone tonight; null: not asked."
    )
    safe_at_home: AnswerOut[YesNoOut] | None = Field(
        description="Whether home is safe; null: not asked."
    )
    who_is_at_home: AnswerOut[str] | None = Field(description="People at home; null: not asked.")
    anyone_hurting_you: AnswerOut[str] | None = Field(
        description="Whether anyone is hurting the pupil; null: not asked."
    )
    what_helps_keep_safe: AnswerOut[str] | None = Field(
        description="What helps the pupil to stay safe; null: not said."
    )
    what_they_want_to_happen: AnswerOut[str] | None = Field(
        description="What the pupil wants to happen; null: not said."
    )
    who_they_trust: AnswerOut[str] | None = Field(
        description="Adults the pupil trusts; null: not said."
    )
    who_must_not_know: AnswerOut[list[MustNotKnowOut]] | None = Field(
        description="People who must not know, and why; null: not said."
    )
    what_staff_did: AnswerOut[str] | None = Field(
        description="What staff said or did; null: not said."
    )
    what_would_change_this: AnswerOut[str] | None = Field(
        description="What would make it better or worse; null: not said."
    )
    actions: list[SafetyCheckActionsOut] = Field(description="Actions to take next.")
    actions_words: str | None = Field(description="Actions to take next, in words; null: not said.")


class KeptOut(Out):
    """What every record of keeping a child safe has around what was written down."""

    id: UUID = Field(description="Record ID.")
    child_id: UUID = Field(description="Child the record is about.")
    concern_id: UUID | None = Field(description="Concern the record belongs to; null: none.")
    occurred_at: datetime = Field(description="When it happened, as far as is known.")
    occurred_precision: OccurredPrecisionsOut = Field(description="How exactly the time is known.")
    recorded_at: datetime = Field(description="When Cairn saved the record.")
    late: bool = Field(description="Whether it was saved more than a day after it happened.")
    by: PersonOut = Field(description="Person who wrote it.")
    confidentiality: ConfidentialityClassesOut = Field(
        description="Class of confidentiality of the record."
    )
    supersedes_id: UUID | None = Field(description="Earlier record this one corrects; null: none.")
    superseded_by_id: UUID | None = Field(
        description="Newer record to amend instead; null: this is the newest."
    )
    reason: str | None = Field(description="Why it was amended; null: it was not.")
    post_event: bool = Field(description="Whether it was written after a death.")
    vocabulary_status: VocabularyStatus


class SafetyCheckOut(KeptOut):
    """A safety check."""

    kind: Literal["safety_check"]
    content: CheckContentOut = Field(description="What was written down.")
    good_until: datetime = Field(description="When it goes out of date.")
    old: bool = Field(description="Whether it is out of date: ask again. Nothing ends by itself.")
    prompts: list[str] = Field(description="What may still be worth recording. Never required.")
