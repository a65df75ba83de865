"""SQL for support plans: a child's present plan, those in use, and those that need a decision."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.models import Child, SupportPlan
from app.db.repositories.repository import lock_where


async def plan_of(session: AsyncSession, school_id: UUID, child_id: UUID) -> SupportPlan | None:
    """A child's present plan."""
    support_plan: SupportPlan | None = await session.scalar(
        select(SupportPlan).where(
            SupportPlan.school_id == school_id,
            SupportPlan.child_id == child_id,
            SupportPlan.ended_at.is_(None),
        )
    )
    return support_plan


async def lock_plan_of(
    session: AsyncSession, school_id: UUID, child_id: UUID
) -> SupportPlan | None:
    """Lock a child's present plan; a child has one at most."""
    now = (SupportPlan.child_id == child_id, SupportPlan.ended_at.is_(None))
    return next(iter(await lock_where(session, SupportPlan, school_id, *now)), None)


async def lock_plans_in_use(session: AsyncSession, school_id: UUID) -> list[SupportPlan]:
    """Plans in use of children who have not left, locked, oldest first."""
    rows = await session.scalars(
        select(SupportPlan)
        .join(
            Child,
            (Child.school_id == SupportPlan.school_id) & (Child.id == SupportPlan.child_id),
        )
        .where(
            SupportPlan.school_id == school_id,
            SupportPlan.ended_at.is_(None),
            Child.roll_status != "left",
        )
        .order_by(SupportPlan.id)
        .with_for_update(of=SupportPlan, key_share=True)
        .execution_options(populate_existing=True)
    )
    return list(rows)


async def list_without_holiday(session: AsyncSession, school_id: UUID) -> Sequence[SupportPlan]:
    """Plans in use without holiday arrangements."""
    rows = await session.scalars(
        select(SupportPlan).where(
            SupportPlan.school_id == school_id,
            SupportPlan.ended_at.is_(None),
            SupportPlan.holiday_arrangement.is_(None),
        )
    )
    return rows.all()
