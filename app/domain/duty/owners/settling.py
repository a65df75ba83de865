"""Looking for what nobody can go on with, and finding its next owner."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson

from app.core.words import Rights, Role
from app.db.repositories.duty import owners as stored
from app.db.unit_of_work import UnitOfWork
from app.domain.access.checks.roles import rights_here
from app.domain.duty.owners import rules
from app.domain.duty.owners.moving import Move, give
from app.domain.duty.owners.rules import OwnedResource, Person
from app.domain.policy import NOTHING


@dataclass(frozen=True, slots=True)
class Settled:
    """What got another owner, and what nobody can take."""

    moved: Sequence[Move]
    stuck: Sequence[OwnedResource]


async def allowed_here(work: UnitOfWork) -> str:
    """Which role may own what in this school, as JSON for the statements."""
    return orjson.dumps(rules.allowed(await rights_here(work))).decode()


async def ownerless(
    work: UnitOfWork, staff: Sequence[UUID] | None = None, *, without: Sequence[UUID] = ()
) -> list[OwnedResource]:
    """Open things whose owner is not live: of some people, or of everybody.

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
    """Who could own something today, longest in a role first."""
    rows = await stored.people(await work.driver(), work.actor.school_id, work.today, staff)
    here = await rights_here(work)
    return [_person(row, here) for row in rows]


async def waits_with(work: UnitOfWork, thing: OwnedResource) -> UUID | None:
    """With whom a thing waits where nobody is here who could have it, until somebody comes."""
    await work.session.flush()
    roles = [role.value for role in (*rules.ORDER[:3], Role.SCHOOL_ADMIN)]
    return await stored.waits_with(
        await work.driver(), work.actor.school_id, work.today, roles,
        barred=sorted(thing.barred), about=sorted(thing.about),
    )  # fmt: skip


def _person(row: Mapping[str, Any], here: Mapping[str, Rights]) -> Person:
    roles = tuple(row["roles"])
    return Person(
        row["staff_id"], roles, tuple(here.get(role, NOTHING) for role in roles),
        frozenset(row["locked_out"]), row["away"],
    )  # fmt: skip


async def settle(work: UnitOfWork, staff: Sequence[UUID] | None = None, *, because: str) -> Settled:
    """Give everything whose owner is not live to the next one; nothing where all is well.

    Looks at some people's things, or at everybody's. The adult register is left to its own rules.
    """
    things = [one for one in await ownerless(work, staff) if one.noun != rules.APART]
    return await settle_things(work, things, because=because)


async def settle_things(
    work: UnitOfWork, things: Sequence[OwnedResource], *, because: str
) -> Settled:
    """Give each of the things to its next owner by the rules."""
    if not things:
        return Settled((), ())
    people = await people_here(work)
    of_concern = await _owners_of_concerns(work, things)
    moves: list[Move] = []
    stuck: list[OwnedResource] = []
    for thing in sorted(things, key=lambda one: one.noun != "concern"):
        first = of_concern.get(thing.concern_id) if thing.concern_id else None
        owner = rules.next_owner(people, thing, first)
        if owner is None or owner == thing.owner_id:
            stuck.append(thing)
            continue
        moves.append(Move(thing, owner))
        if thing.noun == "concern":
            of_concern[thing.id] = owner  # its actions and reviews follow it
    return Settled(await give(work, moves, because), stuck)


async def _owners_of_concerns(
    work: UnitOfWork, things: Sequence[OwnedResource]
) -> dict[UUID, UUID]:
    concerns = [
        one.concern_id for one in things if one.noun in ("action", "review") and one.concern_id
    ]
    if not concerns:
        return {}
    return await stored.owners_of(await work.driver(), work.actor.school_id, concerns)
