"""Joining an organisation by a mailed link: following it is the consent to be on its staff."""

from datetime import timedelta
from uuid import UUID

from app.core.words import Actor, AuditEvent, Role
from app.db.models import AccountToken
from app.db.unit_of_work import UnitOfWork
from app.domain.people.sessions import rules

INVITATION_VALID = timedelta(days=7)


async def new_invitation(work: UnitOfWork, account_id: UUID) -> tuple[str, bool]:
    """A one-time token to join the work's organisation, and whether it sets a password too.

    Somebody who has a password is only asked to join: the link does not replace it.
    """
    account = await work.accounts.get(account_id)
    sets_password = account.password_hash is None
    secret = rules.new_secret()
    work.accounts.add(
        AccountToken(
            hash=rules.hash_of(secret),
            account_id=account_id,
            purpose="invitation" if sets_password else "acceptance",
            organisation_id=work.actor.school_id,
            created_at=work.now,
            expires_at=work.now + INVITATION_VALID,
        )
    )
    return secret, sets_password


async def join(work: UnitOfWork, account_id: UUID, organisation_id: UUID) -> bool:
    """Join as the account; the work is scoped to the organisation afterwards.

    False where the organisation waits for no answer.
    """
    await work.rescope(Actor(id=account_id, school_id=organisation_id, role=Role.SYSTEM))
    if not await work.staff.accept(account_id, work.now):
        return False
    work.record(AuditEvent.STAFF_ACCEPTED, "staff", account_id)
    return True


async def join_by_password_link(work: UnitOfWork, token: AccountToken) -> None:
    """Setting a password joins who invited; where the link names nobody, the one that waits.

    The work must be in the account's own scope; what is pending is written in it first.
    """
    organisation_id = token.organisation_id or await work.accounts.only_invitation(token.account_id)
    if organisation_id is not None:
        await work.save()
        await join(work, token.account_id, organisation_id)
