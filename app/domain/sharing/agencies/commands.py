"""Add, change and retire agencies, with the keys and addresses of their systems."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from app.core.targets import Reach
from app.core.words import AuditEvent, Permission
from app.db.models import Agency, ServiceKey
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.access.share_access.queries import agency_for
from app.domain.call_targets import target_of
from app.domain.common.proposed_changes.commands import tell_number_changed
from app.domain.common.proposed_changes.rules import fixed_problem, is_fixed
from app.domain.errors import ValidationFailed
from app.domain.etags import check_version
from app.domain.people.second_factors.rules import Vault
from app.domain.people.service_keys.commands import WithSecret, key_of_agency, revoke_key
from app.domain.people.service_keys.errors import ServiceKeyNotFound
from app.domain.sharing.agencies.schemas import AgencyIn
from app.domain.steps import new, record_row, touch
from app.formats import standard_webhooks

DIALLED = frozenset({"name", "kind", "local_authority", "phone", "out_of_hours_phone", "state"})
"""What decides which number people are told to phone."""
SOCIAL_CARE = "social_care"
"""The kind whose number Cairn itself tells people to phone."""


async def add_agency(work: UnitOfWork, body: AgencyIn) -> Agency:
    """Add an agency, as a person who safeguards. Raises `PermissionMissing`."""
    policy.require(work.actor, Permission.AGENCY_CHANGE)
    policy.require(work.actor, Permission.CHANGE_CONFIRM)
    agency = new(work, Agency, body, form_variants=dict(body.form_variants), retired_at=None)
    work.sharing.add(agency)
    record_row(work, AuditEvent.AGENCY_ADDED, agency, after=_audit_facts(agency))
    if agency.kind == SOCIAL_CARE:
        await tell_number_changed(work)
    return agency


async def update_agency(
    work: UnitOfWork, agency_id: UUID, version: int, changes: Mapping[str, Any]
) -> Agency:
    """Change an agency; other watchers are alerted to another number of social care.

    Raises `PermissionMissing`, `AgencyNotFound`, `VersionStale`, `ValidationFailed`.
    """
    agency = await agency_for(work, agency_id, Permission.AGENCY_CHANGE, lock=True)
    check_version(agency, version)
    if changes.keys() & DIALLED:
        policy.require(work.actor, Permission.CHANGE_CONFIRM)
    if is_fixed(agency.phone) and changes.get("phone", agency.phone) != agency.phone:
        raise ValidationFailed(problems=[fixed_problem("/phone")])
    before = _audit_facts(agency)
    for name, value in changes.items():
        if name != "state":
            setattr(agency, name, value)
        elif (value == "retired") != (agency.retired_at is not None):
            agency.retired_at = work.now if value == "retired" else None
    touch(work, agency)
    record_row(
        work, AuditEvent.AGENCY_CHANGED, agency, before=before, after=_audit_facts(agency),
        details={"fields": sorted(changes)},
    )  # fmt: skip
    if changes.keys() & DIALLED and SOCIAL_CARE in (before["kind"], agency.kind):
        await tell_number_changed(work)
    return agency


def _audit_facts(agency: Agency) -> dict[str, Any]:
    names = (
        "name", "kind", "local_authority", "phone", "out_of_hours_phone", "email", "address",
        "route", "retired_at", "form_variants",
    )  # fmt: skip
    return {name: getattr(agency, name) for name in names}


async def create_agency_key(
    work: UnitOfWork,
    agency_id: UUID,
    name: str,
    networks: Sequence[str],
    expires_at: datetime | None,
) -> WithSecret:
    """Make a key that is bound to the agency permanently.

    Its maker could read with it what was sent, so this needs both permissions: to change agencies
    and to approve referrals. Raises `PermissionMissing`, `AgencyNotFound`, `ValidationFailed`.
    """
    await _agency_for(work, agency_id)
    return key_of_agency(work, agency_id, name, networks, expires_at)


async def revoke_agency_key(work: UnitOfWork, agency_id: UUID, key_id: UUID, version: int) -> None:
    """End a key at once; repeating it does not fail. Accepts an older version.

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
    """Set the address that tells the agency's system of new items; shows the secret only once.

    Setting it again makes another secret. Raises as `create_agency_key`, and `VersionStale`.
    """
    agency = await _agency_for(work, agency_id, lock=True)
    check_version(agency, version)
    secret = standard_webhooks.new_secret()
    agency.webhook_url = target_of(url, reach)
    agency.webhook_secret = vault.seal(secret, agency.id.bytes)
    _changed(work, agency)
    return agency, standard_webhooks.written(secret)


async def remove_agency_webhook(work: UnitOfWork, agency_id: UUID, version: int) -> Agency:
    """Stop telling the agency's system of new items. Raises as `set_agency_webhook`."""
    agency = await _agency_for(work, agency_id, lock=True)
    check_version(agency, version)
    agency.webhook_url = agency.webhook_secret = None
    _changed(work, agency)
    return agency


async def reseal_agencies(work: UnitOfWork, vault: Vault) -> None:
    """Seal again the secrets of agencies that an older key sealed."""
    for agency in await work.sharing.sealed_agencies():
        assert agency.webhook_secret is not None  # noqa: S101 - they were chosen by it
        if not vault.is_current(agency.webhook_secret):
            secret = vault.open(agency.webhook_secret, agency.id.bytes)
            agency.webhook_secret = vault.seal(secret, agency.id.bytes)
            record_row(work, AuditEvent.AGENCY_CHANGED, agency, details={"resealed": True})


def _changed(work: UnitOfWork, agency: Agency) -> None:
    touch(work, agency)
    details = {"fields": ["webhook_url"], "webhook": agency.webhook_url is not None}
    record_row(work, AuditEvent.AGENCY_CHANGED, agency, details=details)


async def _agency_for(work: UnitOfWork, agency_id: UUID, *, lock: bool = False) -> Agency:
    policy.require(work.actor, Permission.REFERRAL_APPROVE)
    return await agency_for(work, agency_id, Permission.AGENCY_CHANGE, lock=lock)
