"""Add, check and use up authenticator apps and recovery codes."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from app.core.credentials import VaultError
from app.core.ids import NIL, new_id
from app.core.limits import Policy
from app.core.words import ROLE_BY_NAME, Actor, AuditEvent, Role
from app.db.limits import give_back, give_back_within, take, take_within
from app.db.models import AuthSession, RecoveryCode, TotpSecret
from app.db.scope import rights_from
from app.db.unit_of_work import Job, UnitOfWork
from app.domain import policy
from app.domain.abuse import HOUR
from app.domain.errors import CairnError, StepUpNeeded, TooManyRequests
from app.domain.people.second_factors import rules
from app.domain.people.second_factors.errors import (
    CodeWrong,
    FactorKept,
    FactorMissing,
    NothingToConfirm,
    OtpRefused,
)
from app.domain.people.second_factors.rules import Vault

TRIES = Policy("otp_account", 20, HOUR, burst=10)
"""Wrong codes of one account from all networks new to it: nobody tries a million.

Tries from networks it signed in from before, and within its own sessions, are counted separately.
"""


def tell_sign_in_changed(work: UnitOfWork, account_id: UUID, what: str) -> None:
    """Request the mail in the same transaction as the change.

    `what` is a key of `app.jobs.credentials.NOTICES`.
    """
    work.enqueue(Job("account.tell", {"account_id": str(account_id), "what": what}))


@dataclass(frozen=True, slots=True)
class Proof:
    """A right code that has not been used up yet."""

    account_id: UUID
    secret_id: UUID | None = None
    step: int = 0
    code_hash: bytes = b""
    counted: tuple[str, ...] = ()
    """Keys under which this try was counted."""

    @property
    def amr(self) -> tuple[str, ...]:
        """Methods that it adds to a session (RFC 8176)."""
        return "otp", "mfa"

    async def take(self, work: UnitOfWork) -> bool:
        """Use the code up, so that this try does not count; False if another request was faster."""
        if self.secret_id is not None:
            taken = await work.factors.take_step(self.secret_id, self.step)
        else:
            taken = await work.factors.use_code(self.account_id, self.code_hash, work.now)
            if taken:
                work.record(AuditEvent.RECOVERY_CODE_USED, "account", self.account_id)
                tell_sign_in_changed(work, self.account_id, "recovery_code_used")
        if taken and self.counted:
            await give_back_within(await work.driver(), self.counted, TRIES)
        return taken


async def check_code(
    work: UnitOfWork, account_id: UUID, code: str, vault: Vault, known_from: str | None
) -> Proof | CairnError:
    """Check a code; returns `OtpRefused` or `TooManyRequests` if it is wrong.

    This work counts a try with six digits and has to be committed whatever the result. Tries by a
    known owner (from a network they signed in from before, a session, a provider) are counted
    separately, so that strangers with the password do not lock them out. A recovery code is 120
    random bits: nobody guesses one, and it always admits the owner.
    """
    text = code.replace(" ", "")
    if not rules.is_code(text):
        return await _by_recovery(work, account_id, code)
    counted = (str(account_id),) if known_from is None else (str(account_id), known_from)
    taken = await take_within(await work.driver(), counted, TRIES)
    if not taken.allowed:
        return TooManyRequests(TRIES, taken.retry_after_seconds)
    active_totp = await work.factors.active_totp(account_id)
    step = active_totp and step_of(work, active_totp, text, vault)
    if not active_totp or not step:
        return OtpRefused()
    return Proof(account_id, secret_id=active_totp.id, step=step, counted=counted)


async def _by_recovery(work: UnitOfWork, account_id: UUID, code: str) -> Proof | CairnError:
    code_hash = rules.recovery_hash(code)
    if await work.factors.has_code(account_id, code_hash):
        return Proof(account_id, code_hash=code_hash)
    return OtpRefused()


def step_of(work: UnitOfWork, totp_secret: TotpSecret, code: str, vault: Vault) -> int | None:
    """The unused time step of a code, or None."""
    secret = vault.open(totp_secret.sealed, totp_secret.account_id.bytes)
    return rules.matching_step(secret, code, work.now, totp_secret.last_step)


@dataclass(frozen=True, slots=True)
class NewSecret:
    """Content for an authenticator app, shown only once."""

    secret: str
    uri: str


@dataclass(frozen=True, slots=True)
class Raised:
    """A session after a proof: the content of its next access token."""

    amr: tuple[str, ...]
    auth_time: datetime
    second_factor: str


async def require_proof_of_present_factor(work: UnitOfWork, max_age: int) -> None:
    """Raise `StepUpNeeded` unless the last proof is recent and used a present factor.

    Otherwise a stolen password alone could enrol the thief's own app, even from a role that needs
    no second factor; and enrolling would make an old session recent. Raises if the last proof is
    older than `max_age` seconds, or if the account has a factor and this session was proved by none
    that is stored here.
    """
    policy.require_recent(work.actor, work.now, timedelta(seconds=max_age))
    if rules.has_local_factor(work.actor.amr):
        return
    if await work.factors.enrolled(work.actor.id):
        raise StepUpNeeded(max_age)


async def needs_own_factor(work: UnitOfWork, account_id: UUID) -> bool:
    """Whether a person's role in any organisation is too powerful for a provider's proof alone.

    Counts future roles, and roles of people who have not joined yet. Keeps the scope of the work.
    """
    asking, result = work.actor, False
    await work.rescope(Actor(id=account_id, school_id=NIL, role=Role.SYSTEM))
    for school_id in await work.federation.schools_of(account_id):
        await work.rescope(Actor(id=account_id, school_id=school_id, role=Role.SYSTEM))
        for role, rights, asked in await work.federation.roles_of(account_id, work.now):
            built_in = policy.BUILT_IN.get(ROLE_BY_NAME.get(role, Role.CUSTOM), policy.NOTHING)
            known = rights_from(rights) if rights else built_in
            result |= asked or policy.needs_second_factor(known)
    await work.rescope(asking)
    return result


async def enrol_totp(work: UnitOfWork, vault: Vault, max_age: int) -> NewSecret:
    """Make a secret for an app; it does not count until a first code confirms it.

    Raises `StepUpNeeded`.
    """
    account = await work.accounts.lock_account(work.actor.id)
    await require_proof_of_present_factor(work, max_age)
    await work.factors.drop_totp(account.id, waiting_only=True)
    secret = rules.new_totp_secret()
    totp_id = _keep_secret(work, account.id, secret, vault)
    work.record(AuditEvent.SECOND_FACTOR_BEGUN, "totp", totp_id)
    return NewSecret(rules.written_secret(secret), rules.uri_of(secret, account.email))


def _keep_secret(work: UnitOfWork, account_id: UUID, secret: bytes, vault: Vault) -> UUID:
    row = TotpSecret(
        id=new_id(),
        account_id=account_id,
        sealed=vault.seal(secret, account_id.bytes),
        created_at=work.now,
        last_step=0,
    )
    work.factors.add(row)
    return row.id


async def confirm_totp(
    work: UnitOfWork, code: str, vault: Vault, max_age: int
) -> tuple[list[str], Raised]:
    """Take the app into use with its first code: recovery codes, and a session that has it.

    An app that was in use before is replaced. Raises `StepUpNeeded`, `NothingToConfirm`,
    `CodeWrong`, `TooManyRequests`.
    """
    account = await work.accounts.lock_account(work.actor.id)
    await require_proof_of_present_factor(work, max_age)
    waiting = await work.factors.waiting_totp(account.id)
    if waiting is None or work.now - waiting.created_at > rules.WAITING_VALID:
        raise NothingToConfirm
    await _count_try(work, account.id)
    step = step_of(work, waiting, code.replace(" ", ""), vault)
    if step is None:
        raise CodeWrong
    await give_back(work.database, str(account.id), TRIES)
    replaced = await work.factors.drop_active_totp(account.id)
    waiting.confirmed_at, waiting.last_step = work.now, step
    work.record(
        AuditEvent.SECOND_FACTOR_ENROLLED, "totp", waiting.id, details={"replaced": bool(replaced)}
    )
    tell_sign_in_changed(work, account.id, "second_factor_added")
    return await make_codes(work), await raise_session(work, ("otp", "mfa"))


async def _count_try(work: UnitOfWork, account_id: UUID) -> None:
    """Count a try outside this work, which a wrong code undoes."""
    taken = await take(work.database, str(account_id), TRIES)
    if not taken.allowed:
        raise TooManyRequests(TRIES, taken.retry_after_seconds)


async def remove_totp(work: UnitOfWork, max_age: int) -> None:
    """Take the app out of use. Raises `StepUpNeeded`, `FactorMissing`, `FactorKept`."""
    account = await work.accounts.lock_account(work.actor.id)
    await require_proof_of_present_factor(work, max_age)
    enrolled = await work.factors.enrolled(account.id)
    if not enrolled.totp:
        raise FactorMissing
    await refuse_last(work, left=enrolled.passkeys)
    await work.factors.drop_totp(account.id)
    if not enrolled.passkeys:
        await work.factors.drop_codes(account.id)
    work.record(AuditEvent.SECOND_FACTOR_REMOVED, "totp", account.id)
    tell_sign_in_changed(work, account.id, "second_factor_removed")


async def refuse_last(work: UnitOfWork, *, left: int) -> None:
    """Raise `FactorKept` where a role of the person, here or elsewhere, needs the last factor."""
    if left:
        return
    if rules.role_asks(work.actor) or await needs_own_factor(work, work.actor.id):
        raise FactorKept


async def drop_proofs(work: UnitOfWork, account_id: UUID) -> list[str]:
    """Remove an account's second factors and links to providers; returns the providers' issuers."""
    await work.factors.drop_totp(account_id)
    await work.factors.drop_passkeys(account_id)
    await work.factors.drop_codes(account_id)
    return await work.federation.unlink_all(account_id)


async def renew_codes(work: UnitOfWork, max_age: int) -> list[str]:
    """Make ten new recovery codes; the former ones stop working.

    Raises `StepUpNeeded`, `FactorMissing`.
    """
    account = await work.accounts.lock_account(work.actor.id)
    await require_proof_of_present_factor(work, max_age)
    if not await work.factors.enrolled(account.id):
        raise FactorMissing
    tell_sign_in_changed(work, account.id, "recovery_codes_made")
    return await make_codes(work)


async def make_codes(work: UnitOfWork) -> list[str]:
    """Ten fresh recovery codes, shown this once and kept as hashes."""
    account_id = work.actor.id
    await work.factors.drop_codes(account_id)
    made = [rules.new_recovery_code() for _ in range(rules.RECOVERY_CODES)]
    for code in made:
        work.factors.add(
            RecoveryCode(account_id=account_id, hash=rules.recovery_hash(code), created_at=work.now)
        )
    work.record(AuditEvent.RECOVERY_CODES_MADE, "account", account_id)
    return made


async def raise_session(work: UnitOfWork, proved: tuple[str, ...]) -> Raised:
    """Record that the present session has just been proved again."""
    assert work.actor.session_id is not None  # noqa: S101 - a person has a session
    session: AuthSession = await work.accounts.auth_session(work.actor.session_id)
    session.amr = rules.raised(session.amr, proved)
    session.auth_time = session.seen_at = work.now
    state = "done" if rules.has_second_factor(session.amr) else "none"
    if state == "none" and rules.role_asks(work.actor):
        state = "enrol"
    return Raised(tuple(session.amr), work.now, state)


async def enrol_known(work: UnitOfWork, account_id: UUID, secret: bytes, vault: Vault) -> None:
    """Give an account an app with a secret that is known already: for the demo and imports."""
    _keep_secret(work, account_id, secret, vault)
    await work.session.flush()
    waiting = await work.factors.waiting_totp(account_id)
    assert waiting is not None  # noqa: S101 - it was added just now
    waiting.confirmed_at = work.now


async def reseal(
    work: UnitOfWork, vault: Vault, after: UUID, limit: int
) -> tuple[UUID | None, int]:
    """Seal some older secrets with the present key: the last ID, or None at the end, and failures.

    A secret that no key of ours opens stays as it is, and stops no other: its owner enrols again.
    """
    totp_secrets, failed = await work.factors.totp_secrets(after, limit), 0
    for item in totp_secrets:
        if not vault.is_current(item.sealed):
            bound = item.account_id.bytes
            try:
                item.sealed = vault.seal(vault.open(item.sealed, bound), bound)
            except VaultError:
                failed += 1
    return totp_secrets[-1].id if totp_secrets else None, failed
