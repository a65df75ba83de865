"""Adding an agency, and changing or retiring one."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from app.core.ids import new_id
from app.core.words import AuditEvent, Permission
from app.db.models import Agency
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.access.checks.sharing import agency_for
from app.domain.etags import check_version


@dataclass(frozen=True, slots=True)
class AddAgency:
    """A new agency."""

    name: str
    kind: str
    route: str
    id: UUID | None = None
    local_authority: str | None = None
    phone: str | None = None
    out_of_hours_phone: str | None = None
    email: str | None = None
    address: str | None = None
    form_variants: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ChangeAgency:
    """The named fields change; `retired` takes it out of use or back."""

    agency_id: UUID
    version: int
    changes: Mapping[str, Any]


async def add_agency(work: UnitOfWork, wish: AddAgency) -> Agency:
    """Add an agency. Raises `PermissionMissing`."""
    policy.require(work.actor, Permission.AGENCY_CHANGE)
    agency = Agency(
        school_id=work.actor.school_id,
        id=wish.id or new_id(),
        name=wish.name,
        kind=wish.kind,
        local_authority=wish.local_authority,
        phone=wish.phone,
        out_of_hours_phone=wish.out_of_hours_phone,
        email=wish.email,
        address=wish.address,
        route=wish.route,
        form_variants=dict(wish.form_variants),
        retired_at=None,
        version=1,
        created_at=work.now,
        changed_at=work.now,
    )
    work.sharing.add(agency)
    work.record(AuditEvent.AGENCY_ADDED, "agency", agency.id, after=_told(agency))
    return agency


async def change_agency(work: UnitOfWork, wish: ChangeAgency) -> Agency:
    """Change an agency. Raises `PermissionMissing`, `AgencyNotFound`, `VersionStale`."""
    agency = await agency_for(work, wish.agency_id, Permission.AGENCY_CHANGE, lock=True)
    check_version(agency, wish.version)
    before = _told(agency)
    for name, value in wish.changes.items():
        if name != "retired":
            setattr(agency, name, value)
        elif value != (agency.retired_at is not None):
            agency.retired_at = work.now if value else None
    agency.version += 1
    agency.changed_at = work.now
    work.record(
        AuditEvent.AGENCY_CHANGED,
        "agency",
        agency.id,
        before=before,
        after=_told(agency),
        details={"fields": sorted(wish.changes)},
    )
    return agency


def _told(agency: Agency) -> dict[str, Any]:
    names = (
        "name", "kind", "local_authority", "phone", "out_of_hours_phone", "email", "address",
        "route", "retired_at", "form_variants",
    )  # fmt: skip
    return {name: getattr(agency, name) for name in names}
