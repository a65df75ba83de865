"""Statements by which a unit of work writes its jobs and clocks, and reads the calendar."""

import re
from functools import lru_cache

from app.db.trails import TRAILS

PLACE = re.compile(r"(?<!:):([a-z_]+)")

ADD_TO = """
insert into {trail} (school_id, id, at, actor_id, actor_role, session_id, request_id, verb, noun,
                   noun_id, child_id, reason, before_hash, after_hash, details)
select :school_id::uuid, e.id, :at::timestamptz, :actor_id::uuid, :actor_role::text,
       :session_id::uuid, :request_id::text, e.verb, e.noun, e.noun_id, e.child_id, e.reason,
       e.before_hash, e.after_hash, e.details
from jsonb_to_recordset(:{trail}::jsonb) as
     e(id uuid, verb text, noun text, noun_id uuid, child_id uuid, reason text,
       before_hash text, after_hash text, details jsonb)
"""
ADD_TRAIL = {trail: ADD_TO.format(trail=trail) for trail in TRAILS.values()}
DEFER_JOBS = """
select procrastinate_defer_jobs_v1(array(
  select row(j.queue, j.task, j.priority, j.lock, j.queueing_lock, j.args, j.at)
           ::procrastinate_job_to_defer_v1
  from jsonb_to_recordset(:jobs::jsonb) as
       j(queue text, task text, priority int, lock text, queueing_lock text, args jsonb,
         at timestamptz))) as ids
"""
KEEP_ANSWER = """
update idempotency_key set status = :status, headers = :headers::jsonb, body = :body
where school_id = :school_id::uuid and actor_id = :actor_id::uuid and key = :key
"""


@lru_cache(maxsize=256)
def together(parts: tuple[tuple[str, str], ...]) -> tuple[str, tuple[str, ...]]:
    """One statement of several named ones, and the names of its values in their order.

    A value stands as `:name` in each of them.
    """
    named = ", ".join(f"{name} as ({text})" for name, text in parts)
    reads = [f"(table {name} limit 1)" for name, text in parts if _reads(text)]
    return numbered(f"with {named} select {', '.join(reads) or 'true'}")


def _reads(text: str) -> bool:
    """Whether a part is run only where something reads it."""
    return text.lstrip().startswith("select")


def numbered(text: str) -> tuple[str, tuple[str, ...]]:
    """The statement with `$1`, `$2`... in the place of names, and the names in that order."""
    names: dict[str, int] = {}
    found = PLACE.sub(lambda place: f"${names.setdefault(place[1], len(names) + 1)}", text)
    return found, tuple(names)


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
