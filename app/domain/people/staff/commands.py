"""Add staff, and change their details."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from app.core.words import AuditEvent, Permission
from app.db.models import Staff, StaffName
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.access.conflicts.commands import find_conflicts
from app.domain.common.alerts.commands import is_watcher
from app.domain.errors import StaffNotFound, require_row
from app.domain.etags import check_version
from app.domain.people.address_changes import commands
from app.domain.people.invitations import commands as invitations
from app.domain.people.memberships import commands as memberships
from app.domain.people.memberships.schemas import MembershipIn
from app.domain.people.staff.errors import StaffExists
from app.domain.steps import new, record_row, touch


async def add_staff(
    work: UnitOfWork,
    name: str,
    email: str,
    roles: Sequence[str],
    job_title: str | None = None,
    phone: str | None = None,
) -> UUID:
    """Add a person to the staff and invite them; their roles hold once they accept.

    An account elsewhere changes neither the answer nor the work. Returns the person's ID, which is
    their account's. Raises `PermissionMissing`, `GrantExceedsOwn`, `ValidationFailed`,
    `StaffExists`.
    """
    policy.require(work.actor, Permission.STAFF_CHANGE)
    granted = [
        await memberships.check_may_grant(work, role, pointer=f"/roles/{index}")
        for index, role in enumerate(roles)
    ]
    account_id = await work.accounts.id_for(email, work.now)
    if await work.staff.find(Staff, account_id) is not None:
        raise StaffExists
    staff = new(
        work, Staff, id=account_id, name=name, email=email, job_title=job_title, phone=phone
    )
    work.staff.add(staff)
    await work.session.flush()
    work.record(AuditEvent.STAFF_ADDED, "staff", account_id)
    for role, rights in zip(roles, granted, strict=True):
        await memberships.grant(work, account_id, MembershipIn(role=role), rights)
    await find_conflicts(work)
    invitations.invite(work, account_id)
    return account_id


async def update_staff(
    work: UnitOfWork, staff_id: UUID, version: int, fields: Mapping[str, Any]
) -> None:
    """Change name, job title or phone; addresses and roles change elsewhere.

    A number that replaces another, and the first number of a watcher over safeguarding, counts once
    the person confirms it.

    Raises `PermissionMissing`, `StaffNotFound`, `VersionStale`.
    """
    policy.require(work.actor, Permission.STAFF_CHANGE)
    staff = require_row(await work.staff.lock(Staff, staff_id), StaffNotFound)
    check_version(staff, version)
    before = {name: getattr(staff, name) for name in fields}
    if fields.get("name", staff.name) != staff.name:
        keep_name(work, staff)
    for name, value in fields.items():
        if name != "phone":
            setattr(staff, name, value)
    if "phone" in fields:
        await _suggest_phone(work, staff, fields["phone"])
    touch(work, staff)
    record_row(
        work, AuditEvent.STAFF_CHANGED, staff, before=before, after=fields,
        details={"fields": sorted(fields)},
    )  # fmt: skip


def keep_name(work: UnitOfWork, staff: Staff) -> None:
    """Keep the name under which someone wrote until now."""
    work.staff.add(new(work, StaffName, staff_id=staff.id, name=staff.name, until=work.now))


async def _suggest_phone(work: UnitOfWork, staff: Staff, phone: str | None) -> None:
    watches = staff.accepted_at is not None and await is_watcher(work, staff.id)
    if commands.suggest(work, staff, "phone", phone, watches=watches):
        await commands.tell_changed(work, staff)
