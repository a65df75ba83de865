"""Tools that send alerts, and how their words are understood."""

from datetime import datetime
from typing import Annotated, Any, Literal
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
from app.core.schemas import EachOnce, In, ListIn, Name, Out, absent

Identifier = Literal["upn", "mis_id", "email", "username"]


Severities = Annotated[
    dict[SeverityName, AlertSeveritiesIn],
    Field(max_length=100, description="The tool's words for severity, each with ours."),
]
Categories = Annotated[
    dict[CategoryName, ConcernCategoriesChosenIn],
    Field(
        max_length=500,
        description="The tool's categories, each with a category of concerns: a common one, or the "
        "school's own word.",
    ),
]
Identifiers = Annotated[
    list[Identifier],
    Field(
        min_length=1,
        max_length=4,
        description="Parts of a subject that are looked at; leave out what the tool guesses.",
    ),
    EachOnce,
]


SpeakingKey = Annotated[
    UUID | None,
    Field(description="The only service key that may speak for it; null: the first that does."),
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

    name: Name = Field(description="Tools may name their source by it, so no two live ones share.")
    kind: IntakeSourceKindsIn = Field(description="Type of tool.")
    severities: Severities = Field(default_factory=dict)
    categories: Categories = Field(default_factory=dict)
    identifiers: Identifiers = EVERY_IDENTIFIER
    service_key_id: SpeakingKey = None


class IntakeSourcePatch(In):
    """A merge patch: absent fields stay; a mapping is replaced whole."""

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
    state: IntakeSourceStatesOut = Field(description="`waiting` until its first alert came.")
    last_received_at: datetime | None = Field(description="When an alert of it came last.")
    open: int = Field(description="Alerts of it that wait for a person.")
    rotated_at: datetime | None = Field(
        description="When its secret was last changed; null: never."
    )
    former_until: datetime | None = Field(description="Until when the secret before this works.")
    created_at: datetime = Field(description="When the tool was added.")
    changed_at: datetime = Field(description="When the tool last changed.")
    ended_at: datetime | None = Field(description="When it was ended; null while it may send.")


class IntakeCountsOut(Out):
    """What became of a source's alerts in one category."""

    category: ConcernCategoriesOut = Field(description="`uncategorised` where it is in none.")
    received: int = Field(description="Alerts received.")
    open: int = Field(description="Alerts still open.")
    taken_up: int = Field(description="Alerts that led to a concern.")
    dismissed: int = Field(description="Alerts that were dismissed.")
    false_positives: int = Field(description="Alerts dismissed as false positives.")


class IntakeSourceOut(IntakeSourceCard):
    """All that is kept about a source, but for its secret."""

    severities: dict[str, AlertSeveritiesOut] = Field(
        description="What each of the tool's severities means here."
    )
    categories: dict[str, ConcernCategoriesOut] = Field(
        description="What each of the tool's categories means here."
    )
    identifiers: list[str] = Field(description="Systems of numbers the tool may name pupils by.")
    service_key_id: UUID | None = Field(description="The only key that speaks for it.")
    unmapped_severities: list[str] = Field(
        description="Words that came and are taken as `high` until they are mapped."
    )
    unmapped_categories: list[str] = Field(
        description="Categories the tool sent that have no meaning here yet."
    )
    counts: list[IntakeCountsOut] = Field(description="What became of its alerts, by category.")
    permissions: list[str] = Field(description="What you may do next: `operationId`s.")


class IntakeSourceSecretOut(IntakeSourceOut):
    """A source with its signing secret, which is shown this once."""

    signing_secret: str = Field(description="`whsec_...`, as Standard Webhooks has it.")
    address: str = Field(description="Where signed alerts are sent to.")
