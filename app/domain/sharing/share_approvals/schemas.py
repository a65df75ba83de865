"""How a share is approved."""

from uuid import UUID

from pydantic import Field

from app.core.schemas import (
    In,
    Narrative,
)
from app.domain.sharing.shared_files.schemas import Confirmations


class ShareApprovalIn(In):
    """An approval: a decision, or the reason that becomes one."""

    reason: Narrative | None = Field(
        default=None, description="Why you approve it, or send `decision_id`."
    )
    decision_id: UUID | None = Field(
        default=None, description="Decision it rests on, or send `reason`."
    )
    guard_reason: Narrative | None = Field(
        default=None,
        description="Why it may be shared with somebody who may normally not be told.",
    )
    attachments: Confirmations = Field(
        default_factory=list, description="One for each file that would leave."
    )
