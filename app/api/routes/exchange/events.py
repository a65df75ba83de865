"""What happened: the stream that front ends live on, and the list that is its twin."""

from typing import Annotated

from fastapi import Header, Query
from starlette.requests import Request
from starlette.responses import Response

from app.api import replies
from app.api.deps import Reading, Served
from app.api.operations import Operations
from app.api.schemas.events import ChangesIn, ChangesOut, StreamFrameOut, StreamIn
from app.api.streams.opening import Resumed, open_stream
from app.core.words import Permission
from app.domain.exchange.events.errors import PlaceUnknown
from app.domain.exchange.events.queries import list_changes_since

ops = Operations("events")
router = ops.router
LastEventId = Annotated[
    str | None,
    Header(alias="Last-Event-ID", max_length=80, description="`id` of the last event received."),
]


@ops.query("/v1/changes", out=ChangesOut, needs=Permission.ALERT_READ, errors=(PlaceUnknown,))
async def list_changes(
    reading: Reading, runtime: Served, query: Annotated[ChangesIn, Query()]
) -> Response:
    """List changes since a position.

    Lists what has happened since a position, as far as you may see it, in the order it was saved.
    Send `next` as `since` to go on.
    """
    changes_since = await list_changes_since(
        reading, runtime.cursors, query.since, query.limit, query.kind
    )
    return replies.record(changes_since)


@ops.query("/v1/events", out=StreamFrameOut, needs=Permission.ALERT_READ, media="text/event-stream")
async def stream_events(
    request: Request,
    reading: Reading,
    runtime: Served,
    query: Annotated[StreamIn, Query()],
    last_event_id: LastEventId = None,
) -> Response:
    """Stream events.

    Streams what happens from now on, or after the last event you received, as server-sent events.

    The schema describes one event: `data` is JSON, `id` is where to resume, and `event` is the
    kind.
    """
    resumed = Resumed(last_event_id, query.last_event_id)
    ends_at = request.state.token_expires_at
    return await open_stream(runtime.hub, runtime.database, reading, query.kind, resumed, ends_at)
