"""Ending a role: its sessions end at once, and no open work is left without an owner."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from app.core.ids import new_id
from app.core.words import Did, Permission, Role
from app.db.models import (
    Action,
    Alert,
    Concern,
    ConcernEvent,
    Membership,
    Referral,
    Share,
    Staff,
)
from app.db.unit_of_work import Job, UnitOfWork
from app.domain import policy
from app.domain.errors import FieldProblem, MembershipNotFound, StaffNotFound
from app.domain.staff import rules
from app.domain.staff.errors import (
    HandOverUnsuitable,
    LastLead,
    MembershipOver,
    OwnAdminMembership,
    WorkWouldBeOrphaned,
)


@dataclass(frozen=True, slots=True)
class EndMembership:
    """A wish to end a role today; open work goes to `hand_over_to`."""

    staff_id: UUID
    membership_id: UUID
    hand_over_to: UUID | None = None


@dataclass(frozen=True, slots=True)
class OpenWork:
    """What a person owns and could not go on with."""

    concerns: Sequence[Concern]
    actions: Sequence[Action]
    shares: Sequence[Share]
    referrals: Sequence[Referral]

    def __bool__(self) -> bool:
        return bool(self.concerns or self.actions or self.shares or self.referrals)

    def counts(self) -> dict[str, int]:
        """How much of each kind."""
        return {
            "open_concerns": len(self.concerns),
            "open_actions": len(self.actions),
            "open_shares": len(self.shares),
            "open_referrals": len(self.referrals),
        }


async def end_membership(work: UnitOfWork, wish: EndMembership) -> None:
    """End a role now and with it the person's sessions of that role here.

    Raises `PermissionMissing`, `StaffNotFound`, `MembershipNotFound`, `MembershipOver`,
    `LastLead`, `OwnAdminMembership`, `WorkWouldBeOrphaned`, `HandOverUnsuitable`.
    """
    policy.require(work.actor, Permission.STAFF_CHANGE)
    membership = await _membership(work, wish)
    today = work.now.date()
    live = rules.is_live(membership.valid_from, membership.valid_to, today)
    await _check_may_end(work, membership, live=live)
    if live:
        await _settle_open_work(work, wish, membership)
    membership.valid_to = max(today, membership.valid_from)
    membership.ended_by = None if work.actor.is_system else work.actor.id
    ended = await work.accounts.revoke(
        account_id=wish.staff_id,
        at=work.now,
        because="membership_ended",
        organisation_id=work.actor.school_id,
        role=membership.role,
    )
    work.record(
        Did.MEMBERSHIP_ENDED, "membership", membership.id,
        details={
            "staff_id": str(wish.staff_id), "role": membership.role, "sessions_ended": ended,
        },
    )  # fmt: skip


async def _membership(work: UnitOfWork, wish: EndMembership) -> Membership:
    if await work.staff.lock(Staff, wish.staff_id) is None:
        raise StaffNotFound
    membership = await work.staff.lock(Membership, wish.membership_id)
    if membership is None or membership.staff_id != wish.staff_id:
        raise MembershipNotFound
    return membership


async def _check_may_end(work: UnitOfWork, membership: Membership, *, live: bool) -> None:
    today = work.now.date()
    if membership.valid_to is not None and membership.valid_to <= today:
        raise MembershipOver
    if membership.role == Role.SCHOOL_ADMIN and membership.staff_id == work.actor.id:
        raise OwnAdminMembership
    if live and membership.role == Role.DSL:
        leads = await work.staff.lock_live(Role.DSL.value, today)
        if all(lead.staff_id == membership.staff_id for lead in leads):
            raise LastLead


async def _settle_open_work(work: UnitOfWork, wish: EndMembership, membership: Membership) -> None:
    held = await _roles_today(work, wish.staff_id, without=membership.id)
    open_work = await _left_behind(work, wish.staff_id, held)
    if not open_work:
        return
    if wish.hand_over_to is None:
        raise WorkWouldBeOrphaned(open_work.counts())
    await _check_receiver(work, wish, wish.hand_over_to, open_work)
    await _hand_over(work, open_work, wish.hand_over_to)


async def _left_behind(work: UnitOfWork, staff_id: UUID, held: Sequence[str]) -> OpenWork:
    """What the person owns and could not go on with in the roles that stay."""
    left = rules.CLASSES - rules.classes_owned(held)
    shares = rules.holds(held, Permission.SHARE_WRITE)
    referrals = rules.holds(held, Permission.REFERRAL_WRITE)
    actions = rules.can_own_actions(held)
    owned = work.staff
    return OpenWork(
        concerns=await owned.lock_open_concerns(staff_id, left) if left else (),
        actions=() if actions else await owned.lock_open_actions(staff_id),
        shares=() if shares else await owned.lock_open(Share, staff_id),
        referrals=() if referrals else await owned.lock_open(Referral, staff_id),
    )


async def _roles_today(
    work: UnitOfWork, staff_id: UUID, *, without: UUID | None = None
) -> list[str]:
    today = work.now.date()
    return [
        held.role
        for held in await work.staff.memberships_from(staff_id, today)
        if held.id != without and rules.is_live(held.valid_from, held.valid_to, today)
    ]


async def _check_receiver(
    work: UnitOfWork, wish: EndMembership, receiver: UUID, open_work: OpenWork
) -> None:
    roles = [] if receiver == wish.staff_id else await _roles_today(work, receiver)
    classes = {concern.confidentiality for concern in open_work.concerns}
    needed = {Permission.SHARE_WRITE} if open_work.shares else set()
    needed |= {Permission.REFERRAL_WRITE} if open_work.referrals else set()
    if not rules.can_take_over(roles, classes) or not rules.holds(roles, *needed):
        problem = FieldProblem("/hand_over_to", "unsuitable", "This person cannot take it over.")
        raise HandOverUnsuitable(problems=[problem])


async def _hand_over(work: UnitOfWork, open_work: OpenWork, receiver: UUID) -> None:
    for concern in open_work.concerns:
        before = concern.owner_id
        concern.owner_id = receiver
        concern.version += 1
        concern.changed_at = work.now
        _add_event(work, concern, receiver)
        await work.staff.add_assignment_alert(new_id(), receiver, concern.id, work.now)
        work.record(
            Did.CONCERN_ASSIGNED, "concern", concern.id, reason="The owner's role ended.",
            before={"owner_id": before}, after={"owner_id": receiver},
            details={"from": str(before), "to": str(receiver), "because": "membership_ended"},
        )  # fmt: skip
    for action in open_work.actions:
        before = action.owner_id
        action.owner_id = receiver
        action.version += 1
        action.changed_at = work.now
        work.concerns.add(_alert_about(work, action, receiver))
        work.record(
            Did.ACTION_REASSIGNED, "action", action.id, reason="The owner's role ended.",
            before={"owner_id": before}, after={"owner_id": receiver},
            details={"from": str(before), "to": str(receiver), "because": "membership_ended"},
        )  # fmt: skip

    files: list[Share | Referral] = [*open_work.shares, *open_work.referrals]
    for file in files:
        _hand_over_file(work, file, receiver)
    touched = {concern.id for concern in open_work.concerns}
    for concern_id in sorted(touched | {action.concern_id for action in open_work.actions}):
        work.enqueue(Job("alert.send", {"concern_id": str(concern_id)}, queue="alerts"))


def _hand_over_file(work: UnitOfWork, thing: Share | Referral, receiver: UUID) -> None:
    did, noun = (
        (Did.SHARE_CHANGED, "share")
        if isinstance(thing, Share)
        else (Did.REFERRAL_CHANGED, "referral")
    )
    before = thing.owner_id
    thing.owner_id = receiver
    thing.version += 1
    thing.changed_at = work.now
    work.record(
        did, noun, thing.id, child_id=thing.child_id, reason="The owner's role ended.",
        before={"owner_id": before}, after={"owner_id": receiver},
        details={"from": str(before), "to": str(receiver), "because": "membership_ended"},
    )  # fmt: skip


def _alert_about(work: UnitOfWork, action: Action, receiver: UUID) -> Alert:
    return Alert(
        school_id=work.actor.school_id,
        id=new_id(),
        recipient_id=receiver,
        kind="action_assigned",
        urgent=False,
        concern_id=action.concern_id,
        action_id=action.id,
        created_at=work.now,
    )


def _add_event(work: UnitOfWork, concern: Concern, receiver: UUID) -> None:
    """A step of the concern's history; the system is no member of staff and writes none."""
    if work.actor.is_system:
        return
    work.concerns.add(
        ConcernEvent(
            school_id=work.actor.school_id,
            id=new_id(),
            concern_id=concern.id,
            verb="assigned",
            at=work.now,
            by_id=work.actor.id,
            by_role=work.actor.role.value,
            from_state=concern.state,
            to_state=concern.state,
            reasons="The owner's role ended.",
            details={"owner_id": str(receiver), "because": "membership_ended"},
        )
    )
