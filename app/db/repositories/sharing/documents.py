"""SQL of documents and the jobs that make them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from app.db.session import Driver

JOB = """
select j.id, j.kind, j.child_id, j.state, j.problems::text as problems, j.asked_by, j.asked_at,
       j.ended_at, j.size, j.sha256, j.swept_at, j.version, p.done, p.total, d.reference
from document_job j
left join document_progress p on p.school_id = $1 and p.id = j.id
left join document d on d.school_id = $1 and d.id = j.id
where j.school_id = $1 and j.id = $2 and j.asked_by = $3
"""
STATE = "select j.state from document_job j where j.school_id = $1 and j.id = $2"
KEEP_PROGRESS = """
insert into document_progress (school_id, id, done, total, at) values ($1, $2, $3, $4, $5)
on conflict (school_id, id) do update
  set done = excluded.done, total = excluded.total, at = excluded.at
"""
KEPT_TOO_LONG = """
select j.id from document_job j
where j.school_id = $1 and j.state = 'done' and j.swept_at is null and j.ended_at < $2
order by j.ended_at, j.id limit 200
"""
FACE = """
select s.name, s.job_title from staff s where s.school_id = $1 and s.id = $2
"""


async def job_of(
    driver: Driver, school_id: UUID, job_id: UUID, asked_by: UUID
) -> Mapping[str, Any] | None:
    """A job with its progress, for the person who requested it."""
    row = await driver.row(JOB, school_id, job_id, asked_by)
    return None if row is None else dict(row)


async def state_of(driver: Driver, school_id: UUID, job_id: UUID) -> str | None:
    """The state of a job."""
    state: str | None = await driver.value(STATE, school_id, job_id)
    return state


async def keep_progress(
    driver: Driver, school_id: UUID, job_id: UUID, done: int, total: int | None, at: datetime
) -> None:
    """Save the progress of a job."""
    await driver.write(KEEP_PROGRESS, school_id, job_id, done, total, at)


async def kept_too_long(driver: Driver, school_id: UUID, before: datetime) -> Sequence[UUID]:
    """Jobs whose result has been kept since before this moment."""
    rows = await driver.rows(KEPT_TOO_LONG, school_id, before)
    return [row["id"] for row in rows]


async def name_of(driver: Driver, school_id: UUID, staff_id: UUID) -> str:
    """The name of a member of staff."""
    row = await driver.row(FACE, school_id, staff_id)
    return "" if row is None else str(row["name"])
