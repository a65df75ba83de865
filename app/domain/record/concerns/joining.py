"""Who hears of what somebody adds to a concern: its owner, or those who hear of a new one."""

from collections.abc import Sequence
from uuid import UUID

from app.core.ids import NIL
from app.core.words import Role
from app.db.models import Concern
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.access.conflicts import rules as conflicts
from app.domain.access.conflicts.moving import candidates_for
from app.domain.alerts.telling import tell
from app.domain.duty.owners.settling import people_here
from app.domain.record.concerns.raising import recipients

JOINED, NOBODY = "concern_joined", "nobody_to_own"


async def tell_of_more(work: UnitOfWork, concern: Concern) -> None:
    """Alert the owner of a concern about an addition by another person, even to a closed one.

    Where its owner is not here it goes where a new concern goes, among those who read its class;
    where nobody does, the one who can appoint somebody hears that there is work, and not of what.
    """
    if concern.owner_id == work.actor.id:
        return
    children = await work.concerns.child_ids(concern.id)
    owner, away = await _owner(work, concern, children)
    told = [] if owner is None else [owner]
    if owner is None or away:
        told += await _others(work, concern, children)
    for person in dict.fromkeys(told):
        if person != work.actor.id:
            tell(
                work, person, JOINED, concern_id=concern.id, about=("concern", concern.id),
                urgent=concern.immediacy != "routine",
            )  # fmt: skip


async def _owner(
    work: UnitOfWork, concern: Concern, children: Sequence[UUID]
) -> tuple[UUID | None, bool]:
    """Its owner where they may still work on it, and whether they are away."""
    if concern.owner_id is None:
        return None, False
    about = {concern.id, *children}
    for one in await people_here(work, [concern.owner_id]):
        able = any(policy.can_own(rights, concern.confidentiality) for rights in one.rights)
        if able and not about & one.locked_out:
            return one.id, one.away
    return None, False


async def _others(work: UnitOfWork, concern: Concern, children: Sequence[UUID]) -> list[UUID]:
    """Who would hear of a new one; where nobody may, an administrator has to appoint a reader."""
    people = await candidates_for(work, concern.id, children)
    free = [one for one in people if not one.in_conflict]
    readers = [
        (one.id, one.role)
        for one in free
        if policy.can_own(policy.BUILT_IN[Role(one.role)], concern.confidentiality)
    ]
    if found := recipients(readers, concern.owner_id or NIL):
        return found
    appoints = conflicts.next_owner(free, concern.confidentiality)
    if appoints is not None and appoints != work.actor.id:
        tell(work, appoints, NOBODY, urgent=True)
    return []
