"""SQL for the pathway of a concern: what is open about a child, and what is known beside it."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.models import ConcernChild, SelfHarm


def plain(details: Mapping[str, Any]) -> dict[str, Any]:
    """Details as JSON keeps them: ids and moments as text, and nothing that says nothing."""
    kept = {name: value for name, value in details.items() if value is not None}
    found: dict[str, Any] = orjson.loads(orjson.dumps(kept, default=str, option=orjson.OPT_UTC_Z))
    return found


async def open_of_child(session: AsyncSession, school_id: UUID, child_id: UUID) -> list[SelfHarm]:
    """Pathways of a child that are not closed, locked, oldest first."""
    found = await session.scalars(
        select(SelfHarm)
        .join(
            ConcernChild,
            (ConcernChild.school_id == SelfHarm.school_id) & (ConcernChild.id == SelfHarm.id),
        )
        .where(
            SelfHarm.school_id == school_id,
            ConcernChild.child_id == child_id,
            SelfHarm.state != "closed",
        )
        .order_by(SelfHarm.id)
        .with_for_update(of=SelfHarm, key_share=True)
        .execution_options(populate_existing=True)
    )
    return list(found)
