"""Moves what came to a merged child after all: late requests, and whatever names the former id."""

from app.db.unit_of_work import open_work
from app.domain.record.child_merges.commands import SETTLE, settle_merges
from app.jobs.runner import Backoff, Run, Task
from app.jobs.schools import in_each, in_use


async def settle_here(run: Run) -> None:
    """Settle the merges of one school."""
    async with open_work(run.adapters.database, run.actor) as work:
        await settle_merges(work)


settle_everywhere = in_each(in_use, settle_merges)
"""Those of every school, in case a job was lost or a former id was written to."""
MERGE_TASKS: tuple[Task, ...] = (
    Task(SETTLE, settle_here, Backoff(attempts=20)),
    Task("child_merge.sweep", settle_everywhere, Backoff(attempts=3), every="*/10 * * * *"),
)
