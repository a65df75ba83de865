"""Give and end roles: grant only what you hold, and leave no open work without an owner."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from app.core.behind import ANYONE
from app.core.words import Actor, AuditEvent, Cohort, Permission, Rights, Role
from app.db.models import Membership, Staff
from app.db.repositories.duty import cover
from app.db.repositories.record.concern_reports import facts_for_raising
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.common.alerts.commands import tell
from app.domain.common.owners.commands import Move, Settled, give, settle_left
from app.domain.common.owners.queries import ownerless, people_here
from app.domain.common.owners.rules import OwnedResource, casework, counted, why_not
from app.domain.common.role_rights.queries import FOR_PEOPLE, rights_here
from app.domain.errors import (
    FieldProblem,
    PermissionMissing,
    SecondPersonNeeded,
    StaffNotFound,
    ValidationFailed,
    require_row,
)
from app.domain.etags import check_version
from app.domain.people.invitations import commands as invitations
from app.domain.people.memberships import rules
from app.domain.people.memberships.errors import (
    GrantExceedsOwn,
    HandOverUnsuitable,
    LastAdministrator,
    LastLead,
    MembershipExists,
    MembershipNotFound,
    MembershipOver,
    OwnAdminMembership,
    RoleProtected,
    WorkWouldBeOrphaned,
)
from app.domain.people.memberships.schemas import MembershipIn
from app.domain.policy import NOTHING
from app.domain.steps import new, record_row

ON_DUTY: tuple[Role, ...] = (Role.DSL, Role.DEPUTY_DSL, Role.HEADTEACHER)
KEEPERS: tuple[Role, ...] = (Role.HEADTEACHER, Role.CHAIR_OF_GOVERNORS, Role.SCHOOL_ADMIN)
"""Roles that read the adult register, and roles that can appoint such a reader."""
LAST: Mapping[str, type[LastLead | LastAdministrator]] = {
    Role.DSL: LastLead,
    Role.SCHOOL_ADMIN: LastAdministrator,
}
"""Roles that someone who can sign in always holds, and the refusal to end the last one."""


async def tell_watchers(
    work: UnitOfWork,
    kind: str,
    roles: Sequence[Role],
    *,
    but: Collection[UUID],
    urgent: bool = False,
    matter_id: UUID | None = None,
) -> list[UUID]:
    """Alert everyone who holds one of the roles today but for some, and answer who."""
    holders = await work.provisioning.holders([role.value for role in roles], work.today)
    left_out = {*but, work.actor.id}
    items = [
        item for item in dict.fromkeys(person for person, _ in holders) if item not in left_out
    ]
    for person in items:
        tell(work, person, kind, urgent=urgent, matter_id=matter_id)
    return items


async def tell_uncovered(work: UnitOfWork, staff: Sequence[UUID]) -> None:
    """Alert leads and heads if these people were the last who stood in for someone away."""
    driver, today = await work.driver(), work.today
    if await cover.has_lost(driver, work.actor.school_id, today, staff):
        about = work.actor.school_id
        await tell_watchers(work, "cover_lost", ON_DUTY, but=staff, urgent=True, matter_id=about)


def own_rights(actor: Actor) -> Rights:
    """Rights of the actor's role itself: access to one granted record cannot be passed on."""
    return policy.rights_of(replace(actor, grants=()))


def require_granter(actor: Actor) -> Rights:
    """Rights of someone who may give roles. Raises `PermissionMissing`."""
    own = own_rights(actor)
    if not own.permissions & rules.MAY_GRANT:
        raise PermissionMissing
    return own


async def check_may_grant(
    work: UnitOfWork, role: str, cohort: Cohort | None = None, *, pointer: str = "/role"
) -> Rights:
    """Rights of a role that the actor may give; locks a defined role against changes.

    Raises `PermissionMissing`, `ValidationFailed` (no such role), `GrantExceedsOwn`.
    """
    own = require_granter(work.actor)
    if role not in FOR_PEOPLE:
        await work.roles.hold(role)
    rights = (await rights_here(work)).get(role)
    if rights is None:
        problem = FieldProblem(pointer, "role_unknown", "GET /v1/roles does not list this role.")
        raise ValidationFailed(problems=[problem])
    missing = rules.beyond(own, rights)
    if rules.cohort_beyond(own, work.actor.cohort, rights, cohort or Cohort()):
        missing = (*missing, "cohort")
    if rules.is_appointed(rights) and not work.actor.is_system:
        missing = (*missing, "operator")
    if missing:
        raise GrantExceedsOwn(missing)
    return rights


async def add_membership(work: UnitOfWork, staff_id: UUID, body: MembershipIn) -> UUID:
    """Give a person a role; returns the membership's ID.

    The person's row is locked, so that two requests for one role cannot both pass. People who
    declined to join, or were removed, are invited again. Raises `PermissionMissing`,
    `GrantExceedsOwn`, `StaffNotFound`, `SecondPersonNeeded`, `MembershipExists`,
    `ValidationFailed`.
    """
    cohort = Cohort(tuple(body.cohort.year_groups), tuple(body.cohort.registration_groups))
    rights = await check_may_grant(work, body.role, cohort)
    staff = require_row(await work.staff.lock(Staff, staff_id), StaffNotFound)
    if staff_id == work.actor.id:
        raise SecondPersonNeeded("Another person who may grant it has to give you a role.")
    await _check_time(work, staff_id, body)
    membership_id = await grant(work, staff_id, body, rights)
    if staff.declined_at is not None or staff.removed_at is not None:
        await invitations.ask_again(work, staff)
    return membership_id


async def _check_time(work: UnitOfWork, staff_id: UUID, body: MembershipIn) -> None:
    today = work.today
    first = body.valid_from or today
    if first < today:
        problem = FieldProblem("/valid_from", "in_the_past", "A role must begin today or later.")
        raise ValidationFailed(problems=[problem])
    if body.valid_to is not None and body.valid_to <= first:
        problem = FieldProblem("/valid_to", "interval_empty", "It has to be after valid_from.")
        raise ValidationFailed(problems=[problem])
    for held in await work.staff.memberships_from(staff_id, first):
        if held.role == body.role and rules.overlaps(
            first, body.valid_to, held.valid_from, held.valid_to
        ):
            raise MembershipExists


async def grant(work: UnitOfWork, staff_id: UUID, body: MembershipIn, rights: Rights) -> UUID:
    """Save a role already checked as grantable; alerts leads to new readers."""
    membership = new(
        work, Membership, body, staff_id=staff_id, valid_from=body.valid_from or work.today,
        cohort=body.cohort.model_dump(),
        granted_by=None if work.actor.is_system else work.actor.id,
    )  # fmt: skip
    work.staff.add(membership)
    record_row(
        work, AuditEvent.MEMBERSHIP_ADDED, membership,
        details={"staff_id": str(staff_id), "role": body.role},
    )  # fmt: skip
    notified: list[UUID] = []
    if rules.is_appointed(rights):
        notified = await tell_watchers(work, "role_granted", KEEPERS, but=[staff_id])
    if Permission.CONCERN_READ in rights.permissions:
        await tell_leads(work, [staff_id, *notified])
    return membership.id


async def tell_leads(work: UnitOfWork, but: Sequence[UUID]) -> None:
    """Alert leads and heads to each new reader of concerns.

    So no administrator can add a reader unnoticed.
    """
    facts = await facts_for_raising(await work.driver(), work.actor.school_id, [], work.today)
    items = (Role.DSL, Role.DEPUTY_DSL, Role.HEADTEACHER)
    readers = (person for person, role in facts.people if role in items)
    for person in dict.fromkeys(readers):
        if person not in (*but, work.actor.id):
            tell(work, person, "role_granted")


@dataclass(frozen=True, slots=True)
class EndMembership:
    """A request to end a role; if it ends today, open work goes to `hand_over_to`."""

    staff_id: UUID
    membership_id: UUID
    hand_over_to: UUID | None = None
    on: date | None = None
    """The first day without the role. Default: today."""
    version: int | None = None
    """The version that the sender read; None if the role ends together with something else."""


async def end_membership(work: UnitOfWork, command: EndMembership) -> None:
    """End a role, now (and with it the person's sessions of that role here) or on a day to come.

    Raises `PermissionMissing`, `RoleProtected`, `StaffNotFound`, `MembershipNotFound`,
    `VersionStale`, `MembershipOver`, `LastLead`, `LastAdministrator`, `OwnAdminMembership`,
    `WorkWouldBeOrphaned`, `HandOverUnsuitable`, `ValidationFailed`.
    """
    require_granter(work.actor)
    membership = await _membership(work, command)
    today = work.today
    day = command.on or today
    _check_day(membership, day, today)
    rights = (await rights_here(work)).get(membership.role, NOTHING)
    check_may_end(work.actor, membership.staff_id, membership.role, rights)
    refusal = await refused_as_last(work, [membership], day)
    if refusal is not None:
        raise refusal
    membership.valid_to = max(day, membership.valid_from)
    membership.version += 1
    membership.ended_by = None if work.actor.is_system else work.actor.id
    if day == today and membership.valid_from <= today:
        await settle_leaving(
            work, [command.staff_id], command.hand_over_to, reason="membership_ended"
        )
    else:
        await tell_uncovered(work, [command.staff_id])
    ended = await _end_sessions(work, membership) if day == today else 0
    record_row(
        work, AuditEvent.MEMBERSHIP_ENDED, membership,
        details={
            "staff_id": str(command.staff_id), "role": membership.role, "sessions_ended": ended,
            "valid_to": membership.valid_to.isoformat(),
        },
    )  # fmt: skip
    if rules.is_appointed(rights):
        await tell_watchers(work, "role_ended", KEEPERS, but=[command.staff_id])


def check_may_end(actor: Actor, staff_id: UUID, role: str, rights: Rights) -> None:
    """Raise `PermissionMissing`, `RoleProtected` or `OwnAdminMembership` where it is not theirs."""
    own = require_granter(actor)
    if not rules.may_end(own, rights) or (rules.is_appointed(rights) and not actor.is_system):
        raise RoleProtected
    if role == Role.SCHOOL_ADMIN and staff_id == actor.id:
        raise OwnAdminMembership


async def _membership(work: UnitOfWork, command: EndMembership) -> Membership:
    if await work.staff.lock(Staff, command.staff_id) is None:
        raise StaffNotFound
    membership = await work.staff.find(Membership, command.membership_id)
    if membership is not None and membership.role in LAST:
        await work.staff.lock_holders(membership.role, work.today)  # all in one order, this one too
    membership = await work.staff.lock(Membership, command.membership_id)
    if membership is None or membership.staff_id != command.staff_id:
        raise MembershipNotFound
    if command.version is not None:
        check_version(membership, command.version)
    return membership


def _check_day(membership: Membership, day: date, today: date) -> None:
    if membership.valid_to is not None and membership.valid_to <= today:
        raise MembershipOver
    if day < today or (membership.valid_to is not None and day > membership.valid_to):
        problem = FieldProblem("/on", "outside", "It must be from today to the present end.")
        raise ValidationFailed(problems=[problem])


async def refused_as_last(
    work: UnitOfWork, going: Sequence[Membership], day: date
) -> LastLead | LastAdministrator | None:
    """The refusal where a day would be left without any lead or any administrator, or None.

    Every way in which roles end, or their holder stops working here, asks this first. Only holders
    who can sign in count: who joined, who are not suspended, and whose account is not disabled.
    """
    for role in (role for role in LAST if any(item.role == role for item in going)):
        gap = await _gap(work, role, day, {item.id for item in going})
        if gap is not None:
            return LAST[role](gap)
    return None


async def _gap(work: UnitOfWork, role: str, day: date, going: Collection[UUID]) -> date | None:
    holders = await work.staff.lock_holders(role, work.today)
    stay = [(item.valid_from, item.valid_to) for item in holders if item.id not in going]
    gaps = (
        rules.leaves_a_gap((max(day, item.valid_from), item.valid_to), stay)
        for item in holders
        if item.id in going and (item.valid_to is None or item.valid_to > day)
    )
    return min((gap for gap in gaps if gap is not None), default=None)


async def _end_sessions(work: UnitOfWork, membership: Membership) -> int:
    return await work.accounts.revoke(
        account_id=membership.staff_id,
        at=work.now,
        reason="membership_ended",
        organisation_id=work.actor.school_id,
        role=membership.role,
    )


async def settle_leaving(
    work: UnitOfWork, staff: Sequence[UUID], receiver: UUID | None, *, reason: str
) -> None:
    """Give work that people can no longer own to others, now that their roles have changed.

    Casework goes to the named receiver; oversight of others' actions goes by the rules to someone
    it is not about. Raises `WorkWouldBeOrphaned`, `HandOverUnsuitable`.
    """
    left = await ownerless(work, staff)
    theirs = [item for item in left if item.resource_type in casework()]
    if theirs:
        if receiver is None:
            raise WorkWouldBeOrphaned(counted(theirs, keeps_support_list=keeps_support_list(work)))
        await _check_receiver(work, staff, receiver, theirs)
        await give(work, [Move(their, receiver) for their in theirs], reason)
    await settle_left(work, [item for item in left if item not in theirs], reason=reason)
    await tell_uncovered(work, staff)


async def settle_people(work: UnitOfWork, staff: Sequence[UUID], *, reason: str) -> Settled:
    """Give everything that people can no longer own to others, by the rules."""
    settled = await settle_left(work, await ownerless(work, staff), reason=reason)
    await tell_uncovered(work, staff)
    return settled


async def _check_receiver(
    work: UnitOfWork, staff: Sequence[UUID], receiver: UUID, things: Sequence[OwnedResource]
) -> None:
    items = [] if receiver in staff else await people_here(work, [receiver])
    person = next(iter(items), None)
    anyone = all(item.confidentiality == ANYONE for item in things)
    carer = person is not None and bool(rules.classes_owned(person.rights))
    if not (carer or anyone) or any(why_not(person, thing) for thing in things):
        problem = FieldProblem("/hand_over_to", "unsuitable", "This person cannot take it over.")
        raise HandOverUnsuitable(problems=[problem])


async def left_behind(
    work: UnitOfWork, staff_id: UUID, *, without: Sequence[UUID] = ()
) -> dict[str, int]:
    """Count the casework that a person could not go on with if some memberships were over."""
    left = await ownerless(work, [staff_id], without=without)
    return counted(
        [item for item in left if item.resource_type in casework()],
        keeps_support_list=keeps_support_list(work),
    )


def keeps_support_list(work: UnitOfWork) -> bool:
    """Whether the actor keeps the support list."""
    return policy.may(work.actor, Permission.SUPPORT_LIST_READ).allowed
