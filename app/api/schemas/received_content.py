"""What `cairn-file/1` keeps of each thing: what Cairn writes, and other systems should."""

from datetime import date, datetime
from typing import Any

from pydantic import Field

from app.api.schemas.concern_records import InformedPersonOut, ParentsToldOut
from app.api.schemas.known_words import ConcernStepsOut, EntryStepsOut, UrgenciesOut
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
    ConfidentialityClassesOut,
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

    text: str = Field(description="Text of the comment.")
    recorded_at: datetime = Field(description="When it was written there.")
    recorded_by: PersonOfSnapshotOut | None = Field(
        description="Person who recorded it; null until then."
    )


class ReceivedStepOut(Out):
    """One step of the concern at the other school."""

    step: ConcernStepsOut = Field(description="Code of the step.")
    at: datetime = Field(description="When the step was taken.")
    by: PersonOfSnapshotOut | None = Field(description="Person who took it; null: not given.")
    role: RolesOut = Field(description="Role they acted in.")
    from_state: ConcernStatesOut | None = Field(
        alias="from", description="State before the step; null: it had none."
    )
    to_state: ConcernStatesOut = Field(alias="to", description="State after the step.")
    reason: str | None = Field(description="Why it was taken; null: not given.")


class ReceivedConcernOut(ConcernOfSnapshotOut):
    """A concern with all its parts."""

    alleged_source_of_harm: AllegedSourcesOfHarmOut | None = Field(
        description="Alleged source of harm; null: not said."
    )
    immediacy: ImmediaciesOut = Field(description="How urgent it was.")
    reported_categories: list[ConcernCategoriesOut] = Field(
        description="Categories the reporter chose."
    )
    told_already: list[InformedPersonOut] = Field(description="People who had been told.")
    parents_told: ParentsToldOut | None = Field(description="Whether parents knew; null: not said.")
    level: int | None = Field(description="Level of need there, 1 to 4; null: not set.")
    level_label: str | None = Field(description="The authority's name of the level; null: none.")
    triaged_at: datetime | None = Field(description="When it was triaged; null: it was not.")
    ended_at: datetime | None = Field(description="When it ended there; null: it was open.")
    comments: list[ReceivedCommentOut] = Field(description="The other school's discussion.")
    history: list[ReceivedStepOut] = Field(description="Steps it took there.")


class ReceivedStatusOut(Out):
    """A status; `kind` and `status` are the same."""

    kind: ChildStatusKindsOut = Field(description="Type of status.")
    status: ChildStatusKindsOut = Field(description="Type of status, as `kind` has it.")
    detail: str | None = Field(description="Further details; null: none.")
    valid_from: date = Field(description="First day it applied.")
    valid_to: date | None = Field(description="First day it no longer applied; null: it applied.")
    end_reason: str | None = Field(description="Why it ended; null: it had not.")
    source: str = Field(description="Where the information came from.")
    lead_agency: str | None = Field(description="Agency that leads; null: none.")
    worker: WorkerOut | None = Field(description="Professional who leads; null: none.")
    review_due: date | None = Field(description="Day of its next review; null: none.")
    confidentiality: ConfidentialityClassesOut = Field(description="Class of confidentiality.")
    evidence: str | None = Field(default=None, description="Evidence for it; null: not given.")
    recorded_by: PersonOfSnapshotOut | None = Field(
        description="Person who recorded it; null until then."
    )


class ReceivedEventOut(Out):
    """One event of a share or referral."""

    kind: EntryStepsOut = Field(description="What happened.")
    at: datetime = Field(description="When it happened.")
    by: PersonOfSnapshotOut | None = Field(description="Person who did it; null: not given.")
    route: DeliveryRoutesOut | None = Field(description="How it was sent; null: not sent.")
    text: str | None = Field(description="What was written; null: nothing.")


class ReceivedRecipientOut(Out):
    """The recipient."""

    name: str | None = Field(description="Recipient's name; null: not given.")
    job_title: str | None = Field(description="Their job title; null: not given.")
    organisation: str | None = Field(description="Organisation they work for; null: not given.")


class ReceivedShareOut(Out):
    """A share by the other school."""

    recipient: ReceivedRecipientOut = Field(description="Recipient of the share.")
    recipient_kind: RecipientKindsOut = Field(description="Type of recipient.")
    purpose: SharePurposesOut = Field(description="What it was for.")
    purpose_detail: str | None = Field(description="Purpose in words; null: not said.")
    lawful_basis: LawfulBasesOut | None = Field(description="Lawful basis; null: not given.")
    state: ShareStatesOut = Field(description="State of the share.")
    shared: ShareSnapshotOut | None = Field(description="What was shared; null: nothing.")
    sha256: str = Field(description="SHA-256 of what was shared, in hex.")
    events: list[ReceivedEventOut] = Field(description="What happened with the share.")


class ReceivedReferralOut(Out):
    """A referral by the other school."""

    referral: ReferralKindsOut = Field(description="Kind of referral.")
    agency: str = Field(description="Name of the agency.")
    agency_kind: RecipientKindsOut = Field(description="Type of agency.")
    agency_phone: str | None = Field(description="Phone number; null: not given.")
    agency_reference: str | None = Field(description="The agency's own reference; null: none.")
    urgency: UrgenciesOut = Field(description="How urgent it was.")
    state: ReferralStatesOut = Field(description="State of the referral.")
    outcome: ReferralOutcomesOut | None = Field(
        description="Outcome of the referral; null until then."
    )
    referred: ReferralSnapshotOut | None = Field(description="What was sent; null: nothing.")
    sha256: str | None = Field(description="SHA-256 of what was sent, in hex; null: not sent.")
    events: list[ReceivedEventOut] = Field(description="What happened with the referral.")


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
