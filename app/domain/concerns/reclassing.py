"""What was made for a concern has the class that it has by now, and an owner who may read it."""

from sqlalchemy import select

from app.db.models import Concern, Task
from app.db.repositories.tasks import open_ones_of
from app.db.unit_of_work import UnitOfWork
from app.domain.owners.rules import ANYONE
from app.domain.owners.settling import ownerless, settle_things


async def follow_class(work: UnitOfWork, concern: Concern, before: str) -> None:
    """Move the open tasks of a concern with it; what their owners may not read goes to others.

    Records, plans and entries of the watch list are read by the class of their concern itself.
    """
    if concern.confidentiality == before:
        return
    await work.session.flush()
    ids = await open_ones_of(await work.driver(), work.actor.school_id, concern.id)
    if not ids:
        return
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
    await settle_things(work, [one for one in left if one.id in changed], because="class_changed")
