"""Referrals: what each kind asks for, what was answered, sent and decided."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import Field

from app.api.schemas.known_words import (
    ActedByOut,
    DeliveryStatesOut,
    ExtractsOut,
    FieldTypesOut,
    ReferralStepsOut,
    SendFaultsOut,
    UrgenciesOut,
)
from app.api.schemas.referral_answers import ConsentOut, FieldAnswerOut
from app.api.schemas.referral_following import ChallengeOut
from app.api.schemas.shares import (
    ApprovalOut,
    ConditionOut,
    ItemOut,
    LawfulBasisOut,
    Para18LimbOut,
    SharingEventOut,
    SnapshotFactsOut,
)
from app.core.codes import (
    ChallengeIssuesOut,
    ChallengeResolutionsOut,
    ChallengeStagesOut,
    OutcomeClassesOut,
    ReferralEventsOut,
    ReferralKindsIn,
    ReferralKindsOut,
    ReferralOutcomesOut,
    ReferralStatesIn,
    ReferralStatesOut,
)
from app.core.schemas import In, ListIn, Out, PersonOut, absent
from app.domain.sharing.referral_drafts.schemas import (
    ChronologyIn,
    ConsentIn,
    FieldAnswerIn,
    FieldName,
    NameOthersIn,
    Urgency,
)
from app.domain.sharing.shares.schemas import ConditionIn, Items, LawfulBasisIn, Para18LimbIn


class ReferralListIn(ListIn):
    """Which referrals."""

    child_id: UUID | None = Field(default=None, description="Only about this child.")
    agency_id: UUID | None = Field(default=None, description="Only to this agency.")
    kind: ReferralKindsIn | None = Field(default=None, description="Only referrals of this kind.")
    state: ReferralStatesIn | None = Field(
        default=None, description="Only referrals in this state. Default: all."
    )


class ReferralPatch(In):
    """A merge patch of a draft. In `fields`, null removes an answer."""

    agency_id: UUID = absent(description="Agency it goes to.")
    urgency: Urgency = absent(description="How urgent it is.")
    fields: dict[FieldName, FieldAnswerIn | None] = Field(
        default_factory=dict,
        max_length=100,
        description="Answers, by field name; null removes one.",
    )
    consent: ConsentIn | None = Field(
        default=None,
        description="What the family was told and asked; null empties it. Required before "
        "approval.",
    )
    name_others: NameOthersIn | None = Field(
        default=None, description="Decision to name other children; null: not to name them."
    )
    items: Items = absent(description="Records to send. Send the whole list.")
    lawful_basis: LawfulBasisIn = None
    special_category_condition: ConditionIn = None
    para18_limb: Para18LimbIn = None
    chronology: ChronologyIn | None = Field(
        default=None, description="Chronology entries to send with it; null: none."
    )


IN_WELSH = "Welsh text; null: your own words."


class FieldOut(Out):
    """A field of a referral form."""

    name: str = Field(description="Name of the field in `fields`.")
    label: str = Field(description="Question on the form.")
    label_cy: str | None = Field(description=IN_WELSH)
    type: FieldTypesOut = Field(description="Type of answer.")
    required: bool = Field(description="Whether approval needs an answer.")
    multi: bool = Field(description="Whether several answers may be given.")
    choices: list[str] = Field(description="Answers to choose from; empty: free text.")
    help: str | None = Field(description="Help text for the question; null: none.")
    help_cy: str | None = Field(description=IN_WELSH)
    prefill: str | None = Field(description="Part of the record that fills it in; null: none.")
    law: bool = Field(description="Whether the law requires it: local forms cannot drop it.")


class SectionOut(Out):
    """A section of the form."""

    name: str = Field(description="Name of the section.")
    label: str = Field(description="Heading of the section.")
    label_cy: str | None = Field(description=IN_WELSH)
    fields: list[FieldOut] = Field(description="Fields of the section.")


class ReferralKindOut(Out):
    """A kind of referral, and what it asks for."""

    kind: ReferralKindsOut = Field(description="Code of the kind.")
    label: str = Field(description="Name of the kind.")
    label_cy: str = Field(description="Welsh text.")
    review_cy: str | None = Field(description="Review the Welsh still needs; null: none.")
    version: str = Field(description="Version of the form.")
    sections: list[SectionOut] = Field(description="Sections of the form.")
    source: str = Field(description="Where the form comes from.")
    variant: str | None = Field(description="Local form; null: the national one.")
    authority: str | None = Field(description="Local authority of a local form; null: none.")


class ReferralFormOut(ReferralKindOut):
    """A referral form, with a JSON Schema of its `fields`."""

    json_schema: dict[str, Any] = Field(description="JSON Schema of `fields`.")


class ReferralKindListOut(Out):
    """All kinds of referral."""

    items: list[ReferralKindOut] = Field(description="The kinds of referral.")
    next: None = Field(description="Always null: the list is complete.")


class NameOthersOut(Out):
    """The decision to name the other children."""

    reason: str = Field(description="Why the other children are named.")
    by: PersonOut = Field(description="Person who decided to name the other children.")
    at: datetime = Field(description="When it was decided.")


class ReferralEventOut(SharingEventOut):
    """One event of a referral."""

    id: UUID = Field(description="Event ID.")
    kind: ReferralEventsOut = Field(description="What happened.")
    question_id: UUID | None = Field(
        description="Question that an answer is for; null: all questions asked before it."
    )
    by_kind: ActedByOut = Field(description="Whether the school, the agency or Cairn did it.")
    from_agency: str | None = Field(description="Person at the agency; null: not said.")
    outcome: ReferralOutcomesOut | None = Field(
        description="Outcome that was recorded; null: another event."
    )
    stage: ChallengeStagesOut | None = Field(
        description="Stage of the disagreement; null: another event."
    )
    issue: ChallengeIssuesOut | None = Field(
        description="What the disagreement is about; null: another event."
    )
    resolution: ChallengeResolutionsOut | None = Field(
        description="How it was resolved; null: another event."
    )
    learning: str | None = Field(description="What was learned; null: nothing.")


class DeliveryOut(Out):
    """Delivery of the alert to the agency's own system."""

    state: DeliveryStatesOut = Field(description="State of the delivery.")
    attempts: int = Field(description="Number of attempts.")
    at: datetime = Field(description="Time of the last attempt.")
    code: SendFaultsOut | None = Field(
        description="Why the last attempt failed; null: it succeeded."
    )


class ChronologyChoiceOut(Out):
    """Chronology entries to send with it."""

    choice: ExtractsOut = Field(description="How the entries were chosen.")
    entries: list[UUID] = Field(description="IDs of the entries.")


class ReferralCard(Out):
    """A referral in a list."""

    id: UUID = Field(description="Referral ID.")
    reference: str = Field(description="Referral reference that people use.")
    child_id: UUID = Field(description="Child the referral is about.")
    child_name: str = Field(description="Child's name.")
    kind: ReferralKindsOut = Field(description="Kind of referral.")
    agency_id: UUID = Field(description="Agency it goes to.")
    agency_name: str = Field(description="Name of the agency.")
    urgency: UrgenciesOut = Field(description="How urgent it is.")
    state: ReferralStatesOut = Field(description="State of the referral.")
    approval_owed: bool = Field(
        description="Whether it was sent in an emergency and still needs approval."
    )
    outcome: ReferralOutcomesOut | None = Field(
        description="What the agency decided; null until then."
    )
    owner: PersonOut = Field(description="Person who owns the referral.")
    due_at: datetime | None = Field(description="Deadline of the referral; null: none.")
    due_rule: str | None = Field(description="Rule that set the deadline; null: a person set it.")
    drafted_at: datetime = Field(description="When it was drafted.")
    sent_at: datetime | None = Field(description="When it was sent; null until then.")
    ended_at: datetime | None = Field(
        description="When it was closed or withdrawn; null while open."
    )
    all_items_shown: bool = Field(description="`false`: you may not open it.")


class ReferralOut(Out):
    """A whole referral, if you may see all its items."""

    id: UUID = Field(description="Referral ID.")
    reference: str = Field(description="Referral reference that people use.")
    child_id: UUID = Field(description="Child the referral is about.")
    child_name: str = Field(description="Child's name.")
    concern_id: UUID | None = Field(description="Concern it comes from; null: none.")
    kind: ReferralKindsOut = Field(description="Kind of referral.")
    agency_id: UUID = Field(description="Agency it goes to.")
    agency_name: str = Field(description="Name of the agency.")
    urgency: UrgenciesOut = Field(description="How urgent it is.")
    fields: dict[str, FieldAnswerOut] = Field(description="Answers, by the form's field names.")
    consent: ConsentOut | None = Field(
        description="What the family was told and asked; null: not yet."
    )
    name_others: NameOthersOut | None = Field(
        description="Decision to name other children; null: none."
    )
    items: list[ItemOut] = Field(description="Records to send.")
    lawful_basis: LawfulBasisOut
    special_category_condition: ConditionOut
    para18_limb: Para18LimbOut
    state: ReferralStatesOut = Field(description="State of the referral.")
    approvals: list[ApprovalOut] = Field(description="Approvals so far.")
    approval_owed: bool = Field(
        description="Whether it was sent in an emergency and still needs approval."
    )
    decision_id: UUID | None = Field(description="Decision that approved it; null until then.")
    snapshot: SnapshotFactsOut | None = Field(
        description="The frozen content; null until approved."
    )
    outcome: ReferralOutcomesOut | None = Field(
        description="What the agency decided; null until then."
    )
    outcome_class: OutcomeClassesOut | None = Field(
        description="Class of the outcome; null until then."
    )
    challenge: ChallengeOut | None = Field(description="Professional disagreement; null: none.")
    delivery: DeliveryOut | None = Field(description="Message to the agency's system; null: none.")
    form_variant: str | None = Field(
        description="Local form it was drafted with; null: the national one."
    )
    form_version: str = Field(description="Version of the form.")
    sources: dict[str, str] = Field(description="Part of the record each answer comes from.")
    chronology: ChronologyChoiceOut | None = Field(
        description="Chronology entries that go with it; null: none."
    )
    duty_of: UUID | None = Field(
        description="Person whose own legal duty it is: nobody else can stop it. Null: nobody's."
    )
    agency_reference: str | None = Field(description="The agency's own reference; null: none.")
    owner: PersonOut = Field(description="Person who owns the referral.")
    due_at: datetime | None = Field(description="Deadline of the referral; null: none.")
    due_rule: str | None = Field(description="Rule that set the deadline; null: a person set it.")
    sent_at: datetime | None = Field(description="When it was sent; null until then.")
    ended_at: datetime | None = Field(
        description="When it was closed or withdrawn; null while open."
    )
    drafted_by: PersonOut = Field(description="Person who drafted it.")
    drafted_at: datetime = Field(description="When it was drafted.")
    changed_at: datetime = Field(description="When the referral last changed.")
    events: list[ReferralEventOut] = Field(description="What happened with the referral.")
    permissions: list[ReferralStepsOut] = Field(
        description="What you may do next, as `operationId`s."
    )
