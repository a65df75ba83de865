"""Leavers whom a lead has to look at before a roster takes them off the roll."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select

from app.db.models import Task
from app.db.unit_of_work import UnitOfWork
from app.domain.duty.tasks.setting import SetTask, open_tasks, set_task

TASK = "leaver_check"


async def wait_for_lead(work: UnitOfWork, import_id: UUID) -> bool:
    """Whether a leaver of the plan is looked after in school and no lead has looked since.

    Each of them becomes a task of a lead; the import itself says of nobody who it is.
    """
    leavers: Sequence[UUID] = await work.rosters.leavers_looked_after()
    for child_id in leavers:
        if not await open_tasks(work, kinds=[TASK], child_id=child_id):
            await set_task(
                work, SetTask(TASK, child_id=child_id, about=("roster_import", import_id))
            )
    return bool(leavers)


async def waits_for_lead(work: UnitOfWork) -> bool:
    """Whether a lead has still to look at a leaver."""
    found = await work.session.scalar(
        select(Task.id)
        .where(
            Task.school_id == work.actor.school_id, Task.kind == TASK, Task.ended_at.is_(None)
        )
        .limit(1)
    )  # fmt: skip
    return found is not None
