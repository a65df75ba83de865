"""Exchanging a verified ID token for a session (RFC 8693)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from app.core.ids import NIL
from app.core.words import Actor
from app.db.models import AccountIdentity, SignInNonce
from app.db.session import Database
from app.db.unit_of_work import UnitOfWork, open_work
from app.domain.errors import CairnError
from app.domain.people.federation import rules
from app.domain.people.federation.errors import IdentityRefused, IdentityUnknown
from app.domain.people.federation.linking import add_identity, needs_own_factor
from app.domain.people.sessions.opening import (
    Limits,
    SignInRequest,
    Started,
    note_attempt,
    open_session_for,
)
from app.domain.people.sessions.rules import has_second_factor

GRACE = timedelta(hours=1)
"""A used token is remembered for so long beyond its end."""


@dataclass(frozen=True, slots=True)
class Proof:
    """An ID token whose signature and standard claims were proved, and who showed it."""

    provider: rules.Provider
    claims: Mapping[str, Any]
    fingerprint: bytes
    verifier: str


@dataclass(frozen=True, slots=True)
class Found:
    """The account a token is about, and how it was found."""

    account_id: UUID
    identity: AccountIdentity | None
    linked_by: str = ""


async def new_nonce(database: Database) -> rules.Nonce:
    """A nonce for one ID token, good for ten minutes."""
    made = rules.new_nonce()
    async with open_work(database, Actor.system(NIL)) as work:
        row = SignInNonce(
            hash=rules.hash_of(made.nonce),
            verifier_hash=rules.hash_of(made.verifier),
            expires_at=work.now + rules.NONCE_LASTS,
        )
        work.federation.add(row)
    return made


async def use_proof(work: UnitOfWork, proof: Proof) -> None:
    """Use up a token and its nonce; both go back where the work is undone.

    Raises `IdentityRefused` for a nonce that is not ours, was used or is too old, for whoever did
    not ask for it, and for a token that was used.
    """
    nonce = await _nonce_of(work, proof)
    expires = datetime.fromtimestamp(proof.claims["exp"], UTC) + GRACE
    if not await work.federation.use_token(proof.fingerprint, expires):
        raise IdentityRefused
    nonce.used_at = work.now


async def _nonce_of(work: UnitOfWork, proof: Proof) -> SignInNonce:
    nonce = await work.federation.lock_nonce(rules.hash_of(proof.claims["nonce"]), work.now)
    if nonce is None or not rules.is_same(nonce.verifier_hash, proof.verifier):
        raise IdentityRefused
    return nonce


async def exchange(
    database: Database, organisation_id: UUID, proof: Proof, wish: SignInRequest, limits: Limits
) -> Started:
    """Start a session for whoever an ID token proves, in an organisation that trusts its issuer.

    What a person can mend (a code is missing, a role has to be chosen) leaves token and nonce
    unused: they repeat the request. The first link is made with the first session.
    Raises `IdentityRefused`, `IdentityUnknown`, `OtpNeeded`, `OtpRefused`, `TooManyRequests`,
    `MembershipMissing`, `MembershipChoiceNeeded`.
    """
    async with open_work(database, Actor.system(organisation_id)) as work:
        started = await _start(work, proof, wish, limits)
    if isinstance(started, CairnError):
        raise started
    return started


async def _start(
    work: UnitOfWork, proof: Proof, wish: SignInRequest, limits: Limits
) -> Started | CairnError:
    try:
        await _nonce_of(work, proof)
        who = rules.identify(proof.provider, proof.claims, work.now)
        if not await work.federation.enabled(proof.provider.id):
            raise IdentityRefused
        found = await _find(work, proof.provider, who)
    except (IdentityRefused, IdentityUnknown) as refused:
        note_attempt(work, None, refused.code)
        return refused
    wish = replace(wish, known_from=f"provider:{who.issuer}")
    started = await open_session_for(work, found.account_id, wish, rules.amr_of(who), limits)
    if isinstance(started, CairnError):
        return started
    await use_proof(work, proof)
    await _note_identity(work, found, who)
    return await _as_old_as_proved(work, started, who)


async def _find(work: UnitOfWork, provider: rules.Provider, who: rules.ProviderIdentity) -> Found:
    """The account of an identity, or the one it is linked with now. Raises `IdentityUnknown`."""
    identity = await work.federation.identity(who.issuer, who.subject)
    if identity is not None:
        if not await work.federation.is_usable(identity.account_id):
            raise IdentityUnknown
        if identity.linked_by != "person" and await needs_own_factor(work, identity.account_id):
            raise IdentityUnknown
        return Found(identity.account_id, identity)
    if provider.kind == rules.ENTRA:
        account_id = await work.federation.staff_by_external_id(who.subject)
        linked_by = "directory"
    else:
        account_id = await work.federation.staff_by_email(who.email) if who.email else None
        linked_by = "email"
    if account_id is None or not await work.federation.is_usable(account_id):
        raise IdentityUnknown
    if await work.federation.has_identity(account_id, who.issuer):
        # An address or id that was given to somebody else must not bring the account along.
        raise IdentityUnknown
    if await needs_own_factor(work, account_id):
        # Whoever keeps the directory must not become a lead by it: they link themselves.
        raise IdentityUnknown
    return Found(account_id, None, linked_by)


async def _note_identity(work: UnitOfWork, found: Found, who: rules.ProviderIdentity) -> None:
    if found.identity is None:
        add_identity(work, found.account_id, who, found.linked_by)
    else:
        await work.federation.note_use(found.identity.id, work.now)


async def _as_old_as_proved(
    work: UnitOfWork, started: Started, who: rules.ProviderIdentity
) -> Started:
    """The session counts as proved when the provider last asked, unless a code was given here."""
    local = [method for method in started.actor.amr if method not in rules.amr_of(who)]
    if has_second_factor(local):
        return started
    session = await work.accounts.auth_session(started.session_id)
    session.auth_time = who.proved_at
    return replace(started, auth_time=who.proved_at)
