"""Who answers for an endpoint, is there today and may mend it, and who hears of its changes."""

from collections.abc import Sequence
from uuid import UUID

from app.core.words import Permission, Role
from app.db.repositories.exchange import webhooks as stored
from app.db.unit_of_work import UnitOfWork
from app.domain.access.checks.roles import roles_where
from app.domain.alerts.telling import tell

CHANGED = "webhook_changed"


async def menders(work: UnitOfWork) -> Sequence[tuple[UUID, Sequence[str]]]:
    """Everybody who may change webhooks and can sign in today, with their roles for it.

    Administrators come first.
    """
    roles = await roles_where(work, lambda rights: Permission.WEBHOOK_CHANGE in rights.permissions)
    rows = await stored.holders(await work.driver(), work.actor.school_id, work.now, roles)
    found = [(row["staff_id"], row["roles"]) for row in rows]
    return sorted(found, key=lambda one: Role.SCHOOL_ADMIN.value not in one[1])


async def live_owner(work: UnitOfWork, owner_id: UUID) -> UUID:
    """The owner, or whoever comes next where they can do nothing any more."""
    people = [person for person, _ in await menders(work)]
    return owner_id if owner_id in people or not people else people[0]


async def tell_sponsor(work: UnitOfWork, webhook_id: UUID, sponsor_id: UUID) -> None:
    """Tell whoever stands for an endpoint that somebody else has changed it."""
    if sponsor_id != work.actor.id and sponsor_id in {one for one, _ in await menders(work)}:
        tell(work, sponsor_id, CHANGED, about=("webhook", webhook_id))
