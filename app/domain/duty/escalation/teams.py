"""Who works in an organisation on a day, and who of them is away."""

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from app.core import clock
from app.core.words import Permission
from app.db.repositories.duty import cover_reads
from app.db.repositories.duty import escalation as stored
from app.db.session import Driver
from app.domain import policy
from app.domain.duty.escalation.rules import Team


async def team_of(
    driver: Driver, organisation_id: UUID, now: datetime, owners: Collection[UUID]
) -> Team:
    """Everybody who could be told today, the owners among them, and who is away."""
    day = clock.day_of(now)
    people = await stored.people_of(driver, organisation_id, now, owners)
    absences = await cover_reads.absences_of(driver, organisation_id, day, day + timedelta(days=1))
    away: dict[UUID, list[UUID]] = {}
    for row in absences:
        away.setdefault(row["away_id"], []).extend(row["covered_by"])
    heard = {one.id for one in people if policy.may(one, Permission.CONCERN_READ)}
    sure = {row["away_id"] for row in absences if row["said_by"] in {row["away_id"], *heard}}
    return Team(people, away, frozenset(away) - sure)
