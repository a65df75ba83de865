"""How a packet went out, and what came back."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.core.codes import DeliveryRoutesIn, RejectionReasonsIn
from app.core.schemas import In, Line, Moment, Narrative, SignedText

Hash = Annotated[str, Field(min_length=64, max_length=64, pattern="^[0-9a-fA-F]{64}$")]


class TransferSendingIn(In):
    """How you sent the packet."""

    route: DeliveryRoutesIn = Field(description="How it was sent.")
    at: Moment = Field(description="When it was sent.")
    to: Line = Field(description="Person who got it.")
    by_id: UUID | None = Field(default=None, description="Person who handed it over. Default: you.")
    note: Narrative | None = Field(default=None, description="How it was sent.")


class TransferReceiptIn(In):
    """The signed receipt. On paper: its hash, and who received it when."""

    receipt: SignedText | None = Field(
        default=None, description="Signed receipt, or send the fields below."
    )
    manifest_sha256: Hash | None = Field(
        default=None, description="SHA-256 of the manifest on a paper receipt."
    )
    received_by: Line | None = Field(default=None, description="Person who received it.")
    received_at: Moment | None = Field(default=None, description="When it was received.")


class RejectionIn(In):
    """Why the file is sent back."""

    reason_code: RejectionReasonsIn = Field(description="Why the file is sent back.")
    note: Narrative | None = Field(default=None, description="Note to the other school.")
