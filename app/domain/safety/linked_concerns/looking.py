"""What leads do with linked concerns: they look together, or set them aside with a reason."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.core.words import AuditEvent
from app.db.models import LinkedConcern
from app.db.repositories.safety import linked_concerns as stored
from app.db.unit_of_work import UnitOfWork
from app.domain.access.checks.concerns import sight_of
from app.domain.duty.tasks.setting import finish_all
from app.domain.errors import FieldProblem, ValidationFailed
from app.domain.safety.linked_concerns import rules
from app.domain.safety.linked_concerns.queries import linked_concern_to_change


@dataclass(frozen=True, slots=True)
class LookTogether:
    """Who looked with whom, when, and what follows."""

    at: datetime
    with_whom: str
    follows: str


async def look_together(
    work: UnitOfWork, linked_concern_id: UUID, version: int, wish: LookTogether
) -> LinkedConcern:
    """Keep what came of looking together; the task ends.

    Raises as `linked_concern_to_change`, `ValidationFailed`.
    """
    if wish.at > work.now:
        problem = FieldProblem("/at", "in_future", "This is still to come.")
        raise ValidationFailed(problems=[problem])
    linked = await linked_concern_to_change(work, linked_concern_id, version)
    for one in await _with_those_inside(work, linked):
        one.looked_at, one.looked_with, one.follows = wish.at, wish.with_whom, wish.follows
        await _end(work, one, rules.TOGETHER)
        work.record(
            AuditEvent.LINKED_CONCERN_LOOKED, rules.NOUN, one.id, after={"follows": wish.follows},
            details={"rule": one.rule_id},
        )  # fmt: skip
    return linked


async def dismiss(
    work: UnitOfWork, linked_concern_id: UUID, version: int, reason: str
) -> LinkedConcern:
    """Set them aside, and say why: they are quiet until there is something new.

    Raises as `linked_concern_to_change`.
    """
    linked = await linked_concern_to_change(work, linked_concern_id, version)
    for one in await _with_those_inside(work, linked):
        one.reason = reason
        await _end(work, one, rules.DISMISSED)
        work.record(
            AuditEvent.LINKED_CONCERN_DISMISSED, rules.NOUN, one.id, details={"rule": one.rule_id}
        )
    return linked


async def _with_those_inside(work: UnitOfWork, linked: LinkedConcern) -> list[LinkedConcern]:
    """This one and open ones of its rule whose rows are all among its own, seen by the actor."""
    driver = await work.driver()
    ids = await stored.inside(driver, work.actor.school_id, linked.rule_id, linked.event_ids)
    seen = await stored.visible_ids(driver, sight_of(work.actor), ids)
    found = [linked]
    for one in ids:
        if one != linked.id and one in seen:
            smaller = await work.concerns.lock(LinkedConcern, one)
            if smaller is not None and smaller.ended_at is None:
                found.append(smaller)
    return found


async def _end(work: UnitOfWork, linked: LinkedConcern, state: str) -> None:
    linked.state, linked.ended_by, linked.ended_at = state, work.actor.id, work.now
    linked.version += 1
    linked.changed_at = work.now
    await finish_all(work, [rules.TASK], about_id=linked.id)
