"""Something new was told of pupils: a safety plan that they have is read again soon."""

from collections.abc import Sequence
from uuid import UUID

from app.db.unit_of_work import UnitOfWork
from app.domain.duty.tasks.setting import open_tasks
from app.domain.safety.safety_plans.reviewing import review_soon
from app.domain.safety.self_harm.pathway import named_in
from app.domain.safety.self_harm.rules import PLAN_REVIEW


async def read_plans_soon(work: UnitOfWork, concern_id: UUID, children: Sequence[UUID]) -> None:
    """Bring the next reading forward, for those who have a plan; who is named learns nothing."""
    for child_id in children:
        if await open_tasks(work, kinds=[PLAN_REVIEW], child_id=child_id):
            barred = await named_in(work, concern_id)
            await review_soon(work, child_id, concern_id, barred)
