"""Who reaches a concern about an adult: the rules, asked of what the database knows now."""

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from app.core.words import Actor, Permission, Role
from app.db.models import AdultConcern
from app.db.repositories.adult_sight import AdultSight
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.adult_concerns import rules
from app.domain.adult_concerns.errors import AdultConcernNotFound
from app.domain.adult_concerns.rules import AdultFacts
from app.domain.errors import PermissionMissing, VersionStale

FACTS = tuple(AdultFacts.__dataclass_fields__)


def facts_of(row: Mapping[str, Any]) -> AdultFacts:
    """What decides sight, from one row of the sight statement."""
    return AdultFacts(**{name: row[name] for name in FACTS})


def sight_of(actor: Actor, day: date) -> AdultSight:
    """How far the actor sees, for the statements that filter by it."""
    return AdultSight(
        actor,
        day,
        reads=policy.may(actor, Permission.ADULT_READ).allowed,
        is_chair=actor.role is Role.CHAIR_OF_GOVERNORS,
        can_manage=rules.may_work(actor),
    )


async def facts_for(work: UnitOfWork, concern_id: UUID) -> AdultFacts:
    """The facts of a concern, from the actor's side. Raises `AdultConcernNotFound`."""
    row = await work.adults.sight(concern_id, work.actor.id, work.today)
    if row is None:
        raise AdultConcernNotFound
    return facts_of(row)


async def adult_concern_for(
    work: UnitOfWork, concern_id: UUID, *, lock: bool = False
) -> tuple[AdultConcern, AdultFacts]:
    """The concern, for somebody who may read the whole of it, and what let them.

    Roles that could read none are refused before anything is looked up: their answer cannot
    depend on what there is. Raises `PermissionMissing`, `AdultConcernNotFound`.
    """
    if not rules.may_work(work.actor):
        raise PermissionMissing
    concern = await (work.adults.lock if lock else work.adults.find)(AdultConcern, concern_id)
    facts = await facts_for(work, concern_id)
    if concern is None or not rules.may_see_adult_concern(work.actor, facts):
        raise AdultConcernNotFound
    return concern, facts


async def adult_concern_to_change(
    work: UnitOfWork, concern_id: UUID, version: int
) -> tuple[AdultConcern, AdultFacts]:
    """The concern, locked, at the version the client last saw, for somebody who may decide.

    Raises `PermissionMissing`, `AdultConcernNotFound`, `VersionStale`.
    """
    concern, facts = await adult_concern_for(work, concern_id, lock=True)
    if not rules.may_decide(work.actor, facts):
        raise PermissionMissing
    if concern.version != version:
        raise VersionStale
    return concern, facts
