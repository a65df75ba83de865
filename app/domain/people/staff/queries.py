"""Reads of staff."""

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from app.core.words import Actor, Permission, Rights
from app.db.models import Staff
from app.db.paging import Page, PageOf, page_of
from app.db.reading import Reading
from app.db.repositories.people import accounts, roles, staff
from app.db.session import Driver
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.common.role_rights.queries import FOR_PEOPLE
from app.domain.errors import FieldProblem, PermissionMissing, StaffNotFound, ValidationFailed
from app.domain.people.memberships import commands as memberships
from app.domain.people.memberships.errors import (
    MembershipNotFound,
    OwnAdminMembership,
    RoleProtected,
)
from app.domain.people.memberships.rules import can_give, is_live
from app.domain.policy import NOTHING


async def list_staff(
    reading: Reading, asked: PageOf, *, name: str | None, role: str | None
) -> Page[dict[str, Any]]:
    """List staff by name; `name` matches any part of it, `role` one held today.

    Raises `ValidationFailed` for an unknown role.
    """
    if role is not None and role not in FOR_PEOPLE:
        await _check_known(reading, role)
    rows = await staff.staff_of(
        reading.driver, reading.actor.school_id, reading.today, asked, name=name, role=role
    )
    return page_of(rows, asked, key="created_at", shape=_summary_of)


async def _check_known(reading: Reading, role: str) -> None:
    if not await roles.is_known(reading.driver, reading.actor.school_id, role):
        problem = FieldProblem(
            "/query/role", "role_unknown", "GET /v1/roles does not list this role."
        )
        raise ValidationFailed(problems=[problem])


def _summary_of(row: Any) -> dict[str, Any]:
    return {name: row[name] for name in ("id", "name", "job_title", "roles")}


async def read_staff(driver: Driver, actor: Actor, day: date, staff_id: UUID) -> dict[str, Any]:
    """Get one person, with what this reader may do next. Raises `StaffNotFound`."""
    row = await staff.member_of_staff(driver, actor.school_id, day, staff_id)
    if row is None:
        raise StaffNotFound
    person = dict(row)
    held = json.loads(person.pop("held") or "[]")
    rights: Mapping[str, Rights] = FOR_PEOPLE
    if any(item["role"] not in rights for item in held):
        rights = {**rights, **await roles.defined_in(driver, actor.school_id)}
    return {
        **person,
        "former_names": json.loads(row["former_names"]),
        "permissions": _next(
            actor, row, [(item, rights.get(item["role"], NOTHING)) for item in held]
        ),
    }


def _next(actor: Actor, row: Any, held: Sequence[tuple[Any, Rights]]) -> list[str]:
    """The operations this reader may do next with a person's entry, and the roles they hold."""
    steps: list[str] = []
    if policy.may(actor, Permission.STAFF_CHANGE):
        steps += ["update_staff"] if row["accepted_at"] else ["update_staff", "invite_staff"]
    own = memberships.own_rights(actor)
    if row["id"] != actor.id and any(can_give(own, item) for item in (own, *FOR_PEOPLE.values())):
        steps.append("add_membership")
    if any(_can_end(actor, row["id"], item, rights) for item, rights in held):
        steps.append("end_membership")
    return steps


def _can_end(actor: Actor, staff_id: UUID, held: Any, rights: Rights) -> bool:
    """Whether the actor can end a role that someone holds, today or later."""
    try:
        memberships.check_may_end(actor, staff_id, held["role"], rights)
    except (PermissionMissing, RoleProtected, OwnAdminMembership):
        return False
    return not held["last"]


async def list_invitations(reading: Reading) -> list[dict[str, Any]]:
    """List every organisation that needs an answer from the signed-in person."""
    rows = await accounts.invitations_of(reading.driver, reading.actor.id, reading.today)
    return [dict(row) for row in rows]


async def list_memberships(reading: Reading, staff_id: UUID, asked: PageOf) -> Page[dict[str, Any]]:
    """List every membership of a person here, newest first. Raises `StaffNotFound`."""
    driver, school_id, day = reading.driver, reading.actor.school_id, reading.today
    if await staff.member_of_staff(driver, school_id, day, staff_id) is None:
        raise StaffNotFound
    rows = await staff.memberships_of(driver, school_id, staff_id, asked)
    return page_of(rows, asked, key="created_at", shape=lambda row: shaped(row, day))


async def read_membership(
    driver: Driver, actor: Actor, day: date, membership_id: UUID
) -> dict[str, Any]:
    """Get one membership. Raises `MembershipNotFound`."""
    row = await staff.membership_of(driver, actor.school_id, membership_id)
    if row is None:
        raise MembershipNotFound
    return shaped(row, day)


def shaped(row: Any, day: date) -> dict[str, Any]:
    """Build the answer for a membership; `live` is whether it holds on the day."""
    cohort = json.loads(row["cohort"])
    return {
        **dict(row),
        "cohort": {
            "year_groups": cohort.get("year_groups", []),
            "registration_groups": cohort.get("registration_groups", []),
        },
        "live": is_live(row["valid_from"], row["valid_to"], day),
    }


async def member_of_staff(work: UnitOfWork, staff_id: UUID | None, pointer: str = "/by_id") -> UUID:
    """The member of staff named at a pointer, or the actor. Raises `ValidationFailed`."""
    if staff_id is None or staff_id == work.actor.id:
        return work.actor.id
    if await work.staff.find(Staff, staff_id) is None:
        problem = FieldProblem(pointer, "unknown_staff", "Cairn cannot find this member of staff.")
        raise ValidationFailed(problems=[problem])
    return staff_id
