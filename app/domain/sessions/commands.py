"""Signing in with a password or a refresh token, and ending sessions."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from app.core.ids import NIL, new_id
from app.core.words import Actor, Did, Role
from app.db.models import AccountToken, AuthSession, RefreshToken, SignInAttempt
from app.db.session import Database
from app.db.unit_of_work import Job, UnitOfWork, open_work, request_id
from app.domain.errors import CairnError, FieldProblem, Forbidden, Invalid, Unauthenticated
from app.domain.sessions import rules


class CredentialsRefused(Unauthenticated):
    code = "credentials_refused"
    title = "The e-mail address or the password is wrong."
    advice = "Check both; after several wrong passwords an address has to wait."


class SignInLocked(CairnError):
    code = "sign_in_locked"
    title = "Too many wrong passwords; wait before trying again."
    advice = "Wait as long as Retry-After says."
    retry = True

    def __init__(self, seconds: int) -> None:
        super().__init__()
        self.seconds = seconds


class RefreshRefused(Unauthenticated):
    code = "refresh_refused"
    title = "This refresh token is not valid any more."
    advice = "Sign in again."


class MembershipMissing(Forbidden):
    code = "membership_missing"
    title = "You have no membership that matches."
    advice = "Ask the school's administrator for a role, or leave organisation_id and role out."


class MembershipChoiceNeeded(Invalid):
    code = "membership_choice_needed"
    title = "You have several roles: say which with organisation_id and role."
    advice = "Repeat the request with one of the `memberships` listed."

    def __init__(self, choices: Sequence[dict[str, str]]) -> None:
        super().__init__(
            problems=[FieldProblem("/organisation_id", "choice_needed", "Choose a membership.")]
        )
        self.extra: dict[str, Any] = {"memberships": list(choices)}


class PasswordUnsuitable(Invalid):
    code = "password_unsuitable"
    title = "The new password is not suitable."
    advice = f"Use {rules.MIN_PASSWORD} to {rules.MAX_PASSWORD} characters; a phrase works well."


class CurrentPasswordWrong(Invalid):
    code = "current_password_wrong"
    title = "The current password is wrong."
    advice = "Check it, or ask for a link with POST /v1/auth/password-reset."

    def __init__(self) -> None:
        super().__init__(
            problems=[FieldProblem("/current_password", "wrong", "This is not the password.")]
        )


class LinkInvalid(Invalid):
    code = "link_invalid"
    title = "This link was used already or is too old."
    advice = "Ask for a new one."


Verify = Callable[[str, str | None], Awaitable[Any]]
HashPassword = Callable[[str], Awaitable[str]]


@dataclass(frozen=True, slots=True)
class SignIn:
    """A wish to sign in."""

    email: str
    password: str
    organisation_id: UUID | None = None
    role: Role | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """How long things last, from the settings."""

    session: timedelta
    refresh: timedelta
    failures: int
    longest_wait: int


@dataclass(frozen=True, slots=True)
class Started:
    """A session that has begun or gone on; `refresh_token` is shown this once."""

    actor: Actor
    session_id: UUID
    auth_time: datetime
    refresh_token: str
    refresh_expires_at: datetime
    organisation: str


async def sign_in(database: Database, wish: SignIn, verify: Verify, limits: Limits) -> Started:
    """Prove who somebody is and start a session.

    Unknown address and wrong password cost the same work and get the same answer; the
    password is compared outside any transaction.
    Raises `CredentialsRefused`, `SignInLocked`, `MembershipMissing`, `MembershipChoiceNeeded`.
    """
    nobody = Actor.system(NIL)
    email_hash = rules.address_hash(wish.email)
    async with open_work(database, nobody) as work:
        account = await work.accounts.by_email(wish.email.strip())
        await _refuse_while_locked(work, email_hash)
    usable = account is not None and account.disabled_at is None
    verdict = await verify(wish.password, account.password_hash if account and usable else None)
    refusal: CairnError | None = None
    async with open_work(database, nobody) as work:
        if account is None or not usable or not verdict.ok:
            refusal = await _count_failure(
                work, account.id if account else None, email_hash, limits
            )
        else:
            started = await _start(work, account.id, wish, limits)
            if isinstance(started, CairnError):
                refusal = started
            await work.accounts.lock_address(email_hash, None)
            if verdict.new_hash:
                (await work.accounts.get(account.id)).password_hash = verdict.new_hash
    if refusal is not None:
        raise refusal
    assert not isinstance(started, CairnError)  # noqa: S101 - it would be the refusal
    return started


async def _refuse_while_locked(work: UnitOfWork, email_hash: bytes) -> None:
    until = await work.accounts.locked_until(email_hash)
    if until is not None and until > work.now:
        raise SignInLocked(max(1, int((until - work.now).total_seconds()) + 1))


async def _count_failure(
    work: UnitOfWork, account_id: UUID | None, email_hash: bytes, limits: Limits
) -> CairnError:
    failures = await work.accounts.count_failure(email_hash)
    wait = rules.wait_after(failures, allowed=limits.failures, longest=limits.longest_wait)
    if wait is not None:
        await work.accounts.lock_address(email_hash, work.now + wait)
    _note_attempt(work, account_id, "refused")
    return CredentialsRefused()


def _note_attempt(work: UnitOfWork, account_id: UUID | None, outcome: str) -> None:
    work.accounts.add(
        SignInAttempt(
            id=new_id(),
            account_id=account_id,
            at=work.now,
            outcome=outcome,
            request_id=request_id.get(),
        )
    )


async def _start(
    work: UnitOfWork, account_id: UUID, wish: SignIn, limits: Limits
) -> Started | CairnError:
    await work.rescope(Actor(id=account_id, school_id=NIL, role=Role.SYSTEM))
    found = await work.accounts.memberships(account_id, work.now)
    chosen = [
        one
        for one in found
        if wish.organisation_id in (None, one["school_id"]) and wish.role in (None, one["role"])
    ]
    if not chosen:
        _note_attempt(work, account_id, "no_membership")
        return MembershipMissing()
    if len(chosen) > 1:
        _note_attempt(work, account_id, "choice_needed")
        return MembershipChoiceNeeded(
            [
                {
                    "organisation_id": str(one["school_id"]),
                    "organisation": one["organisation"],
                    "role": one["role"],
                }
                for one in chosen
            ]
        )
    return await _open_session(work, account_id, chosen[0], limits)


async def _open_session(
    work: UnitOfWork, account_id: UUID, membership: Any, limits: Limits
) -> Started:
    session_id = new_id()
    actor = Actor(
        id=account_id,
        school_id=membership["school_id"],
        role=Role(membership["role"]),
        session_id=session_id,
        amr=("pwd",),
    )
    await work.rescope(actor)
    work.accounts.add(
        AuthSession(
            id=session_id,
            account_id=account_id,
            organisation_id=actor.school_id,
            role=actor.role.value,
            amr=list(actor.amr),
            auth_time=work.now,
            expires_at=work.now + limits.session,
            seen_at=work.now,
        )
    )
    await work.session.flush()
    _note_attempt(work, account_id, "signed_in")
    secret, expires = _new_refresh_token(work, session_id, work.now + limits.session, limits)
    work.record(Did.SIGNED_IN, "session", session_id, details={"amr": ["pwd"]})
    return Started(actor, session_id, work.now, secret, expires, membership["organisation"])


def _new_refresh_token(
    work: UnitOfWork, session_id: UUID, latest: datetime, limits: Limits
) -> tuple[str, datetime]:
    secret = rules.new_secret()
    expires = min(latest, work.now + limits.refresh)
    work.accounts.add(
        RefreshToken(
            hash=rules.hash_of(secret), session_id=session_id, issued_at=work.now,
            expires_at=expires,
        )
    )  # fmt: skip
    return secret, expires


async def refresh(database: Database, secret: str, limits: Limits) -> Started:
    """Go on with a session: the token is used up and replaced; a second use ends the session.

    Raises `RefreshRefused`.
    """
    async with open_work(database, Actor.system(NIL)) as work:
        started = await _refreshed(work, rules.hash_of(secret), limits)
    if started is None:
        raise RefreshRefused
    return started


async def _refreshed(work: UnitOfWork, token_hash: bytes, limits: Limits) -> Started | None:
    token = await work.accounts.use_refresh_token(token_hash, work.now)
    if token is None:
        await _punish_reuse(work, token_hash)
        return None
    session = await work.accounts.auth_session(token.session_id)
    if token.expires_at <= work.now or session.revoked_at or session.expires_at <= work.now:
        return None
    await work.rescope(Actor(id=session.account_id, school_id=NIL, role=Role.SYSTEM))
    usable = (await work.accounts.get(session.account_id)).disabled_at is None
    membership = next(
        (
            one
            for one in await work.accounts.memberships(session.account_id, work.now)
            if usable
            and one["school_id"] == session.organisation_id
            and one["role"] == session.role
        ),
        None,
    )
    if membership is None:
        session.revoked_at, session.revoked_because = work.now, "membership_ended"
        return None
    actor = _actor_of(session)
    await work.rescope(actor)
    session.seen_at = work.now
    next_secret, expires = _new_refresh_token(work, session.id, session.expires_at, limits)
    work.record(Did.SESSION_REFRESHED, "session", session.id)
    return Started(
        actor, session.id, session.auth_time, next_secret, expires, membership["organisation"]
    )


async def _punish_reuse(work: UnitOfWork, token_hash: bytes) -> None:
    token = await work.accounts.find_refresh_token(token_hash)
    if token is None:
        return
    session = await work.accounts.auth_session(token.session_id)
    if session.revoked_at is None:
        session.revoked_at, session.revoked_because = work.now, "refresh_token_reused"
    await work.rescope(_actor_of(session))
    work.record(Did.REFRESH_REUSED, "session", session.id)


def _actor_of(session: AuthSession) -> Actor:
    return Actor(
        id=session.account_id,
        school_id=session.organisation_id,
        role=Role(session.role),
        session_id=session.id,
        amr=tuple(session.amr),
    )


async def sign_out(database: Database, secret: str) -> None:
    """End the session a refresh token belongs to; an unknown token is no failure (RFC 7009)."""
    async with open_work(database, Actor.system(NIL)) as work:
        token = await work.accounts.find_refresh_token(rules.hash_of(secret))
        if token is None:
            return
        session = await work.accounts.auth_session(token.session_id)
        if session.revoked_at is None:
            session.revoked_at, session.revoked_because = work.now, "signed_out"
        await work.rescope(_actor_of(session))
        work.record(Did.SESSION_REVOKED, "session", session.id)


async def change_password(
    work: UnitOfWork,
    current: str,
    new: str,
    verify: Verify,
    hash_password: HashPassword,
    limits: Limits,
) -> None:
    """Replace the own password; every other session of the account ends.

    Wrong tries count as they do at sign-in, so that a stolen session cannot guess for long.
    Raises `CurrentPasswordWrong`, `SignInLocked`, `PasswordUnsuitable`.
    """
    account = await work.accounts.get(work.actor.id)
    email_hash = rules.address_hash(account.email)
    await _refuse_while_locked(work, email_hash)
    verdict = await verify(current, account.password_hash)
    if not verdict.ok:
        async with open_work(work.database, Actor.system(NIL)) as guard:
            await _count_failure(guard, account.id, email_hash, limits)
        raise CurrentPasswordWrong
    await work.accounts.lock_address(email_hash, None)
    account.password_hash = await hash_password(checked_password(new))
    account.password_set_at = work.now
    await work.accounts.void_account_tokens(account.id, work.now)
    await work.accounts.revoke(
        account_id=account.id, at=work.now, because="password_changed",
        but_not=work.actor.session_id,
    )  # fmt: skip
    work.record(Did.PASSWORD_CHANGED, "account", account.id)


def checked_password(password: str) -> str:
    """The password when its length is suitable. Raises `PasswordUnsuitable`."""
    if not rules.MIN_PASSWORD <= len(password) <= rules.MAX_PASSWORD:
        raise PasswordUnsuitable
    return password


async def ask_for_reset(database: Database, email: str) -> None:
    """Mail a one-time link if the address is known; the caller cannot tell."""
    async with open_work(database, Actor.system(NIL)) as work:
        account = await work.accounts.by_email(email.strip())
        if account is not None and account.disabled_at is None:
            work.enqueue(
                Job("account.send_link", {"account_id": str(account.id), "purpose": "reset"})
            )


def new_account_token(work: UnitOfWork, account_id: UUID, purpose: str) -> str:
    """A one-time token for a mailed link; only its hash is kept."""
    secret = rules.new_secret()
    valid = rules.INVITATION_VALID if purpose == "invitation" else rules.RESET_VALID
    work.accounts.add(
        AccountToken(
            hash=rules.hash_of(secret),
            account_id=account_id,
            purpose=purpose,
            created_at=work.now,
            expires_at=work.now + valid,
        )
    )
    return secret


async def set_password_by_link(
    database: Database, secret: str, password: str, hash_password: HashPassword
) -> None:
    """Set the password with a mailed token; every session of the account ends.

    Raises `PasswordUnsuitable`, `LinkInvalid`.
    """
    hashed = await hash_password(checked_password(password))
    async with open_work(database, Actor.system(NIL)) as work:
        token = await work.accounts.use_account_token(rules.hash_of(secret), work.now)
        if token is not None:
            account = await work.accounts.get(token.account_id)
            account.password_hash, account.password_set_at = hashed, work.now
            await work.accounts.void_account_tokens(account.id, work.now)
            await work.accounts.revoke(account_id=account.id, at=work.now, because="password_reset")
            await work.accounts.lock_address(rules.address_hash(account.email), None)
            await work.rescope(Actor(id=account.id, school_id=NIL, role=Role.SYSTEM))
            work.record(Did.PASSWORD_CHANGED, "account", account.id)
    if token is None:
        raise LinkInvalid
