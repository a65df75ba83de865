"""The keys and the address of an agency's own system."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from app.core.targets import Reach
from app.core.words import AuditEvent, Permission
from app.db.models import Agency, ServiceKey
from app.db.reading import Reading
from app.db.repositories.people import service_key_reads
from app.db.repositories.sharing import sharing_reads
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.access.checks.sharing import agency_for
from app.domain.errors import AgencyNotFound
from app.domain.etags import check_version
from app.domain.exchange.webhooks import rules as webhooks
from app.domain.exchange.webhooks.commands import target_of
from app.domain.people.service_keys.commands import WithSecret, key_of_agency, revoke_key
from app.domain.people.service_keys.errors import ServiceKeyNotFound
from app.domain.people.sessions.vaults import Vault


@dataclass(frozen=True, slots=True)
class AddAgencyKey:
    """A key for the agency's own system: it reads what was sent to the agency, and answers."""

    agency_id: UUID
    name: str
    networks: Sequence[str] = ()
    expires_at: datetime | None = None


async def add_agency_key(work: UnitOfWork, wish: AddAgencyKey) -> WithSecret:
    """Make a key that is bound to the agency for good.

    Whoever makes one could read with it what was sent: it takes both changing agencies and
    approving referrals. Raises `PermissionMissing`, `AgencyNotFound`, `ValidationFailed`.
    """
    await _agency_for(work, wish.agency_id)
    return key_of_agency(work, wish.agency_id, wish.name, wish.networks, wish.expires_at)


async def list_agency_keys(reading: Reading, agency_id: UUID) -> list[dict[str, Any]]:
    """The keys of an agency, ended ones too. Raises `PermissionMissing`, `AgencyNotFound`."""
    policy.require(reading.actor, Permission.REFERRAL_APPROVE)
    driver, school_id = reading.driver, reading.actor.school_id
    if await sharing_reads.agency_of(driver, school_id, agency_id) is None:
        raise AgencyNotFound
    rows: Sequence[Mapping[str, Any]] = await service_key_reads.keys_of_agency(
        driver, school_id, agency_id
    )
    return [dict(row) for row in rows]


async def revoke_agency_key(work: UnitOfWork, agency_id: UUID, key_id: UUID, version: int) -> None:
    """End a key at once; doing it twice is no failure. An older version is taken.

    Raises `PermissionMissing`, `AgencyNotFound`, `ServiceKeyNotFound`, `VersionStale`.
    """
    await _agency_for(work, agency_id)
    key = await work.service_keys.lock(ServiceKey, key_id)
    if key is None or key.agency_id != agency_id:
        raise ServiceKeyNotFound
    revoke_key(work, key, version)


async def set_agency_webhook(
    work: UnitOfWork, agency_id: UUID, version: int, url: str, reach: Reach, vault: Vault
) -> tuple[Agency, str]:
    """Say where the agency's system is told that something waits; the secret is shown this once.

    Setting it anew makes another secret. Raises as `add_agency_key`, and `VersionStale`.
    """
    agency = await _agency_for(work, agency_id, lock=True)
    check_version(agency, version)
    secret = webhooks.new_secret()
    agency.webhook_url = target_of(url, reach)
    agency.webhook_secret = vault.seal(secret, agency.id.bytes)
    _changed(work, agency)
    return agency, webhooks.shown(secret)


async def end_agency_webhook(work: UnitOfWork, agency_id: UUID, version: int) -> Agency:
    """Tell the agency's system nothing any more. Raises as `set_agency_webhook`."""
    agency = await _agency_for(work, agency_id, lock=True)
    check_version(agency, version)
    agency.webhook_url = agency.webhook_secret = None
    _changed(work, agency)
    return agency


async def reseal_agencies(work: UnitOfWork, vault: Vault) -> None:
    """Seal anew the secrets of agencies that an older key sealed."""
    for agency in await work.sharing.sealed_agencies():
        assert agency.webhook_secret is not None  # noqa: S101 - they were chosen by it
        if not vault.is_current(agency.webhook_secret):
            secret = vault.open(agency.webhook_secret, agency.id.bytes)
            agency.webhook_secret = vault.seal(secret, agency.id.bytes)
            work.record(AuditEvent.AGENCY_CHANGED, "agency", agency.id, details={"resealed": True})


def _changed(work: UnitOfWork, agency: Agency) -> None:
    agency.version += 1
    agency.changed_at = work.now
    details = {"fields": ["webhook_url"], "webhook": agency.webhook_url is not None}
    work.record(AuditEvent.AGENCY_CHANGED, "agency", agency.id, details=details)


async def _agency_for(work: UnitOfWork, agency_id: UUID, *, lock: bool = False) -> Agency:
    policy.require(work.actor, Permission.REFERRAL_APPROVE)
    return await agency_for(work, agency_id, Permission.AGENCY_CHANGE, lock=lock)
