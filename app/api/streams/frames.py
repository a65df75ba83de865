"""Server-sent events as bytes (WHATWG HTML, 9.2)."""

import random

from app.api.replies import to_json_bytes
from app.domain.exchange.event_audiences.queries import Entry, EventDetail, Facts
from app.domain.exchange.events.queries import kind_told, to_response

RETRY_MS = (2_000, 5_000)
"""When clients come again, each at a time of its own."""


def frame(kind: str, data: object, id_: str | None = None) -> bytes:
    """One event; none of the parts holds a line break."""
    head = b"id: " + id_.encode() + b"\n" if id_ is not None else b""
    return head + b"event: " + kind.encode() + b"\ndata: " + to_json_bytes(data) + b"\n\n"


def opening() -> bytes:
    """What a stream begins with."""
    return b"retry: %d\n\n" % random.randint(*RETRY_MS)  # noqa: S311 - not a secret


def heartbeat(cursor: str) -> bytes:
    """Shows that the connection lives, and moves the client's place on without an event."""
    return b": here\nid: " + cursor.encode() + b"\n\n"


def about_stream(kind: str, *, cursor: str | None = None, reason_code: str | None = None) -> bytes:
    """Something about the stream itself."""
    content = {"cursor": cursor, "reason_code": reason_code}
    data = {"kind": kind}
    data |= {name: value for name, value in content.items() if value is not None}
    return frame(kind, data, cursor)


def of_event(cursor: str, entry: Entry, much: EventDetail, facts: Facts) -> bytes:
    """One event of a record; its id is the place after it."""
    return frame(kind_told(entry, much), to_response(entry, much, facts), cursor)
