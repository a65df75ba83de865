"""Queries and rows of tasks to filters and answers."""

from starlette.responses import Response

from app.api import replies
from app.api.schemas.tasks import TaskListIn
from app.db.models import Task
from app.db.repositories.duty.tasks import TaskFilter
from app.db.unit_of_work import UnitOfWork
from app.domain.duty.tasks import queries


def asked(query: TaskListIn) -> TaskFilter:
    """The filters of a list."""
    return TaskFilter(
        query.state == "ended", query.mine, tuple(query.kind), query.child_id, query.concern_id,
        query.due_before,
    )  # fmt: skip


async def task(work: UnitOfWork, row: Task) -> Response:
    """One task with its ETag."""
    return replies.record(await queries.whole(work, row), version=row.version)
