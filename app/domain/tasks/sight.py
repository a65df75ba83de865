"""Who reaches a task."""

from collections.abc import Callable, Collection
from uuid import UUID

from app.core.words import Actor, Permission
from app.db.models import Task
from app.db.repositories import frozen_files
from app.db.repositories.linked_worries import told_of
from app.db.repositories.sources import behind
from app.db.repositories.tasks import TaskSight
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.errors import VersionStale
from app.domain.owners.rules import ANYONE
from app.domain.policy import Effect, Step
from app.domain.tasks import rules
from app.domain.tasks.errors import TaskEnded, TaskNotFound

LINKED = "linked_worry"
"""What a task may be about that tells of several concerns and children at once."""


def task_sight(actor: Actor) -> TaskSight:
    """How far the actor sees, for the statements that filter by it."""
    rights = policy.rights_of(actor)
    watches = Permission.WATCH_READ in rights.permissions
    return TaskSight(
        actor, tuple(sorted(rights.classes | {ANYONE})) if watches else (), "K5" in rights.classes
    )


async def task_for(work: UnitOfWork, task_id: UUID, *, lock: bool = False) -> Task:
    """The task, for somebody who may see it. Raises `PermissionMissing`, `TaskNotFound`."""
    policy.require(work.actor, Permission.TASK_DO)
    task = await (work.concerns.lock if lock else work.concerns.find)(Task, task_id)
    if task is None or not await _sees(work, task):
        raise TaskNotFound
    return task


async def task_to_change(work: UnitOfWork, task_id: UUID, version: int) -> Task:
    """The open task, locked, at the version the client last saw.

    Raises as `task_for`, `VersionStale`, `TaskEnded`.
    """
    task = await task_for(work, task_id, lock=True)
    if task.version != version:
        raise VersionStale
    if task.ended_at is not None:
        raise TaskEnded
    return task


async def _sees(work: UnitOfWork, task: Task) -> bool:
    judge = await judge_of(work, task)
    return policy.decided(judge(work.actor)).allowed


async def judge_of(work: UnitOfWork, task: Task) -> Callable[[Actor], tuple[Step, ...]]:
    """What is behind a task, read once, as the rules that say whether somebody sees it."""
    source = ("concern", task.concern_id) if task.concern_id else (task.about_noun, task.about_id)
    driver = await work.driver()
    of = await behind(driver, work.actor.school_id, *source)
    about = [*of.children, *([task.child_id] if task.child_id else [])]
    linked: Collection[UUID] = ()
    if task.about_noun == LINKED and task.about_id is not None:
        linked = await told_of(driver, work.actor.school_id, task.about_id)

    def judge(actor: Actor) -> tuple[Step, ...]:
        if not actor.conflicts.concerns.isdisjoint(linked):
            return (Step("conflict", Effect.DENY, rules.IN_CONFLICT),)
        return rules.task_chain(
            actor, task.confidentiality, of.concern_id, [*about, *linked],
            mine=has(actor, task), of_concern=of.confidentiality,
            barred=rules.hidden_from(task.kind, task.barred),
        )  # fmt: skip

    return judge


def has(actor: Actor, task: Task) -> bool:
    """Whether the actor owns it or stands in."""
    return actor.id in (task.owner_id, task.cover_id)


async def file_has_gone(work: UnitOfWork, task: Task) -> bool:
    """Whether another school has the file of the pupil of an open task."""
    if task.child_id is None or task.ended_at is not None:
        return False
    row = await frozen_files.standing(await work.driver(), task.school_id, task.child_id)
    return bool(row["locked"])
