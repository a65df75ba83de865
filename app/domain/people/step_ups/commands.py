"""Step-up (RFC 9470): prove again who you are before something sensitive."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.core.credentials import PasskeyUnproved
from app.core.ids import NIL
from app.core.words import Actor, AuditEvent
from app.db.models import Account
from app.db.unit_of_work import UnitOfWork, open_work
from app.domain.errors import CairnError, TooManyRequests
from app.domain.people.passkeys import commands as passkeys
from app.domain.people.passkeys.commands import AMR, STEP_UP, Authenticators
from app.domain.people.passwords.commands import prove_password
from app.domain.people.second_factors import commands as second_factors
from app.domain.people.second_factors.commands import Raised
from app.domain.people.sessions.commands import Limits, Verify, note_attempt
from app.domain.people.sign_in_guards.commands import check_own_try
from app.domain.people.step_ups.errors import ProofNeeded, ProofRefused


@dataclass(frozen=True, slots=True)
class StepUp:
    """One proof: a code, an authenticator's answer, or (without a second factor) a password."""

    otp: str | None = None
    credential: Mapping[str, Any] | None = None
    password: str | None = None


async def step_up(
    work: UnitOfWork,
    command: StepUp,
    verify: Verify,
    authenticators: Authenticators,
    limits: Limits,
) -> Raised:
    """Raise the present session by a fresh proof. Wrong ones count as they do at sign-in.

    Raises `ProofNeeded`, `ProofRefused`, `SignInLocked`, `TooManyRequests`.
    """
    account = await work.accounts.get(work.actor.id)
    if command.otp is not None:
        proved = await _by_code(work, account, command.otp, limits)
    elif command.credential is not None:
        proved = await _by_passkey(work, command.credential, authenticators)
    elif command.password is not None:
        proved = await _by_password(work, account, command.password, verify, limits)
    else:
        raise ProofNeeded
    work.record(
        AuditEvent.STEPPED_UP, "session", work.actor.session_id, details={"amr": list(proved)}
    )
    return await second_factors.raise_session(work, proved)


async def _by_code(
    work: UnitOfWork, account: Account, code: str, limits: Limits
) -> tuple[str, ...]:
    assert work.actor.session_id is not None  # noqa: S101 - a person has a session
    attempt = await check_own_try(work.database, work.actor.session_id, account.id, limits.guards)
    async with open_work(work.database, Actor.system(NIL)) as counting:
        known_from = f"session:{work.actor.session_id}"
        check_code = await second_factors.check_code(
            counting, account.id, code, limits.vault, known_from
        )
        if isinstance(check_code, CairnError):
            note_attempt(counting, account.id, check_code.code)
    if isinstance(check_code, TooManyRequests):
        raise check_code
    if isinstance(check_code, CairnError) or not await check_code.take(work):
        raise ProofRefused("otp")
    await attempt.proved()
    return check_code.amr


async def _by_passkey(
    work: UnitOfWork,
    credential: Mapping[str, Any],
    authenticators: Authenticators,
) -> tuple[str, ...]:
    """Prove by passkey; a separate work uses up the challenge, so that a refusal does too."""
    async with open_work(work.database, Actor.system(NIL)) as proving:
        try:
            await passkeys.prove(proving, credential, authenticators, STEP_UP, work.actor.id)
            refused = False
        except PasskeyUnproved:
            note_attempt(proving, work.actor.id, "passkey_refused")
            refused = True
    if refused:
        raise ProofRefused("credential")
    return AMR


async def _by_password(
    work: UnitOfWork, account: Account, password: str, verify: Verify, limits: Limits
) -> tuple[str, ...]:
    if await work.factors.enrolled(account.id):
        raise ProofNeeded
    if not await prove_password(work, account, password, verify, limits):
        raise ProofRefused("password")
    return ("pwd",)
