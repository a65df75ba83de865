"""Reads of people and of open work: who could own it, and what has no owner."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

import orjson

from app.core.words import Rights, Role
from app.db.repositories.duty import owners as stored
from app.db.repositories.people.roles import defined_in
from app.db.session import Driver
from app.db.unit_of_work import UnitOfWork
from app.domain.common.owners import rules
from app.domain.common.owners.rules import OwnedResource, Person
from app.domain.common.role_rights.queries import FOR_PEOPLE, rights_here
from app.domain.policy import NOTHING


async def allowed_here(work: UnitOfWork) -> str:
    """Which role may own what in this school, as JSON for the statements."""
    return orjson.dumps(rules.allowed(await rights_here(work))).decode()


async def ownerless(
    work: UnitOfWork, staff: Sequence[UUID] | None = None, *, without: Sequence[UUID] = ()
) -> list[OwnedResource]:
    """Open things whose owner is not live: of some people, or of everyone.

    `without` looks as if these memberships were over.
    """
    rows = await stored.ownerless(
        await work.driver(), work.actor.school_id, work.today, await allowed_here(work),
        staff=staff, without=without,
    )  # fmt: skip
    return [thing_of(row) for row in rows]


async def owned_by(work: UnitOfWork, staff_id: UUID) -> list[OwnedResource]:
    """Everything open that a person owns."""
    rows = await stored.owned_by(
        await work.driver(), work.actor.school_id, work.today, await allowed_here(work),
        staff_id,
    )  # fmt: skip
    return [thing_of(row) for row in rows]


def thing_of(row: Mapping[str, Any]) -> OwnedResource:
    """A row of the statements about owners."""
    concerns = [row["concern_id"], *(row["told"] or ())]
    about = {*concerns, row["child_id"], *row["children"]} - {None}
    return OwnedResource(
        row["noun"], row["id"], row["owner_id"], row["confidentiality"], row["concern_id"],
        frozenset(about), frozenset(row["barred"] or ()) - {None}, bool(row["urgent"]),
        row["fault"],
    )  # fmt: skip


async def people_here(work: UnitOfWork, staff: Sequence[UUID] | None = None) -> list[Person]:
    """List who could own something today, longest in a role first."""
    rows = await stored.people(await work.driver(), work.actor.school_id, work.today, staff)
    here = await rights_here(work)
    return [person_of(row, here) for row in rows]


async def people_at(
    driver: Driver, school_id: UUID, day: date, staff: Sequence[UUID]
) -> list[Person]:
    """As `people_here`, for a reading on a given day."""
    here = {**FOR_PEOPLE, **await defined_in(driver, school_id)}
    return [person_of(row, here) for row in await stored.people(driver, school_id, day, staff)]


async def waits_with(work: UnitOfWork, thing: OwnedResource) -> UUID | None:
    """Find who keeps a resource until someone who may own it comes."""
    await work.session.flush()
    roles = [role.value for role in (*rules.ORDER[:3], Role.SCHOOL_ADMIN)]
    return await stored.waits_with(
        await work.driver(), work.actor.school_id, work.today, roles,
        locked_out=sorted(thing.barred), about=sorted(thing.about),
    )  # fmt: skip


def person_of(row: Mapping[str, Any], here: Mapping[str, Rights]) -> Person:
    """Make a person from a row, with the rights of their roles here."""
    roles = tuple(row["roles"])
    return Person(
        row["staff_id"], roles, tuple(here.get(role, NOTHING) for role in roles),
        frozenset(row["locked_out"]), row["away"],
    )  # fmt: skip
