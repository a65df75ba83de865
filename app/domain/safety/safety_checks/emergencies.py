"""Telling every lead and the head at once that somebody needs help now."""

from uuid import UUID

from app.core.words import Role
from app.db.unit_of_work import UnitOfWork
from app.domain.alerts.telling import tell
from app.domain.duty.owners.settling import people_here

TOLD = frozenset({Role.DSL.value, Role.DEPUTY_DSL.value, Role.HEADTEACHER.value})


async def tell_at_once(work: UnitOfWork, child_id: UUID, concern_id: UUID | None) -> list[UUID]:
    """Alert all leads, deputies and heads urgently, without whoever has an interest in it.

    Nobody is asked first whether they are on duty. Answers who was told.
    """
    about = {child_id, *([concern_id] if concern_id else [])}
    told = [
        person.id
        for person in await people_here(work)
        if TOLD & {*person.roles} and not about & person.locked_out and person.id != work.actor.id
    ]
    for person in dict.fromkeys(told):
        tell(
            work, person, "concern_urgent", urgent=True, concern_id=concern_id,
            about=("concern", concern_id) if concern_id else None,
        )  # fmt: skip
    return told
