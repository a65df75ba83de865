"""Who reaches a concern about an adult, asked about what the database knows now."""

from uuid import UUID

from app.db.facts import Facts
from app.db.models import AdultConcern
from app.db.unit_of_work import UnitOfWork
from app.domain.adults.adult_concerns import rules
from app.domain.adults.adult_concerns.kind import ADULT_CONCERN
from app.domain.errors import PermissionMissing, VersionStale
from app.domain.steps import find_target


async def adult_concern_for(
    work: UnitOfWork, concern_id: UUID, *, lock: bool = False
) -> tuple[AdultConcern, Facts]:
    """The concern, for somebody who may read the whole of it, and what let them.

    Raises `PermissionMissing` for roles that could read none, else `AdultConcernNotFound`.
    """
    target = await find_target(work, ADULT_CONCERN, concern_id, lock=lock)
    return target.row, target.facts


async def adult_concern_to_change(
    work: UnitOfWork, concern_id: UUID, version: int
) -> tuple[AdultConcern, Facts]:
    """The concern, locked, at the version the client last saw, for somebody who may decide.

    Raises `PermissionMissing`, `AdultConcernNotFound`, `VersionStale`.
    """
    concern, facts = await adult_concern_for(work, concern_id, lock=True)
    if not rules.may_decide(work.actor, manages=work.actor.id in facts.holders):
        raise PermissionMissing
    if concern.version != version:
        raise VersionStale
    return concern, facts
