"""Saying whom a school trusts, and linking or unlinking one's own identities."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from app.core.ids import new_id
from app.core.words import AuditEvent, Permission
from app.db.models import IdentityProvider
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.errors import SecondFactorNeeded, SecondPersonNeeded, VersionStale
from app.domain.people.federation import rules
from app.domain.people.federation.errors import (
    IdentityNotFound,
    IdentityProviderNotFound,
    IdentityRefused,
    IdentityTaken,
)
from app.domain.people.federation.linking import add_identity, needs_own_factor
from app.domain.people.federation.signing_in import Proof, use_proof
from app.domain.people.sessions.administering import tell_leads
from app.domain.people.sessions.factors import require_proof_of_present_factor
from app.domain.people.sessions.notices import tell
from app.domain.people.sessions.rules import has_local_factor


@dataclass(frozen=True, slots=True)
class AddProvider:
    """A provider to trust; `issuer` is the server's own for Google and Entra."""

    kind: str
    label: str
    issuer: str
    client_id: str
    tenants: Sequence[str]
    second_factor_values: Sequence[str]
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class ChangeProvider:
    """The named fields change: label, client_id, tenants, second_factor_values, enabled."""

    provider_id: UUID
    version: int
    changes: Mapping[str, Any]


async def add_provider(work: UnitOfWork, wish: AddProvider) -> IdentityProvider:
    """Say whom to trust, which counts once a second person approved it; leads and heads hear of it.

    Raises `PermissionMissing`, `ValidationFailed`.
    """
    policy.require(work.actor, Permission.SCHOOL_CHANGE)
    provider = IdentityProvider(
        school_id=work.actor.school_id,
        id=new_id(),
        kind=wish.kind,
        label=wish.label,
        issuer=wish.issuer,
        client_id=wish.client_id,
        tenants=rules.checked_tenants(wish.kind, wish.tenants),
        second_factor_values=rules.checked_factor_values(wish.second_factor_values),
        enabled=wish.enabled,
        version=1,
        created_by=work.actor.id,
        created_at=work.now,
        changed_at=work.now,
        changed_by=work.actor.id,
    )
    work.federation.add(provider)
    work.record(
        AuditEvent.PROVIDER_ADDED, "identity_provider", provider.id,
        after=_told(provider), details={"kind": wish.kind, "issuer": wish.issuer},
    )  # fmt: skip
    await tell_leads(work, "sign_in_changed")
    return provider


async def change_provider(work: UnitOfWork, wish: ChangeProvider) -> IdentityProvider:
    """Change whom a school trusts; sessions that were begun go on.

    What decides who is let in has to be approved anew.
    Raises `PermissionMissing`, `IdentityProviderNotFound`, `VersionStale`, `ValidationFailed`.
    """
    policy.require(work.actor, Permission.SCHOOL_CHANGE)
    provider = await work.federation.lock(IdentityProvider, wish.provider_id)
    if provider is None:
        raise IdentityProviderNotFound
    if provider.version != wish.version:
        raise VersionStale
    changes = dict(wish.changes)
    if "tenants" in changes:
        changes["tenants"] = rules.checked_tenants(provider.kind, changes["tenants"])
    if "second_factor_values" in changes:
        asked = changes["second_factor_values"]
        changes["second_factor_values"] = rules.checked_factor_values(asked)
    before = _told(provider)
    for name, value in changes.items():
        setattr(provider, name, value)
    provider.version += 1
    provider.changed_at, provider.changed_by = work.now, work.actor.id
    after = _told(provider)
    if any(before[name] != after[name] for name in rules.REAPPROVED):
        provider.approved_by = provider.approved_at = None
    work.record(
        AuditEvent.PROVIDER_CHANGED, "identity_provider", provider.id,
        before=before, after=after, details={"fields": sorted(changes)},
    )  # fmt: skip
    await tell_leads(work, "sign_in_changed")
    return provider


async def approve_provider(work: UnitOfWork, provider_id: UUID, version: int) -> None:
    """Let a provider count, as somebody who neither made nor last changed it.

    Raises `PermissionMissing`, `IdentityProviderNotFound`, `VersionStale`, `SecondPersonNeeded`.
    """
    policy.require(work.actor, Permission.ROLE_GRANT)
    provider = await work.federation.lock(IdentityProvider, provider_id)
    if provider is None:
        raise IdentityProviderNotFound
    if provider.version != version:
        raise VersionStale
    if work.actor.id in (provider.created_by, provider.changed_by):
        raise SecondPersonNeeded("A second lead or head has to approve what you set up.")
    provider.approved_by, provider.approved_at = work.actor.id, work.now
    provider.version += 1
    work.record(
        AuditEvent.PROVIDER_CHANGED, "identity_provider", provider.id,
        after=_told(provider), details={"fields": ["approved"]},
    )  # fmt: skip


def _told(provider: IdentityProvider) -> dict[str, Any]:
    names = ("label", "issuer", "client_id", "tenants", "second_factor_values", "enabled")
    return {name: getattr(provider, name) for name in names}


async def link_identity(work: UnitOfWork, proof: Proof, max_age: int) -> UUID:
    """Link whoever an ID token proves to the signed-in account.

    What the school linked by itself becomes the person's own link.
    Raises `StepUpNeeded`, `SecondFactorNeeded`, `IdentityRefused`, `IdentityTaken`.
    """
    await require_proof_of_present_factor(work, max_age)
    if not has_local_factor(work.actor.amr) and await needs_own_factor(work, work.actor.id):
        raise SecondFactorNeeded
    await use_proof(work, proof)
    if not await work.federation.enabled(proof.provider.id):
        raise IdentityRefused
    who = rules.identify(proof.provider, proof.claims, work.now)
    known = await work.federation.identity(who.issuer, who.subject)
    if known is not None:
        if known.account_id != work.actor.id or known.linked_by == "person":
            raise IdentityTaken
        await work.federation.remove(known)
        await work.session.flush()
    return add_identity(work, work.actor.id, who, "person")


async def unlink_identity(work: UnitOfWork, identity_id: UUID, max_age: int) -> None:
    """Unlink one of the own identities. Raises `StepUpNeeded`, `IdentityNotFound`."""
    await require_proof_of_present_factor(work, max_age)
    identity = await work.federation.own_identity(work.actor.id, identity_id)
    if identity is None:
        raise IdentityNotFound
    await work.federation.remove(identity)
    work.record(
        AuditEvent.IDENTITY_UNLINKED, "identity", identity_id, details={"issuer": identity.issuer}
    )
    tell(work, work.actor.id, "sign_in_method_removed")
