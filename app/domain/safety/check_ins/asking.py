"""What is asked again at each check-in while it waits: what home may know."""

from typing import Final

from app.db.models import CheckIn
from app.db.unit_of_work import UnitOfWork
from app.domain.alerts.telling import tell
from app.domain.duty.tasks.rules import NOUN
from app.domain.duty.tasks.setting import open_tasks

WAITS: Final = "sh_parents_review"
"""Somebody looks again at what parents know, by a day at the latest."""


async def said_of_home(work: UnitOfWork, check_in: CheckIn) -> None:
    """The pupil said what home may know: whoever waits to decide is told where that stands.

    Nothing where nobody waits. What was said is in the record; the day of the look stays.
    """
    for task in await open_tasks(work, kinds=[WAITS], child_id=check_in.child_id):
        task.facts = {**task.facts, "said_in": str(check_in.record_id)}
        task.version += 1
        task.changed_at = work.now
        if task.owner_id != work.actor.id:
            tell(work, task.owner_id, "task_set", urgent=task.urgent, about=(NOUN, task.id))
