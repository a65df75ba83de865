"""Check whether each alert about a school still applies, and end those that do not."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Any, Final
from uuid import UUID

from app.core.words import Actor, AuditEvent, Role
from app.db.repositories.duty import standing_alerts as stored
from app.db.repositories.duty.ladder import running, trust_of
from app.db.repositories.safety.proposed_changes import count_waiting
from app.db.unit_of_work import UnitOfWork
from app.domain.common.owners.queries import ownerless, people_here
from app.domain.duty.cover.queries import first_gap
from app.domain.policy import LEADS

PUT_RIGHT: Final = "put_right"
LOOKERS: Final = frozenset({role.value for role in LEADS} | {Role.HEADTEACHER.value})


async def _has_ownerless(work: UnitOfWork) -> bool:
    return bool(await ownerless(work))


async def _has_nobody(work: UnitOfWork) -> bool:
    """Whether work needs an owner, or no leader is here."""
    if await _has_ownerless(work):
        return True
    return all(LOOKERS.isdisjoint(item.roles) for item in await people_here(work))


async def _has_gap(work: UnitOfWork) -> bool:
    """Whether nobody is on duty on some day, up to the end of the last absence."""
    until = await stored.away_until(await work.driver(), work.actor.school_id, work.today)
    return until is not None and await first_gap(work, work.today, until) is not None


async def _has_lost_cover(work: UnitOfWork) -> bool:
    return await stored.has_lost_cover(await work.driver(), work.actor.school_id, work.today)


async def _has_suggested(work: UnitOfWork) -> bool:
    return await stored.has_suggested(await work.driver(), work.actor.school_id)


async def _has_proposed(work: UnitOfWork) -> bool:
    return bool(await count_waiting(work.session, work.actor.school_id))


STILL_SO: Final[Mapping[str, Callable[[UnitOfWork], Awaitable[bool]]]] = {
    "change_proposed": _has_proposed,
    "conflict_found": _has_suggested,
    "cover_lost": _has_lost_cover,
    "nobody_on_duty": _has_gap,
    "nobody_to_own": _has_ownerless,
}
"""Check by kind whether an alert about a school still applies. Its matter is the school."""


async def settle_here(work: UnitOfWork) -> None:
    """End the alerts about this school that no longer apply."""
    school_id = work.actor.school_id
    waiting = await stored.about_school(await work.driver(), school_id)
    over = [kind for kind in waiting if not await STILL_SO[kind](work)]
    if over:
        work.alerts.end(school_id, PUT_RIGHT, over)
        _record(work, school_id, over)


async def settle_in_trust(work: UnitOfWork) -> None:
    """End alerts in the trust about this school once the school has dealt with the cause."""
    school = work.actor
    trust_id = await trust_of(await work.driver(), school.school_id)
    if trust_id is None:
        return
    await work.rescope(Actor.system(trust_id))
    waiting = await stored.in_trust(await work.driver(), trust_id, school.school_id)
    await work.rescope(school)
    over = [row for row in waiting if not await _is_still_so(work, row)]
    if not over:
        return
    await work.rescope(Actor.system(trust_id))
    for row in over:
        work.alerts.end(row["matter_id"], PUT_RIGHT, [row["kind"]])
    _record(work, school.school_id, {row["kind"] for row in over})
    await work.save()
    await work.rescope(school)


def _record(work: UnitOfWork, school_id: UUID, kinds: Collection[str]) -> None:
    details = {"kinds": sorted(kinds)}
    work.record(AuditEvent.ALERT_SETTLED, "school", school_id, details=details)


async def _is_still_so(work: UnitOfWork, row: Any) -> bool:
    if row["deadline_id"] is None:
        return await _has_nobody(work)
    driver, school_id = await work.driver(), work.actor.school_id
    return await running(driver, school_id, row["deadline_id"]) is not None
