"""The tray of monitoring alerts: what people see of them and decide."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from app.api.schemas.linked_concerns import NoteBesideOut
from app.core.codes import (
    AlertSeveritiesIn,
    AlertSeveritiesOut,
    ConcernCategoriesOut,
    MatchConfidencesOut,
    MonitoringOutcomesOut,
    MonitoringStatesOut,
)
from app.core.schemas import ListIn, Out, PersonOut

TrayState = Literal["open", "collapsed", "taken_up", "dismissed"]


class MonitoringListIn(ListIn):
    """Which alerts; those that wait for a person unless said otherwise."""

    state: TrayState | None = Field(
        default=None, description="`open` where neither this nor an id is given."
    )
    severity: AlertSeveritiesIn | None = None
    matched: bool | None = None
    source_id: UUID | None = None
    owner_id: UUID | None = None
    child_id: UUID | None = None
    concern_id: UUID | None = Field(default=None, description="Those taken up as this concern.")
    collapsed_into: UUID | None = Field(default=None, description="Those counted with this one.")


class AlertSourceOut(Out):
    """The tool that sent it."""

    id: UUID
    name: str
    had_ended: bool = Field(description="True: it was sent after somebody ended this source.")


class AlertChildOut(Out):
    """The child it is about."""

    id: UUID
    name: str


class MonitoringCard(Out):
    """An alert in a list: nothing of what was captured."""

    id: UUID
    source: AlertSourceOut
    severity: AlertSeveritiesOut = Field(description="The highest of its burst.")
    source_severity: str | None
    severity_known: bool = Field(description="False: the tool's word is not mapped.")
    category: ConcernCategoriesOut | None
    source_category: str | None
    occurred_at: datetime
    received_at: datetime
    last_at: datetime = Field(description="When the last of its burst happened.")
    count: int = Field(description="How many alerts its burst has.")
    state: MonitoringStatesOut
    matched: bool
    confidence: MatchConfidencesOut
    child: AlertChildOut | None = Field(default=None)
    collapsed_into: UUID | None
    owner: PersonOut | None
    due_at: datetime | None
    outcome: MonitoringOutcomesOut | None
    ended_at: datetime | None


class SubjectOut(Out):
    """Whom the tool says it is about."""

    upn: str | None = Field(default=None)
    mis_id: str | None = Field(default=None)
    email: str | None = Field(default=None)
    username: str | None = Field(default=None)
    name: str | None = Field(default=None)


class DeviceOut(Out):
    """Where it happened."""

    name: str | None = Field(default=None)
    ip: str | None = Field(default=None)


class EvidenceOut(Out):
    """A link as the tool gave it: open it only where the law lets you."""

    url: str | None = Field(default=None)
    media_type: str | None = Field(default=None)
    sha256: str | None = Field(default=None)
    expires_at: str | None = Field(default=None)


class ToolReviewOut(Out):
    """What people of the tool's maker made of it."""

    status: str | None = Field(default=None)
    reviewer: str | None = Field(default=None)
    reviewed_at: str | None = Field(default=None)
    outcome: str | None = Field(default=None)


class MatchReasonOut(Out):
    """An identifier that fits a child."""

    identifier: str
    system: str
    child_id: UUID
    live: bool = Field(description="False: it was this child's before.")
    on_roll: bool


class SuggestionOut(Out):
    """A child it may be about; `name` alone is never more than a thought."""

    id: UUID
    name: str
    year_group: str | None
    registration_group: str | None
    roll_status: str
    because: Literal["identifier", "name"]


class AlertBodyOut(Out):
    """What was sent, as it came: plain text, never a page."""

    number: int
    received_at: datetime
    sha256: str
    severity: AlertSeveritiesOut
    raw: str


class BurstPartOut(Out):
    """An alert that is counted with this one, and what it says."""

    id: UUID
    severity: AlertSeveritiesOut
    occurred_at: datetime
    snippet: str | None = Field(default=None)
    matched_terms: list[str] | None = Field(default=None)
    url: str | None = Field(default=None)


class MonitoringAlertOut(MonitoringCard):
    """An alert with everything that was sent."""

    external_id: str
    detected_at: datetime | None
    confidentiality: str
    subject: SubjectOut | None = Field(default=None)
    device: DeviceOut | None = Field(default=None)
    application: str | None = Field(default=None)
    url: str | None = Field(default=None)
    matched_terms: list[str] | None = Field(default=None)
    snippet: str | None = Field(default=None)
    evidence: list[EvidenceOut] | None = Field(default=None)
    review: ToolReviewOut | None = Field(default=None)
    reasons: list[MatchReasonOut]
    suggestions: list[SuggestionOut]
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
    note: str | None
    decided_by: PersonOut | None
    concern_id: UUID | None = Field(
        default=None, description="The concern it became; absent where you may not see that."
    )
    permissions: list[str] = Field(description="Operations this reader may do next.")
