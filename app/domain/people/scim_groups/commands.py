"""Groups of an identity provider: added, changed, removed, and mapped to a role."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from app.core.words import AuditEvent, Permission
from app.db.models import ScimGroup, ScimGroupMember
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.common.role_rights.queries import rights_here
from app.domain.errors import FieldProblem, ValidationFailed, require_row
from app.domain.etags import check_version
from app.domain.people.memberships import commands as memberships
from app.domain.people.memberships.errors import GrantExceedsOwn
from app.domain.people.memberships.rules import beyond
from app.domain.people.provisioning.errors import ScimValueInvalid
from app.domain.people.role_proposals import commands as role_proposals
from app.domain.people.role_proposals import rules
from app.domain.people.scim_groups.errors import ScimGroupNotFound
from app.domain.steps import new, record_row, touch


@dataclass(frozen=True, slots=True)
class GroupProfile:
    """An identity provider's data about a group; `members` are resource IDs of users."""

    display_name: str
    external_id: str | None = None
    members: frozenset[UUID] = frozenset()


async def add_group(work: UnitOfWork, profile: GroupProfile) -> UUID:
    """Save a new group, still without a role. Raises `ScimValueInvalid`."""
    policy.require(work.actor, Permission.STAFF_PROVISION)
    group = new(work, ScimGroup, profile)
    work.staff.add(group)
    await work.session.flush()
    joined = await _people(work, profile.members)
    _join(work, group.id, joined)
    record_row(
        work, AuditEvent.GROUP_ADDED, group, after={"display_name": profile.display_name},
        details={"joined": len(joined)},
    )  # fmt: skip
    return group.id


async def group_for_change(work: UnitOfWork, group_id: UUID) -> ScimGroup:
    """The group, locked. Raises `ScimGroupNotFound`."""
    policy.require(work.actor, Permission.STAFF_PROVISION)
    group = require_row(await work.provisioning.lock(ScimGroup, group_id), ScimGroupNotFound)
    return group


async def change_group(work: UnitOfWork, group: ScimGroup, profile: GroupProfile) -> None:
    """Change a group to match the profile; roles of people who joined or left follow.

    Raises `ScimValueInvalid` for a member who is not a user of this school.
    """
    present = {member.staff_id: member for member in await work.provisioning.members_of(group.id)}
    wanted = await _people(work, profile.members)
    joined = wanted - present.keys()
    left = [item for person, item in present.items() if person not in wanted]
    before = {"display_name": group.display_name, "external_id": group.external_id}
    after = {"display_name": profile.display_name, "external_id": profile.external_id}
    if not joined and not left and before == after:
        return
    group.display_name, group.external_id = profile.display_name, profile.external_id
    touch(work, group)
    await work.session.flush()
    if left:
        await work.provisioning.drop(ScimGroupMember, [item.id for item in left])
    _join(work, group.id, joined)
    record_row(
        work, AuditEvent.GROUP_CHANGED, group, before=before, after=after,
        details={
            "fields": sorted(name for name in after if after[name] != before[name]),
            "joined": [str(person) for person in sorted(joined)],
            "left": [str(item.staff_id) for item in left],
        },
    )  # fmt: skip
    if group.role is not None:
        for person in sorted({*joined, *(item.staff_id for item in left)}):
            await role_proposals.settle_roles(work, person)


async def remove_group(work: UnitOfWork, group: ScimGroup) -> None:
    """Delete a group; the roles it gave end, as if everyone had left it."""
    members = await work.provisioning.members_of(group.id)
    role = group.role
    await work.provisioning.drop(ScimGroupMember, [item.id for item in members])
    await work.provisioning.drop(ScimGroup, [group.id])
    record_row(
        work, AuditEvent.GROUP_REMOVED, group, before={"display_name": group.display_name},
        details={"role": role, "left": len(members)},
    )  # fmt: skip
    if role is not None:
        for member in members:
            await role_proposals.settle_roles(work, member.staff_id)


async def _people(work: UnitOfWork, members: Collection[UUID]) -> set[UUID]:
    if not members:
        return set()
    staff_ids = await work.provisioning.staff_ids(members)
    if len(staff_ids) != len(members):
        raise ScimValueInvalid("A member is not a user of this school.")
    return set(staff_ids.values())


def _join(work: UnitOfWork, group_id: UUID, people: Collection[UUID]) -> None:
    for person in sorted(people):
        work.staff.add(new(work, ScimGroupMember, group_id=group_id, staff_id=person))


async def map_group(work: UnitOfWork, group_id: UUID, version: int, role: str | None) -> None:
    """Set the role of a group: everyday roles follow at once, others as proposals.

    Raises `PermissionMissing`, `ScimGroupNotFound`, `VersionStale`, `ValidationFailed`,
    `GrantExceedsOwn`.
    """
    policy.require(work.actor, Permission.STAFF_CHANGE)
    group = require_row(await work.provisioning.lock(ScimGroup, group_id), ScimGroupNotFound)
    check_version(group, version)
    if role is not None:
        await _check_may_map(work, role)
    before, group.role = group.role, role
    group.mapped_by = work.actor.id
    touch(work, group)
    record_row(
        work, AuditEvent.GROUP_MAPPED, group, before={"role": before}, after={"role": role},
        details={"role_before": before, "role": role},
    )  # fmt: skip
    for member in await work.provisioning.members_of(group.id):
        await role_proposals.settle_roles(work, member.staff_id)


async def _check_may_map(work: UnitOfWork, role: str) -> None:
    """Raise where there is no such role, or where it follows at once and is not theirs to give."""
    rights = (await rights_here(work)).get(role)
    if rights is None:
        problem = FieldProblem("/role", "unknown_role", "This school does not give this role.")
        raise ValidationFailed(problems=[problem])
    missing = beyond(memberships.own_rights(work.actor), rights)
    if missing and rules.is_everyday(rights):
        raise GrantExceedsOwn(missing)
