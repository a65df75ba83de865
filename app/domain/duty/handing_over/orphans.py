"""Finding, in a whole school, what nobody can go on with, and who is told where nobody could."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from app.core.words import Actor, Permission, Role
from app.db.repositories.duty import owners as stored
from app.db.repositories.duty.escalation import trust_of
from app.db.unit_of_work import UnitOfWork
from app.domain.adults.adult_concerns.moving import settle_all
from app.domain.alerts.telling import tell
from app.domain.clocks.keeping import calendar_of
from app.domain.duty.owners.moving import Move
from app.domain.duty.owners.rules import APART, OwnedResource, counted
from app.domain.duty.owners.settling import ownerless, people_here, settle_things

NOBODY = "nobody_to_own"
TOLD = (Role.HEADTEACHER, Role.SCHOOL_ADMIN)


@dataclass(frozen=True, slots=True)
class Looked:
    """What a look at a school moved, what nobody can take, and whether anybody heard of that."""

    moved: Sequence[Move]
    stuck: Sequence[OwnedResource]
    heard: bool = True


async def settle_school(work: UnitOfWork) -> Looked:
    """Give everything whose owner can no longer act to the next one; a second time changes nothing.

    Finds what changes by itself: a role whose time is up, a disabled account. Where nobody can
    take something over it stays, and heads and administrators are told once a day; where none of
    them is here either, the leads of the trust.
    """
    left = await ownerless(work)
    apart = [one.id for one in left if one.noun == APART]
    if apart:
        await settle_all(work, apart)
    casework = [one for one in left if one.noun != APART]
    settled = await settle_things(work, casework, because="owner_gone")
    heard = not settled.stuck or await _tell_of_stuck(work, settled.stuck)
    return Looked(settled.moved, settled.stuck, heard)


async def _tell_of_stuck(work: UnitOfWork, stuck: Sequence[OwnedResource]) -> bool:
    """Once in a day of the school: how much waits for somebody to be appointed, and never what.

    Nobody is told of what is about themselves, such as a notice of their own reading. Answers
    whether somebody knows of each.
    """
    today = await _midnight(work)
    told = await stored.told_since(await work.driver(), work.actor.school_id, NOBODY, today)
    wanted = {role.value for role in TOLD}
    here = [one for one in await people_here(work) if not wanted.isdisjoint(one.roles)]
    urgent = any(thing.urgent for thing in stuck)
    for person in here:
        theirs = [thing for thing in stuck if person.id not in thing.barred]
        if theirs and person.id not in told:
            keeps_support_list = any(
                Permission.SUPPORT_LIST_READ in one.permissions for one in person.rights
            )
            tell(
                work,
                person.id,
                NOBODY,
                urgent=urgent,
                counts=counted(theirs, keeps_support_list=keeps_support_list),
            )
    if all(any(one.id not in thing.barred for one in here) for thing in stuck):
        return True
    return await _tell_trust(work, today, urgent=urgent)


async def tell_trust(work: UnitOfWork) -> bool:
    """Once in a day of the school the trust's leads learn that it has nobody; whether any does."""
    return await _tell_trust(work, await _midnight(work), urgent=False)


async def _midnight(work: UnitOfWork) -> datetime:
    calendar = await calendar_of(work)
    return calendar.local(work.now).replace(hour=0, minute=0, second=0, microsecond=0)


async def _tell_trust(work: UnitOfWork, since: datetime, *, urgent: bool) -> bool:
    """The trust's leads learn that a school has nobody, and of nothing in it."""
    school = work.actor
    trust_id = await trust_of(await work.driver(), school.school_id)
    if trust_id is None:
        return False
    await work.save()
    await work.rescope(Actor.system(trust_id))
    leads = [one for one in await people_here(work) if Role.TRUST_LEAD.value in one.roles]
    told = await stored.told_since(
        await work.driver(), trust_id, NOBODY, since, about=school.school_id
    )
    for person in leads:
        if person.id not in told:
            alert = tell(work, person.id, NOBODY, urgent=urgent)
            alert.about_id = school.school_id
    await work.save()
    await work.rescope(school)
    return bool(leads)
