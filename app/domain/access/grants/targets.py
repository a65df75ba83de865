"""What a grant or a break-glass is for: one concern, or one child's record."""

from dataclasses import dataclass
from uuid import UUID

from app.db.models import Child, Concern
from app.db.unit_of_work import UnitOfWork
from app.domain.access.checks.concerns import in_conflict
from app.domain.errors import ChildNotFound, ConcernNotFound, ConflictOfInterest


@dataclass(frozen=True, slots=True)
class Target:
    """One record: exactly one of the two is set."""

    concern_id: UUID | None = None
    child_id: UUID | None = None


async def check_target(work: UnitOfWork, target: Target) -> list[UUID]:
    """The children it is about. Raises `ConcernNotFound`, `ChildNotFound`, `ConflictOfInterest`.

    Whoever is locked out from a concern does not learn here that there is one.
    """
    if target.concern_id is not None:
        if await work.concerns.find(Concern, target.concern_id) is None:
            raise ConcernNotFound
        children = await work.concerns.child_ids(target.concern_id)
        if in_conflict(work.actor, target.concern_id, children):
            raise ConcernNotFound
        return children
    if target.child_id is None or await work.children.find(Child, target.child_id) is None:
        raise ChildNotFound
    conflicts = work.actor.conflicts
    if target.child_id in conflicts.children - conflicts.limited:
        raise ConflictOfInterest
    return [target.child_id]
