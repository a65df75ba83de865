"""How a packet went out, and what came back."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.core.codes import DeliveryRoutesIn, RejectionReasonsIn
from app.core.schemas import In, Line, Moment, Narrative, SignedText

Hash = Annotated[str, Field(min_length=64, max_length=64, pattern="^[0-9a-fA-F]{64}$")]


class TransferSendingIn(In):
    """How the packet went out."""

    route: DeliveryRoutesIn = Field(description="How it was sent.")
    at: Moment = Field(description="When it was sent.")
    to: Line = Field(description="Who got it.")
    by_id: UUID | None = Field(
        default=None, description="Who handed it over. Default: the person who records it."
    )
    note: Narrative | None = Field(default=None, description="How it was sent.")


class TransferReceiptIn(In):
    """The signed receipt; or, for paper, its hash, and who received it when."""

    receipt: SignedText | None = Field(
        default=None, description="The signed receipt, or send the fields below."
    )
    manifest_sha256: Hash | None = Field(
        default=None, description="SHA-256 of the manifest on a paper receipt."
    )
    received_by: Line | None = Field(default=None, description="Person who received it.")
    received_at: Moment | None = Field(default=None, description="When it was received.")


class RejectionIn(In):
    """Why a file goes back, or came back."""

    reason_code: RejectionReasonsIn = Field(description="Why the file goes back.")
    note: Narrative | None = Field(default=None, description="What the other school should know.")
