"""Shares: what is chosen about one child, who it is for, on what ground, and the result."""

from datetime import date, datetime
from typing import Annotated
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
    LawfulBasesOut,
    Para18LimbsOut,
    RecipientKindsOut,
    RolesOut,
    SharePurposesIn,
    SharePurposesOut,
    ShareStatesIn,
    ShareStatesOut,
    SpecialCategoryConditionsOut,
)
from app.core.schemas import In, ListIn, Moment, Narrative, Out, PersonOut, absent
from app.domain.sharing.shares.schemas import (
    AgreementIn,
    ConditionIn,
    DetrimentTestIn,
    Items,
    LawfulBasisIn,
    Para18LimbIn,
)

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


class SharePatch(In):
    """A merge patch of a draft: absent fields stay, null empties."""

    purpose: SharePurposesIn = absent(description="Purpose.")
    purpose_detail: Narrative | None = Field(
        default=None, description="Purpose in words; null empties it."
    )
    lawful_basis: LawfulBasisIn = None
    special_category_condition: ConditionIn = None
    para18_limb: Para18LimbIn = None
    detriment_test: DetrimentTestIn | None = Field(
        default=None,
        description="Whether sharing harms more than not sharing; null empties it. For medical "
        "records.",
    )
    agreement: AgreementIn | None = Field(
        default=None, description="Agreement of the person concerned; null empties it."
    )
    decision_id: UUID | None = Field(
        default=None, description="Decision it rests on; null empties it."
    )
    items: Items = absent(description="Records to share. Send the whole list.")
    expires_at: Moment | None = Field(
        default=None, description="When its link expires; null: when the school's limit says."
    )


class RecipientOut(Out):
    """The recipient of a share."""

    via: ViasOut = Field(description="How the recipient was chosen: contact, agency or by name.")
    kind: RecipientKindsOut = Field(description="Type of recipient.")
    name: str = Field(description="Full name.")
    job_title: str | None = Field(description="Job title; null: not known.")
    organisation: str | None = Field(description="Organisation they work for; null: none.")
    contact_id: UUID | None = Field(description="Contact of the child; null: another recipient.")
    agency_id: UUID | None = Field(description="ID of the agency they work for; null: none.")


class RedactionOut(Out):
    """Text left out."""

    statement_id: UUID = Field(description="Statement it belongs to.")
    start: int = Field(description="First character left out, from 0.")
    end: int = Field(description="Position after the last character left out.")
    reason: str = Field(description="Why it is left out.")


class ChosenAttachmentOut(Out):
    """A file of the concern to send."""

    id: UUID = Field(description="File of the concern.")
    name: str | None = Field(
        description="File name you asked for; null: none. The preview shows the final one."
    )


class ItemOut(Out):
    """A chosen item. Only concerns have `include`, `redactions` and `attachments`."""

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
    """Whether sharing would harm the child more than not sharing."""

    result: DetrimentResultsOut = Field(
        description="Whether sharing would harm the child more than not sharing."
    )
    reason: str = Field(description="Reason for the conclusion.")


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
        description="Why home may be told despite the guard; null: no guard."
    )
    attachments: list[int] = Field(default=[], description="Numbers of the files they checked.")


class SnapshotFactsOut(Out):
    """SHA-256 (hex) and size in bytes of the frozen content."""

    sha256: str = Field(description="SHA-256 of the approved bytes, in hex.")
    made_at: datetime = Field(description="When it was approved.")
    size: int = Field(description="Size in bytes.")


class SharingEventOut(Out):
    """One event."""

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
    """The recipient's link."""

    id: UUID = Field(description="Link ID.")
    made_at: datetime = Field(description="When it was made.")
    expires_at: datetime = Field(description="When it expires.")
    code_route: CodeRoutesOut = Field(description="How to give the recipient the code.")
    code_used: bool = Field(description="Whether the recipient has entered its code.")
    wrong_codes: int = Field(description="Number of wrong codes entered.")
    locked_at: datetime | None = Field(description="When wrong codes locked it; null: not locked.")
    by_mail: bool = Field(description="Whether Cairn emails it.")
    mailed_at: datetime | None = Field(description="When it was emailed; null: not yet.")
    code_asked_at: datetime | None = Field(
        description="When the recipient asked for a new code; null: never."
    )


class AddressOfShareOut(Out):
    """An address of the contact, in full, and its last change."""

    value: str = Field(description="Address or number as it stands now.")
    since: datetime = Field(description="Since when it stands.")
    before: str | None = Field(description="What it was before; null: nothing, or never changed.")
    changed_by: str | None = Field(
        description="Person who changed it last; null: a program, or never changed."
    )
    changed_by_role: RolesOut | None = Field(
        description="Role in which it was changed last; null: never changed."
    )
    confirmed_at: datetime | None = Field(
        description="When safeguarding staff confirmed it; null: they have not."
    )


class GoesToOut(Out):
    """Where the link and its code go."""

    email: AddressOfShareOut | None = Field(description="Email address; null: none.")
    phone: AddressOfShareOut | None = Field(description="Phone number; null: none.")
    repeat_address: bool = Field(
        description="`true`: the email changed and is not confirmed. Repeat it to approve."
    )


class ShareCard(Out):
    """A share in a list."""

    id: UUID = Field(description="Share ID.")
    reference: str = Field(description="Share reference that people use.")
    child_id: UUID = Field(description="Child the share is about.")
    child_name: str = Field(description="Child's name.")
    recipient_kind: RecipientKindsOut = Field(description="Type of recipient.")
    purpose: SharePurposesOut = Field(description="Purpose.")
    state: ShareStatesOut = Field(description="State of the share.")
    owner: PersonOut = Field(description="Person who owns the share.")
    due_at: datetime | None = Field(description="Deadline of the share; null: none.")
    drafted_at: datetime = Field(description="When it was drafted.")
    ended_at: datetime | None = Field(description="When it ended; null while it is open.")
    all_items_shown: bool = Field(description="`false`: you may not open it.")


class ShareOut(Out):
    """A whole share, if you may see all its items."""

    id: UUID = Field(description="Share ID.")
    reference: str = Field(description="Share reference that people use.")
    child_id: UUID = Field(description="Child the share is about.")
    child_name: str = Field(description="Child's name.")
    recipient: RecipientOut = Field(description="Recipient of the share.")
    purpose: SharePurposesOut = Field(description="Purpose.")
    purpose_detail: str | None = Field(description="Purpose in words; null: not said.")
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
    items: list[ItemOut] = Field(description="Shared records.")
    state: ShareStatesOut = Field(description="State of the share.")
    approvals: list[ApprovalOut] = Field(description="Approvals so far.")
    waiting_for: WaitsForOut | None = Field(description="Approvals still missing; null: none.")
    snapshot: SnapshotFactsOut | None = Field(
        description="The frozen content; null until approved."
    )
    parents: GuardsOut | None = Field(
        description="For a family recipient: what guards telling them; null: another recipient."
    )
    goes_to: GoesToOut | None = Field(
        description="Where it goes; null: no contact, ended, or you may not send it."
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
    permissions: list[ShareStepsOut] = Field(description="What you may do next, as `operationId`s.")
