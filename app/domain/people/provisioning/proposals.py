"""Deciding on the safeguarding roles that groups propose, and which role a group stands for."""

from dataclasses import dataclass
from uuid import UUID

from app.core.words import AuditEvent, Permission
from app.db.models import RoleProposal, ScimGroup
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.access.checks.roles import rights_here
from app.domain.clocks.keeping import stop_clock
from app.domain.errors import (
    FieldProblem,
    SecondPersonNeeded,
    StaffNotFound,
    ValidationFailed,
    VersionStale,
)
from app.domain.people.provisioning import roles, rules
from app.domain.people.provisioning.errors import (
    ProposalDecided,
    RoleProposalNotFound,
    ScimGroupNotFound,
)
from app.domain.people.staff import granting
from app.domain.people.staff.errors import GrantExceedsOwn
from app.domain.people.staff.rules import beyond


@dataclass(frozen=True, slots=True)
class DecideProposal:
    """A wish to give, or not to give, a role that a group proposes."""

    proposal_id: UUID
    version: int
    confirm: bool


@dataclass(frozen=True, slots=True)
class MapGroup:
    """A wish that a group stand for a role, or for none."""

    group_id: UUID
    version: int
    role: str | None


async def decide_proposal(work: UnitOfWork, wish: DecideProposal) -> None:
    """Confirm or refuse a proposed role; nobody confirms more than they hold, or for themselves.

    Raises `PermissionMissing`, `RoleProposalNotFound`, `VersionStale`, `ProposalDecided`,
    `SecondPersonNeeded`, `GrantExceedsOwn`, `StaffNotFound`.
    """
    policy.require(work.actor, Permission.ROLE_GRANT)
    proposal = await work.provisioning.lock(RoleProposal, wish.proposal_id)
    if proposal is None:
        raise RoleProposalNotFound
    if proposal.version != wish.version:
        raise VersionStale
    if proposal.state != "proposed":
        raise ProposalDecided
    if proposal.staff_id == work.actor.id:
        raise SecondPersonNeeded
    if wish.confirm:
        await _confirm(work, proposal)
    proposal.state = "confirmed" if wish.confirm else "refused"
    proposal.decided_by, proposal.decided_at = work.actor.id, work.now
    stop_clock(work, proposal, proposal.state)
    proposal.version += 1
    work.record(
        AuditEvent.ROLE_CONFIRMED if wish.confirm else AuditEvent.ROLE_REFUSED, "role_proposal",
        proposal.id,
        details={"staff_id": str(proposal.staff_id), "role": proposal.role},
    )  # fmt: skip


async def _confirm(work: UnitOfWork, proposal: RoleProposal) -> None:
    rights = await granting.check_may_grant(work, proposal.role)
    if await work.provisioning.lock_staff(proposal.staff_id) is None:
        raise StaffNotFound
    held = await work.staff.memberships_from(proposal.staff_id, work.today)
    if any(one.role == proposal.role for one in held):
        return
    membership = roles.group_membership(
        work, proposal.staff_id, proposal.role, proposal.group_member_id, work.actor.id
    )
    work.staff.add(membership)
    work.record(
        AuditEvent.MEMBERSHIP_ADDED, "membership", membership.id,
        details={
            "staff_id": str(proposal.staff_id), "role": proposal.role,
            "proposal_id": str(proposal.id),
        },
    )  # fmt: skip
    if Permission.CONCERN_READ in rights.permissions:
        await granting.tell_leads(work, [proposal.staff_id])


async def map_group(work: UnitOfWork, wish: MapGroup) -> None:
    """Say which role a group stands for: everyday roles follow at once, others as proposals.

    Raises `PermissionMissing`, `ScimGroupNotFound`, `VersionStale`, `ValidationFailed`,
    `GrantExceedsOwn`.
    """
    policy.require(work.actor, Permission.STAFF_CHANGE)
    group = await work.provisioning.lock(ScimGroup, wish.group_id)
    if group is None:
        raise ScimGroupNotFound
    if group.version != wish.version:
        raise VersionStale
    if wish.role is not None:
        await _check_may_map(work, wish.role)
    before, group.role = group.role, wish.role
    group.mapped_by = work.actor.id
    group.version += 1
    group.changed_at = work.now
    work.record(
        AuditEvent.GROUP_MAPPED, "scim_group", group.id,
        before={"role": before}, after={"role": wish.role},
        details={"role_before": before, "role": wish.role},
    )  # fmt: skip
    for member in await work.provisioning.members_of(group.id):
        await roles.settle_roles(work, member.staff_id)


async def _check_may_map(work: UnitOfWork, role: str) -> None:
    """Raise where there is no such role, or where it follows at once and is not theirs to give."""
    rights = (await rights_here(work)).get(role)
    if rights is None:
        problem = FieldProblem("/role", "unknown_role", "This school has no such role to give.")
        raise ValidationFailed(problems=[problem])
    missing = beyond(granting.own_rights(work.actor), rights)
    if missing and rules.is_everyday(rights):
        raise GrantExceedsOwn(missing)
