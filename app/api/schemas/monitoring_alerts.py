"""The tray of monitoring alerts: what people see of them and decide."""

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
    MatchConfidencesOut,
    MonitoringOutcomesOut,
    MonitoringStatesOut,
    RollStatusesOut,
)
from app.core.schemas import ListIn, NamedChildOut, Out, PersonOut

TrayState = Literal["open", "collapsed", "taken_up", "dismissed"]


class MonitoringListIn(ListIn):
    """Which alerts; those that wait for a person unless said otherwise."""

    state: TrayState | None = Field(
        default=None,
        description="Only this state. Default: open, or all with `concern_id` or `collapsed_into`.",
    )
    severity: AlertSeveritiesIn | None = Field(
        default=None, description="Only of this severity, as it is mapped here."
    )
    matched: bool | None = Field(
        default=None, description="`true`: the child is known. `false`: not known. Default: both."
    )
    source_id: UUID | None = Field(default=None, description="Only of this tool.")
    owner_id: UUID | None = Field(default=None, description="Only alerts this person owns.")
    child_id: UUID | None = Field(default=None, description="Only about this child.")
    concern_id: UUID | None = Field(default=None, description="Those taken up as this concern.")
    collapsed_into: UUID | None = Field(default=None, description="Those counted with this one.")


class AlertSourceOut(Out):
    """The tool that sent it."""

    id: UUID = Field(description="Tool ID.")
    name: str = Field(description="Name of the tool.")
    had_ended: bool = Field(description="True: it was sent after somebody ended this source.")


class MonitoringCard(Out):
    """An alert in a list: nothing of what was captured."""

    id: UUID = Field(description="Alert ID.")
    source: AlertSourceOut = Field(description="Tool that sent it.")
    severity: AlertSeveritiesOut = Field(description="The highest of its burst.")
    source_severity: str | None = Field(description="Severity in the tool's words; null: none.")
    severity_known: bool = Field(description="False: the tool's word is not mapped.")
    category: ConcernCategoriesOut | None = Field(
        description="Category as it is mapped here; null: not mapped."
    )
    source_category: str | None = Field(description="Category in the tool's words; null: none.")
    own_category: OwnCategoryNamedOut | None = Field(
        description="The school's own word that it is mapped to; null: a common one, or none."
    )
    occurred_at: datetime = Field(description="When it happened, as far as is known.")
    received_at: datetime = Field(description="When the tool sent it.")
    last_at: datetime = Field(description="When the last of its burst happened.")
    count: int = Field(description="How many alerts its burst has.")
    state: MonitoringStatesOut = Field(description="State of the alert.")
    matched: bool = Field(description="Whether it is known which child it is about.")
    confidence: MatchConfidencesOut = Field(description="How surely the child is known.")
    child: NamedChildOut | None = Field(
        default=None, description="Child it is about; null: not known."
    )
    collapsed_into: UUID | None = Field(description="Alert it is counted with; null: none.")
    owner: PersonOut | None = Field(description="Person who owns the alert; null: none.")
    due_at: datetime | None = Field(description="Deadline of the alert; null: none.")
    outcome: MonitoringOutcomesOut | None = Field(description="What was decided; null until then.")
    ended_at: datetime | None = Field(
        description="When somebody decided it; null while it is open."
    )


class SubjectOut(Out):
    """Child the tool says it is about."""

    upn: str | None = Field(
        default=None, description="Unique pupil number the tool sent; null: none."
    )
    mis_id: str | None = Field(
        default=None, description="ID in the school's system the tool sent; null: none."
    )
    email: str | None = Field(default=None, description="Email address the tool sent; null: none.")
    username: str | None = Field(default=None, description="User name the tool sent; null: none.")
    name: str | None = Field(default=None, description="Name the tool sent; null: none.")


class DeviceOut(Out):
    """Where it happened."""

    name: str | None = Field(default=None, description="Name of the device; null: not sent.")
    ip: str | None = Field(default=None, description="Network address; null: not sent.")


class EvidenceOut(Out):
    """A link as the tool gave it: open it only where the law lets you."""

    url: str | None = Field(default=None, description="Link to the evidence; null: none.")
    media_type: str | None = Field(
        default=None, description="What the link leads to; null: not sent."
    )
    sha256: str | None = Field(default=None, description="SHA-256 of it, in hex; null: not sent.")
    expires_at: str | None = Field(
        default=None, description="When the link expires, as the tool wrote it; null: not sent."
    )


class ToolReviewOut(Out):
    """What people of the tool's maker made of it."""

    status: str | None = Field(default=None, description="How far their review is; null: not sent.")
    reviewer: str | None = Field(
        default=None, description="Person who reviewed it; null: not sent."
    )
    reviewed_at: str | None = Field(
        default=None, description="When they reviewed it, as the tool wrote it; null: not sent."
    )
    outcome: str | None = Field(default=None, description="What they found; null: not sent.")


class MatchOut(Out):
    """An identifier that fits a child."""

    identifier: str = Field(description="The number or address that fits.")
    system: str = Field(description="System the number belongs to.")
    child_id: UUID = Field(description="Child it fits.")
    live: bool = Field(description="False: it was this child's before.")
    on_roll: bool = Field(description="Whether that child is on roll.")


class SuggestionOut(Out):
    """A child it may be about; `name` alone is never more than a thought."""

    id: UUID = Field(description="Child ID.")
    name: str = Field(description="Child's name.")
    year_group: str | None = Field(description="Year group; null: not known.")
    registration_group: str | None = Field(
        description="Registration group (form); null: not known."
    )
    roll_status: RollStatusesOut = Field(description="Whether the child is on roll here.")
    reason_code: SuggestedByOut = Field(description="What fits: a number or the name alone.")


class AlertBodyOut(Out):
    """What was sent, as it came: plain text, never a page."""

    number: int = Field(description="Which of the bodies sent, from 1.")
    received_at: datetime = Field(description="When Cairn received it.")
    sha256: str = Field(description="SHA-256 of the body, in hex.")
    severity: AlertSeveritiesOut = Field(description="Severity as it is mapped here.")
    raw: str = Field(description="The body as it came.")


class BurstPartOut(Out):
    """An alert that is counted with this one, and what it says."""

    id: UUID = Field(description="Alert ID.")
    severity: AlertSeveritiesOut = Field(description="Severity as it is mapped here.")
    occurred_at: datetime = Field(description="When it happened, as far as is known.")
    snippet: str | None = Field(
        default=None, description="Text around what was found; null: not sent."
    )
    matched_terms: list[str] | None = Field(
        default=None, description="Words the tool reacted to; null: not sent."
    )
    url: str | None = Field(default=None, description="Address of the page; null: not sent.")


class MonitoringAlertOut(MonitoringCard):
    """An alert with everything that was sent."""

    external_id: str = Field(description="The tool's own ID of the alert.")
    detected_at: datetime | None = Field(description="When the tool noticed it; null: not sent.")
    confidentiality: str = Field(description="Class of confidentiality.")
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
        default=None, description="Words the tool reacted to; null: not sent."
    )
    snippet: str | None = Field(
        default=None, description="Text around what was found; null: not sent."
    )
    evidence: list[EvidenceOut] | None = Field(
        default=None, description="Links to evidence; null: none."
    )
    review: ToolReviewOut | None = Field(
        default=None, description="Review by people of the tool's maker; null: not sent."
    )
    matches: list[MatchOut] = Field(description="Identifiers that fit a child.")
    suggestions: list[SuggestionOut] = Field(description="Children it may be about.")
    bodies: list[AlertBodyOut] = Field(
        description="The newest 50, the newest first, and always the first and the gravest."
    )
    burst: list[BurstPartOut] = Field(
        description="What is counted with it, the gravest first, up to 100; all of them: "
        "`GET /v1/monitoring-alerts?collapsed_into=`."
    )
    at_school_then: list[NoteBesideOut] = Field(
        default=[],
        description="What was on at school around then, such as a lesson: another explanation, "
        "for a person to weigh; it moves nothing.",
    )
    reason: str | None = Field(description="Why nothing followed, in words; null: not dismissed.")
    decided_by: PersonOut | None = Field(description="Person who decided it; null until then.")
    concern_id: UUID | None = Field(
        default=None, description="The concern it became; absent where you may not see that."
    )
    permissions: list[str] = Field(description="What you may do next: `operationId`s.")
