"""The few dependencies of routes."""

import re
from typing import Annotated

from fastapi import Depends, Header
from starlette.requests import Request

from app.api.problems import PreconditionNeeded
from app.api.runtime import Runtime
from app.db.reading import Reading as DatabaseReading
from app.db.unit_of_work import UnitOfWork

STRONG_TAG = re.compile('"(0|[1-9][0-9]{0,8})(?:-[0-9a-f]{8})?"')
"""If-Match compares strongly (RFC 9110, 13.1.1): a weak tag never matches.

The text after the version identifies the answer that the client read (`replies.record`).
"""


async def _work(request: Request) -> UnitOfWork:
    work: UnitOfWork = request.state.work
    return work


async def _reading(request: Request) -> DatabaseReading:
    reading: DatabaseReading = request.state.reading
    return reading


async def _runtime(request: Request) -> Runtime:
    runtime: Runtime = request.app.state.runtime
    return runtime


async def _if_match(
    if_match: Annotated[
        str | None,
        Header(
            alias="If-Match",
            max_length=80,
            description="`ETag` from opening the record or your last change, or `etag` in a list. "
            "Required for every change.",
        ),
    ] = None,
) -> int:
    """The version the client last saw; -1 for a tag this server never made."""
    if if_match is None:
        raise PreconditionNeeded
    tag = STRONG_TAG.fullmatch(if_match.strip())
    return int(tag[1]) if tag else -1


Work = Annotated[UnitOfWork, Depends(_work)]
Reading = Annotated[DatabaseReading, Depends(_reading)]
Served = Annotated[Runtime, Depends(_runtime)]
IfMatch = Annotated[int, Depends(_if_match)]
