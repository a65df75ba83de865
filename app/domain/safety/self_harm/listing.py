"""Pupils of an open pathway are on the support list, until it is settled or closed."""

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

from app.db.unit_of_work import UnitOfWork
from app.domain.safety.support_list.entries import put_on, take_off

REASON: Final = "pathway"
LISTED_FOR: Final = timedelta(days=90)
"""When somebody is asked whether they stay on the list; nothing ends by itself."""


async def put_on_support_list(work: UnitOfWork, concern_id: UUID, children: Sequence[UUID]) -> None:
    """Put the pupils of a pathway on the list, or renew their entries."""
    for child_id in children:
        source = ("concern", concern_id)
        await put_on(work, child_id, REASON, source=source, until=work.now + LISTED_FOR)


async def take_off_support_list(
    work: UnitOfWork, concern_id: UUID, reason: str, children: Collection[UUID] | None = None
) -> None:
    """Take the pupils off, some or all, as far as this pathway put them there."""
    await take_off(work, ("concern", concern_id), reason, children=children)
