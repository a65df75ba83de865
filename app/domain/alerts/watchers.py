"""Those who watch over a school's safeguarding: what changes under them, they hear of."""

from collections.abc import Collection
from uuid import UUID

from app.core.words import Actor, Permission, Role
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.alerts.telling import tell_once
from app.domain.errors import SecondPersonNeeded

WATCHERS: tuple[Role, ...] = (
    Role.DSL, Role.DEPUTY_DSL, Role.HEADTEACHER, Role.CHAIR_OF_GOVERNORS,
)  # fmt: skip


def require_watcher(actor: Actor) -> None:
    """Raise `SecondPersonNeeded` for somebody who reads no concerns: no administrator alone

    decides where people who need help are sent.
    """
    if not policy.may(actor, Permission.CONCERN_READ):
        raise SecondPersonNeeded("A lead, deputy or head has to take this away or change it.")


async def tell_watchers_once(
    work: UnitOfWork, kind: str, *, but: Collection[UUID] = (), urgent: bool = False
) -> None:
    """Alert every lead, head and chair but for some, each once until they have read it."""
    left_out = {*but, work.actor.id}
    people = [person for person in await _watchers(work) if person not in left_out]
    await tell_once(work, people, kind, urgent=urgent)


async def is_watcher(work: UnitOfWork, staff_id: UUID) -> bool:
    """Whether somebody is one of them today."""
    return staff_id in await _watchers(work)


async def tell_of_absence(work: UnitOfWork, staff_id: UUID) -> None:
    """Where others say that somebody who watches over safeguarding is away or back, all hear it."""
    people = await _watchers(work)
    if staff_id != work.actor.id and staff_id in people:
        others = [person for person in people if person != work.actor.id]
        await tell_once(work, others, "cover_set")


async def _watchers(work: UnitOfWork) -> list[UUID]:
    found = await work.provisioning.holders([role.value for role in WATCHERS], work.today)
    return list(dict.fromkeys(person for person, _ in found))
