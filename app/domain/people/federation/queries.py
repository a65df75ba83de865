"""Reads of a school's trusted providers, and of a person's linked identities."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from app.core.words import Actor, Permission
from app.db.cards import with_people
from app.db.paging import Page, PageOf, page_of
from app.db.reading import Reading
from app.db.repositories.people import federation
from app.db.session import Driver
from app.domain.people.federation.errors import IdentityProviderNotFound
from app.domain.people.federation.rules import ENTRA, Provider
from app.domain.policy import may, require_any

READERS = (Permission.SCHOOL_CHANGE, Permission.ROLE_GRANT)
"""Permissions to set providers up, and to approve them."""


async def list_providers(reading: Reading, asked: PageOf) -> Page[dict[str, Any]]:
    """List every provider, newest first. Raises `PermissionMissing`."""
    require_any(reading.actor, *READERS)
    rows = await federation.providers_of(reading.driver, reading.actor.school_id, asked)
    return page_of(rows, asked, key="created_at", shape=_named)


async def read_provider(driver: Driver, actor: Actor, provider_id: UUID) -> dict[str, Any]:
    """Get one provider, with what this reader may do next.

    Raises `IdentityProviderNotFound`, `PermissionMissing`.
    """
    require_any(actor, *READERS)
    provider = await federation.provider_of(driver, actor.school_id, provider_id)
    if provider is None:
        raise IdentityProviderNotFound
    allowed = []
    if may(actor, Permission.SCHOOL_CHANGE):
        allowed.append("update_identity_provider")
    by_others = actor.id not in (provider["created_by"], provider["changed_by"])
    if may(actor, Permission.ROLE_GRANT) and by_others and provider["approved_at"] is None:
        allowed.append("approve_identity_provider")
    return {**_named(provider), "permissions": allowed}


def _named(row: Mapping[str, Any]) -> dict[str, Any]:
    return with_people(row, "created_by", "changed_by", "approved_by")


async def trusted_providers(reading: Reading) -> list[Provider]:
    """List the providers that the school trusts now."""
    rows = await federation.trusted_by(reading.driver, reading.actor.school_id)
    return [
        Provider(
            row["id"], row["kind"], row["issuer"], row["client_id"], tuple(row["tenants"]),
            tuple(row["second_factor_values"]),
        )
        for row in rows
    ]  # fmt: skip


async def list_sign_in_providers(reading: Reading) -> list[dict[str, Any]]:
    """List what a front end needs to send someone to their provider; all of it is public there."""
    rows = await federation.trusted_by(reading.driver, reading.actor.school_id)
    return [
        {
            "kind": row["kind"],
            "label": row["label"],
            "client_id": row["client_id"],
            "issuers": _issuers(row),
        }
        for row in rows
    ]


def _issuers(row: Mapping[str, Any]) -> list[str]:
    issuer: str = row["issuer"]
    if row["kind"] != ENTRA:
        return [issuer]
    return [issuer.replace("{tid}", tenant) for tenant in row["tenants"]]


async def list_identities(reading: Reading) -> Sequence[dict[str, Any]]:
    """List the identities linked to the signed-in account."""
    rows = await federation.identities_of(reading.driver, reading.actor.id)
    return [dict(row) for row in rows]
