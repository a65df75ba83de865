"""Tasks: listed, opened, done, ended and given to somebody else."""

from typing import Annotated
from uuid import UUID

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from app.api import replies
from app.api.deps import Reading, Work
from app.api.kinds import Records
from app.api.operations import Operations
from app.api.paging import page_asked
from app.api.schemas.tasks import TaskCard, TaskListIn, TaskOut
from app.api.shapes.filters import tasks_asked
from app.core.schemas import PageOut, ReasonIn
from app.core.words import Permission
from app.domain.duty.tasks import commands, errors, queries
from app.domain.duty.tasks.schemas import AssignTaskIn, CompleteTaskIn

ops = Operations("tasks")
router = ops.router
NEEDS = Permission.TASK_DO
TASKS = Records(
    ops, "/v1/tasks/{task_id}", TaskOut, queries.whole,
    writes=Permission.SAFETY_WRITE, errors=(errors.TaskNotFound, errors.TaskEnded),
)  # fmt: skip


@ops.query("/v1/tasks", out=PageOut[TaskCard], needs=NEEDS, by_password=True)
async def list_tasks(
    query: Annotated[TaskListIn, Query()], reading: Reading, request: Request
) -> Response:
    """List my tasks.

    Lists the tasks that are yours, that you stand in for or that you oversee. Open ones come
    soonest due first.
    """
    tasks = await queries.list_tasks(reading, tasks_asked(query), page_asked(query))
    return replies.ready_page(request, tasks)


@ops.opening(
    "/v1/tasks/{task_id}", out=TaskOut, needs=NEEDS, errors=(errors.TaskNotFound,), by_password=True
)
async def open_task(task_id: UUID, work: Work, request: Request) -> Response:
    """Open a task.

    Shows one task: what to do, for which record, and by when. Next: `complete_task`.
    """
    task, result = await queries.open_task(work, task_id)
    return replies.record(result, version=task.version, request=request)


TASKS.change(
    "complete", commands.complete_task, CompleteTaskIn,
    "Complete a task.\n\n"
    "Records that the task was done, and the outcome. Its deadline stops.",
    needs=NEEDS, errors=(errors.TaskOfRecord,), by_password=True,
)  # fmt: skip
TASKS.change(
    "end", commands.end_task, ReasonIn,
    "End a task.\n\n"
    "Records that the task is not needed, and why. Its deadline stops.",
    errors=(errors.TaskOfRecord,),
)  # fmt: skip
TASKS.change(
    "assign", commands.assign_task, AssignTaskIn,
    "Assign a task.\n\n"
    "Gives the task to somebody else, who is alerted, and records who stands in for them.",
    errors=(errors.TaskOwnerUnsuitable,),
)  # fmt: skip
