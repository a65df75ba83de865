"""SQL by which a unit of work writes its jobs and clocks and reads the calendar."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

import orjson

from app.core import moments
from app.core.ids import new_id
from app.db.fact_changes import ADD, FactChanges
from app.db.row_trace import RowPart, adding
from app.db.trails import TRAILS


class Acting(NamedTuple):
    """Who acts, when and in which school: `$1` to `$6` of a statement that writes the trail."""

    school_id: UUID
    at: datetime
    actor_id: UUID
    actor_role: str
    session_id: UUID | None
    request_id: str | None


class Part(NamedTuple):
    """A statement that answers nothing, with its name and the values for its places."""

    name: str
    text: str
    values: Mapping[str, Any]


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
insert into procrastinate_jobs (queue_name, task_name, priority, lock, queueing_lock, args,
                                scheduled_at)
select j.queue, j.task, j.priority, j.lock, j.queueing_lock, j.args, j.at
from jsonb_to_recordset(:jobs::jsonb) as
     j(queue text, task text, priority int, lock text, queueing_lock text, args jsonb,
       at timestamptz)
"""
"""Does the same as the queue's own function, without calling it."""
KEEP_ANSWER = """
update idempotency_key set status = :status, headers = :headers::jsonb, body = :body
where school_id = :school_id::uuid and actor_id = :actor_id::uuid and key = :key
"""


def hashes(part: RowPart) -> Part:
    """The hashes of rows that a work wrote."""
    values = {"known": orjson.dumps(part.known).decode(), "rows_id": new_id()}
    if part.unread:
        values["rows"] = orjson.dumps(part.unread).decode()
    return Part("hashed", adding(frozenset(part.unread)), values)


def added_facts(
    changes: FactChanges, entries: Sequence[Mapping[str, Any]], size: int
) -> Iterator[Part]:
    """The changes a work made to rows that keep their history, at most `size` in each part.

    `entries` of the trail give each row's action and reason.
    """
    done = {entry["noun_id"]: entry for entry in entries}
    changed, work_id = [*changes.take()], new_id()
    for start in range(0, len(changed), size):
        rows = [
            {
                **item, "id": str(new_id()),
                **{name: done.get(item["noun_id"], {}).get(name) for name in ("verb", "reason")},
            }
            for item in changed[start : start + size]
        ]  # fmt: skip
        items = moments.to_json_bytes(rows, texts=True).decode()
        yield Part("facts_added", ADD, {"facts": items, "work_id": work_id})


@lru_cache(maxsize=256)
def together(parts: tuple[tuple[str, str], ...]) -> tuple[str, tuple[str, ...]]:
    """Join several named statements into one; answers it and its values' names in order.

    Each statement writes a value as `:name`.
    """
    named = ", ".join(f"{name} as ({text})" for name, text in parts)
    return numbered(f"with {named} select true")


def numbered(text: str) -> tuple[str, tuple[str, ...]]:
    """Replace names by `$1`, `$2`...; answers the statement and the names in that order."""
    names: dict[str, int] = {}
    result = PLACE.sub(lambda match: f"${names.setdefault(match[1], len(names) + 1)}", text)
    return result, tuple(names)


CALENDAR = """
select coalesce(c.number, 0) as number, o.nation, coalesce(c.content, '{}')::text as content
from organisation o
left join lateral (select k.number, k.content from school_calendar k where k.school_id = $1
                   order by k.number desc limit 1) c on true
where o.id = $1
"""
CLOCKS = """
given as (
  select * from jsonb_to_recordset(:clocks::jsonb) as
    g(noun text, thing_id uuid, because text, id uuid, rule_id text, rule_version text,
      calendar text, calendar_version int, ladder text, started_at timestamptz,
      due_at timestamptz)),
running as materialized (
  select x.id, g.because from given g cross join lateral (
    select d.id from deadline d
    where d.school_id = :school_id::uuid and d.noun = g.noun and d.thing_id = g.thing_id
      and d.ended_at is null offset 0) x),
ended as (
  update deadline d set ended_at = :at::timestamptz,
    ended_reason_code = (select r.because from running r where r.id = d.id limit 1)
  where d.school_id = :school_id::uuid and d.id = any(array(select r.id from running r))
    and d.ended_at is null
  returning d.id)"""
"""Clocks are found one by one, by key: a join is planned for an ordinary school, and would read a
large one from end to end.
"""
BEGIN = """
insert into deadline (school_id, id, noun, thing_id, rule_id, rule_version, calendar,
  calendar_version, ladder, started_at, due_at, made_by, made_at, next_at)
select :school_id::uuid, g.id, g.noun, g.thing_id, g.rule_id, g.rule_version, g.calendar,
  g.calendar_version, g.ladder, g.started_at, g.due_at, :actor_id::uuid, :at::timestamptz, g.due_at
from given g
where g.id is not null and (select count(*) from ended) >= 0
"""
"""Begins clocks once the running ones have ended; the count makes the ending come first."""
OVER = """
over as materialized (
  select x.id, e.because, e.by_id
  from jsonb_to_recordset(:ends::jsonb) as
    e(matter_id uuid, because text, by_id uuid, kinds text[], own text[], rang boolean)
  cross join lateral (
    select a.id, a.kind, a.deadline_id, a.recipient_id from alert a
    where a.school_id = :school_id::uuid and a.matter_id = e.matter_id and a.ended_at is null
    offset 0) x
  where x.kind = any(e.kinds) or e.rang and x.deadline_id is not null
    or x.kind = any(e.own) and x.recipient_id = e.by_id
    or e.kinds is null and x.kind <> all(:news::text[]))"""
END_ALERTS = """
update alert a set ended_at = :at::timestamptz, version = a.version + 1,
  (ended_by, ended_reason_code) = (select o.by_id, o.because from over o where o.id = a.id limit 1)
where a.school_id = :school_id::uuid and a.id = any(array(select o.id from over o))
  and a.ended_at is null
"""
AFTER_CLOCKS = "  and (select count(*) from ended) >= 0\n"
"""Clocks are locked before the alerts that they rang, as the ladder does."""
KEEP_TIME, KEEP_TIME_NAMES = numbered(
    f"with {CLOCKS},{OVER},\nalerts_ended as ({END_ALERTS}{AFTER_CLOCKS}){BEGIN}"
)
END, END_NAMES = numbered(f"with {OVER}{END_ALERTS}")
