"""Pupils of an open pathway are on the watch list, until it is settled or closed."""

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

from app.db.unit_of_work import UnitOfWork
from app.domain.watch_list.entries import put_on, take_off

REASON: Final = "pathway"
WATCHED_FOR: Final = timedelta(days=90)
"""When somebody is asked whether they stay on the list; nothing ends by itself."""


async def watch_over(work: UnitOfWork, concern_id: UUID, children: Sequence[UUID]) -> None:
    """Put the pupils of a pathway on the list, or renew their entries."""
    for child_id in children:
        source = ("concern", concern_id)
        await put_on(work, child_id, REASON, source=source, until=work.now + WATCHED_FOR)


async def look_away(
    work: UnitOfWork, concern_id: UUID, reason: str, children: Collection[UUID] | None = None
) -> None:
    """Take the pupils off, some or all, as far as this pathway put them there."""
    await take_off(work, ("concern", concern_id), reason, children=children)
