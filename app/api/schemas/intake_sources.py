"""Tools that send alerts, and how their words are understood."""

from datetime import datetime
from typing import Annotated, Any, Literal, get_args
from uuid import UUID

from pydantic import Field

from app.api.schemas.alert_words import CategoryName, SeverityName
from app.api.schemas.known_words import IntakeSourceStatesOut
from app.core.codes import (
    AlertSeveritiesIn,
    AlertSeveritiesOut,
    ConcernCategoriesChosenIn,
    ConcernCategoriesOut,
    IntakeSourceKindsIn,
    IntakeSourceKindsOut,
)
from app.core.schemas import EachOnce, In, ListIn, Name, Out, absent, words

Identifier = Literal["upn", "mis_id", "email", "username"]
IdentifiersOut: Any = words(None, get_args(Identifier), closed=True)


Severities = Annotated[
    dict[SeverityName, AlertSeveritiesIn],
    Field(max_length=100, description="Each of the tool's words for severity, with Cairn's."),
]
Categories = Annotated[
    dict[CategoryName, ConcernCategoriesChosenIn],
    Field(
        max_length=500,
        description="Each of the tool's categories, with the concern category it means: common or "
        "the school's own.",
    ),
]
Identifiers = Annotated[
    list[Identifier],
    Field(
        min_length=1,
        max_length=4,
        description="Subject fields to match children by. Leave out any the tool guesses.",
    ),
    EachOnce,
]


SpeakingKey = Annotated[
    UUID | None,
    Field(description="Only service key that may send for it; null: the first that does."),
]
EVERY_IDENTIFIER: Any = ["upn", "mis_id", "email", "username"]


class IntakeSourceListIn(ListIn):
    """Which sources."""

    state: Literal["open", "waiting", "active", "ended"] = Field(
        default="open",
        description="`open`: `waiting` or `active`. `ended`: those that were ended. Default: open.",
    )


class IntakeSourceIn(In):
    """A tool that will send alerts."""

    name: Name = Field(
        description="Name. Tools may use it to name their source, so no two active sources share "
        "one."
    )
    kind: IntakeSourceKindsIn = Field(description="Type of tool.")
    severities: Severities = Field(default_factory=dict)
    categories: Categories = Field(default_factory=dict)
    identifiers: Identifiers = EVERY_IDENTIFIER
    service_key_id: SpeakingKey = None


class IntakeSourcePatch(In):
    """A merge patch: absent fields stay; mappings are replaced whole."""

    name: Name = absent(description="Name of the tool.")
    kind: IntakeSourceKindsIn = absent(description="Type of tool.")
    severities: Severities = absent()
    categories: Categories = absent()
    identifiers: Identifiers = absent()
    service_key_id: SpeakingKey = absent()


class IntakeSourceCard(Out):
    """A source in a list."""

    id: UUID = Field(description="Tool ID.")
    name: str = Field(description="Name of the tool.")
    kind: IntakeSourceKindsOut = Field(description="Type of tool.")
    state: IntakeSourceStatesOut = Field(description="`waiting`: no alert received yet.")
    last_received_at: datetime | None = Field(
        description="When its last alert was received; null: never."
    )
    open: int = Field(description="Number of its open alerts.")
    rotated_at: datetime | None = Field(
        description="When its secret was last changed; null: never."
    )
    former_until: datetime | None = Field(
        description="When the previous secret stops working; null: there is none."
    )
    created_at: datetime = Field(description="When the tool was added.")
    changed_at: datetime = Field(description="When the tool last changed.")
    ended_at: datetime | None = Field(description="When the school ended it; null: it may send.")


class IntakeCountsOut(Out):
    """A tool's alerts in one category, and what became of them."""

    category: ConcernCategoriesOut = Field(description="Category; `uncategorised`: none.")
    received: int = Field(description="Alerts received.")
    open: int = Field(description="Alerts still open.")
    taken_up: int = Field(description="Alerts that led to a concern.")
    dismissed: int = Field(description="Alerts that were dismissed.")
    false_positives: int = Field(description="Alerts dismissed as false positives.")


class IntakeSourceOut(IntakeSourceCard):
    """A source with all its settings, except its secret."""

    severities: dict[str, AlertSeveritiesOut] = Field(
        description="What each of the tool's severities means here."
    )
    categories: dict[str, ConcernCategoriesOut] = Field(
        description="What each of the tool's categories means here."
    )
    identifiers: list[IdentifiersOut] = Field(description="Identifiers Cairn matches pupils by.")
    service_key_id: UUID | None = Field(
        description="Only service key that may send for it; null: none yet."
    )
    unmapped_severities: list[str] = Field(
        description="Severities received without a mapping. Cairn treats them as `high`."
    )
    unmapped_categories: list[str] = Field(description="Categories received without a mapping.")
    counts: list[IntakeCountsOut] = Field(description="Counts of its alerts, by category.")
    permissions: list[str] = Field(description="What you may do next, as `operationId`s.")


class IntakeSourceSecretOut(IntakeSourceOut):
    """A source with its signing secret, shown only once."""

    signing_secret: str = Field(description="Signing secret, `whsec_...` as in Standard Webhooks.")
    address: str = Field(description="Address to send signed alerts to.")
