"""Events as they leave: ids, kinds and times, and never what a record says."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import ConfigDict, Field, GetCoreSchemaHandler, GetJsonSchemaHandler

from app.core.codes import EventKindsIn, EventKindsOut
from app.core.schemas import Out, PointerOut, absent, words

StreamReasons: Any = words(
    "StreamReasons",
    {
        "place_unknown", "too_far_behind", "too_slow", "session_ended", "token_expired",
        "time_is_up", "unavailable", "server_stopping",
    },
)  # fmt: skip


class ChangesIn(Out):
    """From where, how much and which kinds."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    since: str | None = Field(
        default=None, max_length=80,
        description="`next` from the last answer, or the `id` of a stream event; `start` is the "
        "beginning. Default: now, with no events.",
    )  # fmt: skip
    limit: int = Field(default=100, ge=1, le=500, description="Maximum number of events.")
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
        description="`id` of the last event received, if you cannot send the header.",
    )  # fmt: skip


class EventOut(Out):
    """An event about a record. It holds IDs only: open the record to learn more."""

    id: UUID = Field(description="Event ID, the same each time it is sent.")
    kind: EventKindsOut = Field(description="What happened.")
    at: datetime = Field(description="When it happened.")
    about: PointerOut | None = Field(
        description="Record the event is about, or the one with the deadline; null: no single "
        "record."
    )
    child_id: UUID = absent(description="Child it is about; absent: none, or not visible to you.")
    concern_id: UUID = absent(
        description="Concern it belongs to; absent: none, or not visible to you."
    )


class StreamEvent(Out):
    """An event about the stream. The kind of any other event contains a dot."""

    kind: Literal["ready", "reset", "bye"] = Field(
        json_schema_extra={"x-closed": True},
        description="`ready`: starts at `cursor`. `reset`: events may be missing; read your lists "
        "again, then continue from `cursor`. `bye`: the stream ends.",
    )
    cursor: str = absent(description="Position to continue from.")
    reason_code: StreamReasons = absent(description="Reason; absent for `ready`.")


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


def _nothing() -> Any:
    """Leaves a field out."""


class StreamFrameOut(Out):
    """One server-sent event, its fields as lines. `data` is JSON."""

    id: str = Field(
        default_factory=_nothing,
        description="Position to continue from, not the event ID; absent when the stream ends.",
    )
    event: str = Field(description="`kind` of the event.")
    data: Annotated[EventOut | StreamEvent, _Packed()] = Field(description="The event, as JSON.")


class ChangesOut(Out):
    """Events since a position, in commit order."""

    items: list[EventOut] = Field(description="The events.")
    next: str = Field(
        description="Position to send as `since` next time. It advances even without items."
    )
    more: bool = Field(description="Whether more events are ready now.")
