"""Shares: what is chosen about one child, for whom, on what ground, and what came of it."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from app.api.schemas.known_words import (
    AgreementKindsOut,
    ConcernPartsOut,
    DetrimentResultsOut,
    ItemKindsOut,
    ShareEventsOut,
    ShareStepsOut,
    ViasOut,
    WaitsForOut,
)
from app.api.schemas.parents_guards import GuardsOut
from app.core.codes import (
    CodeRoutesOut,
    DeliveryRoutesOut,
    LawfulBasesIn,
    LawfulBasesOut,
    Para18LimbsIn,
    Para18LimbsOut,
    RecipientKindsIn,
    RecipientKindsOut,
    RolesOut,
    SharePurposesIn,
    SharePurposesOut,
    ShareStatesIn,
    ShareStatesOut,
    SpecialCategoryConditionsIn,
    SpecialCategoryConditionsOut,
)
from app.core.schemas import (
    Day,
    In,
    Line,
    ListIn,
    Moment,
    Narrative,
    NewId,
    Out,
    PersonOut,
    absent,
)

ConcernPart = Literal[
    "account",
    "amendments",
    "place",
    "categories",
    "body_map",
    "decisions",
    "actions",
    "outcome",
    "self_harm",
]


def _account() -> list[ConcernPart]:
    return ["account", "amendments"]


class ShareListIn(ListIn):
    """Which shares."""

    child_id: UUID | None = None
    state: ShareStatesIn | None = None


class ContactRecipientIn(In):
    """A contact of this child."""

    via: Literal["contact"]
    contact_id: UUID


class AgencyRecipientIn(In):
    """A named person at an agency."""

    via: Literal["agency"]
    agency_id: UUID
    name: Line
    job_title: Line | None = None


class ProfessionalRecipientIn(In):
    """A professional who is neither a contact nor at a known agency."""

    via: Literal["professional"]
    kind: RecipientKindsIn
    name: Line
    job_title: Line | None = None
    organisation: Line | None = None


RecipientIn = Annotated[
    ContactRecipientIn | AgencyRecipientIn | ProfessionalRecipientIn, Field(discriminator="via")
]


class RedactionIn(In):
    """A passage that is left out: characters (Unicode code points) `start` to before `end`."""

    statement_id: UUID = Field(description="A statement or an amendment of the concern.")
    start: int = Field(ge=0, le=1_000_000)
    end: int = Field(ge=1, le=1_000_000)
    reason: Line


class ChosenAttachmentIn(In):
    """A file of the concern that is to go with it; none goes unless it is chosen."""

    id: UUID
    name: Line | None = Field(
        default=None,
        description="What the recipient sees it called, without an ending; else `file-1`. What it "
        "is called here is never told.",
    )


class ConcernItemIn(In):
    """Chosen parts of a concern; comments are never part of it."""

    kind: Literal["concern"]
    id: UUID
    include: list[ConcernPart] = Field(default_factory=_account, min_length=1, max_length=9)
    redactions: list[RedactionIn] = Field(default_factory=list, max_length=200)
    attachments: list[ChosenAttachmentIn] = Field(default_factory=list, max_length=20)


class DecisionItemIn(In):
    """A decision about the child."""

    kind: Literal["decision"]
    id: UUID


class StatusItemIn(In):
    """A status of the child."""

    kind: Literal["status"]
    id: UUID


class RecordItemIn(In):
    """A record of keeping the child safe, chosen by itself."""

    kind: Literal["record"]
    id: UUID
    reason: Line | None = Field(
        default=None,
        description="Why the family is to have this one; needed for them, and never told them.",
    )


ItemIn = Annotated[
    ConcernItemIn | DecisionItemIn | StatusItemIn | RecordItemIn, Field(discriminator="kind")
]
Items = Annotated[list[ItemIn], Field(max_length=100)]


class DetrimentTestIn(In):
    """Whether sharing is more detrimental to the child than not sharing."""

    result: Literal["not_more_detrimental", "more_detrimental"]
    reasons: Narrative


class AgreementIn(In):
    """An agreement; the three kinds of consent are never one another."""

    kind: Literal["service_agreement", "data_protection_consent", "medical_consent"]
    by: Line
    date: Day


class ShareIn(In):
    """A share to draft."""

    id: NewId
    child_id: UUID
    recipient: RecipientIn
    purpose: SharePurposesIn
    purpose_detail: Narrative | None = None
    lawful_basis: LawfulBasesIn | None = None
    special_category_condition: SpecialCategoryConditionsIn | None = None
    para18_limb: Para18LimbsIn | None = None
    detriment_test: DetrimentTestIn | None = None
    agreement: AgreementIn | None = None
    decision_id: UUID | None = None
    items: Items = Field(default_factory=list)
    expires_at: Moment | None = None


class SharePatch(In):
    """A merge patch of a draft: absent fields stay, null empties."""

    purpose: SharePurposesIn = absent()
    purpose_detail: Narrative | None = None
    lawful_basis: LawfulBasesIn | None = None
    special_category_condition: SpecialCategoryConditionsIn | None = None
    para18_limb: Para18LimbsIn | None = None
    detriment_test: DetrimentTestIn | None = None
    agreement: AgreementIn | None = None
    decision_id: UUID | None = None
    items: Items = absent()
    expires_at: Moment | None = None


class RecipientOut(Out):
    """For whom a share is."""

    via: ViasOut
    kind: RecipientKindsOut
    name: str
    job_title: str | None
    organisation: str | None
    contact_id: UUID | None
    agency_id: UUID | None


class RedactionOut(Out):
    """A passage that is left out."""

    statement_id: UUID
    start: int
    end: int
    reason: str


class ChosenAttachmentOut(Out):
    """A file of the concern that is to go with it."""

    id: UUID
    name: str | None = Field(description="As it was wished for; the preview says what is told.")


class ItemOut(Out):
    """A chosen item; `include`, `redactions` and `attachments` belong to concerns,

    `reason` to records.
    """

    kind: ItemKindsOut
    id: UUID
    include: list[ConcernPartsOut] | None = Field(default=None)
    redactions: list[RedactionOut] | None = Field(default=None)
    attachments: list[ChosenAttachmentOut] | None = Field(default=None)
    reason: str | None = Field(default=None)


class DetrimentTestOut(Out):
    """Whether sharing is more detrimental to the child than not sharing."""

    result: DetrimentResultsOut
    reasons: str


class AgreementOut(Out):
    """An agreement."""

    kind: AgreementKindsOut
    by: str
    date: date


class ApprovalOut(Out):
    """One person's approval."""

    by: PersonOut
    role: RolesOut
    at: datetime
    reasons: str | None
    guard_reason: str | None
    attachments: list[int] = Field(default=[], description="Numbers of the files looked at.")


class SnapshotFactsOut(Out):
    """What was frozen: the SHA-256 in hex, and the size in bytes."""

    sha256: str
    made_at: datetime
    size: int


class SharingEventOut(Out):
    """Something that happened."""

    kind: ShareEventsOut
    at: datetime
    recorded_at: datetime
    by: PersonOut | None = Field(description="Null: the recipient, or Cairn itself.")
    route: DeliveryRoutesOut | None
    to: str | None
    text: str | None


class LinkOut(Out):
    """The link that the recipient has."""

    id: UUID
    made_at: datetime
    expires_at: datetime
    code_route: CodeRoutesOut
    code_used: bool
    wrong_codes: int
    locked_at: datetime | None
    by_mail: bool
    mailed_at: datetime | None
    code_asked_at: datetime | None = Field(description="When the recipient asked for a new code.")


class ShareCard(Out):
    """A share in a list."""

    id: UUID
    reference: str
    child_id: UUID
    child_name: str
    recipient_kind: RecipientKindsOut
    purpose: SharePurposesOut
    state: ShareStatesOut
    owner_id: UUID
    due_at: datetime | None
    drafted_at: datetime
    ended_at: datetime | None
    all_items_shown: bool = Field(description="`false`: this reader may not open it.")


class ShareOut(Out):
    """The whole of a share, for who may see all of its items."""

    id: UUID
    reference: str
    child_id: UUID
    child_name: str
    recipient: RecipientOut
    purpose: SharePurposesOut
    purpose_detail: str | None
    lawful_basis: LawfulBasesOut | None
    special_category_condition: SpecialCategoryConditionsOut | None
    para18_limb: Para18LimbsOut | None
    detriment_test: DetrimentTestOut | None
    agreement: AgreementOut | None
    decision_id: UUID | None
    items: list[ItemOut]
    state: ShareStatesOut
    approvals: list[ApprovalOut]
    waiting_for: WaitsForOut | None = Field(description="Null: for nobody.")
    snapshot: SnapshotFactsOut | None
    parents: GuardsOut | None = Field(
        description="For somebody of the family: what guards telling them. Null for others."
    )
    link: LinkOut | None
    expires_at: datetime | None
    ended_at: datetime | None
    owner: PersonOut
    due_at: datetime | None
    drafted_by: PersonOut
    drafted_at: datetime
    changed_at: datetime
    events: list[SharingEventOut]
    permissions: list[ShareStepsOut] = Field(description="Operations this reader may do next.")
