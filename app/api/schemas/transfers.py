"""Files that follow their children: out, in, locked, and asked for."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import Field

from app.api.schemas.known_words import (
    DestinationKindsOut,
    LockRoutesOut,
    TransferEventsOut,
    TransferStepsOut,
)
from app.core.codes import (
    ConfidentialityClassesOut,
    DeliveryRoutesOut,
    RollStatusesOut,
    TransferReasonsIn,
    TransferReasonsOut,
    TransferStatesIn,
    TransferStatesOut,
)
from app.core.schemas import In, ListIn, Narrative, Out, PersonOut, PointerOut, Word, absent, words
from app.domain.sharing.prepared_transfers.schemas import DestinationIn, Items


class TransferListIn(ListIn):
    """Which transfers."""

    child_id: UUID | None = Field(default=None, description="Only about this child.")
    state: TransferStatesIn | None = Field(
        default=None, description="Only transfers in this state. Default: all."
    )


class DestinationListIn(ListIn):
    """Which schools."""

    q: Word | None = Field(default=None, description="Any part of the name, or the whole URN.")


class DestinationCard(Out):
    """A school of this server that a file can be sent to."""

    id: UUID = Field(description="School ID.")
    name: str = Field(description="Name of the school.")
    urn: str | None = Field(description="Unique reference number; null: none.")
    local_authority: str | None = Field(description="Local authority, by code or name; null: none.")


class TransferPatch(In):
    """A merge patch; absent fields stay. A new destination takes a rejected one up again."""

    reason_code: TransferReasonsIn = absent(description="Why the file moves.")
    destination: DestinationIn | None = Field(
        default=None, description="Null: nobody knows where to any more."
    )
    items: Items = absent(description="Records that travel only because you say so.")
    note: Narrative | None = Field(
        default=None, description="Note to the other school; null empties it."
    )


class AuthorityToldOut(Out):
    """Which authority was told."""

    name: str = Field(description="Local authority that was told.")
    at: datetime = Field(description="When it was told.")
    by: str = Field(description="Person who told it.")


class SocialWorkerToldOut(Out):
    """Which social worker was told."""

    name: str = Field(description="Social worker who was told.")
    at: datetime = Field(description="When they were told.")
    by: str = Field(description="Person who told them.")


class DestinationOut(Out):
    """Where to."""

    name: str | None = Field(default=None, description="Name of the school; null: not known.")
    urn: str | None = Field(default=None, description="Unique reference number; null: none.")
    lead: str | None = Field(default=None, description="Safeguarding lead there; null: not known.")
    email: str | None = Field(default=None, description="Email address there; null: not known.")
    signer: str | None = Field(
        default=None, description="RFC 7638 thumbprint of the key that its receipt is known by."
    )
    authority_told: AuthorityToldOut | None = Field(
        default=None, description="Authority that was told that the file stays; null: none."
    )
    social_worker_told: SocialWorkerToldOut | None = Field(
        default=None, description="Social worker who was told; null: none."
    )


class ReceiverKeyOut(Out):
    """The public key that the packet is locked to, as it was given."""

    kty: str = Field(description="Key type (RFC 7517).")
    crv: str = Field(description="Curve.")
    x: str = Field(description="X coordinate, base64url.")
    y: str = Field(description="Y coordinate, base64url.")
    kid: str | None = Field(default=None, description="Key ID; null: none.")
    use: str | None = Field(default=None, description="What it is for: `enc`; null: not given.")
    alg: str | None = Field(default=None, description="Algorithm; null: not given.")


class ChosenItemOut(PointerOut):
    """What travels because a lead says so."""

    reason: str = Field(description="Why it travels.")


class TransferReceiptOut(Out):
    """What the other school confirmed."""

    manifest_sha256: str = Field(
        description="SHA-256 of the manifest that the other school received."
    )
    received_by: str = Field(description="Person who received it.")
    received_at: datetime = Field(description="When it was received.")
    signer: str | None = Field(description="RFC 7638 thumbprint, where it was signed.")
    signer_trust: str | None = Field(
        default=None,
        description="`known`: by the destination's signing key, or a file of this signer that was "
        "accepted here; or `unknown`. Null on paper and within this server.",
    )
    receipt: str | None = Field(description="The signed receipt; null: on paper.")


class PacketOut(Out):
    """The frozen packet."""

    id: UUID = Field(description="Packet ID.")
    size: int = Field(description="Size in bytes.")
    sha256: str = Field(description="SHA-256 of the packet, in hex.")
    manifest_sha256: str = Field(description="What the receipt returns.")
    made_at: datetime = Field(description="When it was made.")
    counts: dict[str, int] = Field(description="How many records it has, by type.")


class SiblingOut(Out):
    """A brother, sister or other of the household who has a file here."""

    child_id: UUID = Field(description="The other child.")
    child_name: str = Field(description="Name of the child.")
    relationship: str = Field(description="Who they are to the child.")
    roll_status: RollStatusesOut = Field(description="Whether they are on roll here.")
    left_on: date | None = Field(description="Day they left; null: they did not.")
    transfer_id: UUID | None = Field(description="Their own open transfer.")


class TransferEventOut(Out):
    """Something that happened; by null: Cairn itself."""

    kind: TransferEventsOut = Field(description="What happened.")
    at: datetime = Field(description="When it happened.")
    recorded_at: datetime = Field(description="When Cairn saved the event.")
    by: PersonOut | None = Field(description="Person who did it; null: Cairn itself.")
    route: DeliveryRoutesOut | None = Field(description="How it was sent; null: not sent.")
    text: str | None = Field(description="What was written; null: nothing.")


class TransferCard(Out):
    """A transfer in a list."""

    id: UUID = Field(description="Transfer ID.")
    reference: str = Field(description="Transfer reference that people use.")
    child_id: UUID = Field(description="Child the transfer is about.")
    child_name: str = Field(description="Child's name.")
    reason_code: TransferReasonsOut = Field(description="Why the file moves.")
    destination_kind: DestinationKindsOut = Field(description="Type of destination.")
    destination_name: str | None = Field(description="School it goes to; null: not set.")
    state: TransferStatesOut = Field(description="State of the transfer.")
    addendum_to: UUID | None = Field(description="Transfer that it completes; null: none.")
    owner: PersonOut = Field(description="Person who owns the transfer.")
    due_at: datetime = Field(description="Deadline of the transfer.")
    prepared_at: datetime = Field(description="When it was prepared.")
    packed_at: datetime | None = Field(description="When the packet was made; null until then.")
    sent_at: datetime | None = Field(description="When it was sent; null until then.")
    ended_at: datetime | None = Field(
        description="When it was received, rejected or cancelled; null until then."
    )


class TransferOut(Out):
    """The whole of a transfer."""

    id: UUID = Field(description="Transfer ID.")
    reference: str = Field(description="Transfer reference that people use.")
    child_id: UUID = Field(description="Child the transfer is about.")
    addendum_to: UUID | None = Field(description="Transfer that it completes; null: none.")
    reason_code: TransferReasonsOut = Field(description="Why the file moves.")
    destination_kind: DestinationKindsOut = Field(description="Type of destination.")
    destination_school_id: UUID | None = Field(
        description="School on this server it goes to; null: elsewhere."
    )
    destination: DestinationOut = Field(description="School it goes to, or why it stays.")
    route: LockRoutesOut | None = Field(
        description="How the packet is locked; null: on this server."
    )
    receiver_key: ReceiverKeyOut | None = Field(
        description="Key the packet is locked to; null: none."
    )
    receiver_thumbprint: str | None = Field(
        description="RFC 7638 thumbprint of `receiver_key`: compare it by phone, then approve."
    )
    items: list[ChosenItemOut] = Field(
        description="Records that travel only because a lead says so."
    )
    note: str | None = Field(description="Note to the other school; null: none.")
    state: TransferStatesOut = Field(description="State of the transfer.")
    approved_by: PersonOut | None = Field(description="Person who approved it; null until then.")
    approved_at: datetime | None = Field(description="When it was approved; null until then.")
    decision_id: UUID | None = Field(description="Decision that approved it; null until then.")
    packet: PacketOut | None = Field(description="The frozen packet; null until made.")
    packed_at: datetime | None = Field(description="When the packet was made; null until then.")
    sent_at: datetime | None = Field(description="When it was sent; null until then.")
    delivered_at: datetime | None = Field(
        description="When it reached the other school; null until then."
    )
    receipted_at: datetime | None = Field(description="When its receipt came; null until then.")
    receipt: TransferReceiptOut | None = Field(
        description="Receipt of the other school; null until then."
    )
    ended_at: datetime | None = Field(
        description="When it was received, rejected or cancelled; null until then."
    )
    owner: PersonOut = Field(description="Person who owns the transfer.")
    due_at: datetime = Field(description="Deadline of the transfer.")
    due_rule: str | None = Field(description="Rule that set the deadline; null: a person set it.")
    prepared_at: datetime = Field(description="When it was prepared.")
    changed_at: datetime = Field(description="When the transfer last changed.")
    siblings: list[SiblingOut] = Field(
        description="Brothers, sisters and others of the household with a file."
    )
    events: list[TransferEventOut] = Field(description="What happened with the transfer.")
    permissions: list[TransferStepsOut] = Field(description="What you may do next: `operationId`s.")


class ContentPartOut(PointerOut):
    """One part of a file."""

    reference: str | None = Field(description="Reference of the record; null: it has none.")
    confidentiality: ConfidentialityClassesOut = Field(
        description="Class of confidentiality of the part."
    )
    concern_id: UUID | None = Field(description="Concern it belongs to; null: none.")


StayingReasons: Any = words(
    "StayingReasons",
    {
        "sealed",
        "several_children",
        "entered_in_error",
        "quarantined",
        "held",
        "with_the_file",
        "stays_here",
    },
)


class StayingPartOut(ContentPartOut):
    """One part that stays."""

    reason_code: StayingReasons = Field(description="Why it stays.")


class AttachmentsGoingOut(Out):
    """How many files, and how large they are together."""

    count: int = Field(description="How many files.")
    bytes: int = Field(description="Their size together, in bytes.")


class ContentsOut(Out):
    """What would travel now, as far as this reader may see it."""

    whole: bool = Field(
        description="Whether you see all that travels; if not, somebody else approves it."
    )
    counts: dict[str, int] = Field(description="How many records, by type.")
    classes: dict[str, int] = Field(description="How many records, by class of confidentiality.")
    attachments: AttachmentsGoingOut = Field(description="Files that would travel.")
    open: list[ContentPartOut] = Field(description="Pending: it goes with the file.")
    stays: list[StayingPartOut] = Field(description="What stays, and why.")
    never: list[str] = Field(description="What no transfer ever carries.")


class PassphraseOut(Out):
    """To be said by another route than the packet's."""

    passphrase: str = Field(description="Tell it by another route than the packet's.")
