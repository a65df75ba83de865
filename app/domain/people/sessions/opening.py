"""Opening a session for somebody whose identity has been proved, whichever way it was."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping

from app.core.ids import NIL, new_id
from app.core.words import ROLE_BY_NAME, Actor, AuditEvent, Role
from app.db.models import AuthSession, RefreshToken, SignInAttempt
from app.db.session import SessionEnded, known, scope_of
from app.db.unit_of_work import UnitOfWork, request_id
from app.domain.abuse import Guards
from app.domain.errors import CairnError
from app.domain.people.sessions import codes, rules
from app.domain.people.sessions.errors import (
    MembershipChoiceNeeded,
    MembershipMissing,
    OtpNeeded,
    OtpRefused,
)
from app.domain.people.sessions.vaults import Vault

Verify = Callable[[str, str | None], Awaitable[Any]]
"""Compares a password with a stored hash: `ok`, and `new_hash` where it should be replaced."""
HashPassword = Callable[[str, Sequence[str]], Awaitable[str]]
"""Hashes a new password, given what it must not be made of. Raises `PasswordUnsuitable`."""


SIGNED_IN = "signed_in"


@dataclass(frozen=True, slots=True)
class Limits:
    """How long things last and what may be tried, from the settings, and what opens secrets."""

    session: timedelta
    refresh: timedelta
    guards: Guards
    vault: Vault


@dataclass(frozen=True, slots=True)
class SignInRequest:
    """Where somebody wants to work, from what, and the second factor they sent with it."""

    organisation_id: UUID | None = None
    role: str | None = None
    otp: str | None = None
    device: str | None = None
    """As `rules.device_of` tells it."""
    network: str | None = None
    """As `rules.network_kind` tells it."""
    known_from: str | None = None
    """What shows the owner beside the password, such as a network they signed in from before."""


@dataclass(frozen=True, slots=True)
class Started:
    """A session that has begun or gone on; `refresh_token` is shown this once."""

    actor: Actor
    session_id: UUID
    auth_time: datetime
    refresh_token: str
    refresh_expires_at: datetime
    organisation: str
    second_factor: str
    """As `rules.second_factor_state` tells it."""


async def open_session_for(
    work: UnitOfWork, account_id: UUID, wish: SignInRequest, amr: Sequence[str], limits: Limits
) -> Started | CairnError:
    """Start a session for an account that was proved by `amr`, in the role that is wished for.

    Where the account has an authenticator app and `amr` holds no second factor, `wish.otp` has to
    hold a code. A refusal is returned and not raised, so that what was noted of it is committed:
    `OtpNeeded`, `OtpRefused`, `TooManyRequests`, `MembershipMissing`, `MembershipChoiceNeeded`.
    """
    await work.rescope(Actor(id=account_id, school_id=NIL, role=Role.SYSTEM))
    proof: codes.Proof | None = None
    if not rules.has_second_factor(amr):
        asked = await _ask_for_code(work, account_id, wish, limits)
        if isinstance(asked, CairnError):
            note_attempt(work, account_id, asked.code)
            return asked
        proof = asked
    membership = await _choose(work, account_id, wish)
    if isinstance(membership, CairnError):
        note_attempt(work, account_id, membership.code)
        return membership
    if proof is not None:
        if not await proof.take(work):
            note_attempt(work, account_id, OtpRefused.code)
            return OtpRefused()
        amr = rules.raised(amr, proof.amr)
    return await _begin(work, account_id, membership, wish, tuple(amr), limits)


async def _ask_for_code(
    work: UnitOfWork, account_id: UUID, wish: SignInRequest, limits: Limits
) -> codes.Proof | CairnError | None:
    enrolled = await work.factors.enrolled(account_id)
    if wish.otp is None:
        return OtpNeeded() if enrolled.totp else None
    if not enrolled:
        return None
    return await codes.look(work, account_id, wish.otp, limits.vault, wish.known_from)


async def _choose(
    work: UnitOfWork, account_id: UUID, wish: SignInRequest
) -> RowMapping | CairnError:
    chosen = [
        one
        for one in await work.accounts.memberships(account_id, work.now)
        if wish.organisation_id in (None, one["school_id"]) and wish.role in (None, one["role"])
    ]
    if not chosen:
        return MembershipMissing()
    if len(chosen) > 1:
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
    return chosen[0]


async def _begin(
    work: UnitOfWork,
    account_id: UUID,
    membership: RowMapping,
    wish: SignInRequest,
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
        device=wish.device,
        network=wish.network,
    )
    work.accounts.add(session)
    return await go_on(work, session, membership["organisation"], limits, AuditEvent.SIGNED_IN)


async def go_on(
    work: UnitOfWork, session: AuthSession, organisation: str, limits: Limits, did: AuditEvent
) -> Started:
    """A fresh refresh token for a session, and its actor as the database knows them."""
    await work.rescope(actor_of(session))
    secret, expires = new_refresh_token(work, session, limits)
    await work.session.flush()
    actor = await _as_known(work)
    enrolled = bool(await work.factors.enrolled(session.account_id))
    work.record(did, "session", session.id, details={"amr": list(session.amr)})
    return Started(
        actor, session.id, session.auth_time, secret, expires, organisation,
        rules.second_factor_state(actor, enrolled=enrolled),
    )  # fmt: skip


async def _as_known(work: UnitOfWork) -> Actor:
    """The actor with rights and what the school asks of the role. Raises `SessionEnded`."""
    statement, values = scope_of(work.actor)
    facts = await (await work.driver()).row(statement, *values)
    if facts is None:
        raise SessionEnded
    return known(work.actor, facts)


def new_refresh_token(
    work: UnitOfWork, session: AuthSession, limits: Limits
) -> tuple[str, datetime]:
    """A refresh token, which never outlives its session, and when it ends."""
    secret = rules.new_secret()
    expires = min(session.expires_at, work.now + limits.refresh)
    work.accounts.add(
        RefreshToken(
            hash=rules.hash_of(secret), session_id=session.id, issued_at=work.now,
            expires_at=expires,
        )
    )  # fmt: skip
    return secret, expires


def note_attempt(work: UnitOfWork, account_id: UUID | None, outcome: str) -> None:
    """Keep that somebody tried to sign in, known account or not; a refusal enters the trail too.

    No school is known then: such entries stand in the log of no school.
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
    """The person of a session, before the database is asked what they may."""
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
