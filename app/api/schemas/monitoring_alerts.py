"""The inbox of monitoring alerts: what people see of them and decide."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from app.api.schemas.categories import OwnCategoryNamedOut
from app.api.schemas.known_words import SuggestedByOut
from app.api.schemas.linked_concerns import NoteBesideOut
from app.core.codes import (
    AlertSeveritiesIn,
    AlertSeveritiesOut,
    ConcernCategoriesOut,
    ConfidentialityClassesOut,
    IdentifierSystemsOut,
    MatchConfidencesOut,
    MonitoringOutcomesOut,
    MonitoringStatesOut,
    RollStatusesOut,
)
from app.core.schemas import ListIn, NamedChildOut, Out, PersonOut

InboxState = Literal["open", "collapsed", "taken_up", "dismissed"]


class MonitoringListIn(ListIn):
    """Which alerts; those that wait for a person unless said otherwise."""

    state: InboxState | None = Field(
        default=None,
        description="Only this state. Default: open, or all with `concern_id` or `collapsed_into`.",
    )
    severity: AlertSeveritiesIn | None = Field(
        default=None, description="Only this severity, as the school maps it."
    )
    matched: bool | None = Field(
        default=None, description="`true`: the child is known. `false`: not known. Default: both."
    )
    source_id: UUID | None = Field(default=None, description="Only from this tool.")
    owner_id: UUID | None = Field(default=None, description="Only alerts this person owns.")
    child_id: UUID | None = Field(default=None, description="Only about this child.")
    concern_id: UUID | None = Field(
        default=None, description="Only alerts taken up as this concern."
    )
    collapsed_into: UUID | None = Field(
        default=None, description="Only alerts grouped with this one."
    )


class AlertSourceOut(Out):
    """The tool that sent the alert."""

    id: UUID = Field(description="Tool ID.")
    name: str = Field(description="Name of the tool.")
    had_ended: bool = Field(description="`true`: sent after the school ended this source.")


class MonitoringCard(Out):
    """An alert in a list, without captured content."""

    id: UUID = Field(description="Monitoring alert ID.")
    source: AlertSourceOut = Field(description="Tool that sent it.")
    severity: AlertSeveritiesOut = Field(description="Severity, the highest of its burst.")
    source_severity: str | None = Field(description="The tool's own word for severity; null: none.")
    severity_known: bool = Field(description="`false`: the school has not mapped the tool's word.")
    category: ConcernCategoriesOut | None = Field(
        description="Category, as the school maps it; null: not mapped."
    )
    source_category: str | None = Field(
        description="The tool's own word for the category; null: none."
    )
    own_category: OwnCategoryNamedOut | None = Field(
        description="The school's own category it maps to; null: a common one, or none."
    )
    occurred_at: datetime = Field(description="When it happened, as far as is known.")
    received_at: datetime = Field(description="When the tool sent it.")
    last_at: datetime = Field(description="When the last alert of its burst happened.")
    count: int = Field(description="Number of alerts in its burst.")
    state: MonitoringStatesOut = Field(description="State of the alert.")
    matched: bool = Field(description="Whether the child is known.")
    confidence: MatchConfidencesOut = Field(
        description="How certain it is which child it is about."
    )
    child: NamedChildOut | None = Field(
        default=None, description="Child it is about; null: not known."
    )
    collapsed_into: UUID | None = Field(description="Alert it is grouped with; null: none.")
    owner: PersonOut | None = Field(description="Person who owns the alert; null: none.")
    due_at: datetime | None = Field(description="Deadline of the alert; null: none.")
    outcome: MonitoringOutcomesOut | None = Field(description="What was decided; null until then.")
    ended_at: datetime | None = Field(description="When it was decided; null while open.")


class SubjectOut(Out):
    """The child, as the tool describes them."""

    upn: str | None = Field(
        default=None, description="Unique pupil number the tool sent; null: none."
    )
    mis_id: str | None = Field(default=None, description="MIS ID the tool sent; null: none.")
    email: str | None = Field(default=None, description="Email address the tool sent; null: none.")
    username: str | None = Field(default=None, description="User name the tool sent; null: none.")
    name: str | None = Field(default=None, description="Name the tool sent; null: none.")


class DeviceOut(Out):
    """Device and network it happened on."""

    name: str | None = Field(default=None, description="Name of the device; null: not sent.")
    ip: str | None = Field(default=None, description="Network address; null: not sent.")


class EvidenceOut(Out):
    """A link as the tool sent it. Open it only where the law allows."""

    url: str | None = Field(default=None, description="Link to the evidence; null: none.")
    media_type: str | None = Field(
        default=None, description="Media type of the linked file; null: not sent."
    )
    sha256: str | None = Field(default=None, description="SHA-256 of it, in hex; null: not sent.")
    expires_at: str | None = Field(
        default=None, description="When the link expires, as the tool wrote it; null: not sent."
    )


class ToolReviewOut(Out):
    """Review by the tool's own staff."""

    status: str | None = Field(
        default=None, description="Progress of their review; null: not sent."
    )
    reviewer: str | None = Field(
        default=None, description="Person who reviewed it; null: not sent."
    )
    reviewed_at: str | None = Field(
        default=None, description="When they reviewed it, as the tool wrote it; null: not sent."
    )
    outcome: str | None = Field(default=None, description="What they found; null: not sent.")


class MatchOut(Out):
    """An identifier that matches a child."""

    identifier: str = Field(description="Number or address that matches.")
    system: IdentifierSystemsOut = Field(description="System the number belongs to.")
    child_id: UUID = Field(description="Child it matches.")
    live: bool = Field(description="`false`: it was this child's in the past.")
    on_roll: bool = Field(description="Whether that child is on roll.")


class SuggestionOut(Out):
    """A child it may be about. A name alone is only a hint."""

    id: UUID = Field(description="Child ID.")
    name: str = Field(description="Child's name.")
    year_group: str | None = Field(description="Year group; null: not known.")
    registration_group: str | None = Field(
        description="Registration group (form); null: not known."
    )
    roll_status: RollStatusesOut = Field(description="Whether the child is on roll here.")
    reason_code: SuggestedByOut = Field(description="What matches: an identifier or only the name.")


class AlertBodyOut(Out):
    """The alert as the tool sent it, as plain text."""

    number: int = Field(description="Number of the body, from 1.")
    received_at: datetime = Field(description="When Cairn received it.")
    sha256: str = Field(description="SHA-256 of the body, in hex.")
    severity: AlertSeveritiesOut = Field(description="Severity, as the school maps it.")
    raw: str = Field(description="Body, exactly as received.")


class BurstPartOut(Out):
    """An alert counted together with this one, and its content."""

    id: UUID = Field(description="Monitoring alert ID.")
    severity: AlertSeveritiesOut = Field(description="Severity, as the school maps it.")
    occurred_at: datetime = Field(description="When it happened, as far as is known.")
    snippet: str | None = Field(
        default=None, description="Text around what was found; null: not sent."
    )
    matched_terms: list[str] | None = Field(
        default=None, description="Words that triggered the tool; null: not sent."
    )
    url: str | None = Field(default=None, description="Address of the page; null: not sent.")


class MonitoringAlertOut(MonitoringCard):
    """An alert, with everything the tool sent."""

    external_id: str = Field(description="The tool's own alert ID.")
    detected_at: datetime | None = Field(description="When the tool noticed it; null: not sent.")
    confidentiality: ConfidentialityClassesOut = Field(description="Class of confidentiality.")
    subject: SubjectOut | None = Field(
        default=None, description="Pupil the tool says it is about; null: not sent."
    )
    device: DeviceOut | None = Field(
        default=None, description="Device it happened on; null: not sent."
    )
    application: str | None = Field(
        default=None, description="Program it happened in; null: not sent."
    )
    url: str | None = Field(default=None, description="Address of the page; null: not sent.")
    matched_terms: list[str] | None = Field(
        default=None, description="Words that triggered the tool; null: not sent."
    )
    snippet: str | None = Field(
        default=None, description="Text around what was found; null: not sent."
    )
    evidence: list[EvidenceOut] | None = Field(
        default=None, description="Links to evidence; null: none."
    )
    review: ToolReviewOut | None = Field(
        default=None, description="Review by the tool's own staff; null: not sent."
    )
    matches: list[MatchOut] = Field(description="Identifiers that match a child.")
    suggestions: list[SuggestionOut] = Field(description="Children it may be about.")
    bodies: list[AlertBodyOut] = Field(
        description="Newest 50 bodies, newest first, plus the first and the most severe."
    )
    burst: list[BurstPartOut] = Field(
        description="Alerts grouped with it, most severe first, up to 100. For all: `GET "
        "/v1/monitoring-alerts?collapsed_into=`."
    )
    at_school_then: list[NoteBesideOut] = Field(
        default=[],
        description="What was on at school then, such as a lesson: another explanation for a "
        "person to weigh.",
    )
    reason: str | None = Field(description="Why no action followed; null: not dismissed.")
    decided_by: PersonOut | None = Field(description="Person who decided it; null until then.")
    concern_id: UUID | None = Field(
        default=None, description="Concern it became; null: none. Absent if you may not see it."
    )
    permissions: list[str] = Field(description="What you may do next, as `operationId`s.")
