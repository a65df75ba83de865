"""Reads of staff and their memberships."""

import json
from datetime import date
from typing import Any
from uuid import UUID

from app.core.words import Actor, Permission
from app.db.paging import Cursor, Page, PageOf, page_of
from app.db.reading import Reading
from app.db.repositories import staff_reads
from app.db.session import Driver
from app.domain import policy
from app.domain.errors import MembershipNotFound, StaffNotFound
from app.domain.staff.rules import is_live

CHANGES = ("change_staff", "add_membership", "end_membership")


async def list_staff(
    reading: Reading, asked: PageOf, *, name: str | None, role: str | None
) -> Page[dict[str, Any]]:
    """Staff by name; `name` matches any part of it, `role` one held today."""
    rows = await staff_reads.staff_of(
        reading.driver, reading.actor.school_id, reading.now.date(), asked, name=name, role=role
    )
    return page_of(rows, asked, key=lambda row: Cursor(row["created_at"], row["id"]), shape=_card)


def _card(row: Any) -> dict[str, Any]:
    return {name: row[name] for name in ("id", "name", "job_title", "roles")}


async def read_staff(driver: Driver, actor: Actor, day: date, staff_id: UUID) -> dict[str, Any]:
    """One person with what this reader may do next. Raises `StaffNotFound`."""
    row = await staff_reads.member_of_staff(driver, actor.school_id, day, staff_id)
    if row is None:
        raise StaffNotFound
    may_change = policy.may(actor, Permission.STAFF_CHANGE)
    return {**dict(row), "permissions": list(CHANGES) if may_change else []}


async def list_memberships(reading: Reading, staff_id: UUID, asked: PageOf) -> Page[dict[str, Any]]:
    """Every membership of a person here, newest first. Raises `StaffNotFound`."""
    driver, school_id, day = reading.driver, reading.actor.school_id, reading.now.date()
    if await staff_reads.member_of_staff(driver, school_id, day, staff_id) is None:
        raise StaffNotFound
    rows = await staff_reads.memberships_of(driver, school_id, staff_id, asked)
    return page_of(
        rows,
        asked,
        key=lambda row: Cursor(row["created_at"], row["id"]),
        shape=lambda row: shaped(row, day),
    )


async def read_membership(
    driver: Driver, actor: Actor, day: date, membership_id: UUID
) -> dict[str, Any]:
    """One membership. Raises `MembershipNotFound`."""
    row = await staff_reads.membership_of(driver, actor.school_id, membership_id)
    if row is None:
        raise MembershipNotFound
    return shaped(row, day)


def shaped(row: Any, day: date) -> dict[str, Any]:
    """A membership as it leaves; `live` says whether it holds on the day."""
    cohort = json.loads(row["cohort"])
    return {
        **dict(row),
        "cohort": {
            "year_groups": cohort.get("year_groups", []),
            "registration_groups": cohort.get("registration_groups", []),
        },
        "live": is_live(row["valid_from"], row["valid_to"], day),
    }
