"""Begin, refresh, switch and end sessions."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from app.core.ids import NIL, new_id
from app.core.words import ROLE_BY_NAME, Actor, AuditEvent, Role
from app.db.models import AuthSession, RefreshToken, SignInAttempt
from app.db.scope import enter
from app.db.session import Database
from app.db.unit_of_work import UnitOfWork, open_work, request_id
from app.domain.abuse import Guards
from app.domain.errors import CairnError, TooManyRequests
from app.domain.people.second_factors import commands as second_factors
from app.domain.people.second_factors import rules as second_factors_rules
from app.domain.people.second_factors.errors import OtpNeeded, OtpRefused
from app.domain.people.second_factors.rules import Vault
from app.domain.people.sessions import rules
from app.domain.people.sessions.errors import (
    CredentialsRefused,
    MembershipChoiceNeeded,
    MembershipMissing,
    RefreshRefused,
    SessionNotFound,
)
from app.domain.people.sign_in_guards.commands import Attempt, check_sign_in

Verify = Callable[[str, str | None], Awaitable[Any]]
"""Compares a password with a stored hash: `ok`, and `new_hash` where it should be replaced."""
HashPassword = Callable[[str, Sequence[str]], Awaitable[str]]
"""Hashes a new password, given words it must not contain. Raises `PasswordUnsuitable`."""


SIGNED_IN = "signed_in"


@dataclass(frozen=True, slots=True)
class Limits:
    """Durations and limits from the settings, and the vault that opens secrets."""

    session: timedelta
    refresh: timedelta
    guards: Guards
    vault: Vault


@dataclass(frozen=True, slots=True)
class SignInRequest:
    """Where someone wants to work, from which device, and the second factor they sent."""

    organisation_id: UUID | None = None
    role: str | None = None
    otp: str | None = None
    device: str | None = None
    """As `rules.device_of` returns it."""
    network: str | None = None
    """As `rules.network_kind` returns it."""
    known_from: str | None = None
    """Evidence of the owner besides the password, such as a network they signed in from before."""


@dataclass(frozen=True, slots=True)
class Started:
    """A session begun or refreshed; `refresh_token` is shown only once."""

    actor: Actor
    session_id: UUID
    auth_time: datetime
    refresh_token: str
    refresh_expires_at: datetime
    organisation: str
    second_factor: str
    """As `rules.second_factor_state` returns it."""


async def open_session_for(
    work: UnitOfWork, account_id: UUID, command: SignInRequest, amr: Sequence[str], limits: Limits
) -> Started | CairnError:
    """Start a session for an account that was proved by `amr`, in the requested role.

    If the account has an authenticator app and `amr` has no second factor, `request.otp` has to
    hold a code. A refusal is returned and not raised, so that its record is committed: `OtpNeeded`,
    `OtpRefused`, `TooManyRequests`, `MembershipMissing`, `MembershipChoiceNeeded`.
    """
    await work.rescope(Actor(id=account_id, school_id=NIL, role=Role.SYSTEM))
    proof: second_factors.Proof | None = None
    if not second_factors_rules.has_second_factor(amr):
        asked = await _ask_for_code(work, account_id, command, limits)
        if isinstance(asked, CairnError):
            note_attempt(work, account_id, asked.code)
            return asked
        proof = asked
    membership = await _choose(work, account_id, command)
    if isinstance(membership, CairnError):
        note_attempt(work, account_id, membership.code)
        return membership
    if proof is not None:
        if not await proof.take(work):
            note_attempt(work, account_id, OtpRefused.code)
            return OtpRefused()
        amr = second_factors_rules.raised(amr, proof.amr)
    return await _begin(work, account_id, membership, command, tuple(amr), limits)


async def _ask_for_code(
    work: UnitOfWork, account_id: UUID, command: SignInRequest, limits: Limits
) -> second_factors.Proof | CairnError | None:
    enrolled = await work.factors.enrolled(account_id)
    if command.otp is None:
        return OtpNeeded() if enrolled.totp else None
    if not enrolled:
        return None
    return await second_factors.check_code(
        work, account_id, command.otp, limits.vault, command.known_from
    )


async def _choose(
    work: UnitOfWork, account_id: UUID, command: SignInRequest
) -> dict[str, Any] | CairnError:
    chosen = [
        membership
        for membership in await work.accounts.memberships(account_id, work.now)
        if command.organisation_id in (None, membership["school_id"])
        and command.role in (None, membership["role"])
    ]
    if not chosen:
        return MembershipMissing()
    if len(chosen) > 1:
        return MembershipChoiceNeeded(
            [
                {
                    "organisation_id": str(item["school_id"]),
                    "organisation": item["organisation"],
                    "role": item["role"],
                }
                for item in chosen
            ]
        )
    return chosen[0]


async def _begin(
    work: UnitOfWork,
    account_id: UUID,
    membership: dict[str, Any],
    command: SignInRequest,
    amr: tuple[str, ...],
    limits: Limits,
) -> Started:
    note_attempt(work, account_id, SIGNED_IN)
    session = AuthSession(
        id=new_id(),
        account_id=account_id,
        organisation_id=membership["school_id"],
        role=membership["role"],
        amr=list(amr),
        auth_time=work.now,
        created_at=work.now,
        expires_at=work.now + limits.session,
        seen_at=work.now,
        device=command.device,
        network=command.network,
    )
    work.accounts.add(session)
    return await go_on(work, session, membership["organisation"], limits, AuditEvent.SIGNED_IN)


async def go_on(
    work: UnitOfWork, session: AuthSession, organisation: str, limits: Limits, did: AuditEvent
) -> Started:
    """Issue the next refresh token of a session, with its actor as the database knows them now."""
    await work.rescope(actor_of(session))
    secret, expires = new_refresh_token(work, session, limits)
    await work.session.flush()
    actor = await _as_known(work)
    enrolled = bool(await work.factors.enrolled(session.account_id))
    work.record(did, "session", session.id, details={"amr": list(session.amr)})
    return Started(
        actor, session.id, session.auth_time, secret, expires, organisation,
        second_factors_rules.second_factor_state(actor, enrolled=enrolled),
    )  # fmt: skip


async def _as_known(work: UnitOfWork) -> Actor:
    """The actor with rights and the school's demands on the role. Raises `SessionEnded`."""
    actor, _ = await enter((await work.driver()).row, work.actor)
    return actor


def new_refresh_token(
    work: UnitOfWork, session: AuthSession, limits: Limits
) -> tuple[str, datetime]:
    """A refresh token, which never outlives its session, and when it ends."""
    secret = second_factors_rules.new_secret()
    expires = min(session.expires_at, work.now + limits.refresh)
    work.accounts.add(
        RefreshToken(
            hash=second_factors_rules.hash_of(secret), session_id=session.id, issued_at=work.now,
            expires_at=expires,
        )
    )  # fmt: skip
    return secret, expires


def note_attempt(work: UnitOfWork, account_id: UUID | None, outcome: str) -> None:
    """Record an attempt to sign in, for a known account or not; the audit log also gets refusals.

    No school is known then: such entries are in the log of no school.
    """
    if outcome != SIGNED_IN:
        work.record(AuditEvent.SIGN_IN_REFUSED, "account", account_id, details={"outcome": outcome})
    work.accounts.add(
        SignInAttempt(
            id=new_id(),
            account_id=account_id,
            at=work.now,
            outcome=outcome,
            request_id=request_id.get(),
        )
    )


def actor_of(session: AuthSession) -> Actor:
    """The person of a session, before the database is asked for their rights."""
    return Actor(
        id=session.account_id,
        school_id=session.organisation_id,
        session_id=session.id,
        amr=tuple(session.amr),
        **role_of(session.role),
    )


def role_of(name: str) -> dict[str, Any]:
    """The role of an actor by its name: built in, or defined by the school."""
    role = ROLE_BY_NAME.get(name)
    return {"role": role} if role else {"role": Role.CUSTOM, "custom_role": name}


@dataclass(frozen=True, slots=True)
class SignIn:
    """A request to sign in with a password."""

    email: str
    password: str
    network: str
    """The network of the try, as `app.core.networks` distinguishes networks."""
    command: SignInRequest = field(default_factory=SignInRequest)


async def sign_in(database: Database, asked: SignIn, verify: Verify, limits: Limits) -> Started:
    """Prove who someone is and start a session.

    Unknown address and wrong password take the same time and get the same answer; the password is
    compared outside any transaction. Only people who know the password learn whether a code is
    needed. Raises `CredentialsRefused`, `SignInLocked`, `TooManyRequests`, `OtpNeeded`,
    `OtpRefused`, `MembershipMissing`, `MembershipChoiceNeeded`.
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
        command = replace(asked.command, known_from=asked.network if attempt.known else None)
        started = await open_session_for(work, account.id, command, ("pwd",), limits)
        if verdict.new_hash:
            (await work.accounts.get(account.id)).password_hash = verdict.new_hash
    return await settle(attempt, started)


async def settle(attempt: Attempt, started: Started | CairnError) -> Started:
    """Count a try by its result. Raises the refusal, if there is one."""
    if isinstance(started, OtpNeeded | TooManyRequests):
        await attempt.void()
    elif not isinstance(started, OtpRefused):
        await attempt.proved()
    if isinstance(started, CairnError):
        raise started
    return started


async def refresh(database: Database, secret: str, limits: Limits) -> Started:
    """Refresh a session: the token is used up and replaced; a second use ends the session.

    Raises `RefreshRefused`.
    """
    async with open_work(database, Actor.system(NIL)) as work:
        started = await _refreshed(work, second_factors_rules.hash_of(secret), limits)
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
) -> dict[str, Any] | None:
    for membership in await work.accounts.memberships(account_id, work.now):
        if membership["school_id"] == organisation_id and membership["role"] == role:
            return membership
    return None


async def _punish_reuse(work: UnitOfWork, token_hash: bytes) -> None:
    """End the session of a token that was used before, and every session switched from it."""
    token = await work.accounts.find_refresh_token(token_hash)
    if token is None:
        return
    session = await work.accounts.auth_session(token.session_id)
    await work.accounts.revoke(
        account_id=session.account_id, at=work.now, reason="refresh_token_reused",
        expires_at=session.expires_at,
    )  # fmt: skip
    await work.rescope(actor_of(session))
    work.record(AuditEvent.REFRESH_REUSED, "session", session.id)


async def switch(work: UnitOfWork, organisation_id: UUID, role: str, limits: Limits) -> Started:
    """Begin a second session in another of the actor's roles, with the same proof as this one.

    It ends when this one would have: switching back and forth does not extend a session. A
    provider's proof counts only in the organisation that trusts the provider. Raises
    `MembershipMissing`.
    """
    assert work.actor.session_id is not None  # noqa: S101 - a person has a session
    present = await work.accounts.auth_session(work.actor.session_id)
    membership = await _membership(work, present.account_id, organisation_id, role)
    if membership is None:
        raise MembershipMissing
    amr, auth_time = list(present.amr), present.auth_time
    if organisation_id != present.organisation_id and not second_factors_rules.has_local_factor(
        amr
    ):
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
    """End the session of a refresh token; an unknown token does not fail (RFC 7009)."""
    async with open_work(database, Actor.system(NIL)) as work:
        token = await work.accounts.find_refresh_token(second_factors_rules.hash_of(secret))
        if token is None:
            return
        session = await work.accounts.auth_session(token.session_id)
        if session.revoked_at is None:
            session.revoked_at, session.revoked_because = work.now, "signed_out"
        await work.rescope(actor_of(session))
        work.record(AuditEvent.SESSION_REVOKED, "session", session.id)


async def end_session(work: UnitOfWork, session_id: UUID) -> None:
    """End one of the actor's sessions, the present one too. Raises `SessionNotFound`."""
    session = await work.accounts.live_session(work.actor.id, session_id)
    if session is None:
        raise SessionNotFound
    session.revoked_at, session.revoked_because = work.now, "revoked_by_owner"
    work.record(AuditEvent.SESSION_REVOKED, "session", session_id)


async def revoke_others(work: UnitOfWork) -> int:
    """End every other session of the actor; returns how many there were."""
    number = await work.accounts.revoke(
        account_id=work.actor.id, at=work.now, reason="revoked_by_owner",
        but_not=work.actor.session_id,
    )  # fmt: skip
    work.record(AuditEvent.SESSION_REVOKED, "account", work.actor.id, details={"sessions": number})
    return number
