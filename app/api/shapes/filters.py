"""What lists are asked for, as the filters that statements take."""

from typing import Any

from app.api.schemas.child_groups import ChildGroupListIn
from app.api.schemas.chronology import ChronologyIn
from app.api.schemas.monitoring_alerts import MonitoringListIn
from app.api.schemas.tasks import TaskListIn
from app.db.repositories.duty.tasks import TaskFilter
from app.db.repositories.record.chronology import ChronologyFilter
from app.db.repositories.safety.child_groups import ChildGroupFilter


def child_groups_asked(query: ChildGroupListIn) -> ChildGroupFilter:
    """Which child groups."""
    return ChildGroupFilter(query.state, query.kind, query.child_id)


def entries_asked(query: ChronologyIn) -> ChronologyFilter:
    """Which entries of a chronology."""
    return ChronologyFilter(
        kinds=query.kind, category=query.category, since=query.since, until=query.until,
        significant=query.significant, oldest_first=query.sort == "oldest",
    )  # fmt: skip


def monitoring_alerts_asked(query: MonitoringListIn) -> dict[str, Any]:
    """Open alerts, unless a state is asked for, or what one became or is part of."""
    asked = query.model_dump(exclude={"limit", "cursor"})
    if query.state is None and query.concern_id is None and query.collapsed_into is None:
        asked["state"] = "open"
    return asked


def tasks_asked(query: TaskListIn) -> TaskFilter:
    """Which tasks."""
    return TaskFilter(
        query.state == "ended", query.mine, tuple(query.kind), query.child_id, query.concern_id,
        query.due_before,
    )  # fmt: skip
