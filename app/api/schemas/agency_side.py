"""What an agency's own system reads of the referrals sent to it, and what it answers."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from app.api.schemas.known_words import (
    AgencyStepsOut,
    UrgenciesOut,
)
from app.api.schemas.snapshots import ReferralSnapshotOut
from app.core.codes import (
    ReferralEventsOut,
    ReferralKindsOut,
    ReferralOutcomesIn,
    ReferralOutcomesOut,
    ReferralStatesIn,
    ReferralStatesOut,
)
from app.core.schemas import In, Line, ListIn, Narrative, Out


class SentReferralListIn(ListIn):
    """Which of the referrals sent to the agency."""

    state: ReferralStatesIn | None = None


class SentReferralCard(Out):
    """A referral sent to the agency: no name, no content."""

    id: UUID
    reference: str
    kind: ReferralKindsOut
    urgency: UrgenciesOut
    state: ReferralStatesOut
    sent_at: datetime
    agency_reference: str | None
    outcome: ReferralOutcomesOut | None
    sha256: str = Field(description="Of the bytes that were sent.")
    waits_for_answer: bool = Field(description="A question of the agency is not answered yet.")


class PassedOut(Out):
    """One thing that passed between agency and school since."""

    kind: ReferralEventsOut
    at: datetime
    by_agency: bool
    by: str | None
    text: str | None
    outcome: ReferralOutcomesOut | None


class ReferralForAgencyOut(Out):
    """A referral as it was sent: the frozen content, and what passed since."""

    id: UUID
    reference: str
    kind: ReferralKindsOut
    urgency: UrgenciesOut
    state: ReferralStatesOut
    sent_at: datetime
    agency_reference: str | None
    outcome: ReferralOutcomesOut | None
    sha256: str = Field(description="Of the bytes at `document.json`.")
    content: ReferralSnapshotOut = Field(description="The frozen content, `cairn-referral/1`.")
    passed: list[PassedOut]
    permissions: list[AgencyStepsOut] = Field(description="Operations the agency may do next.")


class AgencyAcknowledgementIn(In):
    """The agency has it."""

    by: Line = Field(description="Who says so.")
    agency_reference: Line | None = None


class AgencyQuestionIn(In):
    """The agency asks."""

    text: Narrative
    by: Line | None = None


class AgencyOutcomeIn(In):
    """What the agency decided."""

    outcome: ReferralOutcomesIn
    by: Line
    reasons: Narrative | None = None
