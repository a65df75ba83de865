"""A pupil on the support list who goes to another school: the leads speak, not only the files."""

from typing import Final
from uuid import UUID

from sqlalchemy import select

from app.db.models import SupportListEntry
from app.db.unit_of_work import UnitOfWork
from app.domain.duty.tasks.setting import SetTask, set_task
from app.domain.safety.support_list.entries import NOUN

TO_NEXT: Final = "plan_to_next_school"


async def call_next_school(work: UnitOfWork, child_id: UUID) -> None:
    """Set the call to the next school where the pupil is on the list, once while they are.

    Nothing moves to anybody by it: a lead here has the pupil until the other lead does.
    """
    entry_id = await work.session.scalar(
        select(SupportListEntry.id)
        .where(
            SupportListEntry.school_id == work.actor.school_id,
            SupportListEntry.child_id == child_id,
            SupportListEntry.ended_at.is_(None),
        )
        .order_by(SupportListEntry.put_at, SupportListEntry.id)
        .limit(1)
    )  # fmt: skip
    if entry_id is not None:
        await set_task(
            work,
            SetTask(
                TO_NEXT, child_id=child_id, about=(NOUN, entry_id),
                dedupe=f"next_school:{child_id}:{entry_id}",
            ),
        )  # fmt: skip
