"""Shares: what is chosen about one child, who it is for, on what ground, and the result."""

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


LawfulBasisIn = Annotated[
    LawfulBasesIn | None, Field(description="Lawful basis for sharing; approval needs one.")
]
ConditionIn = Annotated[
    SpecialCategoryConditionsIn | None, Field(description="Condition for special category data.")
]
Para18LimbIn = Annotated[
    Para18LimbsIn | None,
    Field(description="Limb of paragraph 18; approval needs one with `safeguarding_para_18`."),
]
LawfulBasisOut = Annotated[
    LawfulBasesOut | None, Field(description="Lawful basis for sharing; null: not chosen.")
]
ConditionOut = Annotated[
    SpecialCategoryConditionsOut | None,
    Field(description="Condition for special category data; null: not chosen."),
]
Para18LimbOut = Annotated[
    Para18LimbsOut | None,
    Field(description="Limb of paragraph 18 (safeguarding); null: not chosen."),
]


class ShareListIn(ListIn):
    """Which shares."""

    child_id: UUID | None = Field(default=None, description="Only about this child.")
    state: ShareStatesIn | None = Field(
        default=None, description="Only shares in this state. Default: all."
    )


class ContactRecipientIn(In):
    """A contact of this child."""

    via: Literal["contact"]
    contact_id: UUID = Field(description="Contact of the child.")


class AgencyRecipientIn(In):
    """A named person at an agency."""

    via: Literal["agency"]
    agency_id: UUID = Field(description="Agency they work for.")
    name: Line = Field(description="Full name.")
    job_title: Line | None = Field(default=None, description="Job title.")


class ProfessionalRecipientIn(In):
    """A professional who is neither a contact nor at a known agency."""

    via: Literal["professional"]
    kind: RecipientKindsIn = Field(description="Type of recipient.")
    name: Line = Field(description="Full name.")
    job_title: Line | None = Field(default=None, description="Job title.")
    organisation: Line | None = Field(default=None, description="Organisation they work for.")


RecipientIn = Annotated[
    ContactRecipientIn | AgencyRecipientIn | ProfessionalRecipientIn, Field(discriminator="via")
]


class RedactionIn(In):
    """A passage that is left out: characters (Unicode code points) `start` to before `end`."""

    statement_id: UUID = Field(description="A statement or an amendment of the concern.")
    start: int = Field(ge=0, le=1_000_000, description="First character left out, from 0.")
    end: int = Field(ge=1, le=1_000_000, description="First character kept again.")
    reason: Line = Field(description="Why it is left out.")


class ChosenAttachmentIn(In):
    """A file of the concern that is to go with it; none goes unless it is chosen."""

    id: UUID = Field(description="File of the concern.")
    name: Line | None = Field(
        default=None,
        description="Name that the recipient sees, without an ending. Default: `file-1`.",
    )


class ConcernItemIn(In):
    """Chosen parts of a concern; comments are never part of it."""

    kind: Literal["concern"]
    id: UUID = Field(description="Concern to share.")
    include: list[ConcernPart] = Field(
        default_factory=_account,
        min_length=1,
        max_length=9,
        description="Parts to share. Default: the account.",
    )
    redactions: list[RedactionIn] = Field(
        default_factory=list, max_length=200, description="Passages to leave out."
    )
    attachments: list[ChosenAttachmentIn] = Field(
        default_factory=list, max_length=20, description="Files to send with it. Default: none."
    )


class DecisionItemIn(In):
    """A decision about the child."""

    kind: Literal["decision"]
    id: UUID = Field(description="Decision to share.")


class StatusItemIn(In):
    """A status of the child."""

    kind: Literal["status"]
    id: UUID = Field(description="Status to share.")


class RecordItemIn(In):
    """A record of keeping the child safe, chosen by itself."""

    kind: Literal["record"]
    id: UUID = Field(description="Record to share.")
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

    result: Literal["not_more_detrimental", "more_detrimental"] = Field(
        description="Whether sharing harms the child more than not sharing."
    )
    reason: Narrative = Field(description="Why you conclude so.")


class AgreementIn(In):
    """An agreement; the three kinds of consent are never one another."""

    kind: Literal["service_agreement", "data_protection_consent", "medical_consent"] = Field(
        description="What was agreed to."
    )
    by: Line = Field(description="Person who agreed.")
    date: Day = Field(description="Day they agreed.")


class ShareIn(In):
    """A share to draft."""

    id: NewId
    child_id: UUID = Field(description="Child the share is about.")
    recipient: RecipientIn = Field(description="Recipient of the share.")
    purpose: SharePurposesIn = Field(description="What it is for.")
    purpose_detail: Narrative | None = Field(default=None, description="What it is for, in words.")
    lawful_basis: LawfulBasisIn = None
    special_category_condition: ConditionIn = None
    para18_limb: Para18LimbIn = None
    detriment_test: DetrimentTestIn | None = Field(
        default=None,
        description="Whether sharing harms more than not sharing; for medical records.",
    )
    agreement: AgreementIn | None = Field(
        default=None, description="Agreement of the person concerned."
    )
    decision_id: UUID | None = Field(default=None, description="Decision it rests on.")
    items: Items = Field(
        default_factory=list, description="Records to share; approval needs one at least."
    )
    expires_at: Moment | None = Field(default=None, description="When its link expires.")


class SharePatch(In):
    """A merge patch of a draft: absent fields stay, null empties."""

    purpose: SharePurposesIn = absent(description="What it is for.")
    purpose_detail: Narrative | None = Field(default=None, description="What it is for, in words.")
    lawful_basis: LawfulBasisIn = None
    special_category_condition: ConditionIn = None
    para18_limb: Para18LimbIn = None
    detriment_test: DetrimentTestIn | None = Field(
        default=None,
        description="Whether sharing harms more than not sharing; for medical records.",
    )
    agreement: AgreementIn | None = Field(
        default=None, description="Agreement of the person concerned."
    )
    decision_id: UUID | None = Field(default=None, description="Decision it rests on.")
    items: Items = absent(description="Records to share, as a whole list.")
    expires_at: Moment | None = Field(default=None, description="When its link expires.")


class RecipientOut(Out):
    """Who a share is for."""

    via: ViasOut = Field(description="How the recipient was chosen: contact, agency or by name.")
    kind: RecipientKindsOut = Field(description="Type of recipient.")
    name: str = Field(description="Full name.")
    job_title: str | None = Field(description="Job title; null: not known.")
    organisation: str | None = Field(description="Organisation they work for; null: none.")
    contact_id: UUID | None = Field(description="Contact of the child; null: another recipient.")
    agency_id: UUID | None = Field(description="ID of the agency they work for; null: none.")


class RedactionOut(Out):
    """A passage that is left out."""

    statement_id: UUID = Field(description="Statement it belongs to.")
    start: int = Field(description="First character left out, from 0.")
    end: int = Field(description="First character kept again.")
    reason: str = Field(description="Why it is left out.")


class ChosenAttachmentOut(Out):
    """A file of the concern that is to go with it."""

    id: UUID = Field(description="File of the concern.")
    name: str | None = Field(
        description="File name that was asked for; the preview shows the one that leaves."
    )


class ItemOut(Out):
    """A chosen item; `include`, `redactions` and `attachments` belong to concerns,

    `reason` to records.
    """

    kind: ItemKindsOut = Field(description="Type of the record.")
    id: UUID = Field(description="Record that is shared.")
    include: list[ConcernPartsOut] | None = Field(
        default=None, description="Parts of the concern; null: no concern."
    )
    redactions: list[RedactionOut] | None = Field(
        default=None, description="Passages left out; null: no concern."
    )
    attachments: list[ChosenAttachmentOut] | None = Field(
        default=None, description="Files that go with it; null: no concern."
    )
    reason: str | None = Field(
        default=None, description="Why this record is shared; null: no record."
    )


class DetrimentTestOut(Out):
    """Whether sharing is more detrimental to the child than not sharing."""

    result: DetrimentResultsOut = Field(
        description="Whether sharing harms the child more than not sharing."
    )
    reason: str = Field(description="Why it was concluded so.")


class AgreementOut(Out):
    """An agreement."""

    kind: AgreementKindsOut = Field(description="What was agreed to.")
    by: str = Field(description="Person who agreed.")
    date: Annotated[date, Field(description="Day they agreed.")]


class ApprovalOut(Out):
    """One person's approval."""

    by: PersonOut = Field(description="Person who approved it.")
    role: RolesOut = Field(description="Role they approved it in.")
    at: datetime = Field(description="When it was approved.")
    reason: str | None = Field(description="Why it was approved; null: see the decision.")
    guard_reason: str | None = Field(
        description="Why home may be told all the same; null: not needed."
    )
    attachments: list[int] = Field(default=[], description="Numbers of the files looked at.")


class SnapshotFactsOut(Out):
    """What was frozen: the SHA-256 in hex, and the size in bytes."""

    sha256: str = Field(description="SHA-256 of the approved bytes, in hex.")
    made_at: datetime = Field(description="When it was approved.")
    size: int = Field(description="Size in bytes.")


class SharingEventOut(Out):
    """Something that happened."""

    kind: ShareEventsOut = Field(description="What happened.")
    at: datetime = Field(description="When it happened.")
    recorded_at: datetime = Field(description="When Cairn saved the event.")
    by: PersonOut | None = Field(
        description="Person who did it; null: the recipient, or Cairn itself."
    )
    route: DeliveryRoutesOut | None = Field(description="How it went; null: nothing was sent.")
    to: str | None = Field(description="Person it went to; null: nobody.")
    text: str | None = Field(description="What was written; null: nothing.")


class LinkOut(Out):
    """The link that the recipient has."""

    id: UUID = Field(description="Link ID.")
    made_at: datetime = Field(description="When it was made.")
    expires_at: datetime = Field(description="When it expires.")
    code_route: CodeRoutesOut = Field(description="How the code has to reach the recipient.")
    code_used: bool = Field(description="Whether its code was used.")
    wrong_codes: int = Field(description="How many wrong codes were entered.")
    locked_at: datetime | None = Field(description="When wrong codes locked it; null: not locked.")
    by_mail: bool = Field(description="Whether Cairn mails it.")
    mailed_at: datetime | None = Field(description="When it was mailed; null: not yet.")
    code_asked_at: datetime | None = Field(description="When the recipient asked for a new code.")


class ShareCard(Out):
    """A share in a list."""

    id: UUID = Field(description="Share ID.")
    reference: str = Field(description="Share reference that people use.")
    child_id: UUID = Field(description="Child the share is about.")
    child_name: str = Field(description="Child's name.")
    recipient_kind: RecipientKindsOut = Field(description="Type of recipient.")
    purpose: SharePurposesOut = Field(description="What it is for.")
    state: ShareStatesOut = Field(description="State of the share.")
    owner: PersonOut = Field(description="Person who owns the share.")
    due_at: datetime | None = Field(description="Deadline of the share; null: none.")
    drafted_at: datetime = Field(description="When it was drafted.")
    ended_at: datetime | None = Field(description="When it ended; null while it is open.")
    all_items_shown: bool = Field(description="`false`: this reader may not open it.")


class ShareOut(Out):
    """A whole share, for readers who may see all of its items."""

    id: UUID = Field(description="Share ID.")
    reference: str = Field(description="Share reference that people use.")
    child_id: UUID = Field(description="Child the share is about.")
    child_name: str = Field(description="Child's name.")
    recipient: RecipientOut = Field(description="Recipient of the share.")
    purpose: SharePurposesOut = Field(description="What it is for.")
    purpose_detail: str | None = Field(description="What it is for, in words; null: not said.")
    lawful_basis: LawfulBasisOut
    special_category_condition: ConditionOut
    para18_limb: Para18LimbOut
    detriment_test: DetrimentTestOut | None = Field(
        description="Whether sharing harms more than not sharing; null: not asked."
    )
    agreement: AgreementOut | None = Field(
        description="Agreement of the person concerned; null: none."
    )
    decision_id: UUID | None = Field(description="Decision it rests on; null: none.")
    items: list[ItemOut] = Field(description="Records that are shared.")
    state: ShareStatesOut = Field(description="State of the share.")
    approvals: list[ApprovalOut] = Field(description="Approvals so far.")
    waiting_for: WaitsForOut | None = Field(
        description="People whose approval is missing; null: none."
    )
    snapshot: SnapshotFactsOut | None = Field(description="What was frozen; null until approved.")
    parents: GuardsOut | None = Field(
        description="For somebody of the family: what guards telling them. Null for others."
    )
    link: LinkOut | None = Field(description="Link the recipient has; null: none.")
    expires_at: datetime | None = Field(description="When its link expires; null: not set.")
    ended_at: datetime | None = Field(description="When the share ended; null while it is open.")
    owner: PersonOut = Field(description="Person who owns the share.")
    due_at: datetime | None = Field(description="Deadline of the share; null: none.")
    drafted_by: PersonOut = Field(description="Person who drafted it.")
    drafted_at: datetime = Field(description="When it was drafted.")
    changed_at: datetime = Field(description="When the share last changed.")
    events: list[SharingEventOut] = Field(description="What happened with the share.")
    permissions: list[ShareStepsOut] = Field(description="What you may do next: `operationId`s.")
