"""Reads of tasks, and who reaches one."""

from typing import Any, Final
from uuid import UUID

from app.core.behind import ANYONE
from app.core.pointers import about
from app.core.words import Actor, AuditEvent, Permission
from app.db.cards import picked
from app.db.models import Task
from app.db.paging import Conditions, Page, PageOf, cut_cards
from app.db.reading import Reading
from app.db.repositories.duty import tasks as stored
from app.db.repositories.duty.tasks import TaskFilter
from app.db.unit_of_work import UnitOfWork
from app.db.visibility import HOLDER
from app.domain import policy
from app.domain.access.closed_files.queries import closed_file
from app.domain.access.concern_access.queries import reads_concern
from app.domain.duty.tasks import rules
from app.domain.duty.tasks.errors import TaskEnded
from app.domain.duty.tasks.kind import TASK
from app.domain.etags import check_version, etag
from app.domain.steps import find_target, record_row

DUTY: Final = "bereavement_duty"


def classes_watched(actor: Actor) -> list[str]:
    """Classes in which the actor sees everyone's work; empty if they see only their own."""
    rights = policy.rights_of(actor)
    keeps_support_list = Permission.SUPPORT_LIST_READ in rights.permissions
    return sorted(rights.classes | {ANYONE}) if keeps_support_list else []


async def task_to_change(work: UnitOfWork, task_id: UUID, version: int) -> Task:
    """The open task, locked, at the version the client last saw.

    Raises `PermissionMissing`, `TaskNotFound`, `VersionStale`, `TaskEnded`.
    """
    task = (await find_target(work, TASK, task_id, lock=True)).row
    check_version(task, version)
    if task.ended_at is not None:
        raise TaskEnded
    return task


def has(actor: Actor, task: Task) -> bool:
    """Whether the actor owns the task or stands in."""
    return actor.id in (task.owner_id, task.cover_id)


async def file_has_gone(work: UnitOfWork, task: Task) -> bool:
    """Whether another school has the file of an open task's pupil."""
    if task.child_id is None or task.ended_at is not None:
        return False
    return (await closed_file(work, task.child_id)).locked


async def list_tasks(reading: Reading, asked: TaskFilter, paging: PageOf) -> Page[str]:
    """Tasks that the actor sees: open ones soonest due first, ended ones newest first."""
    actor = reading.actor
    TASK.require(actor)
    where = Conditions(actor.school_id)
    if asked.mine:
        me = where.place(actor.id)
        where.keep(f"(t.owner_id = {me} or t.cover_id = {me})")
    TASK.keep(actor, where, *([(HOLDER, True)] if asked.mine else []))
    rows = await stored.page_of_tasks(
        reading.driver, where, asked, paging, classes=classes_watched(actor),
        hidden=rules.WITHOUT_REASON, ends=rules.USUALLY,
        reader=actor.id,
    )  # fmt: skip
    return cut_cards(rows, paging)


async def open_task(work: UnitOfWork, task_id: UUID) -> tuple[Task, dict[str, Any]]:
    """Open one task with its text, and log the view. Raises `PermissionMissing`, `TaskNotFound`."""
    task = (await find_target(work, TASK, task_id)).row
    record_row(work, AuditEvent.TASK_OPENED, task)
    return task, await whole(work, task)


async def whole(work: UnitOfWork, task: Task) -> dict[str, Any]:
    """Build the answer for a visible task."""
    names = await stored.beside(await work.driver(), work.actor.school_id, task.id)
    mine = has(work.actor, task)
    concern_shown = rules.concern_shown(task.kind, classes_watched(work.actor), names["class"])
    names_about = task.about_noun if mine or task.kind != rules.AGREED else None
    if task.kind == rules.LEAVER:
        names_about = None
    concern_id = task.concern_id if concern_shown or await _reads_concern(work, task) else None
    return {
        **picked(
            task, "id", "kind", "due_at", "due_rule", "urgent", "facts", "set_at", "state",
            "outcome", "note", "ended_at",
        ),
        "child": task.child_id and {"id": task.child_id, "name": names["child_name"]},
        "concern": concern_id and {"id": concern_id, "reference": names["reference"]},
        "about": names_about and about(task.about_noun, task.about_id),
        "owner": {"id": task.owner_id, "name": names["owner_name"]},
        "cover": task.cover_id and {"id": task.cover_id, "name": names["cover_name"]},
        "set_by": task.set_by and {"id": task.set_by, "name": names["set_by_name"]},
        "concern_id": task.concern_id if concern_shown else None,
        "duty": task.facts.get("duty") if task.kind == DUTY else None,
        "ends_by": rules.USUALLY.get(task.kind), "etag": etag(task.version),
        "permissions": rules.next_verbs(
            work.actor,
            task.kind,
            is_open=task.ended_at is None,
            mine=mine,
            gone=await file_has_gone(work, task),
        ),
    }  # fmt: skip


async def _reads_concern(work: UnitOfWork, task: Task) -> bool:
    """Whether the task's owner reads the concern behind it, or reported it."""
    if task.concern_id is None or task.kind in rules.WITHOUT_REASON:
        return False
    access = await work.concerns.access_to(task.concern_id)
    if access is None:
        return False
    return access.reporter_id == work.actor.id or reads_concern(work.actor, access)
