"""Compares codes of authenticator apps and recovery codes, and uses them up."""

from dataclasses import dataclass
from uuid import UUID

from app.core.words import AuditEvent
from app.db.limits import Policy, give_back_within, take_within
from app.db.models import TotpSecret
from app.db.unit_of_work import UnitOfWork
from app.domain.abuse import HOUR, TooManyRequests
from app.domain.errors import CairnError
from app.domain.people.sessions import notices, rules, totp
from app.domain.people.sessions.errors import OtpRefused
from app.domain.people.sessions.vaults import Vault

TRIES = Policy("otp_account", 20, HOUR, burst=10)
"""Wrong codes of one account from all networks that are new to it: nobody tries a million.

Where it has signed in from before, and within its own sessions, they are counted by themselves.
"""


@dataclass(frozen=True, slots=True)
class Proof:
    """A right code that has not been used up yet."""

    account_id: UUID
    secret_id: UUID | None = None
    step: int = 0
    code_hash: bytes = b""
    counted: tuple[str, ...] = ()
    """By what this try was counted."""

    @property
    def amr(self) -> tuple[str, ...]:
        """What it adds to the methods of a session (RFC 8176)."""
        return "otp", "mfa"

    async def take(self, work: UnitOfWork) -> bool:
        """Use the code up; False where somebody else was faster. Nothing of this try counts."""
        if self.secret_id is not None:
            taken = await work.factors.take_step(self.secret_id, self.step)
        else:
            taken = await work.factors.use_code(self.account_id, self.code_hash, work.now)
            if taken:
                work.record(AuditEvent.RECOVERY_CODE_USED, "account", self.account_id)
                notices.tell(work, self.account_id, "recovery_code_used")
        if taken and self.counted:
            await give_back_within(await work.driver(), self.counted, TRIES)
        return taken


async def look(
    work: UnitOfWork, account_id: UUID, code: str, vault: Vault, known_from: str | None
) -> Proof | CairnError:
    """Whether a code is right: `OtpRefused` or `TooManyRequests` where it is not.

    A try with six digits is counted within this work, which has to be committed whatever comes of
    it: by itself where the owner is known from (a network they signed in from before, a session, a
    provider), so that strangers who have the password do not lock them out. A recovery code is
    120 random bits: nobody guesses one, and it lets the owner in whatever others tried.
    """
    text = code.replace(" ", "")
    if not totp.is_code(text):
        return await _by_recovery(work, account_id, code)
    counted = (str(account_id),) if known_from is None else (str(account_id), known_from)
    taken = await take_within(await work.driver(), counted, TRIES)
    if not taken.allowed:
        return TooManyRequests(TRIES, taken.retry_after_seconds)
    kept = await work.factors.active_totp(account_id)
    step = kept and step_of(work, kept, text, vault)
    if not kept or not step:
        return OtpRefused()
    return Proof(account_id, secret_id=kept.id, step=step, counted=counted)


async def _by_recovery(work: UnitOfWork, account_id: UUID, code: str) -> Proof | CairnError:
    code_hash = rules.recovery_hash(code)
    if await work.factors.has_code(account_id, code_hash):
        return Proof(account_id, code_hash=code_hash)
    return OtpRefused()


def step_of(work: UnitOfWork, kept: TotpSecret, code: str, vault: Vault) -> int | None:
    """The unused time step of a code, or None."""
    secret = vault.open(kept.sealed, kept.account_id.bytes)
    return totp.matching_step(secret, code, work.now, kept.last_step)
