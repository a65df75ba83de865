"""Referrals: what each kind asks for, what was answered, sent and decided."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from app.api.schemas.known_words import (
    ActedByOut,
    DeliveryStatesOut,
    ExtractsOut,
    FieldTypesOut,
    ReferralStepsOut,
    UrgenciesOut,
)
from app.api.schemas.referral_answers import (
    ConsentOut,
    FieldAnswerOut,
)
from app.api.schemas.referral_following import ChallengeOut
from app.api.schemas.shares import ApprovalOut, ItemOut, Items, SharingEventOut, SnapshotFactsOut
from app.core.codes import (
    ChallengeIssuesOut,
    ChallengeResolutionsOut,
    ChallengeStagesOut,
    LawfulBasesIn,
    LawfulBasesOut,
    OutcomeClassesOut,
    Para18LimbsIn,
    Para18LimbsOut,
    ReasonsNotToldIn,
    ReferralEventsOut,
    ReferralKindsIn,
    ReferralKindsOut,
    ReferralOutcomesOut,
    ReferralStatesIn,
    ReferralStatesOut,
    SpecialCategoryConditionsIn,
    SpecialCategoryConditionsOut,
    ValueStatesIn,
)
from app.core.schemas import (
    Day,
    In,
    Line,
    ListIn,
    Narrative,
    NewId,
    Out,
    PersonOut,
    absent,
)

Urgency = Literal["emergency", "urgent", "routine"]
YesNoYet = Literal["yes", "no", "not_yet"]
Given = Literal["yes", "no", "not_sought"]
ONLY_NAMES: dict[str, Any] = {"additionalProperties": False}
Variant = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{2,59}$")]
FieldName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,59}$")]


class ReferralListIn(ListIn):
    """Which referrals."""

    child_id: UUID | None = None
    agency_id: UUID | None = None
    kind: ReferralKindsIn | None = None
    state: ReferralStatesIn | None = None


class NamedPersonIn(In):
    """A person in a field."""

    name: Line | None = None
    aliases: Line | None = None
    relationship: Line | None = None
    date_of_birth: Day | None = None
    expected_date: Day | None = Field(default=None, description="Of a child not born yet.")
    sex: Line | None = None
    ethnicity: Line | None = None
    role: Line | None = None
    organisation: Line | None = None
    school: Line | None = None
    phone: Line | None = None
    email: Line | None = None
    address: Line | None = None
    parental_responsibility: Line | None = None
    alleged_perpetrator: Line | None = None
    focus: Line | None = Field(
        default=None, description="Whether this child is what the referral is about most."
    )
    note: Narrative | None = None


class FieldAnswerIn(In):
    """The answer to a field: a value, or why there is none."""

    state: ValueStatesIn
    value: (
        bool
        | Narrative
        | NamedPersonIn
        | Annotated[list[Narrative], Field(max_length=50)]
        | Annotated[list[NamedPersonIn], Field(max_length=50)]
        | None
    ) = None


class ConsentIn(In):
    """What the family was told and asked; one of the standard reasons where they were not."""

    parents_informed: YesNoYet
    consent_given: Given
    by: Line | None = Field(default=None, description="Who agreed.")
    covers: Line | None = Field(default=None, description="Whose information it covers.")
    reason_not: ReasonsNotToldIn | None = None
    reason_text: Narrative | None = None
    young_persons_view: Narrative | None = None


class NameOthersIn(In):
    """A decision to name the other children to the agency."""

    decided: Literal[True]
    reason: Narrative


class ChronologyIn(In):
    """Which of the child's chronology goes with it, as an extract frozen with the rest."""

    choice: Literal["none", "significant", "chosen"]
    entries: list[UUID] = Field(
        default_factory=list, max_length=300, description="With `chosen`: entries of the child."
    )


class ReferralIn(In):
    """A referral to draft."""

    id: NewId
    child_id: UUID
    agency_id: UUID
    kind: ReferralKindsIn
    urgency: Urgency
    concern_id: UUID | None = None
    fields: dict[FieldName, FieldAnswerIn] = Field(
        default_factory=dict, max_length=100, json_schema_extra=ONLY_NAMES
    )
    consent: ConsentIn | None = None
    name_others: NameOthersIn | None = None
    items: Items = Field(default_factory=list)
    lawful_basis: LawfulBasesIn | None = None
    special_category_condition: SpecialCategoryConditionsIn | None = None
    para18_limb: Para18LimbsIn | None = None
    variant: Variant | None = Field(
        default=None, description="A local form; else the agency's, or its authority's."
    )
    chronology: ChronologyIn | None = None
    prefill: bool = Field(
        default=True, description="Fill from the record what you do not answer; see `sources`."
    )


class ReferralPatch(In):
    """A merge patch of a draft; within `fields`, null takes an answer away."""

    agency_id: UUID = absent()
    urgency: Urgency = absent()
    fields: dict[FieldName, FieldAnswerIn | None] = Field(
        default_factory=dict, max_length=100, json_schema_extra=ONLY_NAMES
    )
    consent: ConsentIn | None = None
    name_others: NameOthersIn | None = None
    items: Items = absent()
    lawful_basis: LawfulBasesIn | None = None
    special_category_condition: SpecialCategoryConditionsIn | None = None
    para18_limb: Para18LimbsIn | None = None
    chronology: ChronologyIn | None = None


class FieldOut(Out):
    """A field of a kind of referral."""

    name: str
    label: str
    type: FieldTypesOut
    required: bool
    multi: bool
    choices: list[str]
    help: str | None
    prefill: str | None = Field(description="What in the record answers it.")
    law: bool = Field(description="No local form can leave it out.")


class SectionOut(Out):
    """Fields that belong together."""

    name: str
    label: str
    fields: list[FieldOut]


class ReferralKindOut(Out):
    """What a kind of referral asks for."""

    kind: ReferralKindsOut
    label: str
    version: str
    sections: list[SectionOut]
    source: str
    variant: str | None = Field(description="The local form this is.")
    authority: str | None


class ReferralFormOut(ReferralKindOut):
    """A form, also as JSON Schema of the `fields` of a referral."""

    json_schema: dict[str, Any]


class ReferralKindListOut(Out):
    """Every kind of referral."""

    items: list[ReferralKindOut]
    next: None = Field(description="Null: the list is whole.")


class NameOthersOut(Out):
    """Who decided to name the other children, and why."""

    reason: str
    by: PersonOut
    at: datetime


class ReferralEventOut(SharingEventOut):
    """Something that happened with a referral."""

    id: UUID
    kind: ReferralEventsOut
    question_id: UUID | None = Field(
        description="The question that an answer is to. Null in an answer: all asked before it."
    )
    by_kind: ActedByOut
    from_agency: str | None = Field(description="Who at the agency.")
    outcome: ReferralOutcomesOut | None
    stage: ChallengeStagesOut | None
    issue: ChallengeIssuesOut | None
    resolution: ChallengeResolutionsOut | None
    learning: str | None


class DeliveryOut(Out):
    """What became of the message to the agency's own system."""

    state: DeliveryStatesOut
    attempts: int
    at: datetime
    code: str | None = Field(description="Why the last attempt failed.")


class ChronologyChoiceOut(Out):
    """Which of the child's chronology goes with it."""

    choice: ExtractsOut
    entries: list[UUID]


class ReferralCard(Out):
    """A referral in a list."""

    id: UUID
    reference: str
    child_id: UUID
    child_name: str
    kind: ReferralKindsOut
    agency_id: UUID
    agency_name: str
    urgency: UrgenciesOut
    state: ReferralStatesOut
    approval_owed: bool
    outcome: ReferralOutcomesOut | None
    owner_id: UUID
    due_at: datetime | None
    due_rule: str | None
    drafted_at: datetime
    sent_at: datetime | None
    ended_at: datetime | None
    all_items_shown: bool = Field(description="`false`: this reader may not open it.")


class ReferralOut(Out):
    """The whole of a referral, for who may see all of its items."""

    id: UUID
    reference: str
    child_id: UUID
    child_name: str
    concern_id: UUID | None
    kind: ReferralKindsOut
    agency_id: UUID
    agency_name: str
    urgency: UrgenciesOut
    fields: dict[str, FieldAnswerOut]
    consent: ConsentOut | None
    name_others: NameOthersOut | None
    items: list[ItemOut]
    lawful_basis: LawfulBasesOut | None
    special_category_condition: SpecialCategoryConditionsOut | None
    para18_limb: Para18LimbsOut | None
    state: ReferralStatesOut
    approvals: list[ApprovalOut]
    approval_owed: bool = Field(description="Sent in an emergency; somebody must review it.")
    decision_id: UUID | None
    snapshot: SnapshotFactsOut | None
    outcome: ReferralOutcomesOut | None
    outcome_class: OutcomeClassesOut | None = Field(description="The outcome in one word.")
    challenge: ChallengeOut | None
    delivery: DeliveryOut | None
    form_variant: str | None = Field(description="The local form it was drafted with.")
    form_version: str
    sources: dict[str, str] = Field(description="Where in the record an answer was taken from.")
    chronology: ChronologyChoiceOut | None
    duty_of: UUID | None = Field(description="Whose own duty in law it is: nobody else stops it.")
    agency_reference: str | None
    owner: PersonOut
    due_at: datetime | None
    due_rule: str | None
    sent_at: datetime | None
    ended_at: datetime | None
    drafted_by: PersonOut
    drafted_at: datetime
    changed_at: datetime
    events: list[ReferralEventOut]
    permissions: list[ReferralStepsOut] = Field(description="Operations this reader may do next.")
