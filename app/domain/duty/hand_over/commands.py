"""Hand over a person's whole load, and find a school's work without an owner."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from app.core.words import Actor, AuditEvent, Permission, Role
from app.db.facts import facts_of
from app.db.models import Staff
from app.db.repositories.duty import owners as stored
from app.db.repositories.duty.ladder import trust_of
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.common.alerts.commands import tell
from app.domain.common.deadlines.commands import calendar_of
from app.domain.common.owners.commands import Move, give, settle_left, settle_things
from app.domain.common.owners.queries import owned_by, ownerless, people_here
from app.domain.common.owners.rules import OwnedResource, Person, counted, is_apart, why_not
from app.domain.duty.hand_over.schemas import LoadHandOverIn
from app.domain.errors import FieldProblem, StaffNotFound, ValidationFailed
from app.domain.kinds import KINDS, handing_over

ADULT_CONCERN: Final = "adult_concern"
BECAUSE: Final = "handed_over"

NOBODY = "nobody_to_own"
NOTIFIED = (Role.HEADTEACHER, Role.SCHOOL_ADMIN)


@dataclass(frozen=True, slots=True)
class Checked:
    """One resource, its next owner, and why that person cannot take it, or None."""

    thing: OwnedResource
    to: UUID | None
    problem: str | None


@dataclass(frozen=True, slots=True)
class HandedOver:
    """The result; `moved` is False for a dry run, and if something prevented the move."""

    moved: bool
    checked: Sequence[Checked] = field(default=())


async def hand_over(work: UnitOfWork, staff_id: UUID, body: LoadHandOverIn) -> HandedOver:
    """Give everything open that a person owns to others, in one step.

    Work that the actor does not see is not mentioned, and nobody chooses its next owner: it stays,
    or passes by the rules if its owner cannot continue. Concerns about adults are for that
    register's readers. Returns what was moved. Raises `PermissionMissing`, `StaffNotFound`,
    `ValidationFailed`.
    """
    policy.require(work.actor, Permission.WORK_HAND_OVER)
    if await work.staff.lock(Staff, staff_id) is None:
        raise StaffNotFound
    people = await _receivers(work, staff_id, body)
    things = await owned_by(work, staff_id)
    hidden = await _hidden_from(work, things)
    checked = [
        Checked(thing, to, "no_receiver" if to is None else why_not(people.get(to), thing))
        for thing in things
        if thing.id not in hidden and not is_apart(thing.resource_type)
        for to in (body.receiver(thing.resource_type),)
    ]
    checked += await _check_adults(work, body, things)
    if body.dry_run or (any(item.problem for item in checked) and not body.partial):
        return HandedOver(False, checked)
    done = await _move(work, staff_id, body, checked)
    await _settle_unseen(work, things, hidden)
    return HandedOver(True, done)


async def _settle_unseen(
    work: UnitOfWork, things: Sequence[OwnedResource], hidden: Collection[UUID]
) -> None:
    """Pass on by the rules what the actor does not see and its owner cannot continue."""
    unseen = [thing for thing in things if thing.id in hidden and not is_apart(thing.resource_type)]
    left = [thing for thing in unseen if thing.fault is not None]
    await settle_things(work, left, reason=BECAUSE)


async def _receivers(work: UnitOfWork, staff_id: UUID, body: LoadHandOverIn) -> dict[UUID, Person]:
    """Get the named receivers, by ID. Raises `ValidationFailed` for the person who leaves."""
    named = {"/to": body.to} | {f"/to_by_kind/{kind}": to for kind, to in body.to_by_kind}
    problems = [
        FieldProblem(pointer, "unsuitable", "This is the person whose work is being handed over.")
        for pointer, to in named.items()
        if to == staff_id
    ]
    if problems:
        raise ValidationFailed(problems=problems)
    wanted = sorted({to for to in named.values() if to is not None})
    return {person.id: person for person in await people_here(work, wanted)}


async def _hidden_from(work: UnitOfWork, things: Sequence[OwnedResource]) -> set[UUID]:
    """IDs of what the actor's role does not show: a grant is for reading."""
    driver, actor = await work.driver(), replace(work.actor, grants=())
    hidden: set[UUID] = set()
    for resource_type in {thing.resource_type for thing in things}:
        kind, ids = (
            KINDS[resource_type],
            [thing.id for thing in things if thing.resource_type == resource_type],
        )
        rows = await facts_of(driver, actor.school_id, kind.model, ids)
        seen = {id_ for id_, facts in rows.items() if kind.is_for(actor, facts)}
        hidden |= set(ids) - seen
    return hidden


async def _check_adults(
    work: UnitOfWork, body: LoadHandOverIn, things: Sequence[OwnedResource]
) -> list[Checked]:
    """Check the concerns about adults on which the actor may decide, and omit all others."""
    if not policy.may(work.actor, Permission.ADULT_DECIDE):
        return []
    checked: list[Checked] = []
    for thing in things:
        if is_apart(thing.resource_type):
            to = body.receiver(ADULT_CONCERN)
            try:
                problem = await handing_over(thing.resource_type).why_not(work, thing.id, to)
            except KINDS[thing.resource_type].missing:
                continue
            checked.append(Checked(thing, to, problem))
    return checked


async def _move(
    work: UnitOfWork, staff_id: UUID, body: LoadHandOverIn, checked: Sequence[Checked]
) -> list[Checked]:
    """Move what can move, except what ended or changed hands since it was checked."""
    able = [item for item in checked if item.problem is None and item.to is not None]
    moves = [
        Move(item.thing, item.to)
        for item in able
        if item.to and not is_apart(item.thing.resource_type)
    ]
    done = await give(work, moves, BECAUSE, body.reason)
    moved = {move.thing.id for move in done}
    for item in able:
        if is_apart(item.thing.resource_type) and item.to is not None:
            await handing_over(item.thing.resource_type).give(
                work, item.thing.id, item.to, body.reason
            )
    work.record(
        AuditEvent.WORK_HANDED_OVER, "staff", staff_id, reason=body.reason,
        details={
            **counted([move.thing for move in done]),
            "to": sorted({str(move.to) for move in done}),
        },
    )  # fmt: skip
    return [
        item for item in checked
        if item.problem is not None or is_apart(item.thing.resource_type) or item.thing.id in moved
    ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Looked:
    """What a check moved, what nobody can take, and whether anyone was alerted to that."""

    moved: Sequence[Move]
    stuck: Sequence[OwnedResource]
    heard: bool = True


async def settle_school(work: UnitOfWork) -> Looked:
    """Give what an owner can no longer act on to the next one; repeating it changes nothing.

    Finds changes that happen without a command: an expired role, a disabled account. Work that
    nobody can take stays, and heads and administrators are alerted once a day; if the school has
    none of them, the leads of the trust.
    """
    left = await ownerless(work)
    settled = await settle_left(work, left, reason="owner_gone")
    heard = not settled.stuck or await _tell_of_stuck(work, settled.stuck)
    return Looked(settled.moved, settled.stuck, heard)


async def _tell_of_stuck(work: UnitOfWork, stuck: Sequence[OwnedResource]) -> bool:
    """Alert once a school day: how much work needs an appointment, without its content.

    Nobody is alerted to matters about themselves, such as a notice of their own reading. Returns
    whether someone knows of each.
    """
    today = await _midnight(work)
    told_since = await stored.told_since(await work.driver(), work.actor.school_id, NOBODY, today)
    wanted = {role.value for role in NOTIFIED}
    here = [item for item in await people_here(work) if not wanted.isdisjoint(item.roles)]
    urgent = any(thing.urgent for thing in stuck)
    for person in here:
        theirs = [thing for thing in stuck if person.id not in thing.barred]
        if theirs and person.id not in told_since:
            keeps_support_list = any(
                Permission.SUPPORT_LIST_READ in right.permissions for right in person.rights
            )
            tell(
                work,
                person.id,
                NOBODY,
                urgent=urgent,
                matter_id=work.actor.school_id,
                counts=counted(theirs, keeps_support_list=keeps_support_list),
            )
    if all(any(item.id not in thing.barred for item in here) for thing in stuck):
        return True
    return await _tell_trust(work, today, urgent=urgent)


async def tell_trust(work: UnitOfWork) -> bool:
    """Alert the trust's leads once a school day that it has nobody; returns whether any exist."""
    return await _tell_trust(work, await _midnight(work), urgent=False)


async def _midnight(work: UnitOfWork) -> datetime:
    calendar = await calendar_of(work)
    return calendar.local(work.now).replace(hour=0, minute=0, second=0, microsecond=0)


async def _tell_trust(work: UnitOfWork, since: datetime, *, urgent: bool) -> bool:
    """Alert the trust's leads that a school has nobody, without any of its content."""
    school = work.actor
    trust_id = await trust_of(await work.driver(), school.school_id)
    if trust_id is None:
        return False
    await work.save()
    await work.rescope(Actor.system(trust_id))
    leads = [item for item in await people_here(work) if Role.TRUST_LEAD.value in item.roles]
    told_since = await stored.told_since(
        await work.driver(), trust_id, NOBODY, since, about=school.school_id
    )
    for person in leads:
        if person.id not in told_since:
            about = school.school_id
            tell(work, person.id, NOBODY, urgent=urgent, matter_id=about, school_id=about)
    await work.save()
    await work.rescope(school)
    return bool(leads)
