"""Actions: set on a concern, done by their owners."""

from typing import Annotated
from uuid import UUID

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from app.api import replies
from app.api.deps import Work
from app.api.kinds import mount
from app.api.no_if_match import NoIfMatch
from app.api.operations import Operations
from app.api.paging import page_asked
from app.core.schemas import PageOut
from app.core.words import Permission
from app.domain.common.deadlines.errors import DueTimePassed, DueTooFar
from app.domain.errors import ConcernNotFound
from app.domain.record.actions import commands, queries
from app.domain.record.actions.errors import ActionOwnerUnsuitable
from app.domain.record.actions.kind import ACTION
from app.domain.record.actions.schemas import ActionCard, ActionIn, ActionListIn, ActionOut
from app.domain.record.concerns.errors import ConcernEnded
from app.domain.steps import after_change

ops = Operations("actions")
router = ops.router


@ops.command(
    "POST", "/v1/concerns/{concern_id}/actions", out=ActionOut, status=201,
    needs=Permission.ACTION_SET,
    errors=(ConcernNotFound, ConcernEnded, ActionOwnerUnsuitable, DueTimePassed, DueTooFar),
    no_if_match=NoIfMatch.ADDS,
)  # fmt: skip
async def add_action(concern_id: UUID, body: ActionIn, work: Work) -> Response:
    """Add an action to a concern.

    Adds something to do, with an owner and a due time. The owner is alerted. Next: they call
    `complete_action`.
    """
    row = await commands.add_action(work, concern_id, body)
    result = await queries.to_response(work, await after_change(work, ACTION, row))
    return replies.record(result, status=201, version=row.version, location=f"/v1/actions/{row.id}")


@ops.opening(
    "/v1/actions", out=PageOut[ActionCard], needs=ACTION.reads, etag=False, by_password=True
)
async def list_my_actions(
    query: Annotated[ActionListIn, Query()], work: Work, request: Request
) -> Response:
    """List my actions.

    Lists your actions, soonest due first. When one is done, call `complete_action`.
    """
    return replies.ready_page(
        request, await queries.open_my_actions(work, query, page_asked(query))
    )


mount(ops, ACTION, "/v1/actions", ActionOut, queries.to_response)
