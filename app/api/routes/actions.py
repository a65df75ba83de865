"""Actions: set on a concern, done by their owners."""

from typing import Annotated
from uuid import UUID

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from app.api import replies
from app.api.deps import IfMatch, Work
from app.api.operations import Operations
from app.api.paging import page_asked
from app.api.schemas.actions import (
    ActionCard,
    ActionIn,
    ActionListIn,
    ActionOut,
    CompleteActionIn,
    DropActionIn,
    ReassignActionIn,
)
from app.api.schemas.common import PageOut
from app.api.shapes import actions as shapes
from app.core.words import Permission
from app.domain.actions import commands, queries
from app.domain.actions.errors import ActionEnded, ActionOwnerUnsuitable
from app.domain.clocks.errors import DueTimePassed, DueTooFar
from app.domain.concerns.errors import ConcernEnded
from app.domain.errors import ActionNotFound, ConcernNotFound, NotYours

ops = Operations("actions")
router = ops.router


@ops.command(
    "POST",
    "/v1/concerns/{concern_id}/actions",
    out=ActionOut,
    status=201,
    needs=Permission.ACTION_SET,
    errors=(ConcernNotFound, ConcernEnded, ActionOwnerUnsuitable, DueTimePassed, DueTooFar),
)
async def set_action(concern_id: UUID, body: ActionIn, work: Work) -> Response:
    """Add an action to a concern; its owner is alerted."""
    wish = commands.SetAction(body.id, body.what, body.owner_id, body.due_at, body.remind_at)
    row = await commands.set_action(work, concern_id, wish)
    return shapes.action(work.actor, row, status=201)


@ops.opening(
    "/v1/actions",
    out=PageOut[ActionCard],
    needs=Permission.ACTION_COMPLETE,
    etag=False,
    by_password=True,
)
async def list_my_actions(
    query: Annotated[ActionListIn, Query()], work: Work, request: Request
) -> Response:
    """My actions, soonest due first."""
    page = await queries.open_my_actions(
        work, query.state, page_asked(query), due_before=query.due_before
    )
    return replies.ready_page(request, page)


@ops.opening(
    "/v1/actions/{action_id}",
    out=ActionOut,
    needs=Permission.ACTION_COMPLETE,
    errors=(ActionNotFound,),
    by_password=True,
)
async def open_action(action_id: UUID, work: Work) -> Response:
    """Open one action: its owner may, and whoever may read its concern."""
    return shapes.action(work.actor, await commands.open_action(work, action_id))


@ops.command(
    "POST",
    "/v1/actions/{action_id}/complete",
    out=ActionOut,
    needs=Permission.ACTION_COMPLETE,
    errors=(ActionNotFound, ActionEnded, NotYours),
    by_password=True,
)
async def complete_action(
    action_id: UUID, body: CompleteActionIn, version: IfMatch, work: Work
) -> Response:
    """Say that it was done and what came of it."""
    row = await commands.complete_action(work, action_id, version, body.outcome)
    return shapes.action(work.actor, row)


@ops.command(
    "POST",
    "/v1/actions/{action_id}/drop",
    out=ActionOut,
    needs=Permission.ACTION_SET,
    errors=(ActionNotFound, ActionEnded),
)
async def drop_action(
    action_id: UUID, body: DropActionIn, version: IfMatch, work: Work
) -> Response:
    """Say that it will not be done, and why."""
    row = await commands.drop_action(work, action_id, version, body.reason)
    return shapes.action(work.actor, row)


@ops.command(
    "POST",
    "/v1/actions/{action_id}/reassign",
    out=ActionOut,
    needs=Permission.ACTION_SET,
    errors=(ActionNotFound, ActionEnded, ActionOwnerUnsuitable, DueTimePassed, DueTooFar),
)
async def reassign_action(
    action_id: UUID, body: ReassignActionIn, version: IfMatch, work: Work
) -> Response:
    """Give it to another owner, who is alerted."""
    row = await commands.reassign_action(work, action_id, version, body.owner_id, body.due_at)
    return shapes.action(work.actor, row)
