"""Tasks: listed, opened, done, ended and given to somebody else."""

from typing import Annotated
from uuid import UUID

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from app.api import replies
from app.api.deps import IfMatch, Reading, Work
from app.api.operations import Operations
from app.api.paging import page_asked
from app.api.schemas.tasks import (
    AssignTaskIn,
    CompleteTaskIn,
    EndTaskIn,
    TaskCard,
    TaskListIn,
    TaskOut,
)
from app.api.shapes import tasks as shapes
from app.core.schemas import PageOut
from app.core.words import Permission
from app.domain.duty.tasks import commands, errors, queries

ops = Operations("tasks")
router = ops.router
NEEDS = Permission.TASK_DO


@ops.query("/v1/tasks", out=PageOut[TaskCard], needs=NEEDS, by_password=True)
async def list_tasks(
    query: Annotated[TaskListIn, Query()], reading: Reading, request: Request
) -> Response:
    """Tasks I have, stand in for or look after: open ones soonest due first."""
    found = await queries.list_tasks(reading, shapes.asked(query), page_asked(query))
    return replies.ready_page(request, found)


@ops.opening(
    "/v1/tasks/{task_id}", out=TaskOut, needs=NEEDS, errors=(errors.TaskNotFound,), by_password=True
)
async def open_task(task_id: UUID, work: Work) -> Response:
    """Open one task."""
    task, found = await queries.open_task(work, task_id)
    return replies.record(found, version=task.version)


@ops.command(
    "POST",
    "/v1/tasks/{task_id}/complete",
    out=TaskOut,
    needs=NEEDS,
    errors=(errors.TaskNotFound, errors.TaskEnded, errors.TaskOfRecord),
    by_password=True,
)
async def complete_task(
    task_id: UUID, body: CompleteTaskIn, version: IfMatch, work: Work
) -> Response:
    """Say that it was done, and what came of it."""
    task = await commands.complete_task(work, task_id, version, body.outcome, body.note)
    return await shapes.task(work, task)


@ops.command(
    "POST",
    "/v1/tasks/{task_id}/end",
    out=TaskOut,
    needs=Permission.SAFETY_WRITE,
    errors=(errors.TaskNotFound, errors.TaskEnded, errors.TaskOfRecord),
)
async def end_task(task_id: UUID, body: EndTaskIn, version: IfMatch, work: Work) -> Response:
    """Say that it is not needed, and why."""
    return await shapes.task(work, await commands.end_task(work, task_id, version, body.reason))


@ops.command(
    "POST",
    "/v1/tasks/{task_id}/assign",
    out=TaskOut,
    needs=Permission.SAFETY_WRITE,
    errors=(errors.TaskNotFound, errors.TaskEnded, errors.TaskOwnerUnsuitable),
)
async def assign_task(task_id: UUID, body: AssignTaskIn, version: IfMatch, work: Work) -> Response:
    """Give it to somebody else, who is told, and say who stands in."""
    task = await commands.assign_task(work, task_id, version, body.owner_id, body.cover_id)
    return await shapes.task(work, task)
