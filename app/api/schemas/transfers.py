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
    TrustsOut,
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
    """A school on this server that can receive a file."""

    id: UUID = Field(description="School ID.")
    name: str = Field(description="Name of the school.")
    urn: str | None = Field(description="Unique reference number; null: none.")
    local_authority: str | None = Field(description="Local authority, by code or name; null: none.")


class TransferPatch(In):
    """A merge patch: absent fields stay. A new destination restarts a rejected transfer."""

    reason_code: TransferReasonsIn = absent(description="Why the file moves.")
    destination: DestinationIn | None = Field(
        default=None, description="School it goes to, or why it stays; null: no longer known."
    )
    items: Items = absent(description="Records to send that do not go automatically.")
    note: Narrative | None = Field(
        default=None, description="Note to the other school; null empties it."
    )


class AuthorityToldOut(Out):
    """The local authority told that the file stays."""

    name: str = Field(description="Local authority that was told.")
    at: datetime = Field(description="When it was told.")
    by: str = Field(description="Person who told it.")


class SocialWorkerToldOut(Out):
    """The social worker told that the child has left."""

    name: str = Field(description="Social worker who was told.")
    at: datetime = Field(description="When they were told.")
    by: str = Field(description="Person who told them.")


class DestinationOut(Out):
    """Where the file goes."""

    name: str | None = Field(default=None, description="Name of the school; null: not known.")
    urn: str | None = Field(default=None, description="Unique reference number; null: none.")
    lead: str | None = Field(default=None, description="Safeguarding lead there; null: not known.")
    email: str | None = Field(default=None, description="Email address there; null: not known.")
    signer: str | None = Field(
        default=None,
        description="RFC 7638 thumbprint of the key that signs its receipt; null: none.",
    )
    authority_told: AuthorityToldOut | None = Field(
        default=None, description="Local authority told that the file stays; null: none."
    )
    social_worker_told: SocialWorkerToldOut | None = Field(
        default=None, description="Social worker told that the child has left; null: none."
    )


class ReceiverKeyOut(Out):
    """The public key that locks the packet, as sent."""

    kty: str = Field(description="Key type (RFC 7517).")
    crv: str = Field(description="Curve.")
    x: str = Field(description="X coordinate, base64url.")
    y: str = Field(description="Y coordinate, base64url.")
    kid: str | None = Field(default=None, description="Key ID; null: none.")
    use: str | None = Field(default=None, description="What it is for: `enc`; null: not given.")
    alg: str | None = Field(default=None, description="Algorithm; null: not given.")


class ChosenItemOut(PointerOut):
    """A record sent because a lead chose it."""

    reason: str = Field(description="Why you send it.")


class TransferReceiptOut(Out):
    """The other school's confirmation."""

    manifest_sha256: str = Field(description="SHA-256 of the manifest the other school received.")
    received_by: str = Field(description="Person who received it.")
    received_at: datetime = Field(description="When it was received.")
    signer: str | None = Field(
        description="RFC 7638 thumbprint of the signing key; null: not signed."
    )
    signer_trust: TrustsOut | None = Field(
        default=None,
        description="`known`: the destination's signing key, or a signer whose file was accepted "
        "here. `unknown`: neither. Null: paper, or this server.",
    )
    receipt: str | None = Field(description="The signed receipt; null: on paper.")


class PacketOut(Out):
    """The frozen packet."""

    id: UUID = Field(description="Packet ID.")
    size: int | None = Field(
        description="Size in bytes; null: it holds something that you cannot see."
    )
    sha256: str = Field(description="SHA-256 of the packet, in hex.")
    manifest_sha256: str = Field(description="SHA-256 of the manifest, as the receipt returns it.")
    made_at: datetime = Field(description="When it was made.")
    counts: dict[str, int] | None = Field(
        description="Number of records, by type; null: it holds something that you cannot see."
    )


class SiblingOut(Out):
    """A sibling, or other child of the household, with a record here."""

    child_id: UUID = Field(description="The other child.")
    child_name: str = Field(description="Name of the child.")
    relationship: str = Field(description="Who they are to the child.")
    roll_status: RollStatusesOut = Field(description="Whether they are on roll here.")
    left_on: date | None = Field(description="Day they left; null: still here.")
    transfer_id: UUID | None = Field(description="Their own open transfer; null: none.")


class TransferEventOut(Out):
    """One event of a transfer."""

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
    addendum_to: UUID | None = Field(description="Transfer this one adds to; null: none.")
    owner: PersonOut = Field(description="Person who owns the transfer.")
    due_at: datetime = Field(description="Deadline of the transfer.")
    prepared_at: datetime = Field(description="When it was prepared.")
    packed_at: datetime | None = Field(description="When the packet was made; null until then.")
    sent_at: datetime | None = Field(description="When it was sent; null until then.")
    ended_at: datetime | None = Field(
        description="When it was received, rejected or cancelled; null until then."
    )


class TransferOut(Out):
    """A whole transfer."""

    id: UUID = Field(description="Transfer ID.")
    reference: str = Field(description="Transfer reference that people use.")
    child_id: UUID = Field(description="Child the transfer is about.")
    addendum_to: UUID | None = Field(description="Transfer this one adds to; null: none.")
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
        description="RFC 7638 thumbprint of `receiver_key`. Compare it by phone before approving; "
        "null: no key."
    )
    items: list[ChosenItemOut] = Field(description="Records sent only because a lead chose them.")
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
    receipted_at: datetime | None = Field(description="When its receipt arrived; null until then.")
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
        description="Siblings, and other children of the household, with a record here."
    )
    events: list[TransferEventOut] = Field(description="Events of the transfer.")
    permissions: list[TransferStepsOut] = Field(
        description="What you may do next, as `operationId`s."
    )


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
    """A part that stays."""

    reason_code: StayingReasons = Field(description="Why it stays.")


class AttachmentsGoingOut(Out):
    """Number of files, and their total size."""

    count: int = Field(description="Number of files.")
    bytes: int = Field(description="Total size in bytes.")


class ContentsOut(Out):
    """What would be sent now, as far as you may see it."""

    whole: bool = Field(
        description="`true`: you see everything. `false`: someone else must approve it."
    )
    counts: dict[str, int] | None = Field(
        description="Number of records, by type; null: it holds something that you cannot see."
    )
    classes: dict[str, int] = Field(description="Number of records, by class of confidentiality.")
    attachments: AttachmentsGoingOut = Field(description="Number and size of the files.")
    open: list[ContentPartOut] = Field(description="Open items that go with the file.")
    stays: list[StayingPartOut] = Field(description="Records that stay, and why.")
    never: list[str] = Field(description="What no transfer ever carries.")


class PassphraseOut(Out):
    """The passphrase. Tell it by a different route from the packet's."""

    passphrase: str = Field(
        description="Passphrase. Tell it by a different route from the packet's."
    )
