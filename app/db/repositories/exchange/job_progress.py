"""How far a task that goes over all schools has come."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from app.core.ids import NIL
from app.db.session import Driver

KEEP = """
insert into job_progress as p (job_id, after, failed) values ($1, $2, $3)
on conflict (job_id) do update set after = excluded.after, failed = excluded.failed
"""


class Progress(NamedTuple):
    """Every school up to `after` had its turn; those that `failed` have another."""

    after: UUID = NIL
    failed: Sequence[UUID] = ()


async def progress_of(driver: Driver, job_id: int) -> Progress:
    """How far a job is; one that begins is nowhere."""
    row = await driver.row("select after, failed from job_progress where job_id = $1", job_id)
    return Progress(row["after"], row["failed"]) if row else Progress()


async def keep_progress(driver: Driver, job_id: int, progress: Progress) -> None:
    """Keep how far a job is."""
    await driver.write(KEEP, job_id, progress.after, list(progress.failed))


async def forget_progress(driver: Driver, job_id: int) -> None:
    """The job is through."""
    await driver.write("delete from job_progress where job_id = $1", job_id)


async def forget_of_gone(driver: Driver) -> None:
    """Forget the progress of jobs whose rows are gone."""
    await driver.write(
        "delete from job_progress p "
        "where not exists (select from procrastinate_jobs j where j.id = p.job_id)"
    )
