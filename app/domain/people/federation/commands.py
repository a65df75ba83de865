"""Manage trusted providers, linked identities, and sessions by ID token (RFC 8693)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from app.core import clock
from app.core.ids import NIL, new_id
from app.core.limits import Policy
from app.core.words import Actor, AuditEvent, Permission
from app.db.limits import take
from app.db.models import AccountIdentity, IdentityProvider, SignInNonce
from app.db.reading import open_reading
from app.db.session import Database
from app.db.unit_of_work import UnitOfWork, open_work
from app.domain import policy
from app.domain.abuse import MINUTE
from app.domain.errors import (
    CairnError,
    SecondFactorNeeded,
    SecondPersonNeeded,
    StepUpNeeded,
    TooManyRequests,
)
from app.domain.etags import check_version
from app.domain.people.federation import rules
from app.domain.people.federation.errors import (
    IdentityNotFound,
    IdentityProviderNotFound,
    IdentityRefused,
    IdentityTaken,
    IdentityUnknown,
)
from app.domain.people.federation.queries import list_sign_in_providers
from app.domain.people.federation.rules import NONCE_LASTS
from app.domain.people.federation.schemas import IdentityProviderIn
from app.domain.people.second_factors.commands import (
    needs_own_factor,
    require_proof_of_present_factor,
    tell_sign_in_changed,
)
from app.domain.people.second_factors.rules import (
    has_local_factor,
    has_second_factor,
    is_proved_here,
)
from app.domain.people.sessions.commands import (
    Limits,
    SignInRequest,
    Started,
    note_attempt,
    open_session_for,
)
from app.domain.people.staff_sign_in.commands import tell_leads
from app.domain.steps import new, record_row

OWN = "person"
GRACE = timedelta(hours=1)
"""How long a used token is remembered after its end."""

NONCES = Policy("nonce", 600, MINUTE, burst=600)
"""Limit for one network, perhaps a whole school."""


def add_identity(
    work: UnitOfWork, account_id: UUID, who: rules.ProviderIdentity, linked_by: str
) -> UUID:
    """Link an account to a person at an issuer, and mail that person."""
    identity = AccountIdentity(
        id=new_id(),
        account_id=account_id,
        issuer=who.issuer,
        subject=who.subject,
        linked_by=linked_by,
        linked_at=work.now,
        last_used_at=None if linked_by == OWN else work.now,
    )
    work.federation.add(identity)
    work.record(
        AuditEvent.IDENTITY_LINKED, "identity", identity.id,
        details={"issuer": who.issuer, "linked_by": linked_by},
    )  # fmt: skip
    tell_sign_in_changed(work, account_id, "sign_in_method_added")
    return identity.id


@dataclass(frozen=True, slots=True)
class Proof:
    """An ID token whose signature and standard claims were proved, and who showed it."""

    provider: rules.Provider
    claims: Mapping[str, Any]
    fingerprint: bytes
    verifier: str


@dataclass(frozen=True, slots=True)
class Found:
    """The account of a token, and how it was found."""

    account_id: UUID
    identity: AccountIdentity | None
    linked_by: str = ""

    @property
    def is_own(self) -> bool:
        """Whether the person made the link: no directory and no address can give it to another."""
        return self.identity is not None and self.identity.linked_by == OWN


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
    """Use up a token and its nonce; a rollback restores both.

    Raises `IdentityRefused` for an unknown, used or expired nonce, for a caller who did not ask for
    it, and for a used token.
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
    database: Database, organisation_id: UUID, proof: Proof, command: SignInRequest, limits: Limits
) -> Started:
    """Start a session for the person of an ID token, in an organisation that trusts its issuer.

    If a person can resolve the refusal (a missing code, a choice of role), token and nonce stay
    unused and they repeat the request. The first session also makes the first link. Raises
    `IdentityRefused`, `IdentityUnknown`, `OtpNeeded`, `OtpRefused`, `TooManyRequests`,
    `MembershipMissing`, `MembershipChoiceNeeded`.
    """
    async with open_work(database, Actor.system(organisation_id)) as work:
        started = await _start(work, proof, command, limits)
    if isinstance(started, CairnError):
        raise started
    return started


async def _start(
    work: UnitOfWork, proof: Proof, command: SignInRequest, limits: Limits
) -> Started | CairnError:
    try:
        await _nonce_of(work, proof)
        who = rules.identify(proof.provider, proof.claims, work.now)
        if not await work.federation.enabled(proof.provider.id):
            raise IdentityRefused
        identity = await _find(work, proof.provider, who)
    except (IdentityRefused, IdentityUnknown) as refused:
        note_attempt(work, None, refused.code)
        return refused
    if not identity.is_own:
        who = replace(who, second_factor=False)
    command = replace(command, known_from=f"provider:{who.issuer}")
    started = await open_session_for(work, identity.account_id, command, rules.amr_of(who), limits)
    if isinstance(started, CairnError):
        return started
    await use_proof(work, proof)
    await _note_identity(work, identity, who)
    return await _as_old_as_proved(work, started, who)


async def _find(work: UnitOfWork, provider: rules.Provider, who: rules.ProviderIdentity) -> Found:
    """The account of an identity, or the one it is linked with now. Raises `IdentityUnknown`."""
    identity = await work.federation.identity(who.issuer, who.subject)
    if identity is not None:
        if not await work.federation.is_usable(identity.account_id):
            raise IdentityUnknown
        result = Found(identity.account_id, identity)
        if not result.is_own and await needs_own_factor(work, identity.account_id):
            raise IdentityUnknown
        return result
    if provider.kind == rules.ENTRA:
        account_id = await work.federation.staff_by_external_id(who.subject)
        linked_by = "directory"
    else:
        account_id = await work.federation.staff_by_email(who.email) if who.email else None
        linked_by = "email"
    if account_id is None or not await work.federation.is_usable(account_id):
        raise IdentityUnknown
    if await work.federation.has_identity(account_id, who.issuer):
        # A reassigned address or ID must not give access to the earlier account.
        raise IdentityUnknown
    if await needs_own_factor(work, account_id):
        # A directory's administrator must not become a lead this way: leads link themselves.
        raise IdentityUnknown
    return Found(account_id, None, linked_by)


async def _note_identity(work: UnitOfWork, result: Found, who: rules.ProviderIdentity) -> None:
    if result.identity is None:
        add_identity(work, result.account_id, who, result.linked_by)
    else:
        await work.federation.note_use(result.identity.id, work.now)


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


async def issue_nonce(database: Database, network: str) -> dict[str, Any]:
    """A nonce, its verifier and its end. Raises `TooManyRequests`."""
    taken = await take(database, network, NONCES)
    if not taken.allowed:
        raise TooManyRequests(NONCES, taken.retry_after_seconds)
    expires_at = clock.now() + NONCE_LASTS
    made = await new_nonce(database)
    return {"nonce": made.nonce, "nonce_verifier": made.verifier, "expires_at": expires_at}


async def providers_of(database: Database, organisation_id: UUID) -> list[dict[str, Any]]:
    """List where people of an organisation can sign in."""
    async with open_reading(database, Actor.system(organisation_id)) as reading:
        return await list_sign_in_providers(reading)


async def add_provider(work: UnitOfWork, body: IdentityProviderIn, issuer: str) -> IdentityProvider:
    """Add a provider to trust once a second person approves it; leads and heads are alerted.

    For Google and Entra, the issuer is the server's own. Raises `PermissionMissing`,
    `ValidationFailed`.
    """
    policy.require(work.actor, Permission.SCHOOL_CHANGE)
    provider = new(
        work, IdentityProvider, body, issuer=issuer,
        tenants=rules.checked_tenants(body.kind, body.tenants),
        second_factor_values=rules.checked_factor_values(body.second_factor_values),
        changed_by=work.actor.id,
    )  # fmt: skip
    work.federation.add(provider)
    record_row(
        work, AuditEvent.PROVIDER_ADDED, provider, after=_audit_facts(provider),
        details={"kind": body.kind, "issuer": issuer},
    )  # fmt: skip
    await tell_leads(work, "sign_in_changed")
    return provider


async def change_provider(
    work: UnitOfWork, provider_id: UUID, version: int, changes: Mapping[str, Any]
) -> IdentityProvider:
    """Change a trusted provider; sessions already started continue.

    Changes that affect sign-in need a new approval. Raises `PermissionMissing`,
    `IdentityProviderNotFound`, `VersionStale`, `ValidationFailed`.
    """
    policy.require(work.actor, Permission.SCHOOL_CHANGE)
    provider = await work.federation.lock(IdentityProvider, provider_id)
    if provider is None:
        raise IdentityProviderNotFound
    check_version(provider, version)
    changes = dict(changes)
    if "tenants" in changes:
        changes["tenants"] = rules.checked_tenants(provider.kind, changes["tenants"])
    if "second_factor_values" in changes:
        asked = changes["second_factor_values"]
        changes["second_factor_values"] = rules.checked_factor_values(asked)
    before = _audit_facts(provider)
    for name, value in changes.items():
        setattr(provider, name, value)
    provider.version += 1
    provider.changed_at, provider.changed_by = work.now, work.actor.id
    after = _audit_facts(provider)
    if any(before[name] != after[name] for name in rules.REAPPROVED):
        provider.approved_by = provider.approved_at = None
    record_row(
        work, AuditEvent.PROVIDER_CHANGED, provider, before=before, after=after,
        details={"fields": sorted(changes)},
    )  # fmt: skip
    await tell_leads(work, "sign_in_changed")
    return provider


async def approve_provider(work: UnitOfWork, provider_id: UUID, version: int) -> IdentityProvider:
    """Approve a provider, as someone who neither made nor last changed it.

    Raises `PermissionMissing`, `IdentityProviderNotFound`, `VersionStale`, `SecondPersonNeeded`.
    """
    policy.require(work.actor, Permission.ROLE_GRANT)
    provider = await work.federation.lock(IdentityProvider, provider_id)
    if provider is None:
        raise IdentityProviderNotFound
    check_version(provider, version)
    if work.actor.id in (provider.created_by, provider.changed_by):
        raise SecondPersonNeeded("A second lead or head has to approve what you set up.")
    provider.approved_by, provider.approved_at = work.actor.id, work.now
    provider.version += 1
    record_row(
        work, AuditEvent.PROVIDER_CHANGED, provider, after=_audit_facts(provider),
        details={"fields": ["approved"]},
    )  # fmt: skip
    return provider


def _audit_facts(provider: IdentityProvider) -> dict[str, Any]:
    names = ("label", "issuer", "client_id", "tenants", "second_factor_values", "enabled")
    return {name: getattr(provider, name) for name in names}


async def link_identity(work: UnitOfWork, proof: Proof, max_age: int) -> UUID:
    """Link the person of an ID token to the signed-in account.

    A link that the school made becomes the person's own, by a proof that no provider gives. Raises
    `StepUpNeeded`, `SecondFactorNeeded`, `IdentityRefused`, `IdentityTaken`.
    """
    await require_proof_of_present_factor(work, max_age)
    if not is_proved_here(work.actor.amr):
        raise StepUpNeeded(max_age)
    if not has_local_factor(work.actor.amr) and await needs_own_factor(work, work.actor.id):
        raise SecondFactorNeeded
    await use_proof(work, proof)
    if not await work.federation.enabled(proof.provider.id):
        raise IdentityRefused
    who = rules.identify(proof.provider, proof.claims, work.now)
    known = await work.federation.identity(who.issuer, who.subject)
    if known is not None:
        if known.account_id != work.actor.id or known.linked_by == OWN:
            raise IdentityTaken
        await work.federation.remove(known)
        await work.session.flush()
    return add_identity(work, work.actor.id, who, OWN)


async def unlink_identity(work: UnitOfWork, identity_id: UUID, max_age: int) -> None:
    """Unlink one of the actor's identities. Raises `StepUpNeeded`, `IdentityNotFound`."""
    await require_proof_of_present_factor(work, max_age)
    identity = await work.federation.own_identity(work.actor.id, identity_id)
    if identity is None:
        raise IdentityNotFound
    await work.federation.remove(identity)
    work.record(
        AuditEvent.IDENTITY_UNLINKED, "identity", identity_id, details={"issuer": identity.issuer}
    )
    tell_sign_in_changed(work, work.actor.id, "sign_in_method_removed")
