"""What leads do with linked worries: they look together, or set them aside with a reason."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.core.words import Did
from app.db.models import LinkedWorry
from app.db.repositories import linked_worries as stored
from app.db.unit_of_work import UnitOfWork
from app.domain.access.concerns import sight_of
from app.domain.errors import FieldProblem, ValidationFailed
from app.domain.linked_worries import rules
from app.domain.linked_worries.queries import worry_to_change
from app.domain.tasks.setting import finish_all


@dataclass(frozen=True, slots=True)
class LookTogether:
    """Who looked with whom, when, and what follows."""

    at: datetime
    with_whom: str
    follows: str


async def look_together(
    work: UnitOfWork, worry_id: UUID, version: int, wish: LookTogether
) -> LinkedWorry:
    """Keep what came of looking together; the task ends.

    Raises as `worry_to_change`, `ValidationFailed`.
    """
    if wish.at > work.now:
        problem = FieldProblem("/at", "in_future", "This is still to come.")
        raise ValidationFailed(problems=[problem])
    worry = await worry_to_change(work, worry_id, version)
    for one in await _with_those_inside(work, worry):
        one.looked_at, one.looked_with, one.follows = wish.at, wish.with_whom, wish.follows
        await _end(work, one, rules.TOGETHER)
        work.record(
            Did.LINKED_LOOKED, rules.NOUN, one.id, after={"follows": wish.follows},
            details={"rule": one.rule_id},
        )  # fmt: skip
    return worry


async def dismiss(work: UnitOfWork, worry_id: UUID, version: int, reason: str) -> LinkedWorry:
    """Set it aside, and say why: it is quiet until there is something new.

    Raises as `worry_to_change`.
    """
    worry = await worry_to_change(work, worry_id, version)
    for one in await _with_those_inside(work, worry):
        one.reason = reason
        await _end(work, one, rules.DISMISSED)
        work.record(Did.LINKED_DISMISSED, rules.NOUN, one.id, details={"rule": one.rule_id})
    return worry


async def _with_those_inside(work: UnitOfWork, worry: LinkedWorry) -> list[LinkedWorry]:
    """This one and open ones of its rule whose rows are all among its own, seen by the actor."""
    driver = await work.driver()
    ids = await stored.inside(driver, work.actor.school_id, worry.rule_id, worry.event_ids)
    seen = await stored.visible_ids(driver, sight_of(work.actor), ids)
    found = [worry]
    for one in ids:
        if one != worry.id and one in seen:
            smaller = await work.concerns.lock(LinkedWorry, one)
            if smaller is not None and smaller.ended_at is None:
                found.append(smaller)
    return found


async def _end(work: UnitOfWork, worry: LinkedWorry, state: str) -> None:
    worry.state, worry.ended_by, worry.ended_at = state, work.actor.id, work.now
    worry.version += 1
    worry.changed_at = work.now
    await finish_all(work, [rules.TASK], about_id=worry.id)
