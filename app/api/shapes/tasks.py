"""Queries and rows of tasks to filters and answers."""

from app.api.schemas.tasks import TaskListIn
from app.db.repositories.duty.tasks import TaskFilter


def asked(query: TaskListIn) -> TaskFilter:
    """The filters of a list."""
    return TaskFilter(
        query.state == "ended", query.mine, tuple(query.kind), query.child_id, query.concern_id,
        query.due_before,
    )  # fmt: skip
