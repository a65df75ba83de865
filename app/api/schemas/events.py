"""Events as they leave: ids, kinds and times, and never what a record says."""

from datetime import datetime
from functools import reduce
from operator import or_
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import (
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    WithJsonSchema,
    create_model,
)

from app.core.codes import EventKindsIn
from app.core.schemas import Out, absent
from app.domain import nouns  # noqa: F401 - registers every kind
from app.domain.exchange.event_audiences.kind import told_nouns


class ChangesIn(Out):
    """From where, how much and which kinds."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    since: str | None = Field(
        default=None, max_length=80,
        description="`next` of the last answer, or the `id` of an event of the stream; `start` is "
        "the beginning. Without it the answer is empty and its `next` is now.",
    )  # fmt: skip
    limit: int = Field(default=100, ge=1, le=500, description="Events at most.")
    kind: list[EventKindsIn] = Field(
        default=[], max_length=50, description="Only these kinds (`event_kinds`)."
    )


class StreamIn(Out):
    """Which kinds, and from where for clients that cannot send a header."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: list[EventKindsIn] = Field(
        default=[], max_length=50, description="Only these kinds (`event_kinds`)."
    )
    last_event_id: str | None = Field(
        default=None, max_length=80,
        description="The `id` of the last event that came, where the header cannot be sent.",
    )  # fmt: skip


class EventFields(Out):
    """What every event has."""

    id: UUID = Field(description="The same however often the event comes.")
    at: datetime = Field(description="When it happened.")
    noun_id: UUID | None = Field(description="Null where it is about no single record.")


class OfRecord(EventFields):
    """What is known besides of what an event is about."""

    child_id: UUID = absent(description="Child it is about; absent: none, or not for you.")
    concern_id: UUID = absent(description="Concern it belongs to; absent: none, or not for you.")


class OfDeadline(OfRecord):
    """Whose due time it is."""

    thing_noun: str = Field(description="Such as `concern` or `action`.")
    thing_id: UUID = Field(description="ID of the record that has the deadline.")


def _just(noun: str) -> Any:
    """The type of one word."""
    return Literal[noun]


def _branch(noun: str, kinds: tuple[str, ...]) -> Any:
    """The schema of events about one noun."""
    name = "".join(part.title() for part in noun.split("_"))
    known = {
        "anyOf": [{"type": "string", "enum": sorted(kinds)}, {"type": "string"}],
        "description": "Labels: `GET /v1/vocabularies/event_kinds`.",
    }
    return create_model(
        f"{name}Event",
        __base__=OfDeadline if noun == "deadline" else OfRecord,
        __doc__=f"Something happened to a record of the kind `{noun}`.",
        noun=(_just(noun), Field()),
        kind=(Annotated[str, WithJsonSchema(known)], Field()),
    )


def _nothing() -> Any:
    """Leaves a field out."""


class StreamEvent(Out):
    """Something about the stream itself."""

    noun: Literal["stream"]
    kind: str = Field(
        description="`ready`: it begins at `cursor`. `reset`: something may be missing; go on from "
        "`cursor`, after reading your lists again. `bye`: it ends."
    )
    cursor: str = absent(description="Position to go on from.")
    because: str = Field(
        default_factory=_nothing,
        description="`place_unknown`, `too_far_behind` or `too_slow`; `session_ended`, "
        "`token_expired`, `time_is_up`, `unavailable` or `server_stopping`. The list may grow.",
    )


BRANCHES: tuple[Any, ...] = tuple(_branch(noun, kinds) for noun, kinds in told_nouns().items())
EventOut: Any = Annotated[reduce(or_, BRANCHES), Field(discriminator="noun")]
StreamedOut: Any = Annotated[reduce(or_, (*BRANCHES, StreamEvent)), Field(discriminator="noun")]


class _Packed:
    """Describes a text that holds JSON."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> Any:
        return handler(source)

    def __get_pydantic_json_schema__(self, core: Any, handler: GetJsonSchemaHandler) -> Any:
        return {
            "type": "string",
            "contentMediaType": "application/json",
            "contentSchema": handler(core),
        }


class StreamFrameOut(Out):
    """One server-sent event, its fields as lines. `data` is JSON."""

    id: str = Field(
        default_factory=_nothing,
        description="The place to go on from; missing where the stream ends. Not the event's id.",
    )
    event: str = Field(description="The event's `kind`.")
    data: Annotated[StreamedOut, _Packed()] = Field(description="The event, as JSON.")


class ChangesOut(Out):
    """What happened since, in the order of commits."""

    items: list[EventOut] = Field(description="The events.")
    next: str = Field(description="Send as `since` the next time; it moves on even without items.")
    more: bool = Field(description="Whether more can be read at once.")
