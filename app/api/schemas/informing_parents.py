"""What parents are told: suggestions with their reasons, and what a person decided."""

from datetime import date, datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from app.api.schemas.answers import AnswerIn, AnswerOut
from app.api.schemas.contacts import CourtOrderOut, MayBeToldOut
from app.api.schemas.known_words import AdviceOut, GuardsKnownOut, ToldUnderOut
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
        default=None, description="Child. Required if the concern is about several."
    )
    row: list[ParentsRowsIn] = Field(
        default=[],
        max_length=20,
        description="Situations you know apply, besides those from the record.",
    )


class SuggestionFactOut(Out):
    """A fact behind a suggestion, and its source."""

    fact: str = Field(description="Code of the fact; the list may grow.")
    text: str = Field(description="The fact, in words.")
    contact_id: UUID | None = Field(description="Contact it is about; null: none.")
    record_id: UUID | None = Field(description="Record it comes from; null: none.")
    concern_id: UUID | None = Field(description="Concern it comes from; null: none.")


class ParentsSuggestionOut(Out):
    """A situation that may apply. Consider it: Cairn does not decide."""

    row: ParentsRowsOut = Field(description="Code of the situation.")
    situation: str = Field(description="Situation in words.")
    suggestion: str = Field(description="What to consider.")
    facts: list[SuggestionFactOut] = Field(description="Facts that suggest it.")
    settle_first: list[ParentsRowsOut] = Field(
        description="Situations to consider before this one."
    )
    to_write: list[ParentsToWriteOut] = Field(description="What to record if you follow it.")
    second_lead: bool = Field(description="Whether a second lead must look at it.")
    source: str = Field(description="Guidance it comes from.")


class ParentsContactOut(Out):
    """A person around the child, and whether Cairn suggests telling them."""

    id: UUID = Field(description="Contact ID.")
    name: str = Field(description="Full name.")
    kind: ContactKindsOut = Field(description="What the contact is to the child.")
    parental_responsibility: ParentalResponsibilityOut = Field(
        description="Whether they have parental responsibility."
    )
    lives_with: str = Field(description="Whether the child lives with them.")
    alleged_source_of_harm: bool = Field(description="Whether they are the alleged source of harm.")
    court_orders: list[CourtOrderOut] = Field(description="Court orders about them.")
    may_be_told: MayBeToldOut = Field(description="Whether they may be told, and why.")
    offered: bool = Field(description="Whether Cairn suggests telling them.")
    not_offered_reason_codes: list[WhyNotOfferedOut] = Field(
        description="Why not suggested; empty: suggested."
    )
    has_sharing_exception: bool = Field(
        description="Whether a sharing exception applies to them now."
    )
    guards: list[GuardOut] = Field(description="What guards telling this person.")


class ParentsFactsOut(Out):
    """Facts considered. Cairn concludes nothing from them."""

    age: int | None = Field(
        description="Age in years today, as a prompt for judgement; null: not known."
    )
    looked_after: bool = Field(description="Whether the child is a looked-after child.")
    pathway_state: PathwayStatesOut | None = Field(
        description="State of the self-harm pathway; null: none."
    )
    words_about_dying: bool = Field(description="Whether the child spoke of suicide.")
    alleged_source_of_harm: AllegedSourcesOfHarmOut | None = Field(
        description="Alleged source of harm; null: not said."
    )
    latest_check_id: UUID | None = Field(description="Newest safety check; null: none.")
    latest_check_old: bool | None = Field(
        description="Whether that check is out of date; null: none."
    )


class ParentsOptionsOut(Out):
    """Suggestions with reasons. A person decides, and Cairn sends nothing."""

    concern_id: UUID = Field(description="Concern the options are for.")
    child: PersonOut = Field(description="Child the options are about.")
    facts: ParentsFactsOut = Field(description="Facts considered.")
    suggestions: list[ParentsSuggestionOut] = Field(description="Suggestions, with reasons.")
    guards: list[GuardOut] = Field(description="What guards telling home, for all contacts.")
    social_care: CallOut | None = Field(
        description="Number to call first at this hour; null: not known."
    )
    contacts: list[ParentsContactOut] = Field(description="People around the child.")
    not_known: list[str] = Field(description="What the record does not say. Ask, or consider it.")
    words_to_send: str | None = Field(
        description="The only words safe to send, if the record says they are true; null: phone, "
        "and send nothing."
    )
    vocabulary_status: VocabularyStatus


class ToldToIn(In):
    """A person told, and how."""

    contact_id: UUID | None = Field(default=None, description="Contact who was told.")
    name: Line | None = Field(default=None, description="Name, if not a contact.")
    by_id: UUID | None = Field(default=None, description="Person who told them. Default: you.")
    at: Moment | None = Field(default=None, description="When they were told.")
    how: Line | None = Field(default=None, description="How they were told.")
    words: Narrative | None = Field(default=None, description="What was said.")


class ParentsAdviceIn(In):
    """Advice taken. With `adviser` and `says`, it counts where telling home is guarded."""

    who: Line = Field(description="Person who advised.")
    role: Line | None = Field(default=None, description="Their role, in words.")
    at: Moment | None = Field(default=None, description="When they advised.")
    words: Narrative | None = Field(default=None, description="What they said.")
    adviser: AdultAdvisersIn | None = Field(
        default=None, description="Service they spoke for. Send `at`, `words` and `says` with it."
    )
    says: Literal["tell", "wait"] | None = Field(
        default=None, description="Whether home may be told, or you must wait."
    )
    wait_until: Moment | None = Field(
        default=None, description="When the wait ends. Default: until they say home may be told."
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
    """One request, and the decision on it."""

    what: Line = Field(description="The request.")
    decision: Line = Field(description="What was decided.")
    reason: Narrative | None = Field(default=None, description="Reason for the decision.")


class AskedAnsweredIn(In):
    """A question someone asked, and the answer."""

    who: Line = Field(description="Person who asked.")
    asked: Narrative = Field(description="What they asked.")
    answered: Narrative | None = Field(default=None, description="The answer given.")


class DisagreementIn(In):
    """A disagreement between lead and headteacher. Both reasons are kept."""

    lead: Narrative | None = Field(default=None, description="The safeguarding lead's reasons.")
    head: Narrative | None = Field(default=None, description="The headteacher's reasons.")
    done: Narrative | None = Field(default=None, description="Safer action taken for the child.")


class DecisionFields(In):
    """What can be written down; what is missing is said in the answer, and nothing is refused."""

    rows: Rows = Field(default=[], description="Situations you considered.")
    pupil_view: AnswerIn[Narrative] | None = Field(default=None, description="The pupil's view.")
    words_agreed: AnswerIn[Narrative] | None = Field(
        default=None, description="Words agreed with the pupil."
    )
    pupil_words: AnswerIn[Narrative] | None = Field(default=None, description="The pupil's words.")
    told_to: list[ToldToIn] = Field(default=[], max_length=20, description="People informed.")
    left_out: AnswerIn[Narrative] | None = Field(default=None, description="What was left out.")
    objection: AnswerIn[Narrative] | None = Field(
        default=None, description="The pupil's objection."
    )
    justification: AnswerIn[Narrative] | None = Field(
        default=None, description="Why they were told despite the pupil's objection."
    )
    understanding: AnswerIn[Narrative] | None = Field(
        default=None, description="What shows that the pupil understands."
    )
    advice: list[ParentsAdviceIn] = Field(default=[], max_length=20, description="Advice taken.")
    reason_codes: list[ReasonsNotToldIn] = Field(
        default=[], max_length=10, description="Standard reasons for not telling home."
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
        default=[], max_length=20, description="Questions asked, and the answers."
    )
    promise_words: AnswerIn[Narrative] | None = Field(
        default=None, description="What the pupil was told."
    )
    disagreement: DisagreementIn | None = Field(default=None, description="Reasons of both people.")


class ParentsDecidedIn(DecisionFields):
    """A decision about telling parents, and why. It sends nothing."""

    id: NewId
    child_id: UUID | None = Field(
        default=None, description="Child. Required if the concern is about several."
    )
    outcome: ParentsOutcomesIn = Field(description="What you decided.")
    reason: Narrative = Field(description="Reason for the decision.")
    at: Moment | None = Field(default=None, description="When it happened. Default: now.")
    review_at: Moment | None = Field(
        default=None,
        description="When to decide again. For `not_yet`: within seven days, which is the default.",
    )
    second_lead_id: UUID | None = Field(default=None, description="Second lead who agreed.")
    told_under: Literal["agreed", "life_at_risk", "already_told"] = Field(
        default="agreed",
        description="Grounds for telling. `life_at_risk`: despite a guard, tells at once a parent "
        "who may be told and is not feared; write the reason afterwards. `already_told`: records "
        "what has happened. Default: `agreed`.",
    )
    source_of_harm: list[UUID] = Field(
        default=[], max_length=20,
        description="Contacts who may be a source of harm. They may not be told; ask social care "
        "today.",
    )  # fmt: skip


class ToldToOut(Out):
    """A person told, and how."""

    contact_id: UUID | None = Field(description="Contact who was told; null: none.")
    name: str | None = Field(description="Name of the person; null: see the contact.")
    by_id: UUID | None = Field(description="Person who told them; null: not said.")
    at: datetime | None = Field(description="When they were told; null: not said.")
    how: str | None = Field(description="How they were told; null: not said.")
    words: str | None = Field(description="What was said; null: not said.")


class ParentsAdviceOut(Out):
    """Advice taken."""

    who: str = Field(description="Person who advised.")
    role: str | None = Field(description="Their role, in words; null: not said.")
    at: datetime | None = Field(description="When they advised; null: not said.")
    words: str | None = Field(description="What they said; null: not said.")
    adviser: AdultAdvisersOut | None = Field(description="Type of adviser; null: not said.")
    says: AdviceOut | None = Field(
        description="Whether they advise telling or waiting; null: not said."
    )
    wait_until: datetime | None = Field(description="Until when to wait; null: not said.")


class OrderReadOut(Out):
    """A court order that was read."""

    contact_id: UUID | None = Field(description="Contact the order is about; null: none.")
    reference: str = Field(description="Reference of the order.")
    made_on: date | None = Field(description="Day it was made; null: not known.")


class ItemDecidedOut(Out):
    """One request, and the decision on it."""

    what: str = Field(description="The request.")
    decision: str = Field(description="What was decided.")
    reason: str | None = Field(description="Why it was decided so; null: not said.")


class AskedAnsweredOut(Out):
    """A question someone asked, and the answer."""

    who: str = Field(description="Person who asked.")
    asked: str = Field(description="What they asked.")
    answered: str | None = Field(description="The answer given; null: none yet.")


class DisagreementOut(Out):
    """A disagreement between lead and headteacher."""

    lead: str | None = Field(description="The safeguarding lead's reasons; null: not said.")
    head: str | None = Field(description="The headteacher's reasons; null: not said.")
    done: str | None = Field(description="What was done in the end; null: not said.")


class ParentsContentOut(Out):
    """What was decided; null: nothing."""

    outcome: ParentsOutcomesOut = Field(description="What was decided.")
    reason: str = Field(description="Reason for the decision.")
    rows: list[ParentsRowsOut] = Field(description="Situations that applied.")
    pupil_view: AnswerOut[str] | None = Field(description="The pupil's view; null: not said.")
    words_agreed: AnswerOut[str] | None = Field(
        description="Words agreed with the pupil; null: none."
    )
    pupil_words: AnswerOut[str] | None = Field(description="The pupil's own words; null: none.")
    told_to: list[ToldToOut] = Field(description="People informed.")
    left_out: AnswerOut[str] | None = Field(description="What was left out; null: nothing.")
    objection: AnswerOut[str] | None = Field(description="The pupil's objection; null: none.")
    justification: AnswerOut[str] | None = Field(
        description="Why they were told despite the pupil's objection; null: not said."
    )
    understanding: AnswerOut[str] | None = Field(
        description="What shows that the pupil understands; null: not said."
    )
    advice: list[ParentsAdviceOut] = Field(description="Advice taken.")
    reason_codes: list[ReasonsNotToldOut] = Field(description="Standard reasons for not informing.")
    orders_read: list[OrderReadOut] = Field(description="Court orders read.")
    placement: AnswerOut[str] | None = Field(
        description="Who holds responsibility, by the placement papers; null: not said."
    )
    refusal_words: AnswerOut[str] | None = Field(description="The parent's words; null: none.")
    items_decided: list[ItemDecidedOut] = Field(description="Requests, and what was decided.")
    request_and_answer: list[AskedAnsweredOut] = Field(
        description="Questions asked, and the answers."
    )
    promise_words: AnswerOut[str] | None = Field(description="What the pupil was told; null: none.")
    disagreement: DisagreementOut | None = Field(description="Reasons of both people; null: none.")
    review_at: datetime | None = Field(description="When to decide again; null: no time.")
    second_lead_id: UUID | None = Field(description="Second lead who agreed; null: none.")
    source_of_harm: list[UUID] = Field(description="Contacts who are alleged sources of harm.")
    told_though_barred: list[UUID] = Field(description="Contacts told despite a bar known then.")
    told_under: ToldUnderOut | None = Field(description="Grounds; null: not told.")
    told_though_guarded: list[GuardsKnownOut] = Field(
        description="Codes of the guards in force when home was told."
    )
    decision_id: UUID | None = Field(description="Decision that records it; null: none.")


class ParentsDecisionOut(KeptOut):
    """A decision about telling parents."""

    kind: Literal["parents_decision"]
    content: ParentsContentOut = Field(description="What was written down.")
    still_to_write: list[ParentsToWriteOut] = Field(
        description="Reminders of what to record for the situations considered."
    )


class SharingExceptionIn(In):
    """Why to tell someone who may not normally be told."""

    id: NewId
    reason: Narrative = Field(description="Why to tell this person.")
    until: Moment | None = Field(
        default=None, description="When it ends, within the school's limit. Default: by that limit."
    )


class SharingExceptionContactOut(Out):
    """The contact the exception is about."""

    id: UUID = Field(description="Contact ID.")
    name: str = Field(description="Full name.")


class SharingExceptionOut(Out):
    """A sharing exception. It applies once two people sign, until something new happens."""

    id: UUID = Field(description="Exception ID.")
    child_id: UUID = Field(description="Child the exception is about.")
    contact: SharingExceptionContactOut = Field(description="Contact it is about.")
    bars: list[WhyNotOfferedOut] = Field(
        max_length=10, description="Bars it covers. New bars are not covered."
    )
    state: SharingExceptionStatesOut = Field(description="State of the exception.")
    asked_by: PersonOut = Field(description="Person who requested it.")
    asked_at: datetime = Field(description="When it was requested.")
    asked_reason: str = Field(description="Why it was requested.")
    agreed_by: PersonOut | None = Field(description="Person who agreed it; null until then.")
    agreed_at: datetime | None = Field(description="When a second person agreed; null until then.")
    agreed_reason: str | None = Field(description="Why they agreed; null until then.")
    until: datetime = Field(description="When it expires.")
    ended_by: PersonOut | None = Field(description="Person who ended it; null until then.")
    ended_at: datetime | None = Field(description="When it was ended; null: in effect.")
    end_reason: str | None = Field(description="Why it was ended; null: in effect.")
    etag: str = Field(description="Version of the record, to send as `If-Match`.")
    permissions: list[str] = Field(description="What you may do next, as `operationId`s.")
