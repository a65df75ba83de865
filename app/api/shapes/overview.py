"""The sections of a day, whose cards the database already made into JSON."""

from collections.abc import Mapping
from datetime import datetime

from starlette.responses import Response

from app.api.replies import packed


def overview(sections: Mapping[str, tuple[int, str]], *, at: datetime, mine: bool) -> Response:
    """A day as it is answered."""
    head = packed({"at": at, "mine": mine})[:-1]
    parts = [
        packed(name) + b':{"count":' + str(number).encode() + b',"items":' + items.encode() + b"}"
        for name, (number, items) in sections.items()
    ]
    return Response(head + b"," + b",".join(parts) + b"}", 200, {}, "application/json")
