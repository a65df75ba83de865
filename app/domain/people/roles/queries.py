"""Reads of the roles there are: built in, and defined by the school."""

from typing import Any
from uuid import UUID

from app.core.vocabularies import VOCABULARIES
from app.core.words import PERMISSION_BY_NAME, Actor, Permission, Rights
from app.db.reading import Reading
from app.db.repositories.people import roles
from app.db.session import Driver
from app.domain import policy
from app.domain.common.role_rights.queries import FOR_PEOPLE
from app.domain.errors import require_row
from app.domain.people.memberships.commands import own_rights
from app.domain.people.memberships.rules import can_give
from app.domain.people.roles import rules
from app.domain.people.roles.errors import RoleNotFound
from app.domain.people.roles.rules import SENTENCES

CHANGES = ("update_role", "end_role")
LABELS = {term.code: term.label for term in VOCABULARIES["roles"].terms}


def list_permissions() -> list[dict[str, str]]:
    """List every permission with its sentence."""
    return [
        {"permission": permission.value, "meaning": SENTENCES[permission]}
        for permission in Permission
    ]


async def list_roles(reading: Reading, *, state: str) -> list[dict[str, Any]]:
    """List the built-in roles in order, then the school's own by name; or the ended ones."""
    actor = reading.actor
    rows = await roles.roles_of(reading.driver, actor.school_id, ended=state == "ended")
    if state == "ended":
        return [_defined(actor, row) for row in rows]
    built_in = [
        _to_response(actor, name, LABELS[name], rights, built_in=True)
        for name, rights in FOR_PEOPLE.items()
    ]
    return built_in + [_defined(actor, row) for row in rows]


async def read_role(driver: Driver, actor: Actor, role_id: UUID) -> dict[str, Any]:
    """Get one role the school defined, with its version. Raises `RoleNotFound`."""
    row = require_row(await roles.role_of(driver, actor.school_id, role_id), RoleNotFound)
    may_change = row["ended_at"] is None and policy.may(actor, Permission.ROLE_DEFINE)
    return {
        **_defined(actor, row),
        "created_at": row["created_at"],
        "changed_at": row["changed_at"],
        "operations": list(CHANGES) if may_change else [],
        "version": row["version"],
    }


def _defined(actor: Actor, row: Any) -> dict[str, Any]:
    known = [name for name in row["permissions"] if name in PERMISSION_BY_NAME]
    rights = rules.rights_from({**dict(row), "permissions": known})
    role = _to_response(actor, row["slug"], row["label"], rights, built_in=False)
    if row["ended_at"] is not None:
        role |= {"state": "ended", "ended_at": row["ended_at"], "grantable": False}
    return {**role, "id": row["id"]}


def _to_response(
    actor: Actor, name: str, label: str, rights: Rights, *, built_in: bool
) -> dict[str, Any]:
    own = own_rights(actor)
    return {
        "role": name,
        "label": label,
        "built_in": built_in,
        "state": "active",
        "permissions": sorted(rights.permissions),
        "classes": sorted(rights.classes),
        "cohort_classes": sorted(rights.cohort_classes),
        "cohort_only": rights.cohort_only,
        "second_factor": policy.needs_second_factor(rights),
        "grantable": can_give(own, rights),
    }
