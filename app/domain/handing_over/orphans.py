"""Finding, in a whole school, what nobody can go on with, and who is told where nobody could."""

from collections.abc import Sequence

from app.core.words import Permission, Role
from app.db.repositories import owners as stored
from app.db.unit_of_work import UnitOfWork
from app.domain.adult_concerns.moving import settle_all
from app.domain.alerts.telling import tell
from app.domain.clocks.keeping import calendar_of
from app.domain.owners.rules import APART, Thing, counted
from app.domain.owners.settling import Settled, ownerless, people_here, settle_things

NOBODY = "nobody_to_own"
TOLD = (Role.HEADTEACHER, Role.SCHOOL_ADMIN)


async def settle_school(work: UnitOfWork) -> Settled:
    """Give everything whose owner can no longer act to the next one; a second time changes nothing.

    Finds what changes by itself: a role whose time is up, a disabled account. Where nobody can
    take something over it stays, and heads and administrators are told once a day.
    """
    left = await ownerless(work)
    apart = [one.id for one in left if one.noun == APART]
    if apart:
        await settle_all(work, apart)
    casework = [one for one in left if one.noun != APART]
    settled = await settle_things(work, casework, because="owner_gone")
    if settled.stuck:
        await _tell_of_stuck(work, settled.stuck)
    return settled


async def _tell_of_stuck(work: UnitOfWork, stuck: Sequence[Thing]) -> None:
    """Once in a day of the school: how much waits for somebody to be appointed, and never what."""
    calendar = await calendar_of(work)
    today = calendar.local(work.now).replace(hour=0, minute=0, second=0, microsecond=0)
    told = await stored.told_since(await work.driver(), work.actor.school_id, NOBODY, today)
    for person in await people_here(work):
        if person.id not in told and not {role.value for role in TOLD}.isdisjoint(person.roles):
            watches = any(Permission.WATCH_READ in one.permissions for one in person.rights)
            tell(work, person.id, NOBODY, counts=counted(stuck, watches=watches))
