"""Adding staff, changing what is kept about them, and granting roles.

Granting rules grow later (second signatures for lead roles, roles a school defines itself);
today one holds: nobody grants a role to themselves.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from app.core.ids import new_id
from app.core.words import Cohort, Did, Permission, Role
from app.db.models import Account, Alert, Membership, Staff
from app.db.unit_of_work import Job, UnitOfWork
from app.domain import policy
from app.domain.errors import (
    FieldProblem,
    SecondPersonNeeded,
    StaffNotFound,
    ValidationFailed,
    VersionStale,
)
from app.domain.staff import rules
from app.domain.staff.errors import MembershipExists, StaffExists


@dataclass(frozen=True, slots=True)
class AddStaff:
    """A new member of staff with roles from today."""

    name: str
    email: str
    roles: Sequence[Role]
    job_title: str | None = None
    phone: str | None = None


@dataclass(frozen=True, slots=True)
class ChangeStaff:
    """A merge patch of a person's entry: only the fields named in `fields` change."""

    staff_id: UUID
    version: int
    fields: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class AddMembership:
    """A role for a person, from a day (today, when None) until the first day without it."""

    staff_id: UUID
    role: Role
    id: UUID | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    cohort: Cohort = field(default_factory=Cohort)


async def add_staff(work: UnitOfWork, wish: AddStaff) -> UUID:
    """Put a person on the staff, with an account found by e-mail or made, and invite them.

    Answers the person's id, which is their account's. Raises `PermissionMissing`, `StaffExists`.
    """
    policy.require(work.actor, Permission.STAFF_CHANGE)
    account = await work.accounts.by_email(wish.email)
    if account is None:
        account = Account(id=new_id(), email=wish.email, created_at=work.now)
        work.accounts.add(account)
        await work.session.flush()
    elif await work.staff.find(Staff, account.id) is not None:
        raise StaffExists
    work.staff.add(
        Staff(
            school_id=work.actor.school_id,
            id=account.id,
            name=wish.name,
            email=wish.email,
            job_title=wish.job_title,
            phone=wish.phone,
            created_at=work.now,
            changed_at=work.now,
        )
    )
    await work.session.flush()
    work.record(Did.STAFF_ADDED, "staff", account.id)
    for role in wish.roles:
        await _grant(work, AddMembership(account.id, role))
    work.enqueue(Job("account.send_link", {"account_id": str(account.id), "purpose": "invitation"}))
    work.record(Did.STAFF_INVITED, "staff", account.id)
    return account.id


async def change_staff(work: UnitOfWork, wish: ChangeStaff) -> None:
    """Change name, job title or phone; addresses and roles change elsewhere.

    Raises `PermissionMissing`, `StaffNotFound`, `VersionStale`.
    """
    policy.require(work.actor, Permission.STAFF_CHANGE)
    staff = await work.staff.lock(Staff, wish.staff_id)
    if staff is None:
        raise StaffNotFound
    if staff.version != wish.version:
        raise VersionStale
    before = {name: getattr(staff, name) for name in wish.fields}
    for name, value in wish.fields.items():
        setattr(staff, name, value)
    staff.version += 1
    staff.changed_at = work.now
    work.record(
        Did.STAFF_CHANGED, "staff", staff.id,
        before=before, after=wish.fields, details={"fields": sorted(wish.fields)},
    )  # fmt: skip


async def add_membership(work: UnitOfWork, wish: AddMembership) -> UUID:
    """Give a person a role; answers the membership's id.

    The person's row is locked, so that two wishes for one role cannot both pass.
    Raises `PermissionMissing`, `StaffNotFound`, `SecondPersonNeeded`, `MembershipExists`,
    `ValidationFailed`.
    """
    policy.require(work.actor, Permission.STAFF_CHANGE)
    if await work.staff.lock(Staff, wish.staff_id) is None:
        raise StaffNotFound
    if wish.staff_id == work.actor.id:
        raise SecondPersonNeeded("Another administrator has to give you a role.")
    first = wish.valid_from or work.now.date()
    if wish.valid_to is not None and wish.valid_to <= first:
        problem = FieldProblem("/valid_to", "interval_empty", "It has to be after valid_from.")
        raise ValidationFailed(problems=[problem])
    for held in await work.staff.memberships_from(wish.staff_id, first):
        if held.role == wish.role and rules.overlaps(
            first, wish.valid_to, held.valid_from, held.valid_to
        ):
            raise MembershipExists
    return await _grant(work, wish)


async def _grant(work: UnitOfWork, wish: AddMembership) -> UUID:
    membership = Membership(
        school_id=work.actor.school_id,
        id=wish.id or new_id(),
        staff_id=wish.staff_id,
        role=wish.role.value,
        valid_from=wish.valid_from or work.now.date(),
        valid_to=wish.valid_to,
        cohort={
            "year_groups": list(wish.cohort.year_groups),
            "registration_groups": list(wish.cohort.registration_groups),
        },
        granted_by=None if work.actor.is_system else work.actor.id,
        created_at=work.now,
    )
    work.staff.add(membership)
    work.record(
        Did.MEMBERSHIP_ADDED, "membership", membership.id,
        details={"staff_id": str(wish.staff_id), "role": wish.role.value},
    )  # fmt: skip
    if Permission.CONCERN_READ in policy.permissions_of(wish.role):
        await _tell_leads(work, wish.staff_id)
    return membership.id


async def _tell_leads(work: UnitOfWork, newcomer: UUID) -> None:
    """Leads and heads learn of everybody who is let in to read concerns: no administrator

    can make a reader unseen.
    """
    _, leads = await work.concerns.facts_for_raising([], work.now.date())
    readers = (person for person, role in leads if role != Role.SCHOOL_ADMIN)
    for person in dict.fromkeys(readers):
        if person not in (newcomer, work.actor.id):
            work.staff.add(
                Alert(
                    school_id=work.actor.school_id,
                    id=new_id(),
                    recipient_id=person,
                    kind="role_granted",
                    urgent=False,
                    created_at=work.now,
                )
            )
