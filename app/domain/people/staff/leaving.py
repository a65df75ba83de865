"""Ending a role: its sessions end at once, and no open work is left without an owner."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from app.core.behind import ANYONE
from app.core.words import AuditEvent, Permission, Role
from app.db.models import Membership, Staff
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.access.checks.roles import rights_here
from app.domain.adults.adult_concerns.moving import settle_all
from app.domain.duty.owners.moving import Move, give
from app.domain.duty.owners.rules import APART, OwnedResource, casework, counted, why_not
from app.domain.duty.owners.settling import Settled, ownerless, people_here, settle_things
from app.domain.errors import (
    FieldProblem,
    MembershipNotFound,
    StaffNotFound,
    ValidationFailed,
)
from app.domain.etags import check_version
from app.domain.people.staff import rules
from app.domain.people.staff.errors import (
    HandOverUnsuitable,
    LastLead,
    MembershipOver,
    OwnAdminMembership,
    RoleProtected,
    WorkWouldBeOrphaned,
)
from app.domain.people.staff.granting import require_granter
from app.domain.people.staff.telling import KEEPERS, tell_uncovered, tell_watchers
from app.domain.policy import NOTHING


@dataclass(frozen=True, slots=True)
class EndMembership:
    """A wish to end a role; open work of one that ends today goes to `hand_over_to`."""

    staff_id: UUID
    membership_id: UUID
    hand_over_to: UUID | None = None
    on: date | None = None
    """The first day without the role; today where it is left out."""
    version: int | None = None
    """What the sender has read; None where the role ends with something else."""


async def end_membership(work: UnitOfWork, wish: EndMembership) -> None:
    """End a role, now (and with it the person's sessions of that role here) or on a day to come.

    Raises `PermissionMissing`, `RoleProtected`, `StaffNotFound`, `MembershipNotFound`,
    `VersionStale`, `MembershipOver`, `LastLead`, `OwnAdminMembership`, `WorkWouldBeOrphaned`,
    `HandOverUnsuitable`, `ValidationFailed`.
    """
    own = require_granter(work.actor)
    membership = await _membership(work, wish)
    today = work.today
    day = wish.on or today
    _check_day(membership, day, today)
    here = await rights_here(work)
    rights = here.get(membership.role, NOTHING)
    appointed = rules.is_appointed(rights)
    if not rules.may_end(own, rights) or (appointed and not work.actor.is_system):
        raise RoleProtected
    if membership.role == Role.SCHOOL_ADMIN and membership.staff_id == work.actor.id:
        raise OwnAdminMembership
    await check_lead_stays(work, membership, day)
    membership.valid_to = max(day, membership.valid_from)
    membership.version += 1
    membership.ended_by = None if work.actor.is_system else work.actor.id
    if day == today and membership.valid_from <= today:
        await settle_leaving(work, [wish.staff_id], wish.hand_over_to, because="membership_ended")
    ended = await _end_sessions(work, membership) if day == today else 0
    work.record(
        AuditEvent.MEMBERSHIP_ENDED, "membership", membership.id,
        details={
            "staff_id": str(wish.staff_id), "role": membership.role, "sessions_ended": ended,
            "valid_to": membership.valid_to.isoformat(),
        },
    )  # fmt: skip
    if appointed:
        await tell_watchers(work, "role_ended", KEEPERS, but=[wish.staff_id])


async def _membership(work: UnitOfWork, wish: EndMembership) -> Membership:
    if await work.staff.lock(Staff, wish.staff_id) is None:
        raise StaffNotFound
    membership = await work.staff.find(Membership, wish.membership_id)
    if membership is not None and membership.role == Role.DSL:
        await work.staff.lock_leads(work.today)  # all of them in one order, this one too
    membership = await work.staff.lock(Membership, wish.membership_id)
    if membership is None or membership.staff_id != wish.staff_id:
        raise MembershipNotFound
    if wish.version is not None:
        check_version(membership, wish.version)
    return membership


def _check_day(membership: Membership, day: date, today: date) -> None:
    if membership.valid_to is not None and membership.valid_to <= today:
        raise MembershipOver
    if day < today or (membership.valid_to is not None and day > membership.valid_to):
        problem = FieldProblem("/on", "outside", "It has to be from today to the present end.")
        raise ValidationFailed(problems=[problem])


async def check_lead_stays(work: UnitOfWork, membership: Membership, day: date) -> None:
    """Raise `LastLead` where a lead's role ends on a day and leaves a day without any lead.

    Only leads who can sign in count: who joined, and whose account is not disabled.
    """
    if membership.role != Role.DSL:
        return
    gap = await _gap(work, day, lambda lead: lead.id == membership.id)
    if gap is not None:
        raise LastLead(gap)


async def first_day_without(work: UnitOfWork, staff_id: UUID) -> date | None:
    """The first day without any lead if this person were none from today on, or None."""
    return await _gap(work, work.today, lambda lead: lead.staff_id == staff_id)


async def _gap(work: UnitOfWork, day: date, goes: Callable[[Membership], bool]) -> date | None:
    leads = await work.staff.lock_leads(work.today)
    stay = [(lead.valid_from, lead.valid_to) for lead in leads if not goes(lead)]
    gaps = (
        rules.leaves_a_gap((max(day, lead.valid_from), lead.valid_to), stay)
        for lead in leads
        if goes(lead) and (lead.valid_to is None or lead.valid_to > day)
    )
    return min((gap for gap in gaps if gap is not None), default=None)


async def _end_sessions(work: UnitOfWork, membership: Membership) -> int:
    return await work.accounts.revoke(
        account_id=membership.staff_id,
        at=work.now,
        because="membership_ended",
        organisation_id=work.actor.school_id,
        role=membership.role,
    )


async def settle_leaving(
    work: UnitOfWork, staff: Sequence[UUID], receiver: UUID | None, *, because: str
) -> None:
    """Give what people can no longer go on with to others, now that their roles have changed.

    Casework goes to the receiver that a person named; what watches over others' doings goes by
    the rules, to somebody it is not about. Raises `WorkWouldBeOrphaned`, `HandOverUnsuitable`.
    """
    left = await ownerless(work, staff)
    theirs = [one for one in left if one.noun in casework()]
    if theirs:
        if receiver is None:
            raise WorkWouldBeOrphaned(counted(theirs, keeps_support_list=keeps_support_list(work)))
        await _check_receiver(work, staff, receiver, theirs)
        await give(work, [Move(one, receiver) for one in theirs], because)
    await _settle_rest(work, [one for one in left if one not in theirs], because)
    await tell_uncovered(work, staff)


async def settle_people(work: UnitOfWork, staff: Sequence[UUID], *, because: str) -> Settled:
    """Give everything that people can no longer go on with to others by the rules."""
    settled = await _settle_rest(work, await ownerless(work, staff), because)
    await tell_uncovered(work, staff)
    return settled


async def _settle_rest(work: UnitOfWork, left: Sequence[OwnedResource], because: str) -> Settled:
    apart = [one.id for one in left if one.noun == APART]
    if apart:
        await settle_all(work, apart)
    return await settle_things(work, [one for one in left if one.noun != APART], because=because)


async def _check_receiver(
    work: UnitOfWork, staff: Sequence[UUID], receiver: UUID, things: Sequence[OwnedResource]
) -> None:
    found = [] if receiver in staff else await people_here(work, [receiver])
    person = next(iter(found), None)
    anyone = all(one.confidentiality == ANYONE for one in things)
    carer = person is not None and bool(rules.classes_owned(person.rights))
    if not (carer or anyone) or any(why_not(person, thing) for thing in things):
        problem = FieldProblem("/hand_over_to", "unsuitable", "This person cannot take it over.")
        raise HandOverUnsuitable(problems=[problem])


async def left_behind(
    work: UnitOfWork, staff_id: UUID, *, without: Sequence[UUID] = ()
) -> dict[str, int]:
    """How much casework a person could not go on with, as if some memberships were over."""
    left = await ownerless(work, [staff_id], without=without)
    return counted(
        [one for one in left if one.noun in casework()], keeps_support_list=keeps_support_list(work)
    )


def keeps_support_list(work: UnitOfWork) -> bool:
    """Whether whoever acts keeps the support list."""
    return policy.may(work.actor, Permission.SUPPORT_LIST_READ).allowed
