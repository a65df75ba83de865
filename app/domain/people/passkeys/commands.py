"""Add and remove passkeys, and use them to prove who someone is."""

import base64
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol
from uuid import UUID

from app.core.credentials import NewCredential, PasskeyUnproved, UsedCredential
from app.core.ids import NIL, new_id
from app.core.words import Actor, AuditEvent
from app.db.models import Account, Passkey, PasskeyChallenge
from app.db.reading import Reading
from app.db.repositories.people import accounts
from app.db.session import Database
from app.db.unit_of_work import UnitOfWork, open_work
from app.domain.errors import CairnError
from app.domain.people.passkeys.errors import (
    PasskeyInvalid,
    PasskeyNotFound,
    PasskeyRefused,
    TooManyPasskeys,
)
from app.domain.people.second_factors import commands, rules
from app.domain.people.second_factors.errors import FactorMissing
from app.domain.people.sessions.commands import (
    Limits,
    SignInRequest,
    Started,
    note_attempt,
    open_session_for,
)
from app.domain.people.sessions.errors import MembershipChoiceNeeded
from app.domain.people.sign_in_guards.commands import check_sign_in

CHALLENGE_VALID = timedelta(minutes=5)
MOST_PASSKEYS = 20
REGISTER, SIGN_IN, STEP_UP = "register", "sign_in", "step_up"
AMR = ("hwk", "user", "mfa")
"""A key in hardware, and a person it verified (RFC 8176): two factors in one act."""


class Authenticators(Protocol):
    """WebAuthn operations; every ceremony has to verify the user."""

    def creation_options(
        self, account_id: bytes, name: str, challenge: bytes, known: Sequence[bytes]
    ) -> dict[str, Any]:
        """Options for `navigator.credentials.create`."""

    def request_options(self, challenge: bytes, allowed: Sequence[bytes]) -> dict[str, Any]:
        """Options for `navigator.credentials.get`; no `allowed` means any discoverable one."""

    def challenge_of(self, credential: Mapping[str, Any]) -> bytes:
        """The challenge that an answer claims to have signed. Raises `PasskeyUnproved`."""

    def credential_id_of(self, credential: Mapping[str, Any]) -> bytes:
        """The credential an answer was made with. Raises `PasskeyUnproved`."""

    def user_handle_of(self, credential: Mapping[str, Any]) -> bytes | None:
        """The account stored with the credential in the authenticator, or None."""

    def verify_new(self, credential: Mapping[str, Any], challenge: bytes) -> NewCredential:
        """Raises `PasskeyUnproved`."""

    def verify_use(
        self, credential: Mapping[str, Any], challenge: bytes, public_key: bytes, count: int
    ) -> UsedCredential:
        """Raises `PasskeyUnproved`, even where the counter went back."""


async def _new_challenge(work: UnitOfWork, purpose: str, account_id: UUID | None) -> bytes:
    challenge = secrets.token_bytes(32)
    work.factors.add(
        PasskeyChallenge(
            hash=_hash(challenge),
            purpose=purpose,
            account_id=account_id,
            expires_at=work.now + CHALLENGE_VALID,
        )
    )
    return challenge


def _hash(challenge: bytes) -> bytes:
    return rules.hash_of(base64.urlsafe_b64encode(challenge).decode())


async def registration_options(
    work: UnitOfWork, authenticators: Authenticators, max_age: int
) -> dict[str, Any]:
    """Options for a browser to make a passkey. Raises `StepUpNeeded`."""
    account = await work.accounts.get(work.actor.id)
    await commands.require_proof_of_present_factor(work, max_age)
    known = [passkey.credential_id for passkey in await work.factors.passkeys(account.id)]
    challenge = await _new_challenge(work, REGISTER, account.id)
    work.record(AuditEvent.SECOND_FACTOR_BEGUN, "passkey", account.id)
    return authenticators.creation_options(account.id.bytes, account.email, challenge, known)


@dataclass(frozen=True, slots=True)
class Added:
    """A passkey in use; with recovery codes if it is the account's first."""

    passkey: dict[str, Any]
    recovery_codes: list[str] | None
    raised: commands.Raised


async def add_passkey(
    work: UnitOfWork,
    name: str,
    credential: Mapping[str, Any],
    transports: Sequence[str],
    authenticators: Authenticators,
    max_age: int,
) -> Added:
    """Take a passkey into use; it also raises the session that made it.

    Raises `PasskeyInvalid`, `TooManyPasskeys`, `StepUpNeeded`.
    """
    account = await work.accounts.lock_account(work.actor.id)
    await commands.require_proof_of_present_factor(work, max_age)
    if len(await work.factors.passkeys(account.id)) >= MOST_PASSKEYS:
        raise TooManyPasskeys
    try:
        challenge = authenticators.challenge_of(credential)
        await _take(work, challenge, REGISTER, account.id)
        made = authenticators.verify_new(credential, challenge)
    except PasskeyUnproved as unproved:
        raise PasskeyInvalid from unproved
    if await work.factors.passkey_by_credential(made.credential_id) is not None:
        raise PasskeyInvalid
    await work.factors.drop_totp(account.id, waiting_only=True)
    passkey = _saved_passkey(work, account, name, transports, made)
    work.record(AuditEvent.SECOND_FACTOR_ENROLLED, "passkey", passkey.id)
    commands.tell_sign_in_changed(work, account.id, "passkey_added")
    has_codes = await work.factors.codes_left(account.id) > 0
    new_codes = None if has_codes else await commands.make_codes(work)
    return Added(described(passkey), new_codes, await commands.raise_session(work, AMR))


def _saved_passkey(
    work: UnitOfWork, account: Account, name: str, transports: Sequence[str], made: NewCredential
) -> Passkey:
    passkey = Passkey(
        id=new_id(),
        account_id=account.id,
        credential_id=made.credential_id,
        public_key=made.public_key,
        sign_count=made.sign_count,
        backed_up=made.backed_up,
        transports=list(transports),
        name=name,
        created_at=work.now,
    )
    work.factors.add(passkey)
    return passkey


def described(passkey: Passkey) -> dict[str, Any]:
    """A passkey as its owner sees it."""
    return {
        "id": passkey.id,
        "name": passkey.name,
        "synced": passkey.backed_up,
        "created_at": passkey.created_at,
        "last_used_at": passkey.last_used_at,
    }


async def _take(work: UnitOfWork, challenge: bytes, purpose: str, account_id: UUID | None) -> None:
    """Use up a challenge, whatever the result. Raises `PasskeyUnproved`."""
    take_challenge = await work.factors.take_challenge(_hash(challenge), purpose, work.now)
    if take_challenge is None or take_challenge.account_id != account_id:
        raise PasskeyUnproved


async def list_passkeys(reading: Reading) -> list[dict[str, Any]]:
    """The own passkeys, oldest first."""
    return [dict(row) for row in await accounts.passkeys_of(reading.driver, reading.actor.id)]


async def remove_passkey(work: UnitOfWork, passkey_id: UUID, max_age: int) -> None:
    """Forget a passkey of the actor. Raises `StepUpNeeded`, `PasskeyNotFound`, `FactorKept`."""
    account = await work.accounts.lock_account(work.actor.id)
    await commands.require_proof_of_present_factor(work, max_age)
    enrolled = await work.factors.enrolled(account.id)
    if not await work.factors.drop_passkeys(account.id, passkey_id):
        raise PasskeyNotFound
    left = enrolled.passkeys - 1 + enrolled.totp
    await commands.refuse_last(work, left=left)
    if not left:
        await work.factors.drop_codes(account.id)
    work.record(AuditEvent.SECOND_FACTOR_REMOVED, "passkey", passkey_id)
    commands.tell_sign_in_changed(work, account.id, "passkey_removed")


async def sign_in_options(database: Database, authenticators: Authenticators) -> dict[str, Any]:
    """Options for a browser to sign someone in; the same for everyone, as nobody is looked up."""
    async with open_work(database, Actor.system(NIL)) as work:
        challenge = await _new_challenge(work, SIGN_IN, None)
    return authenticators.request_options(challenge, ())


async def step_up_options(work: UnitOfWork, authenticators: Authenticators) -> dict[str, Any]:
    """Options for a browser for a fresh proof by one of the actor's passkeys.

    Raises `FactorMissing`.
    """
    known = [passkey.credential_id for passkey in await work.factors.passkeys(work.actor.id)]
    if not known:
        raise FactorMissing
    challenge = await _new_challenge(work, STEP_UP, work.actor.id)
    work.record(AuditEvent.STEP_UP_BEGUN, "session", work.actor.session_id)
    return authenticators.request_options(challenge, known)


async def prove(
    work: UnitOfWork,
    credential: Mapping[str, Any],
    authenticators: Authenticators,
    purpose: str,
    account_id: UUID | None,
) -> UUID:
    """Find the account that a passkey proves; `account_id` if only one is acceptable.

    This work uses up the challenge and has to be committed whatever the result. Raises
    `PasskeyUnproved`.
    """
    challenge = authenticators.challenge_of(credential)
    await _take(work, challenge, purpose, account_id)
    passkey = await work.factors.passkey_by_credential(authenticators.credential_id_of(credential))
    if passkey is None or account_id not in (None, passkey.account_id):
        raise PasskeyUnproved
    if authenticators.user_handle_of(credential) not in (None, passkey.account_id.bytes):
        raise PasskeyUnproved
    used = authenticators.verify_use(credential, challenge, passkey.public_key, passkey.sign_count)
    grew = await work.factors.note_passkey_use(
        passkey.id, used.sign_count, backed_up=used.backed_up, at=work.now
    )
    if not grew:
        raise PasskeyUnproved
    return passkey.account_id


async def sign_in(
    database: Database,
    credential: Mapping[str, Any],
    network: str,
    command: SignInRequest,
    authenticators: Authenticators,
    limits: Limits,
) -> Started:
    """Start a session by a passkey, which needs no address and no password.

    Raises `PasskeyRefused`, `SignInLocked`, `TooManyRequests`, `MembershipMissing`,
    `MembershipChoiceNeeded`.
    """
    try:
        subject = authenticators.credential_id_of(credential).hex()
    except PasskeyUnproved as unproved:
        raise PasskeyRefused from unproved
    attempt = await check_sign_in(database, f"passkey:{subject}", network, limits.guards)
    try:
        async with open_work(database, Actor.system(NIL)) as work:
            started = await _started(work, credential, command, authenticators, limits)
            if isinstance(started, MembershipChoiceNeeded):
                raise started  # nothing is used up: the same answer may be sent with the choice
    except MembershipChoiceNeeded:
        await attempt.void()
        raise
    if not isinstance(started, PasskeyRefused):
        await attempt.proved()
    if isinstance(started, CairnError):
        raise started
    return started


async def _started(
    work: UnitOfWork,
    credential: Mapping[str, Any],
    command: SignInRequest,
    authenticators: Authenticators,
    limits: Limits,
) -> Started | CairnError:
    try:
        account_id = await prove(work, credential, authenticators, SIGN_IN, None)
    except PasskeyUnproved:
        note_attempt(work, None, "passkey_refused")
        return PasskeyRefused()
    if (await work.accounts.get(account_id)).disabled_at is not None:
        note_attempt(work, account_id, "refused")
        return PasskeyRefused()
    return await open_session_for(work, account_id, command, AMR, limits)
