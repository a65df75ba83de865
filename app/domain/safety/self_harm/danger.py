"""Emergency help is needed: the concern needs somebody now, and so does all that is owed in it."""

from app.db.models import Concern, SelfHarm
from app.db.unit_of_work import UnitOfWork
from app.domain.clocks.acknowledging import acknowledge_rule
from app.domain.clocks.keeping import start_clock
from app.domain.duty.tasks.setting import open_tasks
from app.domain.safety.self_harm.rules import EMERGENCY, IMMEDIATE, OF_PATHWAY


async def make_immediate(work: UnitOfWork, pathway: SelfHarm) -> None:
    """A lead says anew that they have it, within minutes; what was told stays with the pathway.

    Not where whoever writes this has said so since help was first needed: they add to it.
    """
    await work.session.flush()  # a lock reads the row anew
    concern = await work.concerns.lock(Concern, pathway.id)
    if concern is None:
        return
    concern.version += 1
    concern.changed_at = work.now
    if concern.ended_at is not None or concern.frozen_at is not None:
        return
    rule_id = acknowledge_rule(IMMEDIATE, on_pathway=True)
    concern.immediacy = IMMEDIATE
    if not _is_asked(concern, rule_id) and not _has_it(work, concern, pathway):
        concern.acknowledged_at = concern.acknowledged_by = None
        await start_clock(work, concern, rule_id)
    for task in await open_tasks(work, kinds=sorted(OF_PATHWAY), concern_id=concern.id):
        if not task.urgent:
            task.urgent = True
            task.version += 1
            task.changed_at = work.now


def _is_asked(concern: Concern, rule_id: str) -> bool:
    """Whether leads are being asked already; asking again would only begin later."""
    return concern.acknowledged_at is None and concern.due_rule == rule_id


def _has_it(work: UnitOfWork, concern: Concern, pathway: SelfHarm) -> bool:
    said = concern.acknowledged_at is not None and concern.acknowledged_by == work.actor.id
    return said and pathway.state == EMERGENCY
