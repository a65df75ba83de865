"""Asks once a night for numbers and services to be looked up again."""

from uuid import UUID

from app.core import clock
from app.core.ids import NIL
from app.core.words import Actor
from app.db.unit_of_work import open_work
from app.domain.safety.support_services.commands import ask_for_checks
from app.jobs.housekeeping import SESSIONS_LOOKED_BACK
from app.jobs.runner import Backoff, Run, Task
from app.jobs.schools import over_schools


async def check_support_services(run: Run) -> None:
    """Look through every school's support services and contacts."""
    database = run.adapters.database
    async with open_work(database, Actor.system(NIL)) as work:
        schools = await work.organisations.signed_in_since(clock.now() - SESSIONS_LOOKED_BACK)

    async def ask(school_id: UUID) -> None:
        async with open_work(database, Actor.system(school_id)) as work:
            await ask_for_checks(work)

    await over_schools(run, schools, ask)


CHECK_SUPPORT_SERVICES = Task(
    "support_services.check", check_support_services, Backoff(attempts=5), every="5 4 * * *"
)
