"""SQL for jobs: the queue as operators see it, failed jobs of a school, and progress."""

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from app.core.ids import NIL
from app.db.paging import Conditions, PageOf
from app.db.session import Driver

FAILED_JOB = """
d.id, d.job_id, d.task, d.queue, d.attempts, d.error, d.message, d.failed_at, d.owner_id, d.due_at,
d.ended_at, d.ended_reason_code, d.reason, d.version,
(select s.name from staff s where s.school_id = d.school_id and s.id = d.owner_id) as owner_name
"""
BEGUN = """
(select max(e.at) from procrastinate_events e where e.job_id = j.id and e.type = 'deferred')
"""
BEGUN_FIRST = """
(select min(e.at) from procrastinate_events e where e.job_id = j.id and e.type = 'deferred')
"""
QUEUES = f"""
select j.queue_name as queue, j.task_name as task, j.status::text as state, count(*) as number,
       min({BEGUN}) as oldest, max(j.attempts) as attempts,
       min(case when j.attempts > 0 then {BEGUN_FIRST} else coalesce(j.scheduled_at, {BEGUN}) end)
         filter (where j.status = 'todo' and (
           j.attempts > 0 or j.scheduled_at is null or j.scheduled_at <= now())) as waiting_since
from procrastinate_jobs j
where j.status in ('todo', 'doing', 'failed')
group by 1, 2, 3
order by 1, 2, 3
"""
JOB = f"""
select j.id, j.task_name as task, j.queue_name as queue, j.status::text as state, j.priority,
       j.attempts, j.scheduled_at, j.worker_id, j.args::text as args, {BEGUN} as created_at
from procrastinate_jobs j where j.id = $1
"""
EVENTS = "select type::text as what, at from procrastinate_events where job_id = $1 order by id"
WORKERS = """
select w.id, w.last_heartbeat,
       (select count(*) from procrastinate_jobs j
        where j.worker_id = w.id and j.status = 'doing') as running
from procrastinate_workers w order by w.id
"""

END_AS_FAILED = """
update procrastinate_jobs
set status = 'failed', abort_requested = false, attempts = attempts + 1
where id = $1 and attempts = $2 and status = 'doing'
returning id
"""
KEEPERS = """
select k.staff_id from (
  select m.staff_id, min(m.created_at) as since
  from membership m join staff s on s.school_id = $1 and s.id = m.staff_id
  where m.school_id = $1 and s.suspended_at is null and s.removed_at is null
    and s.accepted_at is not null
    and m.valid_from <= $2 and (m.valid_to is null or m.valid_to > $2)
    and (m.role = any($3) or exists (
      select from school_role r where r.school_id = $1 and r.slug = m.role
        and r.ended_at is null and $4 = any(r.permissions)))
  group by m.staff_id) k
order by k.since, k.staff_id
"""
WITHOUT_UNREAD = """
select p.id from unnest($3::uuid[]) with ordinality p(id, place)
where not exists (select from alert a where a.school_id = $1 and a.recipient_id = p.id
                    and a.kind = $2 and a.acknowledged_at is null and a.ended_at is null)
order by p.place
"""

KEEP = """
insert into job_progress as p (job_id, after, failed) values ($1, $2, $3)
on conflict (job_id) do update set after = excluded.after, failed = excluded.failed
"""
# The queue's own connection runs these four, with its own names for values.
END_ATTEMPT = """
update procrastinate_jobs
set status = %(status)s::procrastinate_job_status, abort_requested = false,
    attempts = attempts + 1
where id = %(id)s and attempts = %(attempts)s and status = 'doing'
returning id
"""
PUT_BACK = """
update procrastinate_jobs
set status = 'todo', abort_requested = false, attempts = attempts + 1,
    scheduled_at = %(at)s::timestamptz
where id = %(id)s and attempts = %(attempts)s and status = 'doing'
returning id
"""
LAST_TICK = "select tick_at from periodic_tick where task = %(task)s"
TAKE_TICK = """
with taken as (
  insert into periodic_tick as p (task, tick_at, deferred_at)
  values (%(task)s, %(tick)s, now())
  on conflict (task) do update
    set tick_at = excluded.tick_at, deferred_at = now(), missed = p.missed + %(missed)s
    where p.tick_at < excluded.tick_at
  returning p.task)
select exists (select from taken) as taken, procrastinate_defer_jobs_v1(array(
  select row(%(queue)s, t.task, %(priority)s, null, null, %(args)s::jsonb, null)
           ::procrastinate_job_to_defer_v1
  from taken t
  where not exists (
    select from procrastinate_jobs j
    where j.task_name = t.task and j.status = 'todo'
      and (j.scheduled_at is null or j.scheduled_at <= now())))) as ids
"""
"""Takes a tick unless it or a newer one was taken; a waiting run already stands for this one."""


async def counts(driver: Driver) -> Sequence[Any]:
    """Jobs that wait, run or failed, by queue and task."""
    return await driver.rows(QUEUES)


async def one_job(driver: Driver, job_id: int) -> Any | None:
    """A job's row, or None."""
    return await driver.row(JOB, job_id)


async def events_of(driver: Driver, job_id: int) -> Sequence[Any]:
    """The events of a job, oldest first."""
    return await driver.rows(EVENTS, job_id)


async def workers(driver: Driver) -> Sequence[Any]:
    """Workers with their last sign of life and how many jobs they run."""
    return await driver.rows(WORKERS)


async def ticks(driver: Driver) -> dict[str, Any]:
    """The last tick taken of each periodic task."""
    rows = await driver.rows("select task, tick_at, deferred_at, missed from periodic_tick")
    return {row["task"]: row for row in rows}


async def schools_with_failed_jobs(driver: Driver) -> list[UUID]:
    """Schools that have or had failed jobs; the nil id stands for jobs of no school."""
    return [row["id"] for row in await driver.rows("select schools_in_failed_job() as id")]


async def open_failed_jobs(driver: Driver, school_id: UUID) -> Sequence[Any]:
    """One school's unsettled failed jobs, oldest first."""
    return await driver.rows(
        f"select {FAILED_JOB} from failed_job d where d.school_id = $1 and d.ended_at is null "
        "order by d.failed_at, d.id",
        school_id,
    )


async def failed_job_of(driver: Driver, school_id: UUID, job_id: int) -> Any | None:
    """The record of a job that failed, or None."""
    return await driver.row(
        f"select {FAILED_JOB}, d.args::text as args from failed_job d "
        "where d.school_id = $1 and d.job_id = $2",
        school_id,
        job_id,
    )


async def one_failed_job(driver: Driver, school_id: UUID, failed_job_id: UUID) -> Any | None:
    """A failed job of the school, or None."""
    return await driver.row(
        f"select {FAILED_JOB} from failed_job d where d.school_id = $1 and d.id = $2",
        school_id,
        failed_job_id,
    )


async def page_of_failed_jobs(
    driver: Driver, school_id: UUID, task: str | None, settled: bool | None, asked: PageOf
) -> Sequence[Any]:
    """Failed jobs of a school, newest first: one row more than the page shows."""
    where = Conditions(school_id)
    where.add("d.school_id = $1")
    where.given("d.task = {}", task)
    if settled is not None:
        where.add(f"d.ended_at is {'not ' if settled else ''}null")
    limit = where.page(asked, "d.failed_at")
    return await driver.rows(
        f"select {FAILED_JOB} from failed_job d where {where} "
        f"order by d.failed_at desc, d.id desc limit {limit}",
        *where.values,
    )


async def end_as_failed(driver: Driver, job_id: int, attempts: int) -> bool:
    """Mark a job as failed permanently; False if another worker now has it, or it has ended."""
    return await driver.write(END_AS_FAILED, job_id, attempts) is not None


async def keepers(
    driver: Driver, school_id: UUID, day: date, roles: Sequence[str], permission: str
) -> list[UUID]:
    """People who can sign in with one of the roles, or one defined here with the permission."""
    rows = await driver.rows(KEEPERS, school_id, day, list(roles), permission)
    return [row["staff_id"] for row in rows]


async def without_unread(
    driver: Driver, school_id: UUID, kind: str, people: Sequence[UUID]
) -> list[UUID]:
    """The people who have no unacknowledged alert of a kind."""
    rows = await driver.rows(WITHOUT_UNREAD, school_id, kind, list(people))
    return [row["id"] for row in rows]


class Progress(NamedTuple):
    """Every school up to `after` had its turn; those that `failed` get another."""

    after: UUID = NIL
    failed: Sequence[UUID] = ()


async def progress_of(driver: Driver, job_id: int) -> Progress:
    """How far a job is; a new one is at the beginning."""
    row = await driver.row("select after, failed from job_progress where job_id = $1", job_id)
    return Progress(row["after"], row["failed"]) if row else Progress()


async def keep_progress(driver: Driver, job_id: int, progress: Progress) -> None:
    """Save how far a job is."""
    await driver.write(KEEP, job_id, progress.after, list(progress.failed))


async def forget_progress(driver: Driver, job_id: int) -> None:
    """Delete the progress of a finished job."""
    await driver.write("delete from job_progress where job_id = $1", job_id)


async def forget_of_gone(driver: Driver) -> None:
    """Delete the progress of jobs whose rows are gone."""
    await driver.write(
        "delete from job_progress p "
        "where not exists (select from procrastinate_jobs j where j.id = p.job_id)"
    )
