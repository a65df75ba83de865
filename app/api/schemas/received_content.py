"""What `cairn-file/1` keeps of each thing: what Cairn writes, and other systems should."""

from datetime import date, datetime
from typing import Any, Literal

from pydantic import Field

from app.api.schemas.concern_records import ParentsToldOut, ToldOut
from app.api.schemas.known_words import UrgenciesOut
from app.api.schemas.snapshots import (
    ConcernOfSnapshotOut,
    DecisionOfSnapshotOut,
    PersonOfSnapshotOut,
    RecordOfSnapshotOut,
    ReferralSnapshotOut,
    ShareSnapshotOut,
)
from app.api.schemas.statuses import WorkerOut
from app.core.codes import (
    AllegedSourcesOfHarmOut,
    ChildStatusKindsOut,
    ConcernCategoriesOut,
    ConcernStatesOut,
    DeliveryRoutesOut,
    ImmediaciesOut,
    LawfulBasesOut,
    RecipientKindsOut,
    ReferralKindsOut,
    ReferralOutcomesOut,
    ReferralStatesOut,
    RolesOut,
    SharePurposesOut,
    ShareStatesOut,
)
from app.core.schemas import Out


class ReceivedCommentOut(Out):
    """Part of the other school's discussion."""

    text: str
    recorded_at: datetime
    recorded_by: PersonOfSnapshotOut | None


class ReceivedStepOut(Out):
    """A step that the concern took there."""

    step: str
    at: datetime
    by: PersonOfSnapshotOut | None
    role: RolesOut
    from_state: ConcernStatesOut | None = Field(alias="from")
    to_state: ConcernStatesOut = Field(alias="to")
    reasons: str | None


class ReceivedConcernOut(ConcernOfSnapshotOut):
    """A concern with all of its parts."""

    alleged_source_of_harm: AllegedSourcesOfHarmOut | None
    immediacy: ImmediaciesOut
    reported_categories: list[ConcernCategoriesOut]
    told_already: list[ToldOut]
    parents_told: ParentsToldOut | None
    level: int | None
    level_label: str | None
    triaged_at: datetime | None
    ended_at: datetime | None
    comments: list[ReceivedCommentOut]
    history: list[ReceivedStepOut]


class ReceivedStatusOut(Out):
    """A status; `kind` and `status` are the same."""

    kind: ChildStatusKindsOut
    status: ChildStatusKindsOut
    detail: str | None
    valid_from: date
    valid_to: date | None
    end_reason: str | None
    source: str
    lead_agency: str | None
    worker: WorkerOut | None
    review_due: date | None
    confidentiality: Literal["K2", "K3", "K4", "K5"]
    evidence: str | None = Field(default=None)
    recorded_by: PersonOfSnapshotOut | None


class ReceivedEventOut(Out):
    """Something that happened with a share or a referral."""

    kind: str
    at: datetime
    by: PersonOfSnapshotOut | None
    route: DeliveryRoutesOut | None
    text: str | None


class ReceivedRecipientOut(Out):
    """With whom it was shared."""

    name: str | None
    job_title: str | None
    organisation: str | None


class ReceivedShareOut(Out):
    """What the other school shared."""

    recipient: ReceivedRecipientOut
    recipient_kind: RecipientKindsOut
    purpose: SharePurposesOut
    purpose_detail: str | None
    lawful_basis: LawfulBasesOut | None
    state: ShareStatesOut
    shared: ShareSnapshotOut | None
    sha256: str
    events: list[ReceivedEventOut]


class ReceivedReferralOut(Out):
    """What the other school referred."""

    referral: ReferralKindsOut
    agency: str
    agency_kind: RecipientKindsOut
    agency_phone: str | None
    agency_reference: str | None
    urgency: UrgenciesOut
    state: ReferralStatesOut
    outcome: ReferralOutcomesOut | None
    referred: ReferralSnapshotOut | None
    sha256: str | None
    events: list[ReceivedEventOut]


ReceivedContentOut = (
    ReceivedConcernOut
    | DecisionOfSnapshotOut
    | ReceivedStatusOut
    | ReceivedShareOut
    | ReceivedReferralOut
    | RecordOfSnapshotOut
    | dict[str, Any]
)
"""By `kind` of the record. The last is what a system writes that keeps to no more than an object:
packets are taken in all the same, since a child's file must not be lost for a field."""
