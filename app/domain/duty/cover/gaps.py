"""Days on which nobody is on duty for new concerns: found whoever is away, and told to the head."""

from datetime import date
from uuid import UUID

from app.core.words import Role
from app.db.repositories.duty import cover_reads
from app.db.unit_of_work import UnitOfWork
from app.domain.alerts.telling import tell
from app.domain.duty.cover import rules
from app.domain.policy import LEADS


async def first_day_uncovered(work: UnitOfWork, first: date, end: date) -> date | None:
    """The first day from `first` to before `end` on which nobody is on duty, or None."""
    driver, school_id = await work.driver(), work.actor.school_id
    team = await cover_reads.team_of(driver, school_id, first, end, LEADS)
    absences = await cover_reads.absences_of(driver, school_id, first, end)
    return rules.first_day_uncovered(
        [rules.Spell(row["staff_id"], row["valid_from"], row["valid_to"]) for row in team],
        [
            rules.Away(row["away_id"], row["valid_from"], row["valid_to"], (*row["covered_by"],))
            for row in absences
        ],
        first,
        end,
    )


async def tell_heads(work: UnitOfWork, first: date, end: date) -> None:
    """The heads of those days learn that on one of them nobody is on duty."""
    driver, school_id = await work.driver(), work.actor.school_id
    heads = await cover_reads.team_of(driver, school_id, first, end, (Role.HEADTEACHER,))
    for person in dict.fromkeys(row["staff_id"] for row in heads):
        tell(work, person, "nobody_on_duty", urgent=True)


async def tell_where_left(work: UnitOfWork, staff_id: UUID, first: date, end: date) -> None:
    """Where somebody who leads is away and leaves nobody on duty, the heads learn of it."""
    driver, school_id = await work.driver(), work.actor.school_id
    team = await cover_reads.team_of(driver, school_id, first, end, LEADS)
    leads = any(row["staff_id"] == staff_id for row in team)
    if leads and await first_day_uncovered(work, first, end) is not None:
        await tell_heads(work, first, end)
