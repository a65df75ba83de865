"""Add, check and end support services, and set authority contacts."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol
from uuid import UUID

from app.core.behind import ANYONE
from app.core.ids import new_id
from app.core.words import AuditEvent, Permission
from app.db.models import AuthorityContacts, SupportService
from app.db.repositories.safety import support_services as stored
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.common.deadlines.commands import calendar_of
from app.domain.duty.tasks.commands import SetTask, finish_all, set_task
from app.domain.errors import FieldProblem, ValidationFailed, VersionStale
from app.domain.etags import check_version
from app.domain.safety.support_services import rules
from app.domain.safety.support_services.errors import (
    SupportServiceAdopted,
    SupportServiceEnded,
    SupportServiceNotFound,
)
from app.domain.safety.support_services.rules import known
from app.domain.steps import new, record_row, touch


@dataclass(frozen=True, slots=True)
class Check:
    """A check on a day; `by` is when to check again. Default: the latest day allowed."""

    on: date
    by: date | None = None


@dataclass(frozen=True, slots=True)
class CreateSupportService:
    """A service of the school's own (`content`), or a national one it has checked (`national`).

    `content` for a national one replaces the shipped fields.
    """

    check: Check
    content: Mapping[str, Any]
    national: str | None = None
    id: UUID | None = None


class Checked(Protocol):
    """A row that someone checked."""

    id: UUID
    checked_on: Any
    check_by: Any
    checked_by: Any
    version: Any
    changed_at: Any


async def add_support_service(work: UnitOfWork, command: CreateSupportService) -> SupportService:
    """Add one. Raises `PermissionMissing`, `ValidationFailed`, `SupportServiceAdopted`."""
    policy.require(work.actor, Permission.SUPPORT_SERVICE_CHANGE)
    content = await _content_of(work, command)
    check_by = await _check_by(work, command.check)
    support_service = new(
        work, SupportService, command, content=content, checked_on=command.check.on,
        check_by=check_by, checked_by=work.actor.id,
    )  # fmt: skip
    work.organisations.add(support_service)
    record_row(
        work, AuditEvent.SUPPORT_SERVICE_ADDED, support_service, after=content,
        details={"national": command.national, "check_by": check_by.isoformat()},
    )  # fmt: skip
    return support_service


async def _content_of(work: UnitOfWork, command: CreateSupportService) -> dict[str, Any]:
    given = dict(command.content)
    if command.national is None:
        missing = [
            FieldProblem(f"/{name}", "missing", "A support service of the school's own needs this.")
            for name in ("name", "audiences", "channels")
            if not given.get(name)
        ]
        if missing:
            raise ValidationFailed(problems=missing)
        return given
    if command.national not in known():
        problem = FieldProblem(
            "/national", "unknown_support_service", "There is no such national service."
        )
        raise ValidationFailed(problems=[problem])
    await work.organisations.lock_own()  # two must not adopt it at the same time
    if await stored.is_adopted(work.session, work.actor.school_id, command.national):
        raise SupportServiceAdopted
    shipped = known()[command.national]
    names = ("name", "about", "audiences", "channels", "hours", "nations", "languages", "source")
    return {name: shipped[name] for name in names} | given


async def update_support_service(
    work: UnitOfWork, support_service_id: UUID, version: int, fields: Mapping[str, Any],
    check: Check | None,
) -> SupportService:  # fmt: skip
    """Change a service, or record another check, which completes its task.

    Raises `PermissionMissing`, `SupportServiceNotFound`, `SupportServiceEnded`, `VersionStale`,
    `ValidationFailed`.
    """
    support_service = await _to_change(work, support_service_id, version)
    if check is None and rules.MUST_LOOK & fields.keys():
        problem = FieldProblem("/checked_on", "missing", "Say when you looked it up.")
        raise ValidationFailed(problems=[problem])
    before = dict(support_service.content)
    support_service.content = {**before, **fields}
    if check is not None:
        await _confirm(work, support_service, check)
    touch(work, support_service)
    record_row(
        work, AuditEvent.SUPPORT_SERVICE_CHANGED, support_service, before=before,
        after=support_service.content,
        details={"fields": sorted(fields), "check_by": support_service.check_by.isoformat()},
    )  # fmt: skip
    return support_service


async def end_support_service(
    work: UnitOfWork, support_service_id: UUID, version: int, reason: str
) -> SupportService:
    """End a service, so that it is no longer shown. Raises as `update_support_service`."""
    support_service = await _to_change(work, support_service_id, version)
    support_service.ended_at, support_service.ended_by, support_service.end_reason = (
        work.now,
        work.actor.id,
        reason,
    )
    touch(work, support_service)
    await finish_all(work, [rules.TASK], outcome="ended", about_id=support_service.id)
    record_row(work, AuditEvent.SUPPORT_SERVICE_ENDED, support_service, reason=reason)
    return support_service


async def update_authority_contacts(
    work: UnitOfWork, authority: str, version: int, content: Mapping[str, Any], check: Check
) -> AuthorityContacts:
    """Set all contacts of an authority; version 0 if the school has none yet.

    Raises `PermissionMissing`, `VersionStale`, `ValidationFailed`.
    """
    policy.require(work.actor, Permission.SUPPORT_SERVICE_CHANGE)
    await work.organisations.lock_own()  # two must not set the first at the same time
    school_id = work.actor.school_id
    contacts = await stored.lock_authority_contacts(work.session, school_id, authority)
    if version != (contacts.version if contacts else 0):
        raise VersionStale
    before: Mapping[str, Any] | None = None
    if contacts is None:
        contacts = AuthorityContacts(
            school_id=work.actor.school_id, id=new_id(), authority=authority,
            content=dict(content), version=0, added_at=work.now,
        )  # fmt: skip
        await _confirm(work, contacts, check)
        work.organisations.add(contacts)
    else:
        before, contacts.content = contacts.content, dict(content)
        await _confirm(work, contacts, check)
    touch(work, contacts)
    record_row(
        work, AuditEvent.AUTHORITY_CONTACTS_SET, contacts, before=before, after=content,
        details={"authority": authority, "check_by": contacts.check_by.isoformat()},
    )  # fmt: skip
    return contacts


async def _to_change(work: UnitOfWork, support_service_id: UUID, version: int) -> SupportService:
    policy.require(work.actor, Permission.SUPPORT_SERVICE_CHANGE)
    support_service = await work.organisations.lock(SupportService, support_service_id)
    if support_service is None:
        raise SupportServiceNotFound
    check_version(support_service, version)
    if support_service.ended_at is not None:
        raise SupportServiceEnded
    return support_service


async def _check_by(work: UnitOfWork, check: Check) -> date:
    """The day of the next check. Raises `ValidationFailed`."""
    calendar = await calendar_of(work)
    by = check.by or rules.latest_check(check.on, calendar)
    today = calendar.local(work.now).date()
    if problems := rules.problems_of(check.on, by, today, calendar):
        raise ValidationFailed(problems=problems)
    return by


async def _confirm(work: UnitOfWork, row: Checked, check: Check) -> None:
    row.check_by = await _check_by(work, check)
    row.checked_on, row.checked_by = check.on, work.actor.id
    await finish_all(work, [rules.TASK], outcome="checked", about_id=row.id)


async def ask_for_checks(work: UnitOfWork) -> int:
    """Set a task for each service and authority past its check, once for each check.

    It goes to the person who checked last; if they have gone, to the first lead.
    """
    rows = await stored.old_ones(await work.driver(), work.actor.school_id, work.today)
    made = 0
    for row in rows:
        command = SetTask(
            kind=rules.TASK, about=(row["noun"], row["id"]), confidentiality=ANYONE,
            first=row["checked_by"],
            dedupe=f"{rules.TASK}:{row['id']}:{row['check_by'].isoformat()}",
        )  # fmt: skip
        made += await set_task(work, command) is not None
    return made
