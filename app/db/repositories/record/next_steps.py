"""SQL for next steps: the facts about open concerns, in one statement."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from app.db.paging import Conditions
from app.db.repositories.concern_facts import AccessFilter
from app.db.repositories.record.concern_reports import ALIKE, NEAR
from app.db.session import Driver

MOST = 50
"""Maximum number of a child's open concerns that are read."""

FACTS = """
with chosen as materialized (
  select c.id, c.reference, c.state, c.level, c.recorded_at, c.occurred_at, c.due_at, c.categories,
         c.alleged_source_of_harm, c.parents_told->>'value' as parents_told,
         array(select k.child_id from concern_child k
               where k.school_id = $1 and k.id = c.id and k.role in ('subject', 'harmed'))
           as children
  from concern c
  where c.school_id = $1 and c.ended_at is null and {chosen}
  order by c.recorded_at desc, c.id limit {most})
select n.*, others.number as others, others.since as others_since, others.alike,
  (select count(distinct r.other) from (
     select f.other_child_id as other from relationship f
     where f.school_id = $1 and f.child_id = any(n.children) and f.kind = any({siblings}::text[])
       and f.confirmed_at is not null and f.valid_to is null
     union all
     select f.child_id from relationship f
     where f.school_id = $1 and f.other_child_id = any(n.children)
       and f.kind = any({siblings}::text[]) and f.confirmed_at is not null and f.valid_to is null
   ) r where r.other <> all(n.children) and r.other <> all({kept_from}::uuid[])) as siblings,
  (select min(x.due_at) from concern_case x
   where x.school_id = $1 and x.ended_at is null and n.id = any(x.concern_ids) and {cases})
    as case_due,
  array(select distinct d.kind from decision d
        where d.school_id = $1 and d.concern_id = n.id) as decisions,
  (exists (select from account_statement s
           where s.school_id = $1 and s.concern_id = n.id and s.kind = 'child_said')
   or exists (select from safety_record s
              where s.school_id = $1 and s.concern_id = n.id and s.kind = 'safety_check'))
    as has_voice,
  exists (select from safety_record s where s.school_id = $1 and s.concern_id = n.id
          and s.kind = 'parents_decision') as parents_decided,
  (select coalesce(jsonb_object_agg(t.kind, rfc3339(t.due_at)), '{{}}')::text from task t
   where t.school_id = $1 and t.concern_id = n.id and t.ended_at is null and {tasks}) as tasks,
  (select count(*) from action a
   where a.school_id = $1 and a.concern_id = n.id and a.ended_at is null)
  + (select count(*) from review v
     where v.school_id = $1 and v.concern_id = n.id and v.ended_at is null)
  + (select count(*) from task t
     where t.school_id = $1 and t.concern_id = n.id and t.ended_at is null and {tasks})
    as open_work,
  (select coalesce(jsonb_agg(jsonb_build_object(
     'agency', g.name, 'state', x.state, 'outcome', x.outcome, 'due_rule', x.due_rule,
     'due_at', rfc3339(x.due_at), 'challenged', x.challenge is not null)
     order by x.drafted_at, x.id), '[]')::text
   from referral x join agency g on g.school_id = $1 and g.id = x.agency_id
   where x.school_id = $1 and x.concern_id = n.id and {referrals}) as referrals
from chosen n
cross join lateral (
  select count(*) as number, min(c.recorded_at) as since,
    array_agg(c.reference order by c.recorded_at, c.id) filter (
      where {alike}) as alike
  from concern c
  where c.school_id = $1 and c.id <> n.id and c.recorded_at >= {recent}::timestamptz
    and c.state not in ('duplicate_of', 'entered_in_error')
    and exists (select from concern_child k where k.school_id = $1 and k.id = c.id
                and k.child_id = any(n.children))
    and {seen}) others
order by n.recorded_at desc, n.id
"""


async def of_concerns(
    driver: Driver,
    access: AccessFilter,
    keep_tasks: Callable[[Conditions], None],
    siblings: Sequence[str],
    recent: datetime,
    *,
    concern_id: UUID | None = None,
    child_id: UUID | None = None,
) -> Sequence[Any]:
    """The facts about one open concern, or every open one about a child, that the reader sees.

    Other concerns, referrals, brothers and sisters count only if the reader may know of them, and
    tasks (alias `t`) if `keep_tasks` keeps them.
    """
    where = Conditions(access.actor.school_id)
    where.given("c.id = {}::uuid", concern_id)
    where.given(
        "exists (select from concern_child k where k.school_id = $1 and k.id = c.id"
        " and k.child_id = {}::uuid)",
        child_id,
    )
    access.keep(where)
    seen, referrals, cases, tasks = Conditions(), Conditions(), Conditions(), Conditions()
    seen.values = referrals.values = cases.values = tasks.values = where.values
    access.keep(seen)
    access.keep_file("referral", referrals)
    access.keep_file("concern_case", cases)
    keep_tasks(tasks)
    statement = FACTS.format(
        chosen=where,
        seen=seen,
        referrals=referrals,
        cases=cases,
        tasks=tasks,
        most=where.place(MOST),
        siblings=where.place(list(siblings)),
        kept_from=where.place(list(access.actor.conflicts.children)),
        recent=where.place(recent),
        alike=ALIKE.format(
            known="c.categories",
            categories="n.categories",
            occurred_at="n.occurred_at",
            near=where.place(NEAR),
        ),
    )
    return await driver.rows(statement, *where.values)


KNOWN = "select exists (select from child where school_id = $1 and id = $2 and merged_into is null)"


async def is_known(driver: Driver, school_id: UUID, child_id: UUID) -> bool:
    """Whether the school has a child with this id."""
    value: bool = await driver.value(KNOWN, school_id, child_id)
    return value
