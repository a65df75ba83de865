"""Who reaches a task."""

from uuid import UUID

from app.core.behind import ANYONE
from app.core.words import Actor, Permission
from app.db.models import Task
from app.db.repositories.safety import frozen_files
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.duty.tasks.errors import TaskEnded
from app.domain.duty.tasks.kind import TASK
from app.domain.errors import VersionStale
from app.domain.steps import find_target


def classes_watched(actor: Actor) -> list[str]:
    """The classes in which the actor sees everybody's work; none for who sees their own alone."""
    rights = policy.rights_of(actor)
    keeps_support_list = Permission.SUPPORT_LIST_READ in rights.permissions
    return sorted(rights.classes | {ANYONE}) if keeps_support_list else []


async def task_to_change(work: UnitOfWork, task_id: UUID, version: int) -> Task:
    """The open task, locked, at the version the client last saw.

    Raises `PermissionMissing`, `TaskNotFound`, `VersionStale`, `TaskEnded`.
    """
    task = (await find_target(work, TASK, task_id, lock=True)).row
    if task.version != version:
        raise VersionStale
    if task.ended_at is not None:
        raise TaskEnded
    return task


def has(actor: Actor, task: Task) -> bool:
    """Whether the actor owns it or stands in."""
    return actor.id in (task.owner_id, task.cover_id)


async def file_has_gone(work: UnitOfWork, task: Task) -> bool:
    """Whether another school has the file of the pupil of an open task."""
    if task.child_id is None or task.ended_at is not None:
        return False
    row = await frozen_files.standing(await work.driver(), task.school_id, task.child_id)
    return bool(row["locked"])
