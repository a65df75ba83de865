"""Supervision of leads, between the two people alone."""

from typing import Annotated
from uuid import UUID

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from app.api import replies
from app.api.deps import Reading, Work
from app.api.operations import Operations
from app.api.paging import page_asked
from app.core.schemas import PageOut
from app.core.words import Permission
from app.domain.access.child_access.errors import OutsideCohort
from app.domain.common.deadlines.errors import DueTimePassed, DueTooFar
from app.domain.errors import ChildNotFound, ConcernNotFound, ConflictOfInterest
from app.domain.safety.supervision_sessions import commands, errors, queries
from app.domain.safety.supervision_sessions.schemas import (
    SupervisionListIn,
    SupervisionSessionCard,
    SupervisionSessionIn,
    SupervisionSessionOut,
)

ops = Operations("staff support")
router = ops.router
NEEDS = Permission.TASK_DO
PATH = "/v1/supervision-sessions"


@ops.query(PATH, out=PageOut[SupervisionSessionCard], needs=NEEDS)
async def list_supervision_sessions(
    query: Annotated[SupervisionListIn, Query()], reading: Reading, request: Request
) -> Response:
    """List my supervision sessions.

    Lists the sessions where you supervise or are supervised, newest first.
    """
    return replies.page(request, await queries.list_sessions(reading, page_asked(query)))


@ops.command(
    "POST", PATH, out=SupervisionSessionOut, status=201, needs=NEEDS, etag=False,
    errors=(
        errors.SupervisionUnsuitable, errors.SupervisionPointsTooFar, ChildNotFound,
        ConcernNotFound, ConflictOfInterest, OutsideCohort, DueTimePassed, DueTooFar,
    ),
)  # fmt: skip
async def record_supervision_session(body: SupervisionSessionIn, work: Work) -> Response:
    """Record a supervision session.

    Records a supervision session between a lead and their supervisor.

    Only the two of them ever read it. It can refer to children and concerns that both may open.
    Each agreed action becomes a task for one of them; the task does not say what was agreed.
    """
    row = await commands.record_supervision(work, body)
    content = await queries.whole(work, row.id)
    return replies.record(content, status=201, location=f"{PATH}/{row.id}")


@ops.opening(
    f"{PATH}/{{session_id}}", out=SupervisionSessionOut, needs=NEEDS, etag=False,
    errors=(errors.SupervisionNotFound,),
)  # fmt: skip
async def open_supervision_session(session_id: UUID, work: Work) -> Response:
    """Open a supervision session.

    Shows one of your supervision sessions. The audit log records that you opened it.
    """
    return replies.record(await queries.open_session(work, session_id))
