"""Define, change and end a school's own roles, never with more rights than the actor's."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from app.core.ids import new_id
from app.core.words import PERMISSION_BY_NAME, AuditEvent, Permission, Rights
from app.db.models import SchoolRole
from app.db.repositories.people.roles import rights_in
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.errors import FieldProblem, SecondPersonNeeded, ValidationFailed, require_row
from app.domain.etags import check_version
from app.domain.people.memberships.commands import (
    EndMembership,
    end_membership,
    own_rights,
    require_granter,
    settle_leaving,
    tell_leads,
)
from app.domain.people.memberships.errors import GrantExceedsOwn, RoleProtected
from app.domain.people.memberships.rules import beyond, is_weighty
from app.domain.people.roles import rules
from app.domain.people.roles.errors import RoleExists, RoleHeld, RoleNotFound, RoleOver
from app.domain.steps import new, touch

CONTENT = ("permissions", "classes", "cohort_classes", "cohort_only")


async def define_role(
    work: UnitOfWork, slug: str, label: str, fields: Mapping[str, Any], id_: UUID | None
) -> UUID:
    """Define a role from permissions and classes that the definer holds.

    Raises `PermissionMissing`, `GrantExceedsOwn`, `ValidationFailed`, `RoleExists`.
    """
    policy.require(work.actor, Permission.ROLE_DEFINE)
    rights = rules.rights_from(fields)
    _refuse(rules.name_problems(slug, label) + rules.rights_problems(rights))
    _check_within(work, rights)
    if await work.roles.with_name(slug) is not None:
        raise RoleExists
    role = new(
        work, SchoolRole, id=id_ or new_id(), slug=slug, label=label,
        **_stored(fields),
    )  # fmt: skip
    work.roles.add(role)
    work.record(
        AuditEvent.ROLE_DEFINED, "role", role.id,
        after={"slug": slug, "label": label, **_stored(fields)},
        details={"slug": slug},
    )  # fmt: skip
    return role.id


async def update_role(
    work: UnitOfWork,
    role_id: UUID,
    version: int,
    fields: Mapping[str, Any],
    hand_over_to: UUID | None = None,
) -> None:
    """Change label or content with a merge patch: only the fields named in `fields`.

    Widening a role grants rights to its holders; open work that narrowing takes from them goes to
    `hand_over_to`. Raises `PermissionMissing`, `RoleNotFound`, `VersionStale`, `RoleOver`,
    `RoleProtected`, `GrantExceedsOwn`, `SecondPersonNeeded`, `ValidationFailed`,
    `WorkWouldBeOrphaned`, `HandOverUnsuitable`.
    """
    role = await _role(work, role_id, version)
    old = rights_in(role)
    before = {name: getattr(role, name) for name in ("label", *CONTENT)}
    changes = _stored(fields)
    new = rules.rights_from({**before, **changes, "permissions": _known(before, changes)})
    problems = rules.label_problems(fields["label"]) if "label" in fields else []
    _refuse(problems + rules.rights_problems(new))
    if new != old and is_weighty(old):
        _check_weight(work, old)
    if rules.widens(old, new):
        await _check_widening(work, role.slug, old, new)
    for name, value in changes.items():
        setattr(role, name, value)
    touch(work, role)
    if rules.widens(new, old):
        holders = [item for item, _ in await work.roles.held_from(role.slug, work.today)]
        await settle_leaving(work, holders, hand_over_to, reason="role_narrowed")
    work.record(
        AuditEvent.ROLE_CHANGED, "role", role.id, before=before, after={**before, **changes},
        details={"slug": role.slug, "fields": sorted(fields)},
    )  # fmt: skip


async def end_role(
    work: UnitOfWork, role_id: UUID, version: int, end_memberships: bool, hand_over_to: UUID | None
) -> None:
    """End a role; its name is not used again.

    Raises `PermissionMissing`, `RoleNotFound`, `VersionStale`, `RoleOver`, `RoleProtected`,
    `RoleHeld`, and the errors of ending a membership.
    """
    role = await _role(work, role_id, version)
    _check_weight(work, rights_in(role))
    held = await work.roles.held_from(role.slug, work.today)
    if held and not end_memberships:
        raise RoleHeld(len(held))
    for staff_id, membership_id in held:
        await end_membership(work, EndMembership(staff_id, membership_id, hand_over_to))
    role.ended_at, role.ended_by = work.now, work.actor.id
    touch(work, role)
    work.record(
        AuditEvent.ROLE_ENDED, "role", role.id,
        details={"slug": role.slug, "memberships_ended": len(held)},
    )  # fmt: skip


async def _role(work: UnitOfWork, role_id: UUID, version: int) -> SchoolRole:
    policy.require(work.actor, Permission.ROLE_DEFINE)
    role = require_row(await work.roles.lock(SchoolRole, role_id), RoleNotFound)
    check_version(role, version)
    if role.ended_at is not None:
        raise RoleOver
    return role


def _stored(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Fields as they are kept: lists without order are sorted."""
    return {
        name: sorted(value) if isinstance(value, list | tuple) else value
        for name, value in fields.items()
    }


def _known(before: Mapping[str, Any], changes: Mapping[str, Any]) -> Sequence[str]:
    names = changes.get("permissions", before["permissions"])
    return [name for name in names if name in PERMISSION_BY_NAME]


def _refuse(problems: Sequence[FieldProblem]) -> None:
    if problems:
        raise ValidationFailed(problems=problems)


def _check_within(work: UnitOfWork, rights: Rights) -> None:
    """Raise `GrantExceedsOwn` if the role would allow more than the actor's own."""
    if missing := beyond(own_rights(work.actor), rights):
        raise GrantExceedsOwn(missing)


def _check_weight(work: UnitOfWork, rights: Rights) -> None:
    """Raise `RoleProtected` for someone who may not end a role of this weight."""
    grants = Permission.ROLE_GRANT in own_rights(work.actor).permissions
    if is_weighty(rights) and not grants:
        raise RoleProtected


async def _check_widening(work: UnitOfWork, slug: str, old: Rights, new: Rights) -> None:
    _check_within(work, new)
    holders = [staff_id for staff_id, _ in await work.roles.held_from(slug, work.today)]
    if not holders:
        return
    require_granter(work.actor)
    if work.actor.id in holders:
        raise SecondPersonNeeded("Another person has to widen a role that you hold yourself.")
    reads = Permission.CONCERN_READ
    if reads in new.permissions and new != old:
        await tell_leads(work, holders)
