"""Which pathways a record about a child counts on."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from app.db.repositories.safety.safety_records import concerns_about
from app.db.unit_of_work import UnitOfWork
from app.domain.access.checks.concerns import works_on_concern
from app.domain.safety.self_harm import pathway

ABOUT: Final = ("subject", "harmed")
"""Parts of a child in a concern that make its pathway theirs; a friend who told has another."""


async def pathways_of(work: UnitOfWork, child_id: UUID, concern_id: UUID | None) -> list[UUID]:
    """The open pathways that are this child's own and that the actor works on, oldest first.

    Of the named concern alone, where one is named. Whoever is named in a concern, or does not
    read it, moves nothing on there.
    """
    found = [one.id for one in await pathway.open_pathways(work, child_id)]
    if concern_id is not None:
        found = [one for one in found if one == concern_id]
    if not found:
        return []
    own = await concerns_about(await work.driver(), work.actor.school_id, child_id, found, ABOUT)
    return [one for one in found if one in own and await _works_on(work, one)]


async def _works_on(work: UnitOfWork, concern_id: UUID) -> bool:
    return works_on_concern(work.actor, await work.concerns.sight_of(concern_id))


async def take_step(
    work: UnitOfWork, concerns: Sequence[UUID], step: str, details: Mapping[str, Any], *,
    at: datetime | None = None, child_id: UUID,
) -> None:  # fmt: skip
    """Take one step for the child on each of the pathways."""
    for concern_id in concerns:
        await pathway.advance(work, concern_id, step, details, at=at, child_id=child_id)
