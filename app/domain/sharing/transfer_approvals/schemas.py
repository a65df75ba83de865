"""Why a file leaves, or stays."""

from pydantic import Field

from app.core.schemas import In, Narrative, Word


class TransferApprovalIn(In):
    """Why the file leaves or stays. Becomes a decision."""

    reason: Narrative = Field(description="Why the file leaves, or stays.")
    receiver_thumbprint: Word | None = Field(
        default=None,
        description="RFC 7638 thumbprint of the key you checked with the other school. Required "
        "with `route: key`.",
    )
