"""How a packet went out, and what came back."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.core.codes import DeliveryRoutesIn, RejectionReasonsIn
from app.core.schemas import In, Line, Moment, Narrative, SignedText

Hash = Annotated[str, Field(min_length=64, max_length=64, pattern="^[0-9a-fA-F]{64}$")]


class TransferSendingIn(In):
    """How the packet went out."""

    route: DeliveryRoutesIn
    at: Moment
    to: Line = Field(description="Who got it.")
    by_id: UUID | None = Field(default=None, description="Who handed it over; else who says so.")
    note: Narrative | None = None


class TransferReceiptIn(In):
    """The signed receipt; or, for paper, its hash, and who received it when."""

    receipt: SignedText | None = None
    manifest_sha256: Hash | None = None
    received_by: Line | None = None
    received_at: Moment | None = None


class RejectionIn(In):
    """Why a file goes back, or came back."""

    reason: RejectionReasonsIn
    note: Narrative | None = None
