"""Reads of the first people of a trust's schools."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from app.core.words import Actor, Permission
from app.db.reading import Reading
from app.db.repositories.people import schools, staff
from app.db.scope import look_into
from app.db.session import Driver
from app.domain import policy
from app.domain.errors import PermissionMissing, SchoolNotFound
from app.domain.people.foundings.rules import FIRST, NEEDED

OF_A_TRUST = "Only the administrator of a trust can found schools."


async def require_school_of(driver: Driver, actor: Actor, school_id: UUID) -> None:
    """Raise `PermissionMissing` outside of a trust, `SchoolNotFound` for a school of others."""
    await require_trust(driver, actor)
    if not await schools.is_school_of(driver, actor.school_id, school_id):
        raise SchoolNotFound


async def require_trust(driver: Driver, actor: Actor) -> None:
    """Raise `PermissionMissing` for anyone except an administrator of a trust."""
    policy.require(actor, Permission.SCHOOL_FOUND)
    if not await schools.is_trust(driver, actor.school_id):
        raise PermissionMissing(OF_A_TRUST)


async def read_first_people(reading: Reading, school_id: UUID) -> dict[str, Any]:
    """Read the state of a school's founding; names only people who have not joined.

    Raises `PermissionMissing`, `SchoolNotFound`.
    """
    driver = reading.driver
    await require_school_of(driver, reading.actor, school_id)
    await look_into(driver, school_id)
    roles = [role.value for role in FIRST]
    rows = await staff.holders_of(driver, school_id, reading.today, roles)
    begun = await schools.has_begun(driver, school_id)
    return shaped(school_id, rows, begun=begun)


def shaped(school_id: UUID, rows: Sequence[Any], *, begun: bool) -> dict[str, Any]:
    """The state of each role a school begins with."""
    joined = {row["role"] for row in rows if row["accepted_at"] is not None}
    return {
        "school_id": school_id,
        "ready": joined.issuperset(role.value for role in NEEDED),
        "appoints": not begun,
        "roles": [
            {
                "role": role.value,
                "joined": role.value in joined,
                "invited": [
                    {
                        "id": row["staff_id"], "name": row["name"], "email": row["email"],
                        "invited_at": row["created_at"],
                    }
                    for row in rows
                    if row["role"] == role.value and row["accepted_at"] is None
                ],
            }
            for role in FIRST
        ],
    }  # fmt: skip
