"""Files that came from other schools, and requests for them."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from app.api.schemas.known_words import (
    IncomingStepsOut,
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
    "When a school of this server sent it. Of an uploaded packet: when it was made, as the packet "
    "says itself; nobody here knows when it left."
)


class IncomingListIn(ListIn):
    """Which files that came."""

    state: IncomingStatesIn | None = None


class FileRequestListIn(ListIn):
    """Which requests."""

    direction: Literal["made", "received"] | None = None
    state: FileRequestStatesIn | None = None


class FileRequestIn(In):
    """Whose file is asked for, and of which school: by id on this server, else by name."""

    id: NewId
    child_id: UUID
    school_id: UUID | None = None
    name: Line | None = None
    urn: Word | None = None
    email: Line | None = None
    note: Narrative | None = None


class SenderOut(Out):
    """The school that sent it, as it calls itself."""

    name: str
    urn: str | None = Field(default=None)
    local_authority: str | None = Field(default=None)
    reference: str | None = Field(default=None)
    reason: str | None = Field(default=None)
    addendum_to: str | None = Field(default=None)


class SignerOut(Out):
    """Whose key signed it; compare the thumbprint with the sender before you believe it."""

    thumbprint: str
    trust: TrustsOut = Field(description="`instance`, `known` or `unknown`.")


class AboutChildOut(Out):
    """All that is told of the child before the file is accepted."""

    name: str
    date_of_birth: date | None
    upn: str | None


class IncomingCard(Out):
    """A file that came, in a list."""

    id: UUID
    reference: str
    sender_name: str
    child_name: str
    date_of_birth: date | None
    upn: str | None
    size: int
    state: IncomingStatesOut
    is_addendum: bool
    child_id: UUID | None
    owner_id: UUID
    due_at: datetime
    sent_at: datetime | None = Field(description=SENT_AT)
    received_at: datetime
    ended_at: datetime | None


class IncomingOut(Out):
    """A file that came; nothing in it is readable before it is accepted."""

    id: UUID
    reference: str
    is_addendum: bool
    sender: SenderOut
    signer: SignerOut
    about: AboutChildOut
    size: int
    sha256: str
    manifest_sha256: str
    sent_at: datetime | None = Field(description=SENT_AT)
    received_at: datetime
    state: IncomingStatesOut
    child_id: UUID | None = Field(description="The child with this UPN, until somebody decides.")
    decided_by: PersonOut | None
    decided_at: datetime | None
    reason: RejectionReasonsOut | None
    receipt: str | None = Field(description="To be sent back to a school elsewhere.")
    ended_at: datetime | None
    owner: PersonOut
    due_at: datetime
    due_rule: str | None
    changed_at: datetime
    events: list[TransferEventOut]
    permissions: list[IncomingStepsOut]


class ReceivedRecordCard(Out):
    """A received record in a list."""

    id: UUID
    number: str
    kind: str
    confidentiality: ConfidentialityClassesOut
    occurred_at: datetime
    occurred_precision: OccurredPrecisionsOut
    recorded_at: datetime | None
    origin: str
    reference: str | None
    summary: str | None


class ReceivedFileOut(Out):
    """A file from another school, with the records this reader may see."""

    id: UUID
    format: str
    origin: SenderOut
    manifest_sha256: str
    received_at: datetime
    accepted_by: PersonOut
    records: list[ReceivedRecordCard]


class ReceivedAttachmentOut(Out):
    """A file that came with a record."""

    id: UUID
    file_name: str
    content_type: str
    size: int
    sha256: str
    description: str | None
    state: str = Field(description="`available`, or `held`: the scanner did not find it clean.")


class ReceivedRecordOut(Out):
    """One thing exactly as it came; `content` is in the format of the file."""

    id: UUID
    file_id: UUID
    child_id: UUID
    number: str
    kind: str
    confidentiality: ConfidentialityClassesOut
    occurred_at: datetime
    occurred_precision: OccurredPrecisionsOut
    recorded_at: datetime | None
    origin: str
    reference: str | None
    summary: str | None
    content: ReceivedContentOut = Field(
        description="By `kind`; of a system that writes more or less than that, any object."
    )
    attachments: list[ReceivedAttachmentOut]


class OtherSchoolOut(Out):
    """The other school."""

    name: str | None = Field(default=None)
    urn: str | None = Field(default=None)
    email: str | None = Field(default=None)


class FileRequestCard(Out):
    """A request in a list."""

    id: UUID
    direction: RequestDirectionsOut
    child_id: UUID | None
    school_name: str | None
    other_school_id: UUID | None
    child_name: str
    date_of_birth: date | None
    upn: str | None
    note: str | None
    state: FileRequestStatesOut
    answer: str | None
    transfer_id: UUID | None
    owner_id: UUID
    due_at: datetime
    made_at: datetime
    answered_at: datetime | None
    ended_at: datetime | None


class FileRequestOut(Out):
    """A request for a child's file."""

    id: UUID
    direction: RequestDirectionsOut
    child_id: UUID | None
    other_school_id: UUID | None
    other: OtherSchoolOut
    about: AboutChildOut
    note: str | None
    transfer_id: UUID | None
    state: FileRequestStatesOut
    answer: str | None
    made_at: datetime
    answered_at: datetime | None
    answered_by: PersonOut | None
    ended_at: datetime | None
    owner: PersonOut
    due_at: datetime
    due_rule: str | None
    changed_at: datetime
    events: list[TransferEventOut]
    permissions: list[RequestStepsOut]
