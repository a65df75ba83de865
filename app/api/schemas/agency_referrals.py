"""What an agency's own system reads of the referrals sent to it, and what it answers."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from app.api.schemas.known_words import AgencyStepsOut, UrgenciesOut
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

    state: ReferralStatesIn | None = Field(
        default=None, description="Only referrals in this state. Default: all."
    )


class SentReferralOut(Out):
    """What a list and the referral itself say of it."""

    id: UUID = Field(description="Referral ID.")
    reference: str = Field(description="Referral reference that people use.")
    kind: ReferralKindsOut = Field(description="Type of referral.")
    urgency: UrgenciesOut = Field(description="How urgent it is.")
    state: ReferralStatesOut = Field(description="State of the referral.")
    sent_at: datetime = Field(description="When the school sent it.")
    agency_reference: str | None = Field(description="Your own reference; null: none.")
    outcome: ReferralOutcomesOut | None = Field(
        description="Outcome of the referral; null until then."
    )
    sha256: str = Field(description="SHA-256 of the bytes that were sent.")


class SentReferralCard(SentReferralOut):
    """A referral sent to the agency, without name or content."""

    waits_for_answer: bool = Field(description="Whether a question of the agency is unanswered.")


class ReferralMessageOut(Out):
    """A message between agency and school since it was sent."""

    kind: ReferralEventsOut = Field(description="What happened.")
    at: datetime = Field(description="When it happened.")
    by_agency: bool = Field(description="`true`: from the agency. `false`: from the school.")
    by: str | None = Field(description="Person who did it; null: not named.")
    text: str | None = Field(description="What was written; null: nothing.")
    outcome: ReferralOutcomesOut | None = Field(
        description="Outcome that was returned; null: another event."
    )


class ReferralForAgencyOut(SentReferralOut):
    """The referral as sent, and the messages since."""

    sha256: str = Field(description="SHA-256 of the bytes at `document.json`.")
    content: ReferralSnapshotOut = Field(description="Frozen content, `cairn-referral/1`.")
    passed: list[ReferralMessageOut] = Field(description="Messages and steps since it was sent.")
    permissions: list[AgencyStepsOut] = Field(
        description="What you may do next, as `operationId`s."
    )


class AgencyAcknowledgementIn(In):
    """Your confirmation that you have the referral."""

    by: Line = Field(description="Person at the agency who confirms it.")
    agency_reference: Line | None = Field(default=None, description="Your own reference.")


class AgencyQuestionIn(In):
    """A question from the agency."""

    text: Narrative = Field(description="What you want to ask the school.")
    by: Line | None = Field(default=None, description="Person who asks.")


class AgencyOutcomeIn(In):
    """Your agency's decision."""

    outcome: ReferralOutcomesIn = Field(description="What you decided.")
    by: Line = Field(description="Person who decided.")
    reason: Narrative | None = Field(default=None, description="Reason for the decision.")
