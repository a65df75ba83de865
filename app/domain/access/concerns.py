"""Who reaches a concern, whole or as its reporter."""

from uuid import UUID

from app.core.words import Actor, Permission
from app.db.models import Concern
from app.db.repositories.concern_sight import Sight, SightRow
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.access.children import in_cohort
from app.domain.errors import ConcernNotFound
from app.domain.policy import ConcernFacts


def facts_of(actor: Actor, row: SightRow) -> ConcernFacts:
    """What decides sight, from one row of the sight statement."""
    return ConcernFacts(
        confidentiality=row.confidentiality,
        is_reporter=row.reporter_id == actor.id,
        is_assigned=row.owner_id == actor.id or actor.id in row.action_owners,
        in_cohort=any(in_cohort(actor, year, group) for year, group in row.groups),
    )


def sight_of(actor: Actor) -> Sight:
    """How far the actor sees, for the statements that filter by it."""
    return Sight(
        actor,
        policy.may(actor, Permission.CONCERN_READ).allowed,
        policy.class_sight(actor.role),
        policy.cohort_sight(actor.role),
    )


async def concern_for(
    work: UnitOfWork, concern_id: UUID, permission: Permission, *, lock: bool = False
) -> Concern:
    """The concern, for somebody who may read the whole of it.

    Raises `PermissionMissing`, `ConcernNotFound` (also when it may not be seen).
    """
    policy.require(work.actor, permission)
    concern = await (work.concerns.lock if lock else work.concerns.find)(Concern, concern_id)
    if concern is None:
        raise ConcernNotFound
    sight = await work.concerns.sight_of(concern_id)
    if sight is None or not policy.may_see_concern(work.actor, facts_of(work.actor, sight)):
        raise ConcernNotFound
    return concern


async def own_concern_for(
    work: UnitOfWork, concern_id: UUID, permission: Permission, *, lock: bool = False
) -> Concern:
    """The concern, for its reporter or somebody who may read the whole of it.

    Raises `PermissionMissing`, `ConcernNotFound`.
    """
    policy.require(work.actor, permission)
    concern = await (work.concerns.lock if lock else work.concerns.find)(Concern, concern_id)
    if concern is None:
        raise ConcernNotFound
    if concern.reporter_id == work.actor.id:
        return concern
    sight = await work.concerns.sight_of(concern_id)
    if sight is None or not policy.may_see_concern(work.actor, facts_of(work.actor, sight)):
        raise ConcernNotFound
    return concern
