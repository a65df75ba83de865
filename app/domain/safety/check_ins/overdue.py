"""Check-ins whose window has closed and of which nobody has written what became."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select

from app.db.models import CheckIn
from app.db.unit_of_work import UnitOfWork


async def overdue_check_ins(work: UnitOfWork, child_ids: Sequence[UUID]) -> list[UUID]:
    """Ids of those of the children, the one that is late the longest first."""
    found = await work.session.scalars(
        select(CheckIn.id)
        .where(
            CheckIn.school_id == work.actor.school_id, CheckIn.child_id.in_(list(child_ids)),
            CheckIn.ended_at.is_(None), CheckIn.due_at <= work.now,
        )
        .order_by(CheckIn.due_at, CheckIn.id)
    )  # fmt: skip
    return list(found)
