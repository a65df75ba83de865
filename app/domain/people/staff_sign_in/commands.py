"""Manage a colleague's sign-in as an administrator: end sessions, remove a lost factor."""

from uuid import UUID

from app.core.ids import NIL
from app.core.words import Actor, AuditEvent, Permission, Role
from app.db.models import Staff
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.common.alerts.commands import is_watcher, tell, tell_once, tell_watchers_once
from app.domain.errors import SecondPersonNeeded, StaffNotFound, require_row
from app.domain.people.second_factors import commands as second_factors
from app.domain.people.second_factors.errors import FactorMissing
from app.domain.people.staff_sign_in.errors import WorksElsewhere

ENDED = "sessions_ended"


async def _colleague(work: UnitOfWork, staff_id: UUID) -> Staff:
    policy.require(work.actor, Permission.STAFF_CHANGE)
    return require_row(await work.staff.lock(Staff, staff_id), StaffNotFound)


async def revoke_sessions(work: UnitOfWork, staff_id: UUID) -> int:
    """End a colleague's sessions in this school; returns how many there were.

    Alerts the person and all watchers over safeguarding, each once until they have read it; at once
    if the person is a watcher. Raises `PermissionMissing`, `StaffNotFound`.
    """
    await _colleague(work, staff_id)
    number = await work.accounts.revoke(
        account_id=staff_id, at=work.now, reason="revoked_by_admin",
        organisation_id=work.actor.school_id,
    )  # fmt: skip
    work.record(AuditEvent.SESSION_REVOKED, "staff", staff_id, details={"sessions": number})
    if number and staff_id != work.actor.id:
        urgent = await is_watcher(work, staff_id)
        tell_once(work, [staff_id], ENDED, urgent=urgent)
        await tell_watchers_once(work, ENDED, but=[staff_id], urgent=urgent)
    return number


async def reset_second_factor(work: UnitOfWork, staff_id: UUID, reason: str) -> None:
    """Remove every second factor of a colleague who lost theirs; their sessions end.

    Identities at providers are unlinked too, since one may be what was lost. The person gets a
    mail, and every lead and head an alert: others see at once if an administrator opens a lead's
    account this way. For someone who also works in another organisation, the operator has to do it.
    Of someone who has not joined, or was removed, nothing is told, not even that they have one.
    Raises `PermissionMissing`, `StaffNotFound`, `SecondPersonNeeded`, `FactorMissing`,
    `WorksElsewhere`.
    """
    staff = await _colleague(work, staff_id)
    if staff_id == work.actor.id:
        raise SecondPersonNeeded("Another administrator has to do this for you.")
    await work.accounts.lock_account(staff_id)
    has_joined = staff.accepted_at is not None and staff.removed_at is None
    if not has_joined or not await work.factors.enrolled(staff_id):
        raise FactorMissing
    if not work.actor.is_system and await _works_elsewhere(work, staff_id):
        raise WorksElsewhere
    issuers = await second_factors.drop_proofs(work, staff_id)
    await work.accounts.revoke(account_id=staff_id, at=work.now, reason="second_factor_reset")
    work.record(
        AuditEvent.SECOND_FACTOR_REMOVED, "staff", staff_id, reason=reason,
        details={"unlinked": issuers},
    )  # fmt: skip
    second_factors.tell_sign_in_changed(work, staff_id, "second_factor_reset")
    await tell_leads(work, "second_factor_reset", staff_id, work.actor.id)


async def _works_elsewhere(work: UnitOfWork, staff_id: UUID) -> bool:
    """Whether the person holds a role elsewhere, suspended or from a day to come, too.

    Only their own scope shows their other organisations.
    """
    admin = work.actor
    await work.rescope(Actor(id=staff_id, school_id=NIL, role=Role.SYSTEM))
    found = False
    for entry in await work.accounts.organisations(staff_id):
        school_id = entry["school_id"]
        if entry["joined"] and school_id != admin.school_id:
            await work.rescope(Actor(id=staff_id, school_id=school_id, role=Role.SYSTEM))
            found |= bool(await work.federation.roles_of(staff_id, work.now))
    await work.rescope(admin)
    return found


async def tell_leads(work: UnitOfWork, kind: str, *but_not: UUID) -> None:
    """Alert every lead and head to a change of sign-in, without details."""
    for person in await work.accounts.leads_and_heads(work.now):
        if person not in but_not:
            tell(work, person, kind)
