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


class EventOut(Out):
    """Something happened to a record. IDs alone: open the record to learn more."""

    id: UUID = Field(description="The same however often the event comes.")
    kind: EventKindsOut = Field(description="What happened.")
    at: datetime = Field(description="When it happened.")
    about: PointerOut | None = Field(
        description="What it happened to, or what is due by a deadline. Null: no single record."
    )
    child_id: UUID = absent(description="Child it is about; absent: none, or not for you.")
    concern_id: UUID = absent(description="Concern it belongs to; absent: none, or not for you.")


class StreamEvent(Out):
    """Something about the stream itself; the kind of any other event has a dot."""

    kind: Literal["ready", "reset", "bye"] = Field(
        json_schema_extra={"x-closed": True},
        description="`ready`: it begins at `cursor`. `reset`: something may be missing; go on from "
        "`cursor`, after reading your lists again. `bye`: it ends.",
    )
    cursor: str = absent(description="Position to go on from.")
    reason_code: StreamReasons = absent(description="Why; absent: `ready`.")


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
        description="The place to go on from; missing where the stream ends. Not the event's id.",
    )
    event: str = Field(description="The event's `kind`.")
    data: Annotated[EventOut | StreamEvent, _Packed()] = Field(description="The event, as JSON.")


class ChangesOut(Out):
    """What happened since, in the order of commits."""

    items: list[EventOut] = Field(description="The events.")
    next: str = Field(description="Send as `since` the next time; it moves on even without items.")
    more: bool = Field(description="Whether more can be read at once.")
