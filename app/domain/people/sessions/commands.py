"""Signing in with a password, going on with a refresh token, switching role, signing out."""

from dataclasses import dataclass, field, replace
from uuid import UUID

from sqlalchemy import RowMapping

from app.core.ids import NIL, new_id
from app.core.words import Actor, AuditEvent, Role
from app.db.models import AuthSession
from app.db.session import Database
from app.db.unit_of_work import UnitOfWork, open_work
from app.domain.errors import CairnError
from app.domain.people.sessions import rules
from app.domain.people.sessions.errors import (
    CredentialsRefused,
    MembershipMissing,
    OtpNeeded,
    OtpRefused,
    RefreshRefused,
)
from app.domain.people.sessions.guarding import Attempt, check_sign_in
from app.domain.people.sessions.opening import (
    Limits,
    SignInRequest,
    Started,
    Verify,
    actor_of,
    go_on,
    note_attempt,
    open_session_for,
)


@dataclass(frozen=True, slots=True)
class SignIn:
    """A wish to sign in with a password."""

    email: str
    password: str
    network: str
    """Where the try comes from, as `app.core.networks` tells networks apart."""
    wish: SignInRequest = field(default_factory=SignInRequest)


async def sign_in(database: Database, asked: SignIn, verify: Verify, limits: Limits) -> Started:
    """Prove who somebody is and start a session.

    Unknown address and wrong password cost the same work and get the same answer; the
    password is compared outside any transaction. Whether a code is needed is told only to who
    knows the password.
    Raises `CredentialsRefused`, `SignInLocked`, `TooManyRequests`, `OtpNeeded`, `OtpRefused`,
    `MembershipMissing`, `MembershipChoiceNeeded`.
    """
    nobody = Actor.system(NIL)
    attempt = await check_sign_in(database, asked.email, asked.network, limits.guards)
    try:
        async with open_work(database, nobody) as work:
            account = await work.accounts.by_email(asked.email.strip())
        stored = account.password_hash if account and account.disabled_at is None else None
        verdict = await verify(asked.password, stored)
    except BaseException:
        await attempt.void()
        raise
    if account is None or not verdict.ok:
        async with open_work(database, nobody) as work:
            note_attempt(work, account.id if account else None, "refused")
        raise CredentialsRefused
    async with open_work(database, nobody) as work:
        wish = replace(asked.wish, known_from=asked.network if attempt.known else None)
        started = await open_session_for(work, account.id, wish, ("pwd",), limits)
        if verdict.new_hash:
            (await work.accounts.get(account.id)).password_hash = verdict.new_hash
    return await settle(attempt, started)


async def settle(attempt: Attempt, started: Started | CairnError) -> Started:
    """Count a try by what came of it. Raises the refusal, where it is one."""
    if isinstance(started, OtpNeeded):
        await attempt.void()
    elif not isinstance(started, OtpRefused):
        await attempt.proved()
    if isinstance(started, CairnError):
        raise started
    return started


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
    membership = await _membership(work, session.account_id, session.organisation_id, session.role)
    if membership is None or not usable:
        session.revoked_at, session.revoked_because = work.now, "membership_ended"
        return None
    session.seen_at = work.now
    return await go_on(
        work, session, membership["organisation"], limits, AuditEvent.SESSION_REFRESHED
    )


async def _membership(
    work: UnitOfWork, account_id: UUID, organisation_id: UUID, role: str
) -> RowMapping | None:
    for one in await work.accounts.memberships(account_id, work.now):
        if one["school_id"] == organisation_id and one["role"] == role:
            return one
    return None


async def _punish_reuse(work: UnitOfWork, token_hash: bytes) -> None:
    token = await work.accounts.find_refresh_token(token_hash)
    if token is None:
        return
    session = await work.accounts.auth_session(token.session_id)
    if session.revoked_at is None:
        session.revoked_at, session.revoked_because = work.now, "refresh_token_reused"
    await work.rescope(actor_of(session))
    work.record(AuditEvent.REFRESH_REUSED, "session", session.id)


async def switch(work: UnitOfWork, organisation_id: UUID, role: str, limits: Limits) -> Started:
    """Begin a second session in another role of one's own, proved as this one was.

    It ends when this one would have: switching to and fro makes no session longer. What a
    provider said of the person counts for no other organisation than the one that trusts it.
    Raises `MembershipMissing`.
    """
    assert work.actor.session_id is not None  # noqa: S101 - a person has a session
    present = await work.accounts.auth_session(work.actor.session_id)
    membership = await _membership(work, present.account_id, organisation_id, role)
    if membership is None:
        raise MembershipMissing
    amr, auth_time = list(present.amr), present.auth_time
    if organisation_id != present.organisation_id and not rules.has_local_factor(amr):
        amr, auth_time = rules.without_word_of_others(amr, auth_time)
    session = AuthSession(
        id=new_id(),
        account_id=present.account_id,
        organisation_id=organisation_id,
        role=role,
        amr=amr,
        auth_time=auth_time,
        created_at=work.now,
        expires_at=present.expires_at,
        seen_at=work.now,
        device=present.device,
        network=present.network,
    )
    work.accounts.add(session)
    note_attempt(work, present.account_id, "switched")
    return await go_on(work, session, membership["organisation"], limits, AuditEvent.SIGNED_IN)


async def sign_out(database: Database, secret: str) -> None:
    """End the session a refresh token belongs to; an unknown token is no failure (RFC 7009)."""
    async with open_work(database, Actor.system(NIL)) as work:
        token = await work.accounts.find_refresh_token(rules.hash_of(secret))
        if token is None:
            return
        session = await work.accounts.auth_session(token.session_id)
        if session.revoked_at is None:
            session.revoked_at, session.revoked_because = work.now, "signed_out"
        await work.rescope(actor_of(session))
        work.record(AuditEvent.SESSION_REVOKED, "session", session.id)
