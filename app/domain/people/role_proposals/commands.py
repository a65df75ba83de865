"""Apply roles from groups: everyday roles at once, safeguarding roles as proposals."""

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from app.core.words import AuditEvent, Permission, Rights, Role
from app.db.models import Membership, RoleProposal, ServiceKey
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.common.alerts import commands as alerts
from app.domain.common.deadlines.commands import start_clock, stop_clock
from app.domain.common.role_rights.queries import FOR_PEOPLE, rights_here
from app.domain.errors import SecondPersonNeeded, StaffNotFound
from app.domain.etags import check_version
from app.domain.people.memberships import commands as memberships
from app.domain.people.memberships.rules import can_give, is_weighty
from app.domain.people.role_proposals import rules
from app.domain.people.role_proposals.errors import ProposalDecided, RoleProposalNotFound
from app.domain.policy import NOTHING
from app.domain.steps import new, record_row

if TYPE_CHECKING:
    from app.db.repositories.people.provisioning import Wanted


LEADS = (Role.DSL, Role.DEPUTY_DSL, Role.HEADTEACHER)

GRANTERS = (Role.DSL, Role.HEADTEACHER, Role.SCHOOL_ADMIN)
COUNTED_LAST: Mapping[str, str] = {Role.DSL: "last_leads", Role.SCHOOL_ADMIN: "last_administrators"}
NO_COHORT: dict[str, list[str]] = {"year_groups": [], "registration_groups": []}


async def leads_of(work: UnitOfWork, *, but: UUID) -> list[UUID]:
    """The present leads and heads except one person; without any, administrators."""
    for roles in (LEADS, (Role.SCHOOL_ADMIN,)):
        holders = await work.provisioning.holders([role.value for role in roles], work.today)
        people = [person for person, _ in holders if person != but]
        if people:
            return list(dict.fromkeys(people))
    return []


def tell_leads(
    work: UnitOfWork,
    kind: str,
    people: Collection[UUID],
    counts: Mapping[str, int] | None = None,
    about: tuple[str, UUID] | None = None,
    matter_id: UUID | None = None,
) -> None:
    """Add an alert to each inbox; `counts` are numbers only, without content."""
    for person in people:
        alerts.tell(work, person, kind, about=about, matter_id=matter_id, counts=counts)


# A role that someone would get by their own action is also a proposal.
async def settle_roles(work: UnitOfWork, staff_id: UUID) -> None:
    """Align a person's roles with their groups; roles that people gave stay."""
    await work.session.flush()
    wanted = await work.provisioning.wanted(staff_id)
    held = await work.staff.memberships_from(staff_id, work.today)
    given = await work.provisioning.memberships_by_group(staff_id)
    proposals = await work.provisioning.proposals_of(staff_id)
    has = {item.role for item in held}
    here = await rights_here(work)
    for item in wanted:
        if item.role in has:
            continue
        rights = here.get(item.role)
        if rights is None:
            continue
        own = await _helps_themselves(work, staff_id, item)
        if own or not rules.is_everyday(rights):
            await _propose(work, staff_id, item, rights, proposals)
        elif not _ended_by_person(given, item):
            _grant(work, staff_id, item)
        has.add(item.role)
    roles = {item.role for item in wanted}
    await _end_unwanted(work, given, roles, here)
    _withdraw_unwanted(work, proposals, roles)


async def _helps_themselves(work: UnitOfWork, staff_id: UUID, wanted: "Wanted") -> bool:
    """Whether the person would get the role by their own action: another person gives it then."""
    if staff_id in (work.actor.id, wanted.mapped_by):
        return True
    if not work.actor.is_service:
        return False
    key = await work.service_keys.find(ServiceKey, work.actor.id)
    return key is not None and key.created_by == staff_id


def _ended_by_person(given: Sequence[Membership], wanted: "Wanted") -> bool:
    """Whether a person ended what this membership gave; only rejoining gives it again."""
    return any(
        item.group_member_id == wanted.group_member_id
        and item.role == wanted.role
        and item.ended_by is not None
        for item in given
    )


def _grant(work: UnitOfWork, staff_id: UUID, wanted: "Wanted") -> None:
    membership = group_membership(work, staff_id, wanted.role, wanted.group_member_id)
    work.staff.add(membership)
    record_row(
        work, AuditEvent.MEMBERSHIP_ADDED, membership,
        details={"staff_id": str(staff_id), "role": wanted.role, "group_id": str(wanted.group_id)},
    )  # fmt: skip


def group_membership(
    work: UnitOfWork,
    staff_id: UUID,
    role: str,
    group_member_id: UUID,
    granted_by: UUID | None = None,
) -> Membership:
    """A role from today that ends when the person leaves the group."""
    return new(
        work, Membership, staff_id=staff_id, role=role, valid_from=work.today, cohort=NO_COHORT,
        granted_by=granted_by, group_member_id=group_member_id,
    )  # fmt: skip


async def _propose(
    work: UnitOfWork,
    staff_id: UUID,
    wanted: "Wanted",
    rights: Rights,
    proposals: Sequence[RoleProposal],
) -> None:
    if any(
        item.role == wanted.role
        and (
            item.state == "proposed"
            or (item.state == "refused" and item.group_member_id == wanted.group_member_id)
        )
        for item in proposals
    ):
        return
    deciders = await _deciders(work, staff_id, rights)
    proposal = new(
        work, RoleProposal, staff_id=staff_id, role=wanted.role, group_id=wanted.group_id,
        group_name=wanted.group_name, group_member_id=wanted.group_member_id, state="proposed",
        owner_id=next(iter(deciders), staff_id),
    )  # fmt: skip
    await start_clock(work, proposal, rules.DECIDE)
    work.staff.add(proposal)
    record_row(
        work, AuditEvent.ROLE_PROPOSED, proposal,
        details={"staff_id": str(staff_id), "role": wanted.role, "group_id": str(wanted.group_id)},
    )  # fmt: skip
    about = ("role_proposal", proposal.id)
    tell_leads(work, "role_proposed", deciders, {"role_proposals": 1}, about)


async def _deciders(work: UnitOfWork, staff_id: UUID, rights: Rights) -> list[UUID]:
    """Find holders of everything the role would give; without any, every granter.

    If the person is the only granter, another lead or head has to deal with it.
    """
    holders = await work.provisioning.holders([role.value for role in GRANTERS], work.today)
    others = [(person, role) for person, role in holders if person != staff_id]
    able = [person for person, role in others if can_give(FOR_PEOPLE[role], rights)]
    found_ones = able or [person for person, _ in others]
    return list(dict.fromkeys(found_ones)) or await leads_of(work, but=staff_id)


async def _end_unwanted(
    work: UnitOfWork,
    given: Sequence[Membership],
    wanted: Collection[str],
    here: Mapping[str, Rights],
) -> None:
    today = work.today
    for membership in given:
        over = membership.valid_to is not None and membership.valid_to <= today
        if over or membership.role in wanted:
            continue
        if await _must_stay(work, membership, here.get(membership.role, NOTHING)):
            continue
        await end_membership(work, membership, reason="group_left")


async def _must_stay(work: UnitOfWork, membership: Membership, rights: Rights) -> bool:
    """Whether ending the role would leave open work or the school alone, or remove a watcher.

    Leads and heads are then alerted, and someone who may end such a role does so.
    """
    if await memberships.refused_as_last(work, [membership], work.today) is not None:
        counts = {COUNTED_LAST[membership.role]: 1}
    else:
        counts = await memberships.left_behind(work, membership.staff_id, without=[membership.id])
    own = membership.staff_id == work.actor.id and membership.role == Role.SCHOOL_ADMIN
    if own or is_weighty(rights):
        counts = {**counts, "roles_to_end": 1}
    if not counts:
        return False
    record_row(
        work, AuditEvent.MEMBERSHIP_KEPT, membership,
        details={"staff_id": str(membership.staff_id), "role": membership.role, **counts},
    )  # fmt: skip
    leads = await leads_of(work, but=membership.staff_id)
    tell_leads(work, "role_kept", leads, counts, matter_id=membership.id)
    return True


async def end_membership(work: UnitOfWork, membership: Membership, *, reason: str) -> None:
    """End a role today and its sessions at once."""
    membership.valid_to = max(work.today, membership.valid_from)
    membership.version += 1
    membership.ended_by = None
    ended = await work.accounts.revoke(
        account_id=membership.staff_id, at=work.now, reason="membership_ended",
        organisation_id=work.actor.school_id, role=membership.role,
    )  # fmt: skip
    record_row(
        work, AuditEvent.MEMBERSHIP_ENDED, membership,
        details={
            "staff_id": str(membership.staff_id), "role": membership.role,
            "sessions_ended": ended, "because": reason,
        },
    )  # fmt: skip


def _withdraw_unwanted(
    work: UnitOfWork, proposals: Sequence[RoleProposal], wanted: Collection[str]
) -> None:
    for proposal in proposals:
        if proposal.state == "proposed" and proposal.role not in wanted:
            withdraw(work, proposal)


def withdraw(work: UnitOfWork, proposal: RoleProposal) -> None:
    """Withdraw a proposal because the group no longer stands for it."""
    proposal.state = "withdrawn"
    stop_clock(work, proposal, "withdrawn")
    proposal.decided_at = work.now
    proposal.version += 1
    record_row(
        work, AuditEvent.ROLE_PROPOSAL_WITHDRAWN, proposal,
        details={"staff_id": str(proposal.staff_id), "role": proposal.role},
    )  # fmt: skip


async def decide_proposal(work: UnitOfWork, proposal_id: UUID, version: int, confirm: bool) -> None:
    """Confirm or refuse a proposed role; nobody confirms more than they hold, or for themselves.

    Raises `PermissionMissing`, `RoleProposalNotFound`, `VersionStale`, `ProposalDecided`,
    `SecondPersonNeeded`, `GrantExceedsOwn`, `StaffNotFound`.
    """
    policy.require(work.actor, Permission.ROLE_GRANT)
    proposal = await work.provisioning.lock(RoleProposal, proposal_id)
    if proposal is None:
        raise RoleProposalNotFound
    check_version(proposal, version)
    if proposal.state != "proposed":
        raise ProposalDecided
    if proposal.staff_id == work.actor.id:
        raise SecondPersonNeeded
    if confirm:
        await _confirm(work, proposal)
    proposal.state = "confirmed" if confirm else "refused"
    proposal.decided_by, proposal.decided_at = work.actor.id, work.now
    stop_clock(work, proposal, proposal.state)
    proposal.version += 1
    record_row(
        work, AuditEvent.ROLE_CONFIRMED if confirm else AuditEvent.ROLE_REFUSED, proposal,
        details={"staff_id": str(proposal.staff_id), "role": proposal.role},
    )  # fmt: skip


async def _confirm(work: UnitOfWork, proposal: RoleProposal) -> None:
    rights = await memberships.check_may_grant(work, proposal.role)
    if await work.provisioning.lock_staff(proposal.staff_id) is None:
        raise StaffNotFound
    held = await work.staff.memberships_from(proposal.staff_id, work.today)
    if any(item.role == proposal.role for item in held):
        return
    membership = group_membership(
        work, proposal.staff_id, proposal.role, proposal.group_member_id, work.actor.id
    )
    work.staff.add(membership)
    record_row(
        work, AuditEvent.MEMBERSHIP_ADDED, membership,
        details={
            "staff_id": str(proposal.staff_id), "role": proposal.role,
            "proposal_id": str(proposal.id),
        },
    )  # fmt: skip
    if Permission.CONCERN_READ in rights.permissions:
        await memberships.tell_leads(work, [proposal.staff_id])
