"""Who reaches an action: its owner, and whoever may read its concern."""

from uuid import UUID

from app.core.words import Permission
from app.db.models import Action, Concern
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.access.concerns import ONLY_READING, facts_of
from app.domain.access.locks import check_concern_unlocked
from app.domain.errors import ActionNotFound, PermissionMissing


async def action_for(
    work: UnitOfWork, action_id: UUID, permission: Permission, *, lock: bool = False
) -> tuple[Action, Concern]:
    """The action and its concern; for a change both are locked (the concern first).

    Raises `PermissionMissing`, `ActionNotFound`, for a change `FileLocked`.
    """
    policy.require(work.actor, permission)
    action = await work.concerns.find(Action, action_id)
    if action is None:
        raise ActionNotFound
    reach = work.concerns.lock if lock else work.concerns.find
    concern = await reach(Concern, action.concern_id)
    if lock:
        action = await work.concerns.lock(Action, action_id)
    if concern is None or action is None:
        raise ActionNotFound
    owner = action.owner_id == work.actor.id
    if owner and not work.actor.conflicts:
        return await _unlocked(work, action, concern, lock=lock)
    sight = await work.concerns.sight_of(concern.id)
    if sight is None:
        raise ActionNotFound
    facts = facts_of(work.actor, sight)
    if not policy.may_see_action(work.actor, facts, owner=owner):
        raise ActionNotFound
    if lock and not owner and not policy.may_work_on_concern(work.actor, facts):
        raise PermissionMissing(ONLY_READING)
    return await _unlocked(work, action, concern, lock=lock)


async def _unlocked(
    work: UnitOfWork, action: Action, concern: Concern, *, lock: bool
) -> tuple[Action, Concern]:
    """Both, for a change only where the file has not gone to another school."""
    if lock:
        await check_concern_unlocked(work, concern.id)
    return action, concern
