"""Joining a staff by consent: being asked, accepting by the mailed link or signed in, declining."""

from uuid import UUID

from app.core.ids import NIL
from app.core.words import Actor, AuditEvent, Permission, Role
from app.db.models import Staff
from app.db.session import Database
from app.db.unit_of_work import Job, UnitOfWork, open_work
from app.domain import policy
from app.domain.errors import StaffNotFound, require_row
from app.domain.people.invitations.errors import (
    AcceptedAlready,
    InvitationInvalid,
    InvitationNotFound,
)
from app.domain.people.passwords.commands import join
from app.domain.people.second_factors.rules import hash_of
from app.domain.steps import record_row


def invite(work: UnitOfWork, account_id: UUID) -> None:
    """Mail someone a link to accept, whether or not they have an account elsewhere."""
    work.enqueue(Job("account.send_link", {"account_id": str(account_id), "purpose": "invitation"}))
    work.record(AuditEvent.STAFF_INVITED, "staff", account_id)


async def ask_again(work: UnitOfWork, staff: Staff) -> None:
    """Invite someone who declined, or who was removed and works elsewhere, as at first.

    A closed account stays closed: its person is added as somebody new.
    """
    account = await work.accounts.get(staff.id)
    if account.disabled_at is not None:
        return
    if staff.removed_at is not None:
        staff.email = account.email
    staff.removed_at = staff.accepted_at = staff.declined_at = None
    invite(work, staff.id)


async def invite_again(work: UnitOfWork, staff_id: UUID) -> None:
    """Mail another link. Raises `PermissionMissing`, `StaffNotFound`, `AcceptedAlready`."""
    policy.require(work.actor, Permission.STAFF_CHANGE)
    staff = require_row(await work.staff.lock(Staff, staff_id), StaffNotFound)
    if staff.accepted_at is not None:
        raise AcceptedAlready
    await ask_again(work, staff)


async def accept_by_link(database: Database, secret: str) -> UUID:
    """Accept with the mailed link, without signing in; returns the organisation's ID.

    Raises `InvitationInvalid`.
    """
    async with open_work(database, Actor.system(NIL)) as work:
        token = await work.accounts.use_account_token(
            hash_of(secret), work.now, purposes=("acceptance",)
        )
        accepted = False
        if token is not None and token.organisation_id is not None:
            accepted = await join(work, token.account_id, token.organisation_id)
    if token is None or token.organisation_id is None or not accepted:
        raise InvitationInvalid
    return token.organisation_id


async def answer_invitation(work: UnitOfWork, organisation_id: UUID, *, accept: bool) -> None:
    """Accept or decline an organisation's invitation to the signed-in person.

    Raises `InvitationNotFound`.
    """
    actor = work.actor
    answer = join if accept else _decline
    if not await answer(work, actor.id, organisation_id):
        raise InvitationNotFound
    await work.save()
    await work.rescope(actor)


async def _decline(work: UnitOfWork, account_id: UUID, organisation_id: UUID) -> bool:
    """Decline an invitation, which ends every role planned for the person here."""
    await work.rescope(Actor(id=account_id, school_id=organisation_id, role=Role.SYSTEM))
    if not await work.staff.decline(account_id, work.now):
        return False
    work.record(AuditEvent.STAFF_DECLINED, "staff", account_id)
    for membership in await work.staff.memberships_from(account_id, work.today):
        membership.valid_to = max(work.today, membership.valid_from)
        membership.version += 1
        membership.ended_by = account_id
        record_row(
            work, AuditEvent.MEMBERSHIP_ENDED, membership,
            details={"staff_id": str(account_id), "role": membership.role, "because": "declined"},
        )  # fmt: skip
    return True
