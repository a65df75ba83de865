"""Giving a role: nobody gives what they do not hold, and nobody gives to themselves."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from uuid import UUID

from app.core.ids import new_id
from app.core.words import Actor, AuditEvent, Cohort, Permission, Rights, Role
from app.db.models import Membership, Staff
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.access.checks.roles import FOR_PEOPLE, rights_here
from app.domain.alerts.telling import tell
from app.domain.errors import (
    FieldProblem,
    PermissionMissing,
    SecondPersonNeeded,
    StaffNotFound,
    ValidationFailed,
)
from app.domain.people.staff import invitations, rules
from app.domain.people.staff.errors import GrantExceedsOwn, MembershipExists
from app.domain.people.staff.telling import KEEPERS, tell_watchers


@dataclass(frozen=True, slots=True)
class AddMembership:
    """A role for a person, from a day (today, when None) until the first day without it."""

    staff_id: UUID
    role: str
    id: UUID | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    cohort: Cohort = field(default_factory=Cohort)


def own_rights(actor: Actor) -> Rights:
    """What the actor's role carries by itself: sight of one granted record cannot be passed on."""
    return policy.rights_of(replace(actor, grants=()))


def require_granter(actor: Actor) -> Rights:
    """The rights of somebody who may give roles at all. Raises `PermissionMissing`."""
    own = own_rights(actor)
    if not own.permissions & rules.MAY_GRANT:
        raise PermissionMissing
    return own


async def check_may_grant(
    work: UnitOfWork, role: str, cohort: Cohort | None = None, *, pointer: str = "/role"
) -> Rights:
    """What the role carries, where the actor may give it; a defined one stays as it is meanwhile.

    Raises `PermissionMissing`, `ValidationFailed` (no such role), `GrantExceedsOwn`.
    """
    own = require_granter(work.actor)
    if role not in FOR_PEOPLE:
        await work.roles.hold(role)
    rights = (await rights_here(work)).get(role)
    if rights is None:
        problem = FieldProblem(pointer, "role_unknown", "GET /v1/roles has no such role.")
        raise ValidationFailed(problems=[problem])
    missing = rules.beyond(own, rights)
    if rules.cohort_beyond(own, work.actor.cohort, rights, cohort or Cohort()):
        missing = (*missing, "cohort")
    if rules.is_appointed(rights) and not work.actor.is_system:
        missing = (*missing, "operator")
    if missing:
        raise GrantExceedsOwn(missing)
    return rights


async def add_membership(work: UnitOfWork, wish: AddMembership) -> UUID:
    """Give a person a role; answers the membership's id.

    The person's row is locked, so that two wishes for one role cannot both pass. Somebody who
    declined to join is asked again.
    Raises `PermissionMissing`, `GrantExceedsOwn`, `StaffNotFound`, `SecondPersonNeeded`,
    `MembershipExists`, `ValidationFailed`.
    """
    rights = await check_may_grant(work, wish.role, wish.cohort)
    staff = await work.staff.lock(Staff, wish.staff_id)
    if staff is None:
        raise StaffNotFound
    if wish.staff_id == work.actor.id:
        raise SecondPersonNeeded("Another person who may grant it has to give you a role.")
    await _check_time(work, wish)
    membership_id = await grant(work, wish, rights)
    if staff.declined_at is not None:
        staff.declined_at = None
        invitations.invite(work, staff.id)
    return membership_id


async def _check_time(work: UnitOfWork, wish: AddMembership) -> None:
    today = work.today
    first = wish.valid_from or today
    if first < today:
        problem = FieldProblem("/valid_from", "in_the_past", "A role begins today or later.")
        raise ValidationFailed(problems=[problem])
    if wish.valid_to is not None and wish.valid_to <= first:
        problem = FieldProblem("/valid_to", "interval_empty", "It has to be after valid_from.")
        raise ValidationFailed(problems=[problem])
    for held in await work.staff.memberships_from(wish.staff_id, first):
        if held.role == wish.role and rules.overlaps(
            first, wish.valid_to, held.valid_from, held.valid_to
        ):
            raise MembershipExists


async def grant(work: UnitOfWork, wish: AddMembership, rights: Rights) -> UUID:
    """Write down a role that was found to be grantable; leads learn of new readers."""
    membership = Membership(
        school_id=work.actor.school_id,
        id=wish.id or new_id(),
        staff_id=wish.staff_id,
        role=wish.role,
        valid_from=wish.valid_from or work.today,
        valid_to=wish.valid_to,
        cohort={
            "year_groups": list(wish.cohort.year_groups),
            "registration_groups": list(wish.cohort.registration_groups),
        },
        granted_by=None if work.actor.is_system else work.actor.id,
        created_at=work.now,
        version=1,
    )
    work.staff.add(membership)
    work.record(
        AuditEvent.MEMBERSHIP_ADDED, "membership", membership.id,
        details={"staff_id": str(wish.staff_id), "role": wish.role},
    )  # fmt: skip
    told: list[UUID] = []
    if rules.is_appointed(rights):
        told = await tell_watchers(work, "role_granted", KEEPERS, but=[wish.staff_id])
    if Permission.CONCERN_READ in rights.permissions:
        await tell_leads(work, [wish.staff_id, *told])
    return membership.id


async def tell_leads(work: UnitOfWork, but: Sequence[UUID]) -> None:
    """Leads and heads learn of everybody who is let in to read concerns: no administrator

    can make a reader unseen.
    """
    facts = await work.concerns.facts_for_raising([], work.today)
    told = (Role.DSL, Role.DEPUTY_DSL, Role.HEADTEACHER)
    readers = (person for person, role in facts.people if role in told)
    for person in dict.fromkeys(readers):
        if person not in (*but, work.actor.id):
            tell(work, person, "role_granted")
