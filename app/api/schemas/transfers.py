"""Files that follow their children: out, in, locked, and asked for."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from app.api.schemas.known_words import DestinationKindsOut, LockRoutesOut, TransferStepsOut
from app.core.codes import (
    ConfidentialityClassesOut,
    DeliveryRoutesOut,
    TransferReasonsIn,
    TransferReasonsOut,
    TransferStatesIn,
    TransferStatesOut,
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
    Word,
    absent,
)

Coordinate = Annotated[str, Field(min_length=43, max_length=43, pattern="^[A-Za-z0-9_-]{43}$")]


class TransferListIn(ListIn):
    """Which transfers."""

    child_id: UUID | None = None
    state: TransferStatesIn | None = None


class DestinationListIn(ListIn):
    """Which schools."""

    q: Word | None = Field(default=None, description="Any part of the name, or the whole URN.")


class DestinationCard(Out):
    """A school of this server that a file can be sent to."""

    id: UUID
    name: str
    urn: str | None
    local_authority: str | None


class ReceiverKeyIn(In):
    """The public key that a school elsewhere publishes for encryption: P-256, as a JWK."""

    kty: Literal["EC"]
    crv: Literal["P-256"]
    x: Coordinate
    y: Coordinate
    kid: Word | None = None
    use: Literal["enc"] | None = None
    alg: Word | None = None


class SigningKeyIn(In):
    """The public key with which a school elsewhere proves its receipts: P-256, as a JWK."""

    kty: Literal["EC"]
    crv: Literal["P-256"]
    x: Coordinate
    y: Coordinate
    kid: Word | None = None
    use: Literal["sig"] | None = None
    alg: Word | None = None


class SchoolDestinationIn(In):
    """A school of this server, by its id; the packet is delivered by itself."""

    kind: Literal["school"]
    school_id: UUID


class ElsewhereDestinationIn(In):
    """A school with another system: the packet is locked to its key, or with a passphrase."""

    kind: Literal["elsewhere"]
    name: Line
    urn: Word | None = None
    lead: Line | None = None
    email: Line | None = None
    route: Literal["key", "passphrase"]
    receiver_key: ReceiverKeyIn | None = None
    signing_key: SigningKeyIn | None = Field(
        default=None, description="Where it publishes one: its receipt is known by it."
    )


class UnknownDestinationIn(In):
    """Nobody knows yet."""

    kind: Literal["unknown"]


class AuthorityToldIn(In):
    """Which authority was told that the file stays, when and by whom."""

    name: Line
    at: Moment
    by: Line


class SocialWorkerToldIn(In):
    """Which social worker was told that the child has left, when and by whom."""

    name: Line
    at: Moment
    by: Line


class RetainedDestinationIn(In):
    """There is no school to send it to: it stays here, and the authority is told."""

    kind: Literal["retained"]
    authority_told: AuthorityToldIn
    social_worker_told: SocialWorkerToldIn | None = Field(
        default=None, description="Needed before approval where the child has a social worker."
    )


DestinationIn = Annotated[
    SchoolDestinationIn | ElsewhereDestinationIn | UnknownDestinationIn | RetainedDestinationIn,
    Field(discriminator="kind"),
]


class ChosenItemIn(In):
    """What travels only because a lead says so: of class K5, or a file about several children."""

    kind: Literal[
        "concern",
        "status",
        "decision",
        "record",
        "meeting",
        "share",
        "referral",
        "attachment",
        "received_record",
        "past_entry",
    ]
    id: UUID
    reason: Line


Items = Annotated[list[ChosenItemIn], Field(max_length=200)]


class TransferIn(In):
    """A transfer to prepare."""

    id: NewId
    child_id: UUID
    reason: TransferReasonsIn
    destination: DestinationIn
    left_on: Day | None = Field(default=None, description="Starts the clock; else the enrolment.")
    items: Items = Field(default_factory=list)
    note: Narrative | None = Field(default=None, description="Goes with the file.")


class TransferPatch(In):
    """A merge patch; absent fields stay. A new destination takes a rejected one up again."""

    reason: TransferReasonsIn = absent()
    destination: DestinationIn | None = Field(
        default=None, description="Null: nobody knows where to any more."
    )
    items: Items = absent()
    note: Narrative | None = None


class TransferApprovalIn(In):
    """Why the file leaves, or stays: it becomes a decision."""

    reasons: Narrative
    receiver_thumbprint: Word | None = Field(
        default=None,
        description="With `route: key`, of the key that you made sure is the other school's.",
    )


class AuthorityToldOut(Out):
    """Which authority was told."""

    name: str
    at: datetime
    by: str


class SocialWorkerToldOut(Out):
    """Which social worker was told."""

    name: str
    at: datetime
    by: str


class DestinationOut(Out):
    """Where to."""

    name: str | None = Field(default=None)
    urn: str | None = Field(default=None)
    lead: str | None = Field(default=None)
    email: str | None = Field(default=None)
    signer: str | None = Field(
        default=None, description="RFC 7638 thumbprint of the key that its receipt is known by."
    )
    authority_told: AuthorityToldOut | None = Field(default=None)
    social_worker_told: SocialWorkerToldOut | None = Field(default=None)


class ReceiverKeyOut(Out):
    """The public key that the packet is locked to, as it was given."""

    kty: str
    crv: str
    x: str
    y: str
    kid: str | None = Field(default=None)
    use: str | None = Field(default=None)
    alg: str | None = Field(default=None)


class ChosenItemOut(Out):
    """What travels because a lead says so."""

    kind: str
    id: UUID
    reason: str


class TransferReceiptOut(Out):
    """What the other school confirmed."""

    manifest_sha256: str
    received_by: str
    received_at: datetime
    signer: str | None = Field(description="RFC 7638 thumbprint, where it was signed.")
    signer_trust: str | None = Field(
        default=None,
        description="`known`: by the destination's signing key, or a file of this signer that was "
        "accepted here; or `unknown`. Null on paper and within this server.",
    )
    receipt: str | None


class PacketOut(Out):
    """The frozen packet."""

    id: UUID
    size: int
    sha256: str
    manifest_sha256: str = Field(description="What the receipt returns.")
    made_at: datetime
    counts: dict[str, int]


class SiblingOut(Out):
    """A brother, sister or other of the household who has a file here."""

    child_id: UUID
    child_name: str
    relationship: str
    roll_status: str
    left_on: date | None
    transfer_id: UUID | None = Field(description="Their own open transfer.")


class TransferEventOut(Out):
    """Something that happened; by null: Cairn itself."""

    kind: str
    at: datetime
    recorded_at: datetime
    by: PersonOut | None
    route: DeliveryRoutesOut | None
    text: str | None


class TransferCard(Out):
    """A transfer in a list."""

    id: UUID
    reference: str
    child_id: UUID
    child_name: str
    reason: TransferReasonsOut
    destination_kind: DestinationKindsOut
    destination_name: str | None
    state: TransferStatesOut
    addendum_to: UUID | None
    owner_id: UUID
    due_at: datetime
    prepared_at: datetime
    packed_at: datetime | None
    sent_at: datetime | None
    ended_at: datetime | None


class TransferOut(Out):
    """The whole of a transfer."""

    id: UUID
    reference: str
    child_id: UUID
    addendum_to: UUID | None
    reason: TransferReasonsOut
    destination_kind: DestinationKindsOut
    destination_school_id: UUID | None
    destination: DestinationOut
    route: LockRoutesOut | None
    receiver_key: ReceiverKeyOut | None
    receiver_thumbprint: str | None = Field(
        description="RFC 7638 thumbprint of `receiver_key`: compare it by telephone, then approve."
    )
    items: list[ChosenItemOut]
    note: str | None
    state: TransferStatesOut
    approved_by: PersonOut | None
    approved_at: datetime | None
    decision_id: UUID | None
    packet: PacketOut | None
    packed_at: datetime | None
    sent_at: datetime | None
    delivered_at: datetime | None
    receipted_at: datetime | None
    receipt: TransferReceiptOut | None
    ended_at: datetime | None
    owner: PersonOut
    due_at: datetime
    due_rule: str | None
    prepared_at: datetime
    changed_at: datetime
    siblings: list[SiblingOut]
    events: list[TransferEventOut]
    permissions: list[TransferStepsOut] = Field(description="Operations this reader may do next.")


class ContentPartOut(Out):
    """One part of a file."""

    kind: str
    id: UUID
    reference: str | None
    confidentiality: ConfidentialityClassesOut
    concern_id: UUID | None


class StayingPartOut(ContentPartOut):
    """One part that stays."""

    why: str = Field(description="`sealed`, `several_children`, `entered_in_error`...")


class AttachmentsGoingOut(Out):
    """How many files, and how large they are together."""

    count: int
    bytes: int


class ContentsOut(Out):
    """What would travel now, as far as this reader may see it."""

    whole: bool = Field(
        description="Whether this reader sees all that travels: else somebody else approves it."
    )
    counts: dict[str, int]
    classes: dict[str, int]
    attachments: AttachmentsGoingOut
    open: list[ContentPartOut] = Field(description="Pending: it goes with the file.")
    stays: list[StayingPartOut]
    never: list[str] = Field(description="What no transfer ever carries.")


class PassphraseOut(Out):
    """To be said by another route than the packet's."""

    passphrase: str


class FileLockOut(Out):
    """A file that has gone: read-only here."""

    id: UUID
    child_id: UUID
    transfer_id: UUID
    locked_at: datetime
    asked_by: PersonOut | None = Field(description="The first of two people who unlock it.")
    asked_at: datetime | None
    reason: str | None
    unlocked_at: datetime | None
