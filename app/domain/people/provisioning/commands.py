"""People as an identity provider manages them: added, changed, suspended, restored, removed."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

from app.core.ids import new_id
from app.core.words import AuditEvent, Permission, Role
from app.db.models import Membership, ScimGroupMember, ScimUser, Staff
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.access.conflicts.commands import find_conflicts
from app.domain.common.alerts.commands import tell_watchers_once
from app.domain.common.owners.rules import casework, counted
from app.domain.common.role_rights.queries import rights_here
from app.domain.people.address_changes import commands
from app.domain.people.invitations.commands import invite
from app.domain.people.memberships import commands as memberships
from app.domain.people.memberships.errors import RoleProtected, WorkWouldBeOrphaned
from app.domain.people.memberships.rules import is_weighty
from app.domain.people.provisioning import rules
from app.domain.people.provisioning.errors import ScimResourceNotFound, UserNameTaken
from app.domain.people.provisioning.rules import Profile
from app.domain.people.role_proposals import commands as role_proposals
from app.domain.people.role_proposals.commands import leads_of, tell_leads
from app.domain.people.second_factors.commands import drop_proofs
from app.domain.people.staff.commands import keep_name
from app.domain.policy import NOTHING
from app.domain.steps import new, record_row, touch


@dataclass(frozen=True, slots=True)
class Found:
    """A person as they are now, locked."""

    resource_id: UUID
    staff: Staff
    user: ScimUser | None
    profile: Profile


async def user_for_change(work: UnitOfWork, resource_id: UUID) -> Found:
    """The person behind a resource, locked. Raises `ScimResourceNotFound`."""
    policy.require(work.actor, Permission.STAFF_PROVISION)
    staff_id = (await work.provisioning.staff_ids([resource_id])).get(resource_id)
    staff = await work.provisioning.lock_staff(staff_id) if staff_id else None
    if staff is None:
        raise ScimResourceNotFound
    user = await work.provisioning.user_of(staff.id)
    return Found(resource_id, staff, user, _profile(staff, user))


def _profile(staff: Staff, user: ScimUser | None) -> Profile:
    active = staff.suspended_at is None
    if user is not None:
        return Profile(user.user_name, user.external_id, active, user.attributes)
    attributes: dict[str, Any] = {
        "displayName": staff.name,
        "emails": [{"value": staff.email, "type": "work", "primary": True}],
    }
    if staff.job_title:
        attributes["title"] = staff.job_title
    return Profile(staff.email, None, active, attributes)


async def provision_user(work: UnitOfWork, profile: Profile) -> UUID:
    """Add a person to the staff without any role, and invite them; returns the resource's ID.

    An account with the same address elsewhere is neither shown nor taken over: the entry opens
    nothing until the person accepts it by the mailed link. Raises `UserNameTaken`.
    """
    policy.require(work.actor, Permission.STAFF_PROVISION)
    if await work.provisioning.name_is_taken(profile.user_name):
        raise UserNameTaken
    account_id = await _account_id(work, profile)
    staff = await work.staff.lock(Staff, account_id)
    if staff is not None and staff.removed_at is None:
        raise UserNameTaken
    if staff is None:
        staff = Staff(school_id=work.actor.school_id, id=account_id, created_at=work.now)
        work.staff.add(staff)
    else:
        staff.version += 1
        if rules.shown_name(profile) != staff.name:
            keep_name(work, staff)
    _write_staff(work, staff, profile)
    staff.email = rules.address_of(profile) or f"{staff.id}@{rules.NO_ADDRESS}"
    commands.forget(staff)
    staff.accepted_at = staff.declined_at = staff.removed_at = staff.suspended_at = None
    await work.session.flush()
    user = _new_user(work, staff.id, profile)
    work.staff.add(user)
    record_row(
        work, AuditEvent.PROVISIONED, staff, after=_content(profile),
        details={"fields": sorted(profile.attributes)},
    )  # fmt: skip
    await find_conflicts(work)
    if profile.active:
        _ask_to_join(work, staff)
    else:
        staff.suspended_at = work.now
        record_row(work, AuditEvent.SUSPENDED, staff)
    return user.id


def _is_nameless(address: str) -> bool:
    return address.endswith(f"@{rules.NO_ADDRESS}")


def _ask_to_join(work: UnitOfWork, staff: Staff) -> None:
    """Invite a person who has an address; others once they have one."""
    if not _is_nameless(staff.email):
        invite(work, staff.id)


async def _account_id(work: UnitOfWork, profile: Profile) -> UUID:
    """Find or make the account of the person's address; without an address, make a new one."""
    address = rules.address_of(profile) or f"{new_id()}@{rules.NO_ADDRESS}"
    return await work.accounts.id_for(address, work.now)


def _new_user(
    work: UnitOfWork, staff_id: UUID, profile: Profile, id_: UUID | None = None
) -> ScimUser:
    return new(
        work, ScimUser, profile, id=id_ or new_id(), staff_id=staff_id,
        attributes=dict(profile.attributes),
    )  # fmt: skip


def _write_staff(work: UnitOfWork, staff: Staff, profile: Profile) -> None:
    """Name and title as colleagues see them. The address to sign in with stays."""
    staff.name = rules.shown_name(profile)
    staff.job_title = profile.attributes.get("title")
    staff.changed_at = work.now


def _content(profile: Profile) -> dict[str, Any]:
    return {
        "user_name": profile.user_name,
        "external_id": profile.external_id,
        "active": profile.active,
        **profile.attributes,
    }


async def change_user(work: UnitOfWork, result: Found, profile: Profile) -> None:
    """Change a person to match the profile; writes nothing if nothing changes.

    Raises `UserNameTaken`, `LastLead`, `LastAdministrator`, `RoleProtected`.
    """
    before, staff = result.profile, result.staff
    if profile == before:
        return
    if profile.user_name.lower() != before.user_name.lower():
        await _check_name(work, profile.user_name, staff.id)
    if rules.shown_name(profile) != staff.name:
        keep_name(work, staff)
    _write_staff(work, staff, profile)
    await _suggest_address(work, staff, before, profile)
    staff.version += 1
    _write_user(work, result, profile)
    now, then = _content(profile), _content(before)
    changed = sorted(name for name in now.keys() | then.keys() if now.get(name) != then.get(name))
    record_row(
        work, AuditEvent.STAFF_CHANGED, staff, before=then, after=now, details={"fields": changed}
    )
    if before.active and not profile.active:
        await _suspend(work, staff)
    if profile.active and not before.active:
        await _restore(work, staff)


async def _suggest_address(
    work: UnitOfWork, staff: Staff, before: Profile, profile: Profile
) -> None:
    """Suggest a new address, which counts once confirmed; a profile without one changes nothing."""
    address = rules.address_of(profile)
    if address is None or address == rules.address_of(before):
        return
    if _is_nameless(staff.email):
        staff.email = address
        await _name_login(work, staff)
    elif not commands.suggest(work, staff, "email", address):
        return
    await commands.tell_changed(work, staff)


async def _name_login(work: UnitOfWork, staff: Staff) -> None:
    """Give a login without an address its first, and invite its person: nobody could use it yet.

    An address that signs in to another account stays there.
    """
    account = await work.accounts.get(staff.id)
    if _is_nameless(account.email) and await work.accounts.by_email(staff.email) is None:
        account.email = staff.email
        await work.session.flush()
        await find_conflicts(work)
        if staff.suspended_at is None:
            _ask_to_join(work, staff)


async def _check_name(work: UnitOfWork, user_name: str, staff_id: UUID) -> None:
    if await work.provisioning.name_is_taken(user_name, staff_id):
        raise UserNameTaken


def _write_user(work: UnitOfWork, result: Found, profile: Profile) -> None:
    if result.user is None:
        made = _new_user(work, result.staff.id, profile, result.resource_id)
        made.created_at = result.staff.created_at
        work.staff.add(made)
        return
    result.user.user_name = profile.user_name
    result.user.external_id = profile.external_id
    result.user.attributes = dict(profile.attributes)


async def _suspend(work: UnitOfWork, staff: Staff) -> None:
    """End every session here at once, move open work to others, and alert the leads."""
    await _check_may_go(work, staff.id)
    staff.suspended_at = work.now
    ended = await _end_sessions(work, staff.id)
    counts = await memberships.left_behind(work, staff.id)
    await memberships.settle_people(work, [staff.id], reason="suspended")
    record_row(work, AuditEvent.SUSPENDED, staff, details={"sessions_ended": ended, **counts})
    if counts:
        tell_leads(work, "owner_suspended", await leads_of(work, but=staff.id), counts)


async def _of_weight(work: UnitOfWork, staff_id: UUID) -> list[Membership]:
    """Their roles, present and future, that no administrator can end by hand."""
    here = await rights_here(work)
    held = await work.staff.memberships_from(staff_id, work.today)
    return [item for item in held if is_weighty(here.get(item.role, NOTHING))]


async def _check_may_go(work: UnitOfWork, staff_id: UUID) -> None:
    """Raise `LastLead`, `LastAdministrator` or `RoleProtected` for someone who has to stay.

    A program cannot remove people who watch over safeguarding, nor the last administrator; leads
    learn about the attempt.
    """
    held = await work.staff.memberships_from(staff_id, work.today)
    last = await memberships.refused_as_last(work, held, work.today)
    kept = await _of_weight(work, staff_id)
    if last is not None and not kept:
        kept = [item for item in held if item.role == Role.SCHOOL_ADMIN]
    if not kept:
        return
    refusal = last or RoleProtected()
    refusal.afterwards = partial(
        _tell_tried, staff_id=staff_id, saved=[(item.id, item.role) for item in kept]
    )
    raise refusal


async def _tell_tried(
    work: UnitOfWork, /, *, staff_id: UUID, saved: Sequence[tuple[UUID, str]]
) -> None:
    """Alert every lead, head and chair at once to an attempt to end a role that stays."""
    for membership_id, role in saved:
        work.record(
            AuditEvent.MEMBERSHIP_KEPT, "membership", membership_id,
            details={"staff_id": str(staff_id), "role": role},
        )  # fmt: skip
        await tell_watchers_once(
            work, "role_kept", but=[staff_id], urgent=True, matter_id=membership_id
        )  # fmt: skip


async def _end_sessions(work: UnitOfWork, staff_id: UUID) -> int:
    return await work.accounts.revoke(
        account_id=staff_id, at=work.now, reason="deprovisioned",
        organisation_id=work.actor.school_id,
    )  # fmt: skip


async def _restore(work: UnitOfWork, staff: Staff) -> None:
    staff.suspended_at = None
    record_row(work, AuditEvent.RESTORED, staff)
    if await _of_weight(work, staff.id):
        await tell_watchers_once(work, "role_granted", but=[staff.id], urgent=True)
    if staff.accepted_at is None:
        _ask_to_join(work, staff)
    await role_proposals.settle_roles(work, staff.id)


async def remove_user(work: UnitOfWork, result: Found) -> None:
    """Remove a person from the staff: roles and sessions end, open work goes to a lead.

    What they wrote keeps its author. The login loses its name, unless the person works in another
    school. Raises `LastLead`, `LastAdministrator`, `RoleProtected`, `WorkWouldBeOrphaned`.
    """
    staff = result.staff
    await _check_may_go(work, staff.id)
    for membership in await work.staff.memberships_from(staff.id, work.today):
        await role_proposals.end_membership(work, membership, reason="deprovisioned")
    for proposal in await work.provisioning.proposals_of(staff.id):
        if proposal.state == "proposed":
            role_proposals.withdraw(work, proposal)
    joined = await work.provisioning.joinings_of(staff.id)
    await work.session.flush()
    await work.provisioning.drop(ScimGroupMember, [item.id for item in joined])
    if result.user is not None:
        await work.provisioning.drop(ScimUser, [result.user.id])
    staff.removed_at = work.now
    staff.suspended_at = None
    await _hand_on(work, staff.id)
    touch(work, staff)
    ended = await _end_sessions(work, staff.id)
    await _forget_login(work, staff)
    record_row(
        work, AuditEvent.DEPROVISIONED, staff, before=_content(result.profile),
        details={"sessions_ended": ended},
    )  # fmt: skip


async def _hand_on(work: UnitOfWork, staff_id: UUID) -> None:
    """Give all their work to others by the rules. Raises `WorkWouldBeOrphaned`."""
    settled = await memberships.settle_people(work, [staff_id], reason="deprovisioned")
    stuck = [item for item in settled.stuck if item.resource_type in casework()]
    if stuck:
        raise WorkWouldBeOrphaned(
            counted(stuck, keeps_support_list=memberships.keeps_support_list(work))
        )


async def _forget_login(work: UnitOfWork, staff: Staff) -> None:
    nameless = f"{staff.id}@{rules.REMOVED}"
    staff.email, staff.phone = nameless, None
    commands.forget(staff)
    await work.session.flush()
    if await work.provisioning.works_elsewhere(staff.id, work.actor.id):
        return
    account = await work.accounts.get(staff.id)
    account.email = nameless
    account.password_hash = None
    account.disabled_at = work.now
    await drop_proofs(work, staff.id)
    await work.accounts.void_account_tokens(staff.id, work.now)
    await work.accounts.revoke(account_id=staff.id, at=work.now, reason="deprovisioned")
