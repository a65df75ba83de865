"""What parents are told: suggestions with their reasons, and what a person decided."""

from datetime import date, datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from app.api.schemas.answers import AnswerIn, AnswerOut
from app.api.schemas.contacts import CourtOrderOut, MayBeToldOut
from app.api.schemas.lead_availability import CallOut
from app.api.schemas.parents_guards import GuardOut
from app.api.schemas.safety_checks import KeptOut
from app.core.codes import (
    AdultAdvisersIn,
    AdultAdvisersOut,
    AllegedSourcesOfHarmOut,
    ContactKindsOut,
    ParentalResponsibilityOut,
    ParentsOutcomesIn,
    ParentsOutcomesOut,
    ParentsRowsIn,
    ParentsRowsOut,
    ParentsToWriteOut,
    PathwayStatesOut,
    ReasonsNotToldIn,
    ReasonsNotToldOut,
    SharingExceptionStatesOut,
    WhyNotOfferedOut,
)
from app.core.schemas import (
    BodyFault,
    Day,
    EachOnce,
    In,
    Line,
    Moment,
    Narrative,
    NewId,
    Out,
    PersonOut,
    VocabularyStatus,
)

Rows = Annotated[list[ParentsRowsIn], Field(max_length=20), EachOnce]


class ParentsOptionsIn(BaseModel):
    """Which child of the concern, and which rows of the table hold as you know."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    child_id: UUID | None = Field(
        default=None, description="Needed where the concern is about several."
    )
    row: list[ParentsRowsIn] = Field(
        default=[],
        max_length=20,
        description="Rows that hold as you know, besides the record.",
    )


class SuggestionFactOut(Out):
    """A fact that speaks for a suggestion, and where it stands."""

    fact: str = Field(description="A word for programs; the list may grow.")
    text: str = Field(description="The fact, in words.")
    contact_id: UUID | None = Field(description="Contact it is about; null: none.")
    record_id: UUID | None = Field(description="Record it stands in; null: none.")
    concern_id: UUID | None = Field(description="Concern it stands in; null: none.")


class ParentsSuggestionOut(Out):
    """A row of the table that may hold: something to think of, never a decision."""

    row: ParentsRowsOut = Field(description="Row of the table it comes from.")
    situation: str = Field(description="The situation that may apply.")
    suggestion: str = Field(description="What to think of.")
    facts: list[SuggestionFactOut] = Field(description="Facts that speak for it.")
    settle_first: list[ParentsRowsOut] = Field(description="Rows to think of before this one.")
    to_write: list[ParentsToWriteOut] = Field(description="What to write down if you follow it.")
    second_lead: bool = Field(description="A second lead looks at it, too.")
    source: str = Field(description="Where the suggestion comes from.")


class ParentsContactOut(Out):
    """Somebody around the child, and whether they are offered as the one to tell."""

    id: UUID = Field(description="Contact ID.")
    name: str = Field(description="Full name.")
    kind: ContactKindsOut = Field(description="What the contact is to the child.")
    parental_responsibility: ParentalResponsibilityOut = Field(
        description="Whether they have parental responsibility."
    )
    lives_with: str = Field(description="Whether the child lives with them.")
    alleged_source_of_harm: bool = Field(
        description="Whether they are said to be where the harm comes from."
    )
    court_orders: list[CourtOrderOut] = Field(description="Court orders about them.")
    may_be_told: MayBeToldOut = Field(description="Whether they may be told, and why.")
    offered: bool = Field(description="Whether they are offered as the person to inform.")
    not_offered_reason_codes: list[WhyNotOfferedOut] = Field(
        description="Why not offered; empty: offered."
    )
    has_sharing_exception: bool = Field(description="A sharing exception holds for them now.")
    guards: list[GuardOut] = Field(description="What guards telling this person.")


class ParentsFactsOut(Out):
    """What was looked at; nothing is worked out from it."""

    age: int | None = Field(description="In years, today: a prompt for judgement.")
    looked_after: bool = Field(description="Whether it is a looked-after child.")
    pathway_state: PathwayStatesOut | None = Field(
        description="State of the self-harm pathway; null: none."
    )
    words_about_dying: bool = Field(description="Whether the child spoke of suicide.")
    alleged_source_of_harm: AllegedSourcesOfHarmOut | None = Field(
        description="Where the harm is said to come from; null: not said."
    )
    latest_check_id: UUID | None = Field(description="Newest safety check; null: none.")
    latest_check_old: bool | None = Field(description="Whether that check is out of date.")


class ParentsOptionsOut(Out):
    """Suggestions with their reasons; a person decides, and nothing is sent."""

    concern_id: UUID = Field(description="Concern the options are for.")
    child: PersonOut = Field(description="Child the options are about.")
    facts: ParentsFactsOut = Field(description="What was looked at.")
    suggestions: list[ParentsSuggestionOut] = Field(description="What to think of, with reasons.")
    guards: list[GuardOut] = Field(description="What guards telling home, for every contact.")
    social_care: CallOut | None = Field(description="Who to call first, at this hour.")
    contacts: list[ParentsContactOut] = Field(description="People around the child.")
    not_known: list[str] = Field(description="What the record does not say: ask, or think of it.")
    words_to_send: str | None = Field(
        description="The only words for a message or a letter, where the record says that they "
        "are true; null: ring, and send nothing."
    )
    vocabulary_status: VocabularyStatus


class ToldToIn(In):
    """Somebody who was told, who told them and how."""

    contact_id: UUID | None = Field(default=None, description="Contact who was informed.")
    name: Line | None = Field(default=None, description="Name, if they are no contact.")
    by_id: UUID | None = Field(default=None, description="Myself, where it is left out.")
    at: Moment | None = Field(default=None, description="When they were informed.")
    how: Line | None = Field(default=None, description="How they were informed.")
    words: Narrative | None = Field(default=None, description="What was said.")


class ParentsAdviceIn(In):
    """Whose advice was taken; with `adviser` and `says` it counts where telling home is guarded."""

    who: Line = Field(description="Person who advised.")
    role: Line | None = Field(default=None, description="Their role, in words.")
    at: Moment | None = Field(default=None, description="When they advised.")
    words: Narrative | None = Field(default=None, description="What they said.")
    adviser: AdultAdvisersIn | None = Field(
        default=None, description="Who they spoke for; `at`, `words` and `says` go with it."
    )
    says: Literal["tell", "wait"] | None = Field(
        default=None, description="Whether home may be told, or you were asked to wait."
    )
    wait_until: Moment | None = Field(
        default=None, description="Until when; left out: until they say that home may be told."
    )

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if self.adviser is not None and None in (self.says, self.at, self.words):
            raise BodyFault("say when they advised, what they said, and whether home may be told")
        if self.adviser is None and (self.says or self.wait_until):
            raise BodyFault("name the adviser")
        if self.wait_until is not None and self.says != "wait":
            raise BodyFault("send wait_until only where says is wait")
        return self


class OrderReadIn(In):
    """A court order that was read."""

    contact_id: UUID | None = Field(default=None, description="Contact the order is about.")
    reference: Line = Field(description="Reference of the order.")
    made_on: Day | None = Field(default=None, description="Day it was made.")


class ItemDecidedIn(In):
    """One thing that was asked for, and what was decided about it."""

    what: Line = Field(description="What was asked for.")
    decision: Line = Field(description="What was decided.")
    reason: Narrative | None = Field(default=None, description="Why it was decided so.")


class AskedAnsweredIn(In):
    """What somebody asked, and what was answered."""

    who: Line = Field(description="Person who asked.")
    asked: Narrative = Field(description="What they asked.")
    answered: Narrative | None = Field(default=None, description="What was answered.")


class DisagreementIn(In):
    """Two who see it differently: both reasons stay."""

    lead: Narrative | None = Field(default=None, description="The safeguarding lead's reasons.")
    head: Narrative | None = Field(default=None, description="The headteacher's reasons.")
    done: Narrative | None = Field(default=None, description="What is safer for the child now.")


class DecisionFields(In):
    """What can be written down; what is missing is said in the answer, and nothing is refused."""

    rows: Rows = Field(default=[], description="Rows of the table that were thought of.")
    pupil_view: AnswerIn[Narrative] | None = Field(
        default=None, description="What the pupil thinks."
    )
    words_agreed: AnswerIn[Narrative] | None = Field(default=None, description="Words agreed on.")
    pupil_words: AnswerIn[Narrative] | None = Field(default=None, description="The pupil's words.")
    told_to: list[ToldToIn] = Field(default=[], max_length=20, description="People informed.")
    left_out: AnswerIn[Narrative] | None = Field(default=None, description="What was left out.")
    objection: AnswerIn[Narrative] | None = Field(
        default=None, description="The pupil's objection."
    )
    justification: AnswerIn[Narrative] | None = Field(
        default=None, description="Why they were told despite the objection."
    )
    understanding: AnswerIn[Narrative] | None = Field(
        default=None, description="What shows that the pupil understands."
    )
    advice: list[ParentsAdviceIn] = Field(default=[], max_length=20, description="Advice taken.")
    reason_codes: list[ReasonsNotToldIn] = Field(
        default=[], max_length=10, description="Why home is not told."
    )
    orders_read: list[OrderReadIn] = Field(
        default=[], max_length=20, description="Court orders read."
    )
    placement: AnswerIn[Narrative] | None = Field(
        default=None, description="Who holds responsibility, by the placement papers."
    )
    refusal_words: AnswerIn[Narrative] | None = Field(
        default=None, description="The parent's words."
    )
    items_decided: list[ItemDecidedIn] = Field(
        default=[], max_length=50, description="Requests, and what was decided."
    )
    request_and_answer: list[AskedAnsweredIn] = Field(
        default=[], max_length=20, description="Questions that were asked, and their answers."
    )
    promise_words: AnswerIn[Narrative] | None = Field(
        default=None, description="What the pupil was told."
    )
    disagreement: DisagreementIn | None = Field(
        default=None, description="Reasons of two people who disagree."
    )


class ParentsDecidedIn(DecisionFields):
    """What a person decided about telling parents, and why. Nothing is sent by it."""

    id: NewId
    child_id: UUID | None = Field(
        default=None, description="Needed where the concern is about several."
    )
    outcome: ParentsOutcomesIn = Field(description="What you decided.")
    reason: Narrative = Field(description="Why it was decided so.")
    at: Moment | None = Field(default=None, description="When; now, where it is left out.")
    review_at: Moment | None = Field(
        default=None,
        description="When to decide again. For `not_yet` within seven days, and by default then.",
    )
    second_lead_id: UUID | None = Field(default=None, description="Who looked at it, too.")
    told_under: Literal["agreed", "life_at_risk", "already_told"] = Field(
        default="agreed",
        description="Where something guards telling home: `life_at_risk` tells a parent who may be "
        "told and is not feared at once, and the reason is written afterwards; `already_told` "
        "keeps what has happened.",
    )
    source_of_harm: list[UUID] = Field(
        default=[], max_length=20,
        description="Contacts who may be where the harm comes from: they may not be told, and "
        "social care is to be asked today.",
    )  # fmt: skip


class ToldToOut(Out):
    """Somebody who was told."""

    contact_id: UUID | None = Field(description="Contact who was informed.")
    name: str | None = Field(description="Name of the person; null: see the contact.")
    by_id: UUID | None = Field(description="Person who informed them; null: not said.")
    at: datetime | None = Field(description="When they were informed; null: not said.")
    how: str | None = Field(description="How they were informed; null: not said.")
    words: str | None = Field(description="What was said; null: not said.")


class ParentsAdviceOut(Out):
    """Whose advice was taken."""

    who: str = Field(description="Person who advised.")
    role: str | None = Field(description="Their role, in words; null: not said.")
    at: datetime | None = Field(description="When they advised; null: not said.")
    words: str | None = Field(description="What they said; null: not said.")
    adviser: AdultAdvisersOut | None = Field(description="Type of adviser; null: not said.")
    says: str | None = Field(description="Whether they advise to inform, wait or not.")
    wait_until: datetime | None = Field(description="Until when they advise to wait.")


class OrderReadOut(Out):
    """A court order that was read."""

    contact_id: UUID | None = Field(description="Contact the order is about; null: none.")
    reference: str = Field(description="Reference of the order.")
    made_on: date | None = Field(description="Day it was made; null: not known.")


class ItemDecidedOut(Out):
    """One thing that was asked for."""

    what: str = Field(description="What was asked for.")
    decision: str = Field(description="What was decided.")
    reason: str | None = Field(description="Why it was decided so; null: not said.")


class AskedAnsweredOut(Out):
    """What was asked and answered."""

    who: str = Field(description="Person who asked.")
    asked: str = Field(description="What they asked.")
    answered: str | None = Field(description="What was answered; null: nothing yet.")


class DisagreementOut(Out):
    """Two who see it differently."""

    lead: str | None = Field(description="The safeguarding lead's reasons; null: not said.")
    head: str | None = Field(description="The headteacher's reasons; null: not said.")
    done: str | None = Field(description="What was done in the end; null: not said.")


class ParentsContentOut(Out):
    """What was recorded; null: nothing."""

    outcome: ParentsOutcomesOut = Field(description="What was decided.")
    reason: str = Field(description="Why it was decided so.")
    rows: list[ParentsRowsOut] = Field(description="Rows of the table that applied.")
    pupil_view: AnswerOut[str] | None = Field(description="What the pupil thinks.")
    words_agreed: AnswerOut[str] | None = Field(description="Words agreed on.")
    pupil_words: AnswerOut[str] | None = Field(description="The pupil's own words; null: none.")
    told_to: list[ToldToOut] = Field(description="People informed.")
    left_out: AnswerOut[str] | None = Field(description="What was left out.")
    objection: AnswerOut[str] | None = Field(description="The pupil's objection; null: none.")
    justification: AnswerOut[str] | None = Field(
        description="Why they were told despite the objection."
    )
    understanding: AnswerOut[str] | None = Field(
        description="What shows that the pupil understands."
    )
    advice: list[ParentsAdviceOut] = Field(description="Advice taken.")
    reason_codes: list[ReasonsNotToldOut] = Field(description="Standard reasons for not informing.")
    orders_read: list[OrderReadOut] = Field(description="Court orders read.")
    placement: AnswerOut[str] | None = Field(
        description="Who holds responsibility, by the placement papers."
    )
    refusal_words: AnswerOut[str] | None = Field(description="The parent's words; null: none.")
    items_decided: list[ItemDecidedOut] = Field(description="Requests, and what was decided.")
    request_and_answer: list[AskedAnsweredOut] = Field(
        description="Questions that were asked, and their answers."
    )
    promise_words: AnswerOut[str] | None = Field(description="What the pupil was told.")
    disagreement: DisagreementOut | None = Field(description="Reasons of two people who disagree.")
    review_at: datetime | None = Field(description="When to decide again; null: no time.")
    second_lead_id: UUID | None = Field(description="Second lead who agreed; null: none.")
    source_of_harm: list[UUID] = Field(
        description="Contacts who are said to be where the harm comes from."
    )
    told_though_barred: list[UUID] = Field(
        description="Contacts who were told although something bars them, as known then."
    )
    told_under: str | None = Field(description="Sharing exception they were informed under.")
    told_though_guarded: list[str] = Field(
        description="Codes of what guarded telling home when it was told all the same."
    )
    decision_id: UUID | None = Field(description="Decision it is recorded as; null: none.")


class ParentsDecisionOut(KeptOut):
    """A decision about telling parents."""

    kind: Literal["parents_decision"]
    content: ParentsContentOut = Field(description="What was written down.")
    still_to_write: list[ParentsToWriteOut] = Field(
        description="What the rows that were thought of ask to write down; a reminder."
    )


class SharingExceptionIn(In):
    """Why somebody who may not be told is to be told all the same."""

    id: NewId
    reason: Narrative = Field(description="Why this person should be informed all the same.")
    until: Moment | None = Field(
        default=None, description="When it is over; within the school's limit, and by it else."
    )


class SharingExceptionContactOut(Out):
    """Who would be told."""

    id: UUID = Field(description="Contact ID.")
    name: str = Field(description="Full name.")


class SharingExceptionOut(Out):
    """A sharing exception: it holds once two people have signed, and while nothing new happens."""

    id: UUID = Field(description="Exception ID.")
    child_id: UUID = Field(description="Child the exception is about.")
    contact: SharingExceptionContactOut = Field(description="Contact it is about.")
    bars: list[WhyNotOfferedOut] = Field(
        max_length=10,
        description="Everything that bars them; whatever comes beside it is not part of it.",
    )
    state: SharingExceptionStatesOut = Field(description="State of the exception.")
    asked_by: PersonOut = Field(description="Person who asked it.")
    asked_at: datetime = Field(description="When it was requested.")
    asked_reason: str = Field(description="Why it was requested.")
    agreed_by: PersonOut | None = Field(description="Person who agreed it; null until then.")
    agreed_at: datetime | None = Field(description="When a second person agreed; null until then.")
    agreed_reason: str | None = Field(description="Why they agreed; null until then.")
    until: datetime = Field(description="When it expires.")
    ended_by: PersonOut | None = Field(description="Person who ended it; null until then.")
    ended_at: datetime | None = Field(description="When it was ended; null while it holds.")
    end_reason: str | None = Field(description="Why it was ended; null while it holds.")
    etag: str = Field(description="For If-Match.")
    permissions: list[str] = Field(description="What you may do next: `operationId`s.")
