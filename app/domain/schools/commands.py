"""Founding a school with its first people, and changing what is kept about it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from app.core.words import Did, Permission, Role
from app.db.models import Organisation
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.errors import SchoolNotFound, ValidationFailed, VersionStale
from app.domain.schools import rules
from app.domain.staff.commands import AddStaff, add_staff


@dataclass(frozen=True, slots=True)
class FirstPerson:
    """Somebody a new school begins with."""

    email: str
    name: str
    roles: Sequence[Role]


@dataclass(frozen=True, slots=True)
class CreateSchool:
    """A wish for a new school, or (kind) a trust; `trust_id` is the trust it belongs to."""

    name: str
    people: Sequence[FirstPerson]
    kind: str = "school"
    trust_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class ChangeSchool:
    """A merge patch of a school: only the fields named in `fields` change."""

    school_id: UUID
    version: int
    fields: Mapping[str, Any]


async def same_school(work: UnitOfWork, wish: CreateSchool) -> UUID | None:
    """The id of a school of this name in which one of the first people has a role already.

    No scope shows every school; a person's own shows the schools they belong to.
    """
    policy.require(work.actor, Permission.SCHOOL_CHANGE)
    operator = work.actor
    for person in wish.people:
        account = await work.accounts.by_email(person.email)
        if account is None:
            continue
        await work.rescope(replace(operator, id=account.id))
        memberships = await work.accounts.memberships(account.id, work.now)
        await work.rescope(operator)
        for one in memberships:
            if rules.same_name(one["organisation"], wish.name):
                found: UUID = one["school_id"]
                return found
    return None


async def create_school(work: UnitOfWork, wish: CreateSchool) -> dict[str, UUID]:
    """Found the organisation this work is scoped to; answers the first people's ids by e-mail.

    Only the operator can: the work must be the system's, scoped to the new id.
    """
    policy.require(work.actor, Permission.SCHOOL_CHANGE)
    work.organisations.add(
        Organisation(
            id=work.actor.school_id,
            kind=wish.kind,
            name=wish.name,
            parent_id=wish.trust_id,
            created_at=work.now,
            changed_at=work.now,
        )
    )
    await work.session.flush()
    work.record(Did.SCHOOL_CREATED, "school", work.actor.school_id, after={"kind": wish.kind})
    return {
        person.email: await add_staff(work, AddStaff(person.name, person.email, person.roles))
        for person in wish.people
    }


async def change_school(work: UnitOfWork, wish: ChangeSchool) -> int:
    """Change the own school; answers its new version.

    Raises `PermissionMissing`, `SchoolNotFound`, `VersionStale`, `ValidationFailed`.
    """
    policy.require(work.actor, Permission.SCHOOL_CHANGE)
    if wish.school_id != work.actor.school_id:
        raise SchoolNotFound
    school = await work.organisations.lock_own()
    if school is None:
        raise SchoolNotFound
    if school.version != wish.version:
        raise VersionStale
    numbers, problems = rules.normal_numbers(wish.fields)
    if problems:
        raise ValidationFailed(problems=problems)
    changes = {**wish.fields, **numbers}
    before = {name: getattr(school, name) for name in changes}
    for name, value in changes.items():
        setattr(school, name, value)
    school.version += 1
    school.changed_at = work.now
    work.record(
        Did.SCHOOL_CHANGED, "school", school.id,
        before=before, after=changes, details={"fields": sorted(changes)},
    )  # fmt: skip
    return school.version
