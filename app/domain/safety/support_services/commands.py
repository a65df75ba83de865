"""Add, check and end support services, and set authority contacts."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol
from uuid import UUID

from app.core.behind import ANYONE
from app.core.ids import new_id
from app.core.words import AuditEvent, Permission
from app.db.models import AuthorityContacts, ProposedChange, SupportService, noun_of
from app.db.repositories.safety import support_services as stored
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.common.deadlines.commands import calendar_of
from app.domain.common.proposed_changes.commands import (
    overtake,
    propose,
    proposed_by_me,
    tell_number_changed,
)
from app.domain.common.proposed_changes.rules import fixed_problem, safeguards
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

CONTENT = "content"
"""The one field of what is shown: each part of it sends people somewhere."""


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
    """Add one, as a person who safeguards.

    Raises `PermissionMissing`, `ValidationFailed`, `SupportServiceAdopted`.
    """
    policy.require(work.actor, Permission.SUPPORT_SERVICE_CHANGE)
    policy.require(work.actor, Permission.CHANGE_CONFIRM)
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
    await tell_number_changed(work)
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
    if command.national in rules.IDS.values():
        raise ValidationFailed(problems=[fixed_problem("/national")])
    if command.national not in known():
        problem = FieldProblem(
            "/national", "unknown_support_service", "There is no such national service."
        )
        raise ValidationFailed(problems=[problem])
    await work.organisations.lock_own()  # two must not adopt it at the same time
    if await stored.is_adopted(work.session, work.actor.school_id, command.national):
        raise SupportServiceAdopted
    shipped = known()[command.national]
    _check_fixed(command.national, given)
    names = ("name", "about", "audiences", "channels", "hours", "nations", "languages", "source")
    return {name: shipped[name] for name in names} | given


def _check_fixed(national: str | None, fields: Mapping[str, Any]) -> None:
    """Raise `ValidationFailed` for another name or number of a national service."""
    shipped = known().get(national or "", {})
    problems = [
        fixed_problem(f"/{name}") for name in rules.FIXED
        if name in fields and name in shipped and fields[name] != shipped[name]
    ]  # fmt: skip
    if problems:
        raise ValidationFailed(problems=problems)


async def update_support_service(
    work: UnitOfWork, support_service_id: UUID, version: int, fields: Mapping[str, Any],
    check: Check | None,
) -> SupportService:  # fmt: skip
    """Change a service, or record another check, which completes its task.

    What a person changes who does not safeguard waits until a second person confirms it. Raises
    `PermissionMissing`, `SupportServiceNotFound`, `SupportServiceEnded`, `VersionStale`,
    `ValidationFailed`.
    """
    support_service = await _to_change(work, support_service_id, version)
    if check is None and rules.MUST_LOOK & fields.keys():
        problem = FieldProblem("/checked_on", "missing", "Say when you looked it up.")
        raise ValidationFailed(problems=[problem])
    _check_fixed(support_service.national, fields)
    before, thing = dict(support_service.content), _thing(support_service)
    content = {**before, **fields}
    if content != before and not safeguards(work.actor):
        mine = await proposed_by_me(work, thing, CONTENT)
        days = await _days_of(work, check) if check is not None else {}
        shown = {**mine.get(CONTENT, before), **fields}
        after = {**mine, **days, CONTENT: shown}
        await propose(work, thing, CONTENT, {CONTENT: before}, after)
        return support_service
    if content != before:
        await overtake(work, thing, CONTENT)
        await tell_number_changed(work)
    support_service.content = content
    if check is not None:
        await _confirm(work, support_service, check)
    _record_change(work, support_service, before, fields)
    return support_service


def _record_change(
    work: UnitOfWork, row: SupportService, before: Mapping[str, Any], fields: Collection[str]
) -> None:
    touch(work, row)
    record_row(
        work, AuditEvent.SUPPORT_SERVICE_CHANGED, row, before=before, after=row.content,
        details={"fields": sorted(fields), "check_by": row.check_by.isoformat()},
    )  # fmt: skip


async def confirm_service(work: UnitOfWork, change: ProposedChange) -> None:
    """Show what a second person confirmed. Raises `SupportServiceEnded`, `VersionStale`."""
    row = await work.organisations.lock(SupportService, change.thing_id)
    if row is None or row.ended_at is not None:
        raise SupportServiceEnded
    before = await _take(work, row, change)
    fields = [name for name in row.content if row.content[name] != before.get(name)]
    _record_change(work, row, before, fields)


async def confirm_authority_contacts(work: UnitOfWork, change: ProposedChange) -> None:
    """Show contacts that a second person confirmed. Raises `VersionStale`."""
    row = await work.organisations.lock(AuthorityContacts, change.thing_id)
    if row is None:
        raise VersionStale
    _record_contacts(work, row, await _take(work, row, change))


async def _take(
    work: UnitOfWork, row: SupportService | AuthorityContacts, change: ProposedChange
) -> Mapping[str, Any]:
    """Put a confirmed text in place, as checked by the person who looked it up."""
    before, after = row.content, change.after
    if before != change.before[CONTENT]:
        raise VersionStale
    row.content = after[CONTENT]
    if "checked_on" in after:
        row.checked_on = date.fromisoformat(after["checked_on"])
        row.check_by = date.fromisoformat(after["check_by"])
        row.checked_by = change.proposed_by
        await finish_all(work, [rules.TASK], outcome="checked", about_id=row.id)
    return before


async def _days_of(work: UnitOfWork, check: Check) -> dict[str, str]:
    by = await _check_by(work, check)
    return {"checked_on": check.on.isoformat(), "check_by": by.isoformat()}


def _thing(row: SupportService | AuthorityContacts) -> tuple[str, UUID]:
    return noun_of(type(row)), row.id


async def end_support_service(
    work: UnitOfWork, support_service_id: UUID, version: int, reason: str
) -> SupportService:
    """End a service as a person who safeguards, so that it is no longer shown.

    Raises as `update_support_service`.
    """
    support_service = await _to_change(work, support_service_id, version)
    policy.require(work.actor, Permission.CHANGE_CONFIRM)
    await overtake(work, _thing(support_service), CONTENT)
    support_service.ended_at, support_service.ended_by, support_service.end_reason = (
        work.now,
        work.actor.id,
        reason,
    )
    touch(work, support_service)
    await finish_all(work, [rules.TASK], outcome="ended", about_id=support_service.id)
    record_row(work, AuditEvent.SUPPORT_SERVICE_ENDED, support_service, reason=reason)
    await tell_number_changed(work)
    return support_service


async def update_authority_contacts(
    work: UnitOfWork, authority: str, version: int, content: Mapping[str, Any], check: Check
) -> AuthorityContacts:
    """Set all contacts of an authority; version 0 if the school has none yet.

    The first ones are set by a person who safeguards; what others change later waits until a second
    person confirms it. Raises `PermissionMissing`, `VersionStale`, `ValidationFailed`.
    """
    policy.require(work.actor, Permission.SUPPORT_SERVICE_CHANGE)
    await work.organisations.lock_own()  # two must not set the first at the same time
    school_id = work.actor.school_id
    contacts = await stored.lock_authority_contacts(work.session, school_id, authority)
    if version != (contacts.version if contacts else 0):
        raise VersionStale
    before: Mapping[str, Any] | None = None
    if contacts is None:
        policy.require(work.actor, Permission.CHANGE_CONFIRM)
        contacts = AuthorityContacts(
            school_id=work.actor.school_id, id=new_id(), authority=authority,
            content=dict(content), version=0, added_at=work.now,
        )  # fmt: skip
        await _confirm(work, contacts, check)
        work.organisations.add(contacts)
        await tell_number_changed(work)
    else:
        before, thing = contacts.content, _thing(contacts)
        if content != before and not safeguards(work.actor):
            after = {**await _days_of(work, check), CONTENT: dict(content)}
            await propose(work, thing, CONTENT, {CONTENT: before}, after)
            return contacts
        if content != before:
            await overtake(work, thing, CONTENT)
            await tell_number_changed(work)
        contacts.content = dict(content)
        await _confirm(work, contacts, check)
    _record_contacts(work, contacts, before)
    return contacts


def _record_contacts(
    work: UnitOfWork, row: AuthorityContacts, before: Mapping[str, Any] | None
) -> None:
    touch(work, row)
    record_row(
        work, AuditEvent.AUTHORITY_CONTACTS_SET, row, before=before, after=row.content,
        details={"authority": row.authority, "check_by": row.check_by.isoformat()},
    )  # fmt: skip


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
