"""Prove a password, change it, or set it by a mailed link."""

from datetime import timedelta
from uuid import UUID

from app.core.ids import NIL
from app.core.words import Actor, AuditEvent, Role
from app.db.models import Account, AccountToken
from app.db.session import Database
from app.db.unit_of_work import Job, UnitOfWork, open_work
from app.domain.abuse import Guards
from app.domain.errors import StepUpNeeded, require_row
from app.domain.people.passwords.errors import CurrentPasswordWrong, LinkInvalid
from app.domain.people.second_factors import commands as second_factors
from app.domain.people.second_factors import rules as second_factors_rules
from app.domain.people.sessions import rules as sessions_rules
from app.domain.people.sessions.commands import HashPassword, Limits, Verify, note_attempt
from app.domain.people.sessions.rules import RESET_VALID
from app.domain.people.sign_in_guards.commands import check_own_try, forgive, may_mail_reset

INVITATION_VALID = timedelta(days=7)


async def prove_password(
    work: UnitOfWork, account: Account, password: str, verify: Verify, limits: Limits
) -> bool:
    """Whether this is the account's password.

    Wrong tries of this session count as they do at sign-in, so that a stolen one cannot guess for
    long.
    Raises `SignInLocked`, `TooManyRequests`.
    """
    assert work.actor.session_id is not None  # noqa: S101 - a person has a session
    attempt = await check_own_try(work.database, work.actor.session_id, account.id, limits.guards)
    try:
        verdict = await verify(password, account.password_hash)
    except BaseException:
        await attempt.void()
        raise
    if verdict.ok:
        await attempt.proved()
    else:
        async with open_work(work.database, Actor.system(NIL)) as noting:
            note_attempt(noting, account.id, "refused")
    return bool(verdict.ok)


async def change_password(
    work: UnitOfWork,
    current: str,
    new: str,
    verify: Verify,
    hash_password: HashPassword,
    limits: Limits,
    max_age: int,
) -> None:
    """Replace the actor's password; every other session of the account ends.

    People with a second factor have to prove it too. Raises `StepUpNeeded`, `CurrentPasswordWrong`,
    `SignInLocked`, `PasswordUnsuitable`.
    """
    account = await work.accounts.get(work.actor.id)
    if not second_factors_rules.has_local_factor(work.actor.amr) and await work.factors.enrolled(
        account.id
    ):
        raise StepUpNeeded(max_age)
    if not await prove_password(work, account, current, verify, limits):
        raise CurrentPasswordWrong
    about = [account.email, *await _names_here(work, account.id)]
    account.password_hash = await hash_password(new, about)
    account.password_set_at = work.now
    await work.accounts.void_account_tokens(account.id, work.now)
    await work.accounts.revoke(
        account_id=account.id, at=work.now, reason="password_changed",
        but_not=work.actor.session_id,
    )  # fmt: skip
    work.record(AuditEvent.PASSWORD_CHANGED, "account", account.id)
    second_factors.tell_sign_in_changed(work, account.id, "password_changed")


async def _names_here(work: UnitOfWork, account_id: UUID) -> list[str]:
    memberships = await work.accounts.memberships(account_id, work.now)
    schools = [membership["organisation"] for membership in memberships]
    name = await work.accounts.staff_name(account_id)
    return [*schools, name] if name else schools


async def ask_for_reset(database: Database, email: str, network: str, guards: Guards) -> None:
    """Mail a one-time link if the address is known; the caller cannot tell.

    Raises `TooManyRequests` if the network asks too often, for known addresses or not.
    """
    if not await may_mail_reset(database, email, network, guards):
        return
    async with open_work(database, Actor.system(NIL)) as work:
        account = await work.accounts.by_email(email.strip())
        if account is not None and account.disabled_at is None:
            work.enqueue(
                Job("account.send_link", {"account_id": str(account.id), "purpose": "reset"})
            )


def new_account_token(work: UnitOfWork, account_id: UUID, purpose: str) -> str:
    """Make a one-time token for a mailed link; only its hash is stored."""
    secret = second_factors_rules.new_secret()
    valid = sessions_rules.INVITATION_VALID if purpose == "invitation" else RESET_VALID
    work.accounts.add(
        AccountToken(
            hash=second_factors_rules.hash_of(secret),
            account_id=account_id,
            purpose=purpose,
            created_at=work.now,
            expires_at=work.now + valid,
        )
    )
    return secret


async def set_password_by_link(
    database: Database, secret: str, password: str, network: str, hash_password: HashPassword
) -> None:
    """Set the password with a mailed token; every session of the account ends.

    Second factors stay, and the next sign-in asks for them. Wrong tries from the same network no
    longer count. Raises `PasswordUnsuitable`, `LinkInvalid`.
    """
    token_hash = second_factors_rules.hash_of(secret)
    async with open_work(database, Actor.system(NIL)) as work:
        about = await _about(work, token_hash)
    hashed = await hash_password(password, about)
    async with open_work(database, Actor.system(NIL)) as work:
        token = await work.accounts.use_account_token(token_hash, work.now)
        if token is None:
            raise LinkInvalid
        account = await work.accounts.get(token.account_id)
        account.password_hash, account.password_set_at = hashed, work.now
        await work.accounts.void_account_tokens(account.id, work.now)
        await work.accounts.revoke(account_id=account.id, at=work.now, reason="password_reset")
        await work.rescope(Actor(id=account.id, school_id=NIL, role=Role.SYSTEM))
        linked = await work.federation.issuers_of(account.id)
        work.record(AuditEvent.PASSWORD_CHANGED, "account", account.id, details={"linked": linked})
        second_factors.tell_sign_in_changed(work, account.id, "password_changed")
        await join_by_password_link(work, token)
    await forgive(database, account.email, network)


async def _about(work: UnitOfWork, token_hash: bytes) -> list[str]:
    """Words that the password must not contain. Raises `LinkInvalid` for an invalid token."""
    token = require_row(await work.accounts.usable_account_token(token_hash, work.now), LinkInvalid)
    account_id = token.account_id
    items = [(await work.accounts.get(account_id)).email]
    await work.rescope(Actor(id=account_id, school_id=NIL, role=Role.SYSTEM))
    for membership in await work.accounts.organisations(account_id):
        await work.rescope(
            Actor(id=account_id, school_id=membership["school_id"], role=Role.SYSTEM)
        )
        name = await work.accounts.staff_name(account_id)
        items += [membership["organisation"], *([name] if name else [])]
    return items


async def new_invitation(work: UnitOfWork, account_id: UUID) -> tuple[str, bool]:
    """Make a one-time token to join the organisation; returns whether it also sets a password.

    People who have a password are only invited to join: the link does not replace it.
    """
    account = await work.accounts.get(account_id)
    sets_password = account.password_hash is None
    secret = second_factors_rules.new_secret()
    work.accounts.add(
        AccountToken(
            hash=second_factors_rules.hash_of(secret),
            account_id=account_id,
            purpose="invitation" if sets_password else "acceptance",
            organisation_id=work.actor.school_id,
            created_at=work.now,
            expires_at=work.now + INVITATION_VALID,
        )
    )
    return secret, sets_password


async def join(work: UnitOfWork, account_id: UUID, organisation_id: UUID) -> bool:
    """Join as the account; scopes the work to the organisation.

    False if the organisation needs no answer.
    """
    await work.rescope(Actor(id=account_id, school_id=organisation_id, role=Role.SYSTEM))
    if not await work.staff.accept(account_id, work.now):
        return False
    work.record(AuditEvent.STAFF_ACCEPTED, "staff", account_id)
    return True


async def join_by_password_link(work: UnitOfWork, token: AccountToken) -> None:
    """Join the inviting organisation with a new password; without one named, the only invitation.

    The work must be in the account's own scope; pending changes are saved in it first.
    """
    organisation_id = token.organisation_id or await work.accounts.only_invitation(token.account_id)
    if organisation_id is not None:
        await work.save()
        await join(work, token.account_id, organisation_id)
