"""Looks for linked concerns after what may link some, and from time to time; counts trusts."""

from uuid import UUID

from app.core.words import Actor
from app.db.repositories.safety.linked_concern_counts import schools_of
from app.db.session import Database
from app.db.unit_of_work import open_work
from app.domain.record.relationships.commands import LOOK
from app.domain.safety.linked_concern_counts import commands
from app.domain.safety.linked_concerns.commands import find_linked_concerns
from app.jobs.runner import Backoff, Run, Task
from app.jobs.schools import in_use, over_schools


async def look_here(run: Run) -> None:
    """Look for linked concerns in one school; a second look changes nothing."""
    async with open_work(run.adapters.database, run.actor) as work:
        await find_linked_concerns(work)


async def look_everywhere(run: Run) -> None:
    """Look through every school, and count for every trust, in case a look was lost."""
    database = run.adapters.database

    async def act(organisation_id: UUID) -> None:
        async with open_work(database, Actor.system(organisation_id)) as work:
            schools = await schools_of(await work.driver(), organisation_id)
            if not schools:
                await find_linked_concerns(work)
        if schools:
            await count_trust(database, organisation_id, schools)

    await over_schools(run, await in_use(run), act)


async def count_trust(database: Database, trust_id: UUID, schools: list[UUID]) -> None:
    """Count what a trust is shown, and ask leads to speak where more than one school has reason.

    Each school is read in its own scope, and only counts come out of it.
    """
    counted = []
    for school_id in schools:
        async with open_work(database, Actor.system(school_id)) as work:
            counted.append(await commands.count_school(work))
    async with open_work(database, Actor.system(trust_id)) as work:
        speak = await commands.keep_counts(work, counted)
    if not speak:
        return
    for school_id, item in zip(schools, counted, strict=True):
        if item.speaks:
            async with open_work(database, Actor.system(school_id)) as work:
                await commands.ask_to_speak(work)


LOOK_HERE = Task(LOOK, look_here, Backoff(attempts=20))
LOOK_EVERYWHERE = Task(
    "child_groups.sweep", look_everywhere, Backoff(attempts=3), every="*/10 * * * *"
)
LINKED_TASKS: tuple[Task, ...] = (LOOK_HERE, LOOK_EVERYWHERE)
