"""Found a school with its first people, and change its details."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from app.core.words import Actor, AuditEvent, Permission, Role
from app.db.models import Organisation, ProposedChange, Staff
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.common.alerts.commands import tell_calendar_changed, tell_watchers_once
from app.domain.common.deadlines.commands import nation_changed
from app.domain.common.proposed_changes.commands import overtake, propose
from app.domain.common.proposed_changes.rules import safeguards
from app.domain.errors import (
    FieldProblem,
    SchoolNotFound,
    ValidationFailed,
    VersionStale,
    require_row,
)
from app.domain.etags import check_version
from app.domain.people.address_changes.commands import CHANGED
from app.domain.people.memberships.commands import EndMembership, add_membership, end_membership
from app.domain.people.memberships.errors import MembershipNotFound
from app.domain.people.memberships.schemas import MembershipIn
from app.domain.people.schools import rules
from app.domain.people.schools.errors import SchoolExists
from app.domain.people.staff.commands import add_staff
from app.domain.steps import touch

SETTINGS = (
    "second_factor_roles", "roster_leaving_percent", "roster_identifier_percent",
    "roster_stale_days",
)  # fmt: skip
"""A school's own choices, saved as settings and not as columns."""
HELD = ("phone", "roster_leaving_percent", "roster_identifier_percent")
"""What a person changes only with a second one: a person who safeguards confirms it."""
DEFAULT_PERCENT = 10


@dataclass(frozen=True, slots=True)
class FirstPerson:
    """One of the first people of a new school."""

    email: str
    name: str
    roles: Sequence[str]


@dataclass(frozen=True, slots=True)
class CreateSchool:
    """A request for a new school, or (kind) a trust; `trust_id` is the trust it belongs to."""

    name: str
    people: Sequence[FirstPerson]
    kind: str = "school"
    trust_id: UUID | None = None
    facts: Mapping[str, str | None] = field(default_factory=dict)
    """Its official numbers in normal form, local authority, nation and phone number."""


async def same_school(work: UnitOfWork, command: CreateSchool) -> UUID | None:
    """Find a school of this name whose staff already include one of the first people.

    No scope shows every school; a person's own shows the schools they belong to.
    """
    policy.require(work.actor, Permission.SCHOOL_CHANGE)
    operator = work.actor
    for person in command.people:
        account = await work.accounts.by_email(person.email)
        if account is None:
            continue
        await work.rescope(replace(operator, id=account.id))
        known = await work.accounts.organisations(account.id)
        await work.rescope(operator)
        for item in known:
            if rules.same_name(item["organisation"], command.name):
                school_id: UUID = item["school_id"]
                return school_id
    return None


async def create_school(work: UnitOfWork, command: CreateSchool) -> dict[str, UUID]:
    """Found the organisation of this scope; returns the first people's IDs by email.

    The work must be the system's, scoped to the new ID: the operator's, or one that
    `foundings.commands` has checked as a trust administrator's right. Raises `ValidationFailed` if
    `trust_id` is not a trust, `SchoolExists` if that trust has a school of this name or URN.
    """
    policy.require(work.actor, Permission.SCHOOL_CHANGE)
    if command.trust_id is not None:
        await _check_trust(work, command, command.trust_id)
    work.organisations.add(
        Organisation(
            id=work.actor.school_id,
            kind=command.kind,
            name=command.name,
            parent_id=command.trust_id,
            created_at=work.now,
            changed_at=work.now,
            **command.facts,
        )
    )
    await work.session.flush()
    work.record(
        AuditEvent.SCHOOL_CREATED, "school", work.actor.school_id, after={"kind": command.kind}
    )
    return {
        person.email: await add_staff(work, person.name, person.email, person.roles)
        for person in command.people
    }


async def _check_trust(work: UnitOfWork, command: CreateSchool, trust_id: UUID) -> None:
    """Check that the ID is a trust's: its leads see the school, so a school's ID would expose it.

    The trust stays locked, so that two requests for the same school run one after the other.
    """
    operator = work.actor
    await work.rescope(Actor.system(trust_id))
    trust = await work.organisations.lock_own()
    siblings = await work.organisations.schools()
    await work.rescope(operator)
    if trust is None or trust.kind != "trust":
        text = "There is no trust with this ID: it is unknown, or belongs to a school."
        problem = FieldProblem("/trust_id", "unknown_trust", text)
        raise ValidationFailed(text, problems=[problem])
    urn = command.facts.get("urn")
    if any(
        rules.same_name(sibling.name, command.name) or (urn is not None and sibling.urn == urn)
        for sibling in siblings
    ):
        raise SchoolExists


async def appoint(work: UnitOfWork, person: FirstPerson) -> UUID:
    """Give someone a role that nobody in the school can give, as the operator.

    People not yet on the staff are added and invited; leads and heads are alerted either way.
    Raises `SchoolNotFound`, `MembershipExists`.
    """
    policy.require(work.actor, Permission.SCHOOL_CHANGE)
    if await work.organisations.lock_own() is None:
        raise SchoolNotFound
    account_id = await work.accounts.id_for(person.email, work.now)
    if await work.staff.find(Staff, account_id) is None:
        return await add_staff(work, person.name, person.email, person.roles)
    for role in person.roles:
        await add_membership(work, account_id, MembershipIn(role=role))
    return account_id


async def dismiss(work: UnitOfWork, staff_id: UUID, role: str, receiver: UUID | None) -> None:
    """End a role that nobody in the school can end; its open work goes to the receiver.

    Raises `MembershipNotFound` and the errors of ending a membership.
    """
    policy.require(work.actor, Permission.SCHOOL_CHANGE)
    today = work.today
    held = await work.staff.memberships_from(staff_id, today)
    ids = [item.id for item in held if item.role == role and item.valid_from <= today]
    if not ids:
        raise MembershipNotFound
    for membership_id in ids:
        await end_membership(work, EndMembership(staff_id, membership_id, receiver))


async def update_school(
    work: UnitOfWork, school_id: UUID, version: int, fields: Mapping[str, Any]
) -> Organisation:
    """Change the actor's school.

    A new phone number or percentage of the roster guard waits until a second person confirms it,
    but for the phone number of a person who safeguards. Raises
    `PermissionMissing`, `SchoolNotFound`, `VersionStale`, `ValidationFailed`.
    """
    policy.require(work.actor, Permission.SCHOOL_CHANGE)
    if school_id != work.actor.school_id:
        raise SchoolNotFound
    school = require_row(await work.organisations.lock_own(), SchoolNotFound)
    check_version(school, version)
    numbers, problems = rules.normal_numbers(fields)
    if problems:
        raise ValidationFailed(problems=problems)
    changes = {**fields, **numbers}
    if "second_factor_roles" in changes:
        changes["second_factor_roles"] = sorted(set(changes["second_factor_roles"]))
    await _hold(work, school, changes)
    if changes or not fields:
        await _follow(work, _change(work, school, changes))
    return school


async def _hold(work: UnitOfWork, school: Organisation, changes: dict[str, Any]) -> None:
    """Take out what needs a second person. The operator fills in what is empty.

    A trust has no leads, and nobody in its schools dials what its entry says.
    """
    if school.kind == "trust":
        return
    for name in HELD:
        if name not in changes or work.actor.role is Role.SYSTEM:
            continue
        before, after = {name: _present(school, name)}, {name: changes.pop(name)}
        if name == "phone" and safeguards(work.actor):
            await overtake(work, ("school", school.id), name)
            changes |= after
        else:
            await propose(work, ("school", school.id), name, before, after)


def _present(school: Organisation, name: str) -> Any:
    return school.phone if name == "phone" else school.settings.get(name, DEFAULT_PERCENT)


async def confirm_held(work: UnitOfWork, change: ProposedChange) -> None:
    """Save a value that a second person confirmed. Raises `VersionStale`."""
    school = require_row(await work.organisations.lock_own(), SchoolNotFound)
    if _present(school, change.field) != change.before[change.field]:
        raise VersionStale
    _change(work, school, dict(change.after))


def _change(work: UnitOfWork, school: Organisation, changes: dict[str, Any]) -> set[str]:
    """Save changes of a school; answers the columns that differ."""
    fields = sorted(changes)
    settings = {name: changes.pop(name) for name in SETTINGS if name in changes}
    if settings:
        changes["settings"] = {**school.settings, **settings}
    before = {name: getattr(school, name) for name in changes}
    for name, value in changes.items():
        setattr(school, name, value)
    touch(work, school)
    work.record(
        AuditEvent.SCHOOL_CHANGED, "school", school.id,
        before=before, after=changes, details={"fields": fields},
    )  # fmt: skip
    return {name for name in changes if changes[name] != before[name]}


async def _follow(work: UnitOfWork, changed: set[str]) -> None:
    """Apply the effects of changed fields of the school."""
    if "phone" in changed:
        await tell_watchers_once(work, CHANGED, urgent=True)
    if "nation" in changed:
        await work.session.flush()
        await nation_changed(work)
    if moved := changed & {"nation", "local_authority"}:
        await tell_calendar_changed(work, moved)
