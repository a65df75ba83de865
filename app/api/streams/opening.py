"""From a request to its stream: who may have one, and where it begins."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from app.api.streams.answer import EventStream
from app.api.streams.hub import Hub
from app.core.words import Permission
from app.db.reading import Reading
from app.db.repositories.exchange.events import Place
from app.db.session import Database
from app.domain import policy
from app.domain.exchange.events.queries import start_now


class Resumed(NamedTuple):
    """The place that a client says it has read up to, by the one way or the other."""

    by_header: str | None
    by_query: str | None

    def read(self, hub: Hub, school_id: UUID) -> Place | None:
        """The place, or None where none was named. Raises `ValidationFailed`."""
        if self.by_header:
            return hub.cursors.read(school_id, self.by_header, "/header/last-event-id")
        if self.by_query:
            return hub.cursors.read(school_id, self.by_query, "/query/last_event_id")
        return None


async def open_stream(
    hub: Hub,
    database: Database,
    reading: Reading,
    kinds: Sequence[str],
    resumed: Resumed,
    ends_at: datetime,
) -> EventStream:
    """A stream from now, or from the last event that came.

    Raises `PermissionMissing`, `TooManyRequests`, `ServiceUnavailable`, `ValidationFailed` (the
    id is not of this school).
    """
    actor = reading.actor
    policy.require(actor, Permission.ALERT_READ)
    place = resumed.read(hub, actor.school_id)
    client = hub.admit(actor, kinds, ends_at)
    try:
        begins = place or await start_now(reading.driver)
    except BaseException:
        hub.leave(client)
        raise
    return EventStream(hub, database, client, begins, resumes=place is not None)
