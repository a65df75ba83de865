"""Moving open work away from somebody who is locked out from it: nothing is without a reader."""

from collections.abc import Sequence
from uuid import UUID

from app.db.models import Concern
from app.db.repositories.access import conflicts as stored
from app.db.unit_of_work import UnitOfWork
from app.domain.access.conflicts import rules
from app.domain.alerts.telling import tell
from app.domain.duty.owners.rules import APART
from app.domain.duty.owners.settling import ownerless, settle_things


async def move_work(work: UnitOfWork, staff: Sequence[UUID] | None = None) -> int:
    """Give everything open that somebody locked out owns to somebody who is not.

    Looks at the given people, or at everybody. Answers how much was moved. What nobody can take
    over stays where it is: the table knows no concern without an owner.
    """
    things = [one for one in await ownerless(work, staff) if one.fault == "conflict"]
    things = [one for one in things if one.noun != APART]
    return len((await settle_things(work, things, because="conflict_of_interest")).moved)


async def is_locked_out(
    work: UnitOfWork, person: UUID, *concerns: UUID, children: Sequence[UUID] = ()
) -> bool:
    """Whether a person has a conflict of interest about any of the concerns or children."""
    driver = await work.driver()
    return await stored.is_in_conflict(driver, work.actor.school_id, person, concerns, children)


async def candidates_for(
    work: UnitOfWork, concern_id: UUID | None, children: Sequence[UUID]
) -> list[rules.Candidate]:
    """Who could own it, with who is locked out."""
    rows = await stored.candidates(
        await work.driver(),
        work.actor.school_id,
        concern_id,
        children,
        [role.value for role in rules.ROLES],
        work.today,
    )
    return [
        rules.Candidate(row["staff_id"], row["role"], row["in_conflict"], row["away"])
        for row in rows
    ]


def tell_of_concern(
    work: UnitOfWork, person: UUID, kind: str, concern: Concern, *, action_id: UUID | None = None
) -> None:
    """Alert somebody about a concern, unless they are the one who acts."""
    if person == work.actor.id:
        return
    tell(
        work, person, kind, concern_id=concern.id, action_id=action_id,
        about=("action", action_id) if action_id else ("concern", concern.id),
        urgent=concern.immediacy == "immediate_danger" and concern.acknowledged_at is None,
    )  # fmt: skip
