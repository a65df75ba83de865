"""Keeps check-ins, plans and the support list going in every school that has any.

A pupil who still has to be spoken to is on the support list.
"""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from uuid import UUID

from app.core.words import Actor
from app.db.fence import TakenOver
from app.db.repositories.people.schools import WITH_SUPPORT
from app.db.session import Database
from app.db.unit_of_work import UnitOfWork, open_work
from app.domain.safety.check_in_schedules.commands import keep_going
from app.domain.safety.self_harm_steps.commands import collect_by_adult
from app.domain.safety.support_reminders.commands import mind
from app.jobs.runner import Backoff, Run, Task
from app.jobs.schools import named_by, over_schools

Step = Callable[[UnitOfWork], Awaitable[None]]
STEPS: Sequence[Step] = (keep_going, mind, collect_by_adult)
"""What is looked at in a school, each in a transaction of its own."""


async def keep_check_ins(run: Run) -> None:
    """Look through each school; a second time changes nothing."""
    await over_schools(
        run, await named_by(WITH_SUPPORT)(run), partial(look_through, run.adapters.database)
    )


async def look_through(database: Database, school_id: UUID, steps: Sequence[Step] = STEPS) -> None:
    """Take every step in a school, also after one that could not be taken; then raise as it did."""
    failed: Exception | None = None
    for step in steps:
        try:
            async with open_work(database, Actor.system(school_id)) as work:
                await step(work)
        except TakenOver:
            raise
        except Exception as error:
            failed = failed or error
    if failed is not None:
        raise failed


KEEP_CHECK_INS = Task("check_ins.keep", keep_check_ins, Backoff(attempts=3), every="*/2 * * * *")
