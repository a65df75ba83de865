"""Who reaches an action: its owner, and whoever may read its concern."""

from uuid import UUID

from app.core.words import Permission
from app.db.models import Action, Concern
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.access.concerns import facts_of
from app.domain.errors import ActionNotFound


async def action_for(
    work: UnitOfWork, action_id: UUID, permission: Permission, *, lock: bool = False
) -> tuple[Action, Concern]:
    """The action and its concern, both locked when asked for (the concern first).

    Raises `PermissionMissing`, `ActionNotFound`.
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
    if action.owner_id != work.actor.id:
        sight = await work.concerns.sight_of(concern.id)
        if sight is None or not policy.may_see_concern(work.actor, facts_of(work.actor, sight)):
            raise ActionNotFound
    return action, concern
