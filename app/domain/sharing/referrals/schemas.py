"""What is said of a referral after it was sent."""

from uuid import UUID

from pydantic import Field

from app.core.codes import (
    ReferralOutcomesIn,
)
from app.core.schemas import (
    In,
    Line,
    Moment,
    Narrative,
)
from app.domain.sharing.shared_files.schemas import Confirmations


class AcknowledgementIn(In):
    """The agency said it has it."""

    by: Line = Field(description="Who at the agency.")
    at: Moment
    agency_reference: Line | None = None


class OutcomeIn(In):
    """What the agency decided."""

    outcome: ReferralOutcomesIn
    at: Moment
    returned_by: Line = Field(description="Who at the agency.")
    reasons: Narrative | None = None


class ClosingIn(In):
    """Why nothing more is to be done."""

    reasons: Narrative


class ReferralApprovalIn(In):
    """An approval: a decision, or the reasons that become one."""

    reasons: Narrative | None = None
    decision_id: UUID | None = None
    attachments: Confirmations = Field(
        default_factory=list, description="One for each file that would leave."
    )
