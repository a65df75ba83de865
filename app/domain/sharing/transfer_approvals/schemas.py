"""Why a file leaves, or stays."""

from pydantic import Field

from app.core.schemas import In, Narrative, Word


class TransferApprovalIn(In):
    """Why the file leaves, or stays: it becomes a decision."""

    reason: Narrative = Field(description="Why the file leaves, or stays.")
    receiver_thumbprint: Word | None = Field(
        default=None,
        description="With `route: key`, of the key that you made sure is the other school's.",
    )
