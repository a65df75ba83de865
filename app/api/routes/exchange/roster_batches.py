"""Small changes of a roster: lines in, what came of each line out."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from app.api.deps import Work
from app.api.no_if_match import NoIfMatch
from app.api.operations import Operations
from app.api.preferences import Prefer, applied, handling_of
from app.api.problems import BodyTooLarge, MediaTypeUnsupported
from app.api.replies import to_json_bytes
from app.api.runtime import Runtime
from app.api.schemas.roster import RosterBatchItemOut, RosterBatchQuery
from app.api.uploads import describe_body, receive_whole
from app.core import clock
from app.core.ids import new_id
from app.core.words import Actor, Permission
from app.domain.errors import FieldProblem, ValidationFailed
from app.domain.exchange.roster.errors import SourceNotOfKey, SourceOfAnotherKey
from app.domain.exchange.roster_batches.commands import apply_batch
from app.domain.exchange.roster_batches.queries import (
    MOST_BYTES,
    MOST_LINES,
    ReadLines,
    children_of,
    read_lines,
)
from app.formats.rosters.opening import Handling

ops = Operations("roster")
router = ops.router

LINES: Final = "application/x-ndjson"


@dataclass(slots=True)
class SentLines:
    """Lines that were read before the transaction began."""

    digest: bytes
    file: bytes
    lines: ReadLines
    handling: Handling

    async def discard(self) -> None:
        """Nothing was stored."""


async def receive_lines(request: Request, runtime: Runtime, actor: Actor) -> SentLines:
    """Read the lines. Raises `MediaTypeUnsupported`, `BodyTooLarge`, `ValidationFailed`."""
    body = await receive_whole(request, runtime, actor, limit=MOST_BYTES, media=LINES)
    sent = children_of(body)
    if not 1 <= len(sent) <= MOST_LINES:
        code, text = ("too_many_lines", f"Send at most {MOST_LINES} lines, or import a file.")
        if not sent:
            code, text = "missing", "Send a child on each line."
        raise ValidationFailed(problems=[FieldProblem("", code, text)])
    handling = handling_of(request) or "lenient"
    today = clock.day_of(clock.now())
    lines, file = await asyncio.to_thread(read_lines, sent, today, handling)
    digest = hashlib.sha256(body + handling.encode()).digest()
    return SentLines(digest, file, lines, handling)


@ops.command(
    "POST", "/v1/roster/children:batch", out=RosterBatchItemOut, needs=Permission.ROSTER_IMPORT,
    errors=(BodyTooLarge, MediaTypeUnsupported, SourceOfAnotherKey, SourceNotOfKey), etag=False,
    prepare=receive_lines, media=LINES, no_if_match=NoIfMatch.REPEATABLE,
)  # fmt: skip
async def import_roster_children(
    request: Request,
    work: Work,
    query: Annotated[RosterBatchQuery, Query()],
    prefer: Prefer = "",
) -> Response:
    """Import up to 1,000 roster children at once.

    Imports a line for each child at once, and answers with the result of each line, in order.

    A line is a pupil of the NDJSON format, without its header and footer. A line that cannot be
    read is a `problem` and does not hold back the others. The lines form one import (`Location`),
    which can be undone. Lines that bring nothing new are `unchanged`. Only `leaving_date` makes a
    child a leaver. If the plan needs a person, all of it is `held`; a plan with a leaver always is.
    """
    sent: SentLines = request.state.prepared
    runtime: Runtime = request.app.state.runtime

    async def keep() -> str:
        key = f"rosters/{work.actor.school_id}/{new_id()}"
        await runtime.storage.put(key, _pieces(sent.file), limit=2 * MOST_BYTES)
        return key

    done = await apply_batch(work, sent.lines, query.source, sent.handling, keep)
    body = b"".join(to_json_bytes(item) + b"\n" for item in done.items)
    headers = {"Location": f"/v1/roster/imports/{done.import_id}"}
    return applied(request, Response(body, 200, headers, LINES))


async def _pieces(file: bytes) -> AsyncIterator[bytes]:
    yield file


describe_body(
    router,
    "import_roster_children",
    {
        LINES: {
            "schema": {
                "type": "string",
                "maxLength": MOST_BYTES,
                "description": "A pupil on each line: docs/rosters.md.",
            }
        }
    },
)
