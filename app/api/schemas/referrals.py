"""Referrals: what each kind asks for, what was answered, sent and decided."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from app.api.schemas.codes import (
    DeliveryRoutesIn,
    LawfulBasesIn,
    LawfulBasesOut,
    Para18LimbsIn,
    Para18LimbsOut,
    ReasonsNotToldIn,
    ReasonsNotToldOut,
    ReferralKindsIn,
    ReferralKindsOut,
    ReferralOutcomesIn,
    ReferralOutcomesOut,
    ReferralStatesIn,
    ReferralStatesOut,
    SpecialCategoryConditionsIn,
    SpecialCategoryConditionsOut,
    ValueStatesIn,
    ValueStatesOut,
)
from app.api.schemas.common import (
    In,
    Line,
    Moment,
    Narrative,
    NewId,
    Out,
    PersonOut,
)
from app.api.schemas.lists import ListIn, absent
from app.api.schemas.shares import (
    ApprovalOut,
    ChildOfSnapshotOut,
    ItemOut,
    Items,
    SchoolOfSnapshotOut,
    SharingEventOut,
    SnapshotFactsOut,
)
from app.api.schemas.texts import Day

Urgency = Literal["emergency", "urgent", "routine"]
YesNoYet = Literal["yes", "no", "not_yet"]
Given = Literal["yes", "no", "not_sought"]
ONLY_NAMES: dict[str, Any] = {"additionalProperties": False}
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
    relationship: Line | None = None
    date_of_birth: Day | None = None
    role: Line | None = None
    organisation: Line | None = None
    phone: Line | None = None
    email: Line | None = None
    address: Line | None = None
    parental_responsibility: Line | None = None
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


class ReferralApprovalIn(In):
    """An approval: a decision, or the reasons that become one."""

    reasons: Narrative | None = None
    decision_id: UUID | None = None


class SendingIn(In):
    """How it went to the agency."""

    route: DeliveryRoutesIn
    at: Moment
    to: Line
    by_id: UUID | None = Field(default=None, description="Who sent it; else who says so.")
    note: Narrative | None = None


class AcknowledgementIn(In):
    """The agency said it has it."""

    by: Line = Field(description="Who at the agency.")
    at: Moment
    agency_reference: Line | None = None


class OutcomeIn(In):
    """What the agency decided."""

    outcome: ReferralOutcomesIn
    at: Moment
    returned_by: Line = Field(description="Who at the agency.")
    reasons: Narrative | None = None


class ClosingIn(In):
    """Why nothing more is to be done."""

    reasons: Narrative


class FieldOut(Out):
    """A field of a kind of referral."""

    name: str
    label: str
    type: str = Field(description="`line`, `text`, `date`, `yes_no`, `choice` or `person`.")
    required: bool
    multi: bool
    choices: list[str]


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


class ReferralKindListOut(Out):
    """Every kind of referral."""

    items: list[ReferralKindOut]
    next: None = None


class FieldAnswerOut(Out):
    """The answer to a field."""

    state: ValueStatesOut
    value: Any = Field(description="As the field's type says; null without a value.")


class ConsentOut(Out):
    """What the family was told and asked."""

    parents_informed: str
    consent_given: str
    by: str | None
    covers: str | None
    reason_not: ReasonsNotToldOut | None
    reason_text: str | None
    young_persons_view: str | None


class NameOthersOut(Out):
    """Who decided to name the other children, and why."""

    reason: str
    by: PersonOut
    at: datetime


class ReferralEventOut(SharingEventOut):
    """Something that happened with a referral."""

    from_agency: str | None = Field(description="Who at the agency.")
    outcome: ReferralOutcomesOut | None


class ReferralCard(Out):
    """A referral in a list."""

    id: UUID
    reference: str
    child_id: UUID
    child_name: str
    kind: ReferralKindsOut
    agency_id: UUID
    agency_name: str
    urgency: str
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
    urgency: str
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
    permissions: list[str] = Field(description="Operations this reader may do next.")


class AgencyOfSnapshotOut(Out):
    """The agency it is for."""

    name: str
    kind: str


class ReferralSnapshotOut(Out):
    """What the agency gets; `format` names how to read the items."""

    format: str
    kind: str
    referral_kind: str
    reference: str
    urgency: str
    school: SchoolOfSnapshotOut
    child: ChildOfSnapshotOut
    agency: AgencyOfSnapshotOut
    written_by: str
    lawful_basis: str | None
    fields: dict[str, FieldAnswerOut]
    consent: ConsentOut | None
    items: list[dict[str, Any]]
