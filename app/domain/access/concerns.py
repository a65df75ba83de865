"""Who reaches a concern, whole or as its reporter."""

from collections.abc import Iterable
from uuid import UUID

from app.core.words import Actor, Permission
from app.db.models import Concern
from app.db.repositories.concern_sight import Sight, SightRow
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.access.children import in_cohort
from app.domain.access.locks import check_concern_unlocked
from app.domain.errors import ConcernNotFound, PermissionMissing
from app.domain.policy import ConcernFacts

ONLY_READING = "What you see by a grant or through broken glass is for reading."


def facts_of(actor: Actor, row: SightRow) -> ConcernFacts:
    """What decides sight, from one row of the sight statement."""
    return ConcernFacts(
        confidentiality=row.confidentiality,
        is_reporter=row.reporter_id == actor.id,
        is_assigned=row.owner_id == actor.id or actor.id in row.action_owners,
        in_cohort=any(in_cohort(actor, year, group) for year, group in row.groups),
        in_conflict=in_conflict(actor, row.id, row.children),
        granted=policy.granted_for(
            actor, row.confidentiality, concern_id=row.id, children=row.children
        ),
    )


def in_conflict(actor: Actor, concern_id: UUID, children: Iterable[UUID]) -> bool:
    """Whether the actor is named in a concern, or related to one of its children."""
    conflicts = actor.conflicts
    return concern_id in conflicts.concerns or not conflicts.children.isdisjoint(children)


def sight_of(actor: Actor) -> Sight:
    """How far the actor sees, for the statements that filter by it."""
    return Sight(
        actor,
        policy.may(actor, Permission.CONCERN_READ).allowed,
        policy.class_sight(actor),
        policy.cohort_sight(actor),
        policy.reads_by_role(actor),
    )


async def concern_for(
    work: UnitOfWork,
    concern_id: UUID,
    permission: Permission,
    *,
    lock: bool = False,
    adds: bool = False,
) -> Concern:
    """The concern, for somebody who may read the whole of it; `adds` where it changes nothing.

    Raises `PermissionMissing`, `ConcernNotFound` (also when it may not be seen).
    """
    policy.require(work.actor, permission)
    concern = await (work.concerns.lock if lock else work.concerns.find)(Concern, concern_id)
    if concern is None:
        raise ConcernNotFound
    sight = await work.concerns.sight_of(concern_id)
    if sight is None or not policy.may_see_concern(work.actor, facts_of(work.actor, sight)):
        raise ConcernNotFound
    if lock:
        await check_concern_unlocked(work, concern_id, adds=adds)
    return concern


async def concern_to_work_on(
    work: UnitOfWork,
    concern_id: UUID,
    permission: Permission,
    *,
    granted_too: bool = False,
    adds: bool = False,
) -> Concern:
    """The concern, locked, for somebody who may change it: seen by class, assignment or cohort.

    What is seen by a grant or through broken glass is for reading and commenting; `granted_too`
    lets in whom a lead granted it (not who broke glass). `adds` where nothing of it is changed.
    Raises `PermissionMissing`, `ConcernNotFound` (also when it may not be seen).
    """
    policy.require(work.actor, permission)
    concern = await work.concerns.lock(Concern, concern_id)
    if concern is None:
        raise ConcernNotFound
    await _check_works_on(work, concern_id, granted_too=granted_too)
    await check_concern_unlocked(work, concern_id, adds=adds)
    return concern


async def _check_works_on(work: UnitOfWork, concern_id: UUID, *, granted_too: bool = False) -> None:
    sight = await work.concerns.sight_of(concern_id)
    if sight is None:
        raise ConcernNotFound
    facts = facts_of(work.actor, sight)
    if not policy.may_see_concern(work.actor, facts):
        raise ConcernNotFound
    if granted_too and facts.granted == "grant":
        return
    if not policy.may_work_on_concern(work.actor, facts):
        raise PermissionMissing(ONLY_READING)


async def own_concern_for(work: UnitOfWork, concern_id: UUID, permission: Permission) -> Concern:
    """The concern, for its reporter or somebody who may read the whole of it.

    Raises `PermissionMissing`, `ConcernNotFound`.
    """
    policy.require(work.actor, permission)
    concern = await work.concerns.find(Concern, concern_id)
    if concern is None:
        raise ConcernNotFound
    if concern.reporter_id == work.actor.id:
        return concern
    sight = await work.concerns.sight_of(concern_id)
    if sight is None or not policy.may_see_concern(work.actor, facts_of(work.actor, sight)):
        raise ConcernNotFound
    return concern


async def own_concern_to_work_on(
    work: UnitOfWork, concern_id: UUID, permission: Permission, *, adds: bool = False
) -> Concern:
    """The concern, locked, for its reporter or somebody who may change it.

    `adds` where nothing of it is changed. Raises as `concern_to_work_on`.
    """
    policy.require(work.actor, permission)
    concern = await work.concerns.lock(Concern, concern_id)
    if concern is None:
        raise ConcernNotFound
    if concern.reporter_id != work.actor.id:
        await _check_works_on(work, concern_id)
    await check_concern_unlocked(work, concern_id, adds=adds)
    return concern


async def check_sees_concern(work: UnitOfWork, concern_id: UUID, *, own: bool) -> None:
    """Raise `ConcernNotFound` unless the actor sees the whole of it, or with `own` reported it."""
    sight = await work.concerns.sight_of(concern_id)
    if sight is None:
        raise ConcernNotFound
    facts = facts_of(work.actor, sight)
    if not policy.may_see_concern(work.actor, facts) and not (own and facts.is_reporter):
        raise ConcernNotFound
