"""SQL of changes that need a second person."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.models import ProposedChange
from app.db.session import Driver

MOST = 500
"""More than ever wait at once; the list has no pages."""
WAITING = f"""
select c.id, c.noun, c.thing_id, c.field, c.before::text as before, c.after::text as after,
       c.proposed_by as proposed_by_id, s.name as proposed_by_name, c.created_at, c.version
from proposed_change c join staff s on s.school_id = $1 and s.id = c.proposed_by
where c.school_id = $1 and c.state = 'proposed' and ($3 or c.proposed_by = $2)
order by c.created_at, c.id limit {MOST}
"""


async def waiting_here(
    driver: Driver, school_id: UUID, reader_id: UUID, *, everybodys: bool
) -> Sequence[Any]:
    """Waiting changes, oldest first: all, or only those that the reader made."""
    return await driver.rows(WAITING, school_id, reader_id, everybodys)


async def count_waiting(session: AsyncSession, school_id: UUID) -> int:
    """Number of waiting changes."""
    return await session.scalar(
        select(func.count()).select_from(ProposedChange).where(
            ProposedChange.school_id == school_id, ProposedChange.state == "proposed"
        )
    ) or 0  # fmt: skip


async def lock_waiting(
    session: AsyncSession, school_id: UUID, noun: str, thing_id: UUID, field: str
) -> ProposedChange | None:
    """Lock the change of a field that waits; None for none."""
    change: ProposedChange | None = await session.scalar(
        select(ProposedChange)
        .where(
            ProposedChange.school_id == school_id, ProposedChange.noun == noun,
            ProposedChange.thing_id == thing_id, ProposedChange.field == field,
            ProposedChange.state == "proposed",
        )
        .with_for_update()
    )  # fmt: skip
    return change
