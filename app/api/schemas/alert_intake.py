"""What tools send about something they saw, and what they are told."""

from datetime import datetime
from typing import Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from app.api.schemas.alert_words import CategoryWord, ExternalId, SeverityWord, Shown, SourceName
from app.api.schemas.lead_availability import LeadAvailabilityOut
from app.core.codes import MonitoringOutcomesOut, MonitoringStatesOut
from app.core.schemas import BodyFault, ListIn, Moment, Out

MOST_FIELDS = 200


class SignedAlertIn(BaseModel):
    """A signed alert. Cairn keeps unknown fields as sent."""

    model_config = ConfigDict(
        extra="allow",
        frozen=True,
        json_schema_extra={"additionalProperties": {}, "maxProperties": MOST_FIELDS},
    )

    external_id: ExternalId = Field(
        description="The tool's ID of the alert. Sent again, it is the same alert."
    )
    occurred_at: Moment = Field(description="When it happened.")
    detected_at: Moment | None = Field(default=None, description="When the tool noticed it.")
    severity: SeverityWord | None = Field(
        default=None,
        description="`low`, `medium`, `high` or `critical`; other words are treated as the tool's "
        "own.",
    )
    source_severity: SeverityWord | None = Field(
        default=None,
        description="The tool's own word, mapped by the school. Until then it means high.",
    )
    category: CategoryWord | None = Field(
        default=None, description="Code of `GET /v1/vocabularies/concern_categories`."
    )
    source_category: CategoryWord | None = Field(
        default=None, description="The tool's own category, mapped by the school."
    )
    subject: Shown = Field(
        default=None, description="`{upn, mis_id, email, username, name}`: those that are known."
    )
    device: Shown = Field(default=None, description="`{name, ip}`.")
    application: Shown = Field(default=None, description="Program or website.")
    url: Shown = Field(default=None, description="Address visited. Cairn never opens it.")
    matched_terms: Shown = Field(default=None, description="Words that triggered the tool.")
    snippet: Shown = Field(default=None, description="Text typed or shown, up to 5,000 characters.")
    evidence: Shown = Field(
        default=None,
        description="`[{url, media_type, sha256, expires_at}]`: links. Cairn never opens or shows "
        "them.",
    )
    review: Shown = Field(
        default=None,
        description="`{status, reviewer, reviewed_at, outcome}` of the tool's own reviewers.",
    )

    @model_validator(mode="after")
    def _bounded(self) -> Self:
        if len(self.model_fields_set) > MOST_FIELDS:
            raise BodyFault(f"an alert has at most {MOST_FIELDS} fields")
        return self


class AlertIn(SignedAlertIn):
    """An alert from a service key, which names its source."""

    source: SourceName = Field(description="ID or name of one of the school's sources.")


class IntakeOut(Out):
    """Result of receiving an alert."""

    id: UUID = Field(description="Monitoring alert ID.")
    state: MonitoringStatesOut = Field(description="State of the alert.")
    matched: bool = Field(description="Whether the child is known.")
    duplicate: bool = Field(description="Whether it was received before, by source and ID.")
    received: Literal[True] = Field(description="Always `true`: Cairn saved it.")
    lead_availability: LeadAvailabilityOut = Field(
        description="Whether a lead is available now, and the number to call if not."
    )


class FeedbackListIn(ListIn):
    """Which decisions."""

    since: Moment | None = Field(default=None, description="Only decisions at or after this time.")
    source: str | None = Field(
        default=None,
        min_length=1,
        max_length=200,
        description="Only from this tool, by its ID or name.",
    )


class FeedbackOut(Out):
    """A decision about an alert, as IDs and a code."""

    id: UUID = Field(description="Feedback ID.")
    source_id: UUID = Field(description="Tool that sent the alert.")
    source: str = Field(description="Name of the tool.")
    external_id: str = Field(description="The tool's own alert ID.")
    outcome: MonitoringOutcomesOut = Field(description="Decision.")
    at: datetime = Field(description="When a person decided.")
