"""Tells those who watch over a school's safeguarding who gained, lost or kept a role of weight."""

from collections.abc import Collection, Sequence
from uuid import UUID

from app.core.words import Role
from app.db.repositories.duty import cover_reads
from app.db.unit_of_work import UnitOfWork
from app.domain.alerts.telling import tell

ON_DUTY: tuple[Role, ...] = (Role.DSL, Role.DEPUTY_DSL, Role.HEADTEACHER)
KEEPERS: tuple[Role, ...] = (Role.HEADTEACHER, Role.CHAIR_OF_GOVERNORS, Role.SCHOOL_ADMIN)
"""Those who read the adult register, and those who can see to it that somebody does."""


async def tell_watchers(
    work: UnitOfWork,
    kind: str,
    roles: Sequence[Role],
    *,
    but: Collection[UUID],
    urgent: bool = False,
) -> list[UUID]:
    """Alert everybody who holds one of the roles today but for some, and answer whom."""
    found = await work.provisioning.holders([role.value for role in roles], work.today)
    left_out = {*but, work.actor.id}
    told = [one for one in dict.fromkeys(person for person, _ in found) if one not in left_out]
    for person in told:
        tell(work, person, kind, urgent=urgent)
    return told


async def tell_uncovered(work: UnitOfWork, staff: Sequence[UUID]) -> None:
    """Tell leads and heads where these people were the last who stood in for somebody away."""
    driver, today = await work.driver(), work.today
    if await cover_reads.has_lost(driver, work.actor.school_id, today, staff):
        await tell_watchers(work, "cover_lost", ON_DUTY, but=staff, urgent=True)
