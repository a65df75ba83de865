"""Grant, take in an emergency, review and end access to one record."""

from datetime import timedelta
from uuid import UUID

from app.core.limits import Policy
from app.core.moments import written
from app.core.words import AuditEvent, Permission, Role
from app.db.models import AccessGrant, Staff
from app.db.repositories.access import grants as stored
from app.db.scope import rights_from
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.abuse import HOUR
from app.domain.access.child_access.queries import child_for
from app.domain.access.concern_access.queries import concern_for, reads_concern
from app.domain.access.conflicts import rules as conflicts
from app.domain.access.conflicts.queries import candidates_for, is_locked_out
from app.domain.access.grants import rules
from app.domain.access.grants.errors import (
    AlreadyGranted,
    AlreadyReadable,
    GrantNotFound,
    GrantUnsuitable,
)
from app.domain.access.grants.kind import BREAK_GLASS
from app.domain.access.grants.queries import check_target, leaves_to_reader
from app.domain.access.grants.schemas import BreakGlassIn, BreakGlassReviewIn, GrantIn, OneRecordIn
from app.domain.common.alerts.commands import tell
from app.domain.common.deadlines.commands import start_clock, stop_clock
from app.domain.errors import (
    ConcernNotFound,
    NotFound,
    PermissionMissing,
    SecondPersonNeeded,
    StaffNotFound,
    StateConflict,
    TooManyRequests,
)
from app.domain.etags import check_version
from app.domain.steps import find_target, new


async def grant_access(work: UnitOfWork, body: GrantIn) -> AccessGrant:
    """Grant someone access to a record that the granter sees; never to oneself.

    Raises `PermissionMissing`, `ConcernNotFound`, `ChildNotFound`, `ConflictOfInterest`,
    `StaffNotFound`, `SecondPersonNeeded`, `GrantUnsuitable`, `GrantTooLong`, `ClassNotHeld`,
    `AlreadyGranted`.
    """
    await _check_reaches(work, body)
    if body.staff_id == work.actor.id:
        raise SecondPersonNeeded("Another lead has to grant it to you.")
    rules.check_end(body.valid_to, work.now)
    rules.check_classes(body.classes, policy.rights_of(work.actor))
    await _check_receiver(work, body)
    if await stored.is_granted(
        await work.driver(), work.actor.school_id, body.staff_id, body.concern_id,
        body.child_id, sorted(set(body.classes)), work.now,
    ):  # fmt: skip
        raise AlreadyGranted
    grant = new(
        work, AccessGrant, body, kind="grant", classes=sorted(set(body.classes)),
        granted_by=work.actor.id, valid_from=work.now,
    )  # fmt: skip
    work.concerns.add(grant)
    concern_id = body.concern_id
    about = ("concern", concern_id) if concern_id else None
    tell(work, body.staff_id, "access_granted", about=about)
    work.record(
        AuditEvent.ACCESS_GRANTED, "access_grant", grant.id, child_id=body.child_id,
        after={"reason": body.reason},
        details={
            "staff_id": str(body.staff_id), "classes": grant.classes,
            "concern_id": body.concern_id and str(body.concern_id),
            "valid_to": written(body.valid_to),
        },
    )  # fmt: skip
    return grant


async def _check_reaches(work: UnitOfWork, target: OneRecordIn) -> None:
    if target.concern_id is not None:
        await concern_for(work, target.concern_id, Permission.ACCESS_GRANT)
    elif target.child_id is not None:
        await child_for(work, target.child_id, Permission.ACCESS_GRANT)


async def _check_receiver(work: UnitOfWork, body: GrantIn) -> None:
    if await work.staff.find(Staff, body.staff_id) is None:
        raise StaffNotFound
    driver = await work.driver()
    rows = await stored.roles_of(driver, work.actor.school_id, body.staff_id, work.today)
    roles = [
        (row["role"], rules.rights_named(row["role"], row["rights"] and rights_from(row["rights"])))
        for row in rows
    ]
    if not rules.can_receive(roles):
        raise GrantUnsuitable
    concerns = [body.concern_id] if body.concern_id else []
    children = [body.child_id] if body.child_id else []
    if await is_locked_out(work, body.staff_id, *concerns, children=children):
        raise GrantUnsuitable


async def end_grant(work: UnitOfWork, grant_id: UUID, version: int) -> AccessGrant:
    """End a grant early; from the next request it opens nothing.

    People who grant access and the recipient may. Raises `GrantNotFound`, `VersionStale`,
    `StateConflict`.
    """
    grant = await work.concerns.lock(AccessGrant, grant_id)
    if grant is None or grant.kind != "grant":
        raise GrantNotFound
    if grant.staff_id != work.actor.id:
        if not policy.may(work.actor, Permission.ACCESS_GRANT):
            raise GrantNotFound
        await check_sees(work, grant, GrantNotFound)
    end_row(work, grant, version)
    return grant


async def check_sees(work: UnitOfWork, grant: AccessGrant, missing: type[NotFound]) -> None:
    """Raise `missing` for someone locked out of the subject of a grant."""
    try:
        if grant.concern_id is not None:
            await concern_for(work, grant.concern_id, Permission.CONCERN_READ)
    except ConcernNotFound:
        raise missing from None
    if grant.child_id in work.actor.conflicts.children:
        raise missing


def end_row(work: UnitOfWork, grant: AccessGrant, version: int) -> None:
    """End it now. Raises `VersionStale`, and `StateConflict` where it has ended."""
    check_version(grant, version)
    if grant.ended_at is not None or grant.valid_to <= work.now:
        raise StateConflict("It has already ended.")
    grant.ended_at, grant.ended_by = work.now, work.actor.id
    grant.version += 1
    work.record(
        AuditEvent.ACCESS_ENDED, "access_grant", grant.id, child_id=grant.child_id,
        details={"kind": grant.kind, "staff_id": str(grant.staff_id)},
    )  # fmt: skip


async def break_glass(work: UnitOfWork, body: BreakGlassIn, maximum_minutes: int) -> AccessGrant:
    """Open one record in every class from K2 to K5, at once and for a short time.

    Every other lead is alerted in the same transaction, or the head if there is none; another
    person has to review it by a due time. Raises `PermissionMissing`, `ConcernNotFound`,
    `ChildNotFound`, `ConflictOfInterest`, `BreakGlassTooLong`, `TooManyRequests`,
    `AlreadyReadable`.
    """
    policy.require(work.actor, Permission.ACCESS_BREAK)
    rules.check_minutes(body.minutes, maximum_minutes)
    await _check_not_too_often(work)
    children = await check_target(work, body)
    await _check_closed(work, body)
    notified = _notified(await candidates_for(work, body.concern_id, children), work.actor.id)
    row = new(
        work, AccessGrant, body, kind="break_glass", staff_id=work.actor.id,
        classes=list(rules.CLASSES), granted_by=work.actor.id, valid_from=work.now,
        valid_to=work.now + timedelta(minutes=body.minutes),
        owner_id=notified[0] if notified else work.actor.id,
    )  # fmt: skip
    await start_clock(work, row, rules.REVIEW)
    work.concerns.add(row)
    for person in notified:
        tell(work, person, "break_glass", urgent=True, about=("break_glass", row.id))
    for child_id in children:
        work.record(
            AuditEvent.GLASS_BROKEN, "access_grant", row.id, child_id=child_id,
            reason=body.reason,
            details={
                "concern_id": body.concern_id and str(body.concern_id),
                "minutes": body.minutes, "told": [str(person) for person in notified],
            },
        )  # fmt: skip
    return row


async def _check_not_too_often(work: UnitOfWork) -> None:
    """Raise `TooManyRequests` for a person who breaks glass for record after record."""
    await work.staff.lock(Staff, work.actor.id)  # one at a time, so that none is missed
    driver, within = await work.driver(), rules.GLASS_WITHIN
    counted = await stored.glass_of(driver, work.actor.school_id, work.actor.id, work.now, within)
    if len(counted) >= rules.MOST_GLASS:
        allowed = Policy("break_glass", rules.MOST_GLASS, HOUR, burst=rules.MOST_GLASS)
        raise TooManyRequests(allowed, (counted[0] - work.now).total_seconds())


async def _check_closed(work: UnitOfWork, target: OneRecordIn) -> None:
    """Raise `AlreadyReadable` for a concern that the breaker reads whole as it is.

    A child's record may be open while some classes in it are not: that is left to the breaker.
    """
    access = await work.concerns.access_to(target.concern_id) if target.concern_id else None
    if reads_concern(work.actor, access):
        raise AlreadyReadable


def _notified(people: list[conflicts.Candidate], breaker: UUID) -> list[UUID]:
    """Every other lead without a conflict; if none, the head, a deputy, or an administrator."""
    free = [person for person in people if not person.in_conflict and person.id != breaker]
    for role in (Role.DSL, Role.HEADTEACHER, Role.DEPUTY_DSL, Role.SCHOOL_ADMIN):
        if chosen := [item.id for item in free if item.role == role]:
            return list(dict.fromkeys(chosen))
    return []


async def end_break_glass(work: UnitOfWork, id_: UUID, version: int) -> AccessGrant:
    """End emergency access early, as its holder or their reviewer.

    Raises `BreakGlassNotFound`, `VersionStale`, `StateConflict`.
    """
    row = (await find_target(work, BREAK_GLASS, id_, lock=True)).row
    end_row(work, row, version)
    return row


async def review_break_glass(
    work: UnitOfWork, id_: UUID, version: int, body: BreakGlassReviewIn
) -> AccessGrant:
    """Record whether emergency access was justified, as another person without a conflict.

    Raises `PermissionMissing`, `BreakGlassNotFound`, `VersionStale`, `SecondPersonNeeded`,
    `StateConflict`.
    """
    if not policy.may(work.actor, Permission.ACCESS_REVIEW):
        raise PermissionMissing
    row = (await find_target(work, BREAK_GLASS, id_, lock=True)).row
    check_version(row, version)
    if row.staff_id == work.actor.id:
        raise SecondPersonNeeded
    if await leaves_to_reader(await work.driver(), work.actor, work.now, row):
        raise SecondPersonNeeded("Somebody who reads this class has to review it.")
    if row.reviewed_at is not None:
        raise StateConflict("Somebody has already reviewed it.")
    row.reviewed_at, row.reviewed_by = work.now, work.actor.id
    row.review_outcome, row.review_note = body.outcome, body.note
    stop_clock(work, row, "reviewed")
    row.version += 1
    work.record(
        AuditEvent.GLASS_REVIEWED, "access_grant", row.id, child_id=row.child_id,
        after={"note": body.note}, details={"outcome": body.outcome, "staff_id": str(row.staff_id)},
    )  # fmt: skip
    return row
