"""What tools send about something they saw, and what they are told."""

from datetime import datetime
from typing import Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from app.api.schemas.alert_words import (
    CategoryWord,
    ExternalId,
    SeverityWord,
    Shown,
    SourceName,
)
from app.api.schemas.lead_availability import LeadAvailabilityOut
from app.core.codes import MonitoringOutcomesOut, MonitoringStatesOut
from app.core.schemas import BodyFault, ListIn, Moment, Out

MOST_FIELDS = 200


class SignedAlertIn(BaseModel):
    """An alert. Fields that are not named here are kept as they came."""

    model_config = ConfigDict(
        extra="allow",
        frozen=True,
        json_schema_extra={"additionalProperties": {}, "maxProperties": MOST_FIELDS},
    )

    external_id: ExternalId = Field(description="ID in the tool; sent again, it is the same alert.")
    occurred_at: Moment = Field(description="When it happened.")
    detected_at: Moment | None = Field(default=None, description="When the tool noticed it.")
    severity: SeverityWord | None = Field(
        default=None,
        description="low, medium, high or critical; any other word is one of the tool's own.",
    )
    source_severity: SeverityWord | None = Field(
        default=None,
        description="The tool's own word; the school maps it, and until then it means high.",
    )
    category: CategoryWord | None = Field(
        default=None, description="A code of `GET /v1/vocabularies/concern_categories`."
    )
    source_category: CategoryWord | None = Field(
        default=None, description="The tool's own category; the school maps it."
    )
    subject: Shown = Field(
        default=None, description="`{upn, mis_id, email, username, name}`, as many as are known."
    )
    device: Shown = Field(default=None, description="`{name, ip}`.")
    application: Shown = Field(default=None, description="The program or site.")
    url: Shown = Field(
        default=None, description="Address that was visited; Cairn never fetches it."
    )
    matched_terms: Shown = Field(
        default=None, description="Words that made the tool speak, as a list."
    )
    snippet: Shown = Field(
        default=None, description="What was typed or shown, up to 5,000 characters."
    )
    evidence: Shown = Field(
        default=None,
        description="`[{url, media_type, sha256, expires_at}]`: links, never fetched or shown.",
    )
    review: Shown = Field(
        default=None,
        description="`{status, reviewer, reviewed_at, outcome}` of the tool's own people.",
    )

    @model_validator(mode="after")
    def _bounded(self) -> Self:
        if len(self.model_fields_set) > MOST_FIELDS:
            raise BodyFault(f"an alert has at most {MOST_FIELDS} fields")
        return self


class AlertIn(SignedAlertIn):
    """An alert by a service key, which names its source."""

    source: SourceName = Field(description="The id or the name of one of the school's sources.")


class IntakeOut(Out):
    """What became of an alert at once."""

    id: UUID = Field(description="Alert ID.")
    state: MonitoringStatesOut = Field(description="State of the alert.")
    matched: bool = Field(description="Whether it is known which child it is about.")
    duplicate: bool = Field(description="Whether it had come before, by its source and id.")
    received: Literal[True] = Field(description="Always true: Cairn has saved it.")
    lead_availability: LeadAvailabilityOut = Field(
        description="Whether a lead is available now, and the number to call if not."
    )


class FeedbackListIn(ListIn):
    """Which decisions."""

    since: Moment | None = Field(default=None, description="Decided at this moment or later.")
    source: str | None = Field(
        default=None,
        min_length=1,
        max_length=200,
        description="Only of this tool, by its ID or name.",
    )


class FeedbackOut(Out):
    """What a person decided about an alert: ids and a code."""

    id: UUID = Field(description="Feedback ID.")
    source_id: UUID = Field(description="Tool that sent the alert.")
    source: str = Field(description="Name of the tool.")
    external_id: str = Field(description="The tool's own ID of the alert.")
    outcome: MonitoringOutcomesOut = Field(description="What the person decided.")
    at: datetime = Field(description="When a person decided.")
