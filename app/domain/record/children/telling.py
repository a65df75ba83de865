"""Telling leads that somebody has touched who may be told about a child."""

from collections.abc import Collection
from typing import Final
from uuid import UUID

from app.core.words import Role
from app.db.repositories.duty.alert_reads import waiting_about
from app.db.unit_of_work import UnitOfWork
from app.domain.access.conflicts.moving import candidates_for
from app.domain.alerts.telling import tell
from app.domain.policy import LEADS

TELLING_CHANGED: Final = "telling_changed"


async def tell_of_telling(
    work: UnitOfWork, children: Collection[UUID], *, mail: bool = True
) -> None:
    """Alert every other lead without a conflict, or the head; each once until they read it.

    Without `mail` it waits in their trays alone.
    """
    for child_id in sorted(children):
        people = [
            one
            for one in await candidates_for(work, None, [child_id])
            if not one.in_conflict and one.id != work.actor.id
        ]
        leads = {one.id for one in people if one.role in LEADS}
        leads = leads or {one.id for one in people if one.role == Role.HEADTEACHER}
        await work.session.flush()
        known = await waiting_about(
            await work.driver(), work.actor.school_id, TELLING_CHANGED, ("child", child_id)
        )
        for person in sorted(leads - known):
            tell(work, person, TELLING_CHANGED, about=("child", child_id), mail=mail)
