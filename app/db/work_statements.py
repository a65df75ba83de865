"""Statements by which a unit of work writes its jobs and clocks, and reads the calendar."""

DEFER_JOBS = """
select cardinality(procrastinate_defer_jobs_v1(array(
  select row(j.queue, j.task, j.priority, j.lock, j.queueing_lock, j.args, j.at)
           ::procrastinate_job_to_defer_v1
  from jsonb_to_recordset($1::jsonb) as
       j(queue text, task text, priority int, lock text, queueing_lock text, args jsonb,
         at timestamptz))))
"""

CALENDAR = """
select coalesce(c.number, 0) as number, o.nation, coalesce(c.content, '{}')::text as content
from organisation o
left join lateral (select k.number, k.content from school_calendar k where k.school_id = $1
                   order by k.number desc limit 1) c on true
where o.id = $1
"""
KEEP_TIME = """
with given as (
  select * from jsonb_to_recordset($4::jsonb) as
    g(noun text, thing_id uuid, because text, id uuid, rule_id text, rule_version text,
      calendar text, calendar_version int, ladder text, started_at timestamptz,
      due_at timestamptz)),
ended as (
  update deadline d set ended_at = $2, ended_because = g.because
  from given g
  where d.school_id = $1 and d.noun = g.noun and d.thing_id = g.thing_id and d.ended_at is null
  returning d.id)
insert into deadline (school_id, id, noun, thing_id, rule_id, rule_version, calendar,
  calendar_version, ladder, started_at, due_at, made_by, made_at, next_at)
select $1, g.id, g.noun, g.thing_id, g.rule_id, g.rule_version, g.calendar, g.calendar_version,
  g.ladder, g.started_at, g.due_at, $3, $2, g.due_at
from given g
where g.id is not null and (select count(*) from ended) >= 0
"""
"""Ends the clocks that run and begins the new ones; the count makes the ending come first."""
