"""Who may not be told while a pupil's pathway is open: nobody tells them without an exception."""

from collections.abc import Iterable
from uuid import UUID

from app.core.words import Actor, Permission, Role
from app.db.repositories.sharing import sharing_exceptions as stored
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.errors import Forbidden


class TellingBlocked(Forbidden):
    code = "telling_blocked"
    title = "This person may not be told now, whoever sends it."
    advice = (
        "Two people make an exception for a while, each with a reason: "
        "POST /v1/children/{child_id}/contacts/{contact_id}/sharing-exceptions, then its `agree`."
    )


async def blocked(work: UnitOfWork, child_id: UUID, marks: Iterable[str]) -> bool:
    """Whether one of these marks (contact and reason) stands while a pathway is open.

    For whoever does not read of pathways it always stands: what they are answered must not tell
    whether there is one, or whether there is a sharing exception.
    """
    wanted = frozenset(marks)
    if not wanted:
        return False
    if not _knows(work.actor):
        return True
    found = await stored.excepted(await work.driver(), work.actor.school_id, child_id, work.now)
    return found.since is not None and not wanted <= found.marks


def _knows(actor: Actor) -> bool:
    """Whether what the actor is answered may depend on it: a link shows what has been decided."""
    outside = actor.is_system or actor.role is Role.RECIPIENT
    return outside or policy.may(actor, Permission.SAFETY_READ).allowed


async def check_not_blocked(work: UnitOfWork, child_id: UUID, marks: Iterable[str]) -> None:
    """Raise `TellingBlocked` as `blocked` says."""
    if await blocked(work, child_id, marks):
        raise TellingBlocked
