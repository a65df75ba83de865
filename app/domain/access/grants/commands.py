"""Granting sight of one record for a while, and ending it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.core.ids import new_id
from app.core.moments import written
from app.core.words import AuditEvent, Permission
from app.db.models import AccessGrant, Staff
from app.db.repositories.access import grants as stored
from app.db.session import rights_from
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.access.checks.children import child_for
from app.domain.access.checks.concerns import concern_for
from app.domain.access.conflicts.moving import is_locked_out
from app.domain.access.grants import rules
from app.domain.access.grants.errors import AlreadyGranted, GrantNotFound, GrantUnsuitable
from app.domain.access.grants.targets import Target
from app.domain.alerts.telling import tell
from app.domain.errors import (
    ConcernNotFound,
    NotFound,
    SecondPersonNeeded,
    StaffNotFound,
    StateConflict,
)
from app.domain.etags import check_version


@dataclass(frozen=True, slots=True)
class GrantAccess:
    """Sight of one record for one person until a moment."""

    id: UUID | None
    staff_id: UUID
    target: Target
    classes: Sequence[str]
    reason: str
    valid_to: datetime


async def grant_access(work: UnitOfWork, wish: GrantAccess) -> UUID:
    """Give somebody sight of one record the granter sees; never to oneself.

    Raises `PermissionMissing`, `ConcernNotFound`, `ChildNotFound`, `ConflictOfInterest`,
    `StaffNotFound`, `SecondPersonNeeded`, `GrantUnsuitable`, `GrantTooLong`, `ClassNotHeld`,
    `AlreadyGranted`.
    """
    await _check_reaches(work, wish.target)
    if wish.staff_id == work.actor.id:
        raise SecondPersonNeeded("Another lead has to grant it to you.")
    rules.check_end(wish.valid_to, work.now)
    rules.check_classes(wish.classes, policy.rights_of(work.actor))
    await _check_receiver(work, wish)
    if await stored.is_granted(
        await work.driver(), work.actor.school_id, wish.staff_id, wish.target.concern_id,
        wish.target.child_id, sorted(set(wish.classes)), work.now,
    ):  # fmt: skip
        raise AlreadyGranted
    grant = AccessGrant(
        school_id=work.actor.school_id, id=wish.id or new_id(), kind="grant",
        staff_id=wish.staff_id, concern_id=wish.target.concern_id, child_id=wish.target.child_id,
        classes=sorted(set(wish.classes)), reason=wish.reason, granted_by=work.actor.id,
        valid_from=work.now, valid_to=wish.valid_to, created_at=work.now, version=1,
    )  # fmt: skip
    work.concerns.add(grant)
    concern_id = wish.target.concern_id
    about = ("concern", concern_id) if concern_id else None
    tell(work, wish.staff_id, "access_granted", about=about)
    work.record(
        AuditEvent.ACCESS_GRANTED, "access_grant", grant.id, child_id=wish.target.child_id,
        after={"reason": wish.reason},
        details={
            "staff_id": str(wish.staff_id), "classes": grant.classes,
            "concern_id": wish.target.concern_id and str(wish.target.concern_id),
            "valid_to": written(wish.valid_to),
        },
    )  # fmt: skip
    return grant.id


async def _check_reaches(work: UnitOfWork, target: Target) -> None:
    if target.concern_id is not None:
        await concern_for(work, target.concern_id, Permission.ACCESS_GRANT)
    elif target.child_id is not None:
        await child_for(work, target.child_id, Permission.ACCESS_GRANT)


async def _check_receiver(work: UnitOfWork, wish: GrantAccess) -> None:
    if await work.staff.find(Staff, wish.staff_id) is None:
        raise StaffNotFound
    driver = await work.driver()
    rows = await stored.roles_of(driver, work.actor.school_id, wish.staff_id, work.today)
    roles = [
        (row["role"], rules.rights_named(row["role"], row["rights"] and rights_from(row["rights"])))
        for row in rows
    ]
    if not rules.can_receive(roles):
        raise GrantUnsuitable
    concerns = [wish.target.concern_id] if wish.target.concern_id else []
    children = [wish.target.child_id] if wish.target.child_id else []
    if await is_locked_out(work, wish.staff_id, *concerns, children=children):
        raise GrantUnsuitable


async def end_grant(work: UnitOfWork, grant_id: UUID, version: int) -> UUID:
    """End a grant before its time; it opens nothing from the next request on.

    Who grants may, and who was given it. Raises `GrantNotFound`, `VersionStale`,
    `StateConflict`.
    """
    grant = await work.concerns.lock(AccessGrant, grant_id)
    if grant is None or grant.kind != "grant":
        raise GrantNotFound
    if grant.staff_id != work.actor.id:
        if not policy.may(work.actor, Permission.ACCESS_GRANT):
            raise GrantNotFound
        await check_sees(work, grant, GrantNotFound)
    end(work, grant, version)
    return grant.id


async def check_sees(work: UnitOfWork, grant: AccessGrant, missing: type[NotFound]) -> None:
    """Raise `missing` for somebody locked out from what a grant is for."""
    try:
        if grant.concern_id is not None:
            await concern_for(work, grant.concern_id, Permission.CONCERN_READ)
    except ConcernNotFound:
        raise missing from None
    if grant.child_id in work.actor.conflicts.children:
        raise missing


def end(work: UnitOfWork, grant: AccessGrant, version: int) -> None:
    """End it now. Raises `VersionStale`, and `StateConflict` where it has ended."""
    check_version(grant, version)
    if grant.ended_at is not None or grant.valid_to <= work.now:
        raise StateConflict("It has ended already.")
    grant.ended_at, grant.ended_by = work.now, work.actor.id
    grant.version += 1
    work.record(
        AuditEvent.ACCESS_ENDED, "access_grant", grant.id, child_id=grant.child_id,
        details={"kind": grant.kind, "staff_id": str(grant.staff_id)},
    )  # fmt: skip
