"""What was made for a concern has the class that it has by now, and an owner who may read it."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select

from app.core.behind import ANYONE
from app.db.models import Concern, Task
from app.db.repositories.duty.alert_reads import alerted_of
from app.db.repositories.duty.tasks import open_ones_of
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.alerts.telling import tell
from app.domain.duty.owners.settling import ownerless, people_here, settle_things

RESTRICTED = "concern_restricted"


async def follow_class(work: UnitOfWork, concern: Concern, before: str) -> None:
    """Move the open tasks of a concern with it; what their owners may not read goes to others.

    Whoever was alerted of it, or had such a task, and reads it no longer hears that.
    Records, plans and entries of the support list are read by the class of their concern itself.
    """
    if concern.confidentiality == before:
        return
    await work.session.flush()
    had = await _move_tasks(work, concern, before)
    alerted = await alerted_of(await work.driver(), work.actor.school_id, concern.id, work.now)
    await _tell_restricted(work, concern, {*had, *alerted})


async def _tell_restricted(work: UnitOfWork, concern: Concern, people: Collection[UUID]) -> None:
    """Alert those who may no longer open it, without a word of what it was.

    Nobody with an interest in it, and not its reporter, who has news of their own of it.
    """
    about = {concern.id, *await work.concerns.child_ids(concern.id)}
    left_out = {work.actor.id, concern.owner_id, concern.reporter_id}
    for one in await people_here(work, sorted(set(people) - left_out)):
        reads = any(policy.can_own(rights, concern.confidentiality) for rights in one.rights)
        if not reads and not about & one.locked_out:
            tell(work, one.id, RESTRICTED)


async def _move_tasks(work: UnitOfWork, concern: Concern, before: str) -> set[UUID]:
    """Answers who had tasks that went to others."""
    ids = await open_ones_of(await work.driver(), work.actor.school_id, concern.id)
    if not ids:
        return set()
    tasks = await work.session.scalars(
        select(Task)
        .where(Task.school_id == concern.school_id, Task.id.in_(ids))
        .order_by(Task.id)
        .with_for_update(of=Task, key_share=True)
        .execution_options(populate_existing=True)
    )
    moved = [task for task in tasks if task.confidentiality != ANYONE]
    for task in moved:
        own = task.confidentiality if task.confidentiality != before else ""
        task.confidentiality = max(own, concern.confidentiality)
        task.version += 1
        task.changed_at = work.now
    await work.session.flush()
    changed = {task.id for task in moved}
    left = await ownerless(work, sorted({task.owner_id for task in moved})) if moved else []
    left = [one for one in left if one.id in changed]
    await settle_things(work, left, because="class_changed")
    return {one.owner_id for one in left if one.owner_id is not None}
