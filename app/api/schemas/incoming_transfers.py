"""Files that came from other schools, and requests for them."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from app.api.schemas.known_words import (
    IncomingStepsOut,
    ItemKindsOut,
    ReceivedFileStatesOut,
    RequestDirectionsOut,
    RequestStepsOut,
    TrustsOut,
)
from app.api.schemas.received_content import ReceivedContentOut
from app.api.schemas.transfers import TransferEventOut
from app.core.codes import (
    ConfidentialityClassesOut,
    FileRequestStatesIn,
    FileRequestStatesOut,
    IncomingStatesIn,
    IncomingStatesOut,
    OccurredPrecisionsOut,
    RejectionReasonsOut,
)
from app.core.schemas import In, Line, ListIn, Narrative, NewId, Out, PersonOut, Word

SENT_AT = (
    "When a school on this server sent it. For an uploaded packet: when it says it was "
    "made; the time it left is not known. Null: not said."
)


class IncomingListIn(ListIn):
    """Which files that came."""

    state: IncomingStatesIn | None = Field(
        default=None, description="Only transfers in this state. Default: all."
    )


class FileRequestListIn(ListIn):
    """Which requests."""

    direction: Literal["made", "received"] | None = Field(
        default=None,
        description="Only requests you made, or only those you received. Default: both.",
    )
    state: FileRequestStatesIn | None = Field(
        default=None, description="Only requests in this state. Default: all."
    )


class FileRequestIn(In):
    """The child, and the school to ask: by ID on this server, or by name elsewhere."""

    id: NewId
    child_id: UUID = Field(description="Child whose file you request.")
    school_id: UUID | None = Field(
        default=None, description="School on this server, or send `name`."
    )
    name: Line | None = Field(
        default=None, description="Name of a school elsewhere, or send `school_id`."
    )
    urn: Word | None = Field(default=None, description="Unique reference number.")
    email: Line | None = Field(default=None, description="Email address of the school.")
    note: Narrative | None = Field(default=None, description="Note to the other school.")


class SenderOut(Out):
    """The sending school, as it names itself."""

    name: str = Field(description="Name of the school.")
    urn: str | None = Field(default=None, description="Unique reference number; null: not given.")
    local_authority: str | None = Field(
        default=None, description="Local authority; null: not given."
    )
    reference: str | None = Field(default=None, description="Reference there; null: none.")
    reason: str | None = Field(default=None, description="Why it sends the file; null: not given.")
    addendum_to: str | None = Field(
        default=None, description="Packet this one adds to; null: none."
    )


class SignerOut(Out):
    """Signer of the packet. Compare the thumbprint with the sender before you trust it."""

    thumbprint: str = Field(
        description="RFC 7638 thumbprint of the key, as the sender can read it to you."
    )
    trust: TrustsOut = Field(description="`instance`, `known` or `unknown`.")


class AboutChildOut(Out):
    """The only facts about the child you can read before accepting the file."""

    name: str = Field(description="Child's name as the sender wrote it.")
    date_of_birth: date | None = Field(description="Date of birth; null: not given.")
    upn: str | None = Field(description="Unique pupil number; null: not given.")


class IncomingCard(Out):
    """An incoming transfer in a list."""

    id: UUID = Field(description="Transfer ID.")
    reference: str = Field(description="Transfer reference that people use.")
    sender_name: str = Field(description="School that sent it.")
    child_name: str = Field(description="Child's name as the sender wrote it.")
    date_of_birth: date | None = Field(description="Date of birth; null: not given.")
    upn: str | None = Field(description="Unique pupil number; null: not given.")
    size: int = Field(description="Size in bytes.")
    state: IncomingStatesOut = Field(description="State of the transfer.")
    is_addendum: bool = Field(description="Whether it adds to an earlier packet.")
    child_id: UUID | None = Field(description="Child it was accepted for; null until then.")
    owner: PersonOut = Field(description="Person who owns the transfer.")
    due_at: datetime = Field(description="Deadline of the transfer.")
    sent_at: datetime | None = Field(description=SENT_AT)
    received_at: datetime = Field(description="When it arrived.")
    ended_at: datetime | None = Field(
        description="When it was unpacked or sent back; null until then."
    )


class IncomingOut(Out):
    """An incoming transfer. Nobody can read its records before it is accepted."""

    id: UUID = Field(description="Transfer ID.")
    reference: str = Field(description="Transfer reference that people use.")
    is_addendum: bool = Field(description="Whether it adds to an earlier packet.")
    sender: SenderOut = Field(description="School that sent it.")
    signer: SignerOut = Field(description="Key that signed it.")
    about: AboutChildOut = Field(description="Details of the child in the request.")
    size: int = Field(description="Size in bytes.")
    sha256: str = Field(description="SHA-256 of the packet, in hex.")
    manifest_sha256: str = Field(description="SHA-256 of its manifest, as the receipt repeats it.")
    sent_at: datetime | None = Field(description=SENT_AT)
    received_at: datetime = Field(description="When it arrived.")
    state: IncomingStatesOut = Field(description="State of the transfer.")
    child_id: UUID | None = Field(
        description="Child with this UPN, until someone decides; null: none."
    )
    decided_by: PersonOut | None = Field(
        description="Person who accepted or rejected it; null until then."
    )
    decided_at: datetime | None = Field(
        description="When it was accepted or rejected; null until then."
    )
    reason_code: RejectionReasonsOut | None = Field(
        description="Why it was rejected; null: it was not."
    )
    receipt: str | None = Field(
        description="Signed receipt to send to a school elsewhere; null: none."
    )
    ended_at: datetime | None = Field(
        description="When it was unpacked or sent back; null until then."
    )
    owner: PersonOut = Field(description="Person who owns the transfer.")
    due_at: datetime = Field(description="Deadline of the transfer.")
    due_rule: str | None = Field(description="Rule that set the deadline; null: a person set it.")
    changed_at: datetime = Field(description="When the transfer last changed.")
    events: list[TransferEventOut] = Field(description="Events of the transfer.")
    permissions: list[IncomingStepsOut] = Field(
        description="What you may do next, as `operationId`s."
    )


class ReceivedRecordCard(Out):
    """A received record in a list."""

    id: UUID = Field(description="Record ID.")
    number: str = Field(description="Number of the record in its file.")
    kind: ItemKindsOut = Field(description="Type of the record.")
    confidentiality: ConfidentialityClassesOut = Field(
        description="Class of confidentiality of the record."
    )
    occurred_at: datetime = Field(description="When it happened, as far as is known.")
    occurred_precision: OccurredPrecisionsOut = Field(description="How exactly the time is known.")
    recorded_at: datetime | None = Field(
        description="When the other school wrote it; null: not known."
    )
    origin: str = Field(description="School that wrote it.")
    reference: str | None = Field(description="Reference it had there; null: none.")
    summary: str | None = Field(description="What it is about, in one line; null: not given.")


class ReceivedFileOut(Out):
    """A file from another school, with the records you may see."""

    id: UUID = Field(description="File ID.")
    format: str = Field(description="Format of the file and its version.")
    origin: SenderOut = Field(description="School it came from.")
    manifest_sha256: str = Field(description="SHA-256 of its manifest, in hex.")
    received_at: datetime = Field(description="When it arrived.")
    accepted_by: PersonOut = Field(description="Person here who accepted it.")
    records: list[ReceivedRecordCard] = Field(description="Records you may see.")


class ReceivedAttachmentOut(Out):
    """A file that came with a record."""

    id: UUID = Field(description="File ID.")
    file_name: str = Field(description="File name as uploaded.")
    content_type: str = Field(description="Media type, as Cairn detected it.")
    size: int = Field(description="Size in bytes.")
    sha256: str = Field(description="SHA-256 of the file, in hex.")
    description: str | None = Field(description="What the file shows; null: not said.")
    state: ReceivedFileStatesOut = Field(
        description="State of the file. `held`: the scanner did not find it clean."
    )


class ReceivedRecordOut(Out):
    """A record exactly as received. `content` is in the file's format."""

    id: UUID = Field(description="Record ID.")
    file_id: UUID = Field(description="File it came with.")
    child_id: UUID = Field(description="Child the record is about.")
    number: str = Field(description="Number of the record in its file.")
    kind: ItemKindsOut = Field(description="Type of the record.")
    confidentiality: ConfidentialityClassesOut = Field(
        description="Class of confidentiality of the record."
    )
    occurred_at: datetime = Field(description="When it happened, as far as is known.")
    occurred_precision: OccurredPrecisionsOut = Field(description="How exactly the time is known.")
    recorded_at: datetime | None = Field(
        description="When the other school wrote it; null: not known."
    )
    origin: str = Field(description="School that wrote it.")
    reference: str | None = Field(description="Reference it had there; null: none.")
    summary: str | None = Field(description="What it is about, in one line; null: not given.")
    content: ReceivedContentOut = Field(
        description="Content, by `kind`; any object from other systems."
    )
    attachments: list[ReceivedAttachmentOut] = Field(description="Files that came with it.")


class OtherSchoolOut(Out):
    """The other school."""

    name: str | None = Field(
        default=None, description="Name of the school; null: it is on this server."
    )
    urn: str | None = Field(default=None, description="Unique reference number; null: not known.")
    email: str | None = Field(default=None, description="Email address there; null: not known.")


class FileRequestCard(Out):
    """A request in a list."""

    id: UUID = Field(description="Request ID.")
    direction: RequestDirectionsOut = Field(
        description="Whether your school sent or received the request."
    )
    child_id: UUID | None = Field(description="Child whose file is requested; null: not matched.")
    school_name: str | None = Field(description="Name of the other school; null: not known.")
    other_school_id: UUID | None = Field(
        description="The other school on this server; null: elsewhere."
    )
    child_name: str = Field(description="Child's name, as written in the request.")
    date_of_birth: date | None = Field(description="Date of birth; null: not given.")
    upn: str | None = Field(description="Unique pupil number; null: not given.")
    note: str | None = Field(description="Note to the other school; null: none.")
    state: FileRequestStatesOut = Field(description="State of the request.")
    answer: str | None = Field(description="Reason for refusing, or the answer; null until then.")
    transfer_id: UUID | None = Field(description="Transfer that answers it; null: none.")
    owner: PersonOut = Field(description="Person who owns the request.")
    due_at: datetime = Field(description="Deadline of the request.")
    made_at: datetime = Field(description="When it was made.")
    answered_at: datetime | None = Field(description="When it was answered; null until then.")
    ended_at: datetime | None = Field(description="When the request ended; null while it is open.")


class FileRequestOut(Out):
    """A request for a child's file."""

    id: UUID = Field(description="Request ID.")
    direction: RequestDirectionsOut = Field(
        description="Whether your school sent or received the request."
    )
    child_id: UUID | None = Field(description="Child whose file is requested; null: not matched.")
    other_school_id: UUID | None = Field(
        description="The other school on this server; null: elsewhere."
    )
    other: OtherSchoolOut = Field(description="School at the other end.")
    about: AboutChildOut = Field(description="Details of the child in the request.")
    note: str | None = Field(description="Note to the other school; null: none.")
    transfer_id: UUID | None = Field(description="Transfer that answers it; null: none.")
    state: FileRequestStatesOut = Field(description="State of the request.")
    answer: str | None = Field(description="Reason for refusing, or the answer; null until then.")
    made_at: datetime = Field(description="When it was made.")
    answered_at: datetime | None = Field(description="When it was answered; null until then.")
    answered_by: PersonOut | None = Field(description="Person who answered it; null until then.")
    ended_at: datetime | None = Field(description="When the request ended; null while it is open.")
    owner: PersonOut = Field(description="Person who owns the request.")
    due_at: datetime = Field(description="Deadline of the request.")
    due_rule: str | None = Field(description="Rule that set the deadline; null: a person set it.")
    changed_at: datetime = Field(description="When the request last changed.")
    events: list[TransferEventOut] = Field(description="Events of the request.")
    permissions: list[RequestStepsOut] = Field(
        description="What you may do next, as `operationId`s."
    )
