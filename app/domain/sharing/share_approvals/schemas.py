"""How a share is approved."""

from uuid import UUID

from pydantic import Field

from app.core.schemas import In, Line, Narrative
from app.domain.sharing.shared_files.schemas import Confirmations


class ShareApprovalIn(In):
    """An approval: a decision, or a reason that becomes one."""

    reason: Narrative | None = Field(
        default=None, description="Why you approve it, or send `decision_id`."
    )
    decision_id: UUID | None = Field(
        default=None, description="Decision it rests on, or send `reason`."
    )
    guard_reason: Narrative | None = Field(
        default=None,
        description="Why to share with someone who may not normally be told.",
    )
    address: Line | None = Field(
        default=None,
        description="Recipient's email address, repeated. Needed where `goes_to.repeat_address`.",
    )
    attachments: Confirmations = Field(
        default_factory=list, description="One confirmation for each file to send."
    )
