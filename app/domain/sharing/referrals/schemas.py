"""What is said of a referral after it was sent."""

from uuid import UUID

from pydantic import Field

from app.core.codes import ReferralOutcomesIn
from app.core.schemas import In, Line, Moment, Narrative
from app.domain.sharing.shared_files.schemas import Confirmations


class AcknowledgementIn(In):
    """The agency's confirmation that it has the referral."""

    by: Line = Field(description="Person at the agency.")
    at: Moment = Field(description="When the agency said so.")
    agency_reference: Line | None = Field(default=None, description="The agency's own reference.")


class OutcomeIn(In):
    """The agency's decision."""

    outcome: ReferralOutcomesIn = Field(description="What the agency decided.")
    at: Moment = Field(description="When the agency decided.")
    returned_by: Line = Field(description="Person at the agency.")
    reason: Narrative | None = Field(default=None, description="Why it decided so.")


class ReferralApprovalIn(In):
    """An approval: a decision, or a reason that becomes one."""

    reason: Narrative | None = Field(
        default=None, description="Why you approve it, or send `decision_id`."
    )
    decision_id: UUID | None = Field(
        default=None, description="Decision it rests on, or send `reason`."
    )
    attachments: Confirmations = Field(
        default_factory=list, description="One confirmation for each file to send."
    )
