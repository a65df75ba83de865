"""Two statements raise a concern: one reads the necessary facts, one writes every row.

The second also writes its trace, alerts and job, and has only the parts that this concern needs.
It draws the reference number itself, since the counter row stays locked until the commit.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import chain
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy.dialects import postgresql

from app.core import moments
from app.db.models import Base
from app.db.paging import Conditions
from app.db.repositories.duty.cover import AWAY_ON, STANDS_IN
from app.db.repositories.duty.lead_availability import SOCIAL_CARE
from app.db.session import Driver

NEAR = timedelta(hours=24)
"""Open concerns about the same child and subject within this time may be the same."""
ALIKE = """c.ended_at is null and {known} && {categories}
        and c.occurred_at between {occurred_at} - {near}::interval
                              and {occurred_at} + {near}::interval"""
NOTHING_ALIKE = "'[]' as alike, null::uuid as sent_before"
NOBODY_NAMED = "'{}'::uuid[] as named"
NAMED = "array(select s.id from staff s where s.school_id = $1 and s.id = any({}::uuid[])) as named"
ALIKE_BEFORE = """
coalesce((select jsonb_agg(jsonb_build_array(x.id, x.reference)) from (
   select c.id, c.reference from concern c
   where c.school_id = $1 and {alike} and {seen}
     and c.id = any(array(select k.id from concern_child k
                          where k.school_id = $1 and k.child_id = any({children}::uuid[])))
   order by c.recorded_at desc, c.id limit {most}) x), '[]')::text as alike,
(select c.id from concern c where c.school_id = $1 and c.id = {id}::uuid) as sent_before
"""
AWAY_AND_TEAM = f"""
with away as (
  {AWAY_ON.format(day="$3")}),
team as (
  select m.staff_id, m.role, m.created_at, m.id
  from membership m
  join staff s on s.school_id = $1 and s.id = m.staff_id and s.accepted_at is not null
              and s.suspended_at is null and s.removed_at is null
  join account b on b.id = m.staff_id and b.disabled_at is null
  where m.school_id = $1
    and m.role in ('dsl', 'deputy_dsl', 'headteacher', 'pastoral', 'school_admin')
    and m.valid_from <= $3 and (m.valid_to is null or m.valid_to > $3))"""
# A stand-in follows the absent person, with that person's role; a role of the school's own
# that reads new concerns is enough. Read only if somebody is away.
WITH_STAND_INS = f"""{AWAY_AND_TEAM.replace("$3", "$2")},
people as (
  select t.staff_id, t.role, t.created_at, t.id, 0 as position from team t
  union all
  select p.staff_id, t.role, t.created_at, t.id, p.position + 1
  from away a
  join team t on t.staff_id = a.away_id and t.role in ('dsl', 'deputy_dsl', 'headteacher')
  join cover_person p on p.school_id = $1 and p.cover_id = a.id
  where {STANDS_IN.format(person="p.staff_id", first="$2", end="$2::date + 1")})
select x.staff_id, x.role from people x order by x.created_at, x.id, x.position
"""
WHO_AND_WHAT = f"""{AWAY_AND_TEAM}
select coalesce((select array_agg(k.id) from child k
                 where k.school_id = $1 and k.id = any($2::uuid[])
                   and k.merged_into is null), '{{}}') as children,
       coalesce((select jsonb_agg(jsonb_build_array(x.staff_id, x.role)
                                  order by x.created_at, x.id)
                 from team x), '[]')::text as leads,
       array(select a.away_id from away a) as away,
       coalesce((select array_agg(x.staff_id) from conflict x
                 where x.school_id = $1 and x.child_id = any($2::uuid[]) and x.ended_at is null
                   and x.state <> 'suggested'),
                '{{}}') as locked_out,
       {NOBODY_NAMED},
       coalesce((select jsonb_agg(distinct jsonb_build_array(h.id, o.owner_id, cc.child_id))
                 from concern_child cc
                 join self_harm h on h.school_id = $1 and h.id = cc.id and h.state <> 'closed'
                 join concern o on o.school_id = $1 and o.id = h.id
                 where cc.school_id = $1 and cc.child_id = any($2::uuid[])
                   and cc.role in ('subject', 'harmed')), '[]')::text as pathways,
       array(select p.child_id from safety_plan p
             where p.school_id = $1 and p.child_id = any($2::uuid[])
               and p.state in ('agreed', 'in_use', 'under_review')) as planned,
       ({SOCIAL_CARE}) as care, {NOTHING_ALIKE}, o.nation,
       coalesce(k.number, 0) as calendar_number, coalesce(k.content, '{{}}')::text as calendar
from organisation o
left join lateral (select c.number, c.content from school_calendar c where c.school_id = $1
                   order by c.number desc limit 1) k on true
where o.id = $1
"""
Rows = Sequence[Mapping[str, Any]]
DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]
Shape = tuple[tuple[str, tuple[str, ...]], ...]
"""Tables with the columns to write."""

HEAD = """
with doc as materialized (
  select $2::jsonb as d, $1::uuid as school_id, ($2::jsonb->>'at')::timestamptz as at),
number as (
  insert into reference_counter (school_id, kind, year, last)
  select school_id, 'C', (d->>'year')::int, 1 from doc
  on conflict (school_id, kind, year) do update set last = reference_counter.last + 1
  returning reference_number(last, secret) as text)"""
CONCERN = """
added as (
  insert into concern (school_id, reference, {columns})
  select $1::uuid, 'C-' || (d->>'year') || '-' || number.text, {values}
  from doc, number, {rows}
  returning reference)"""
INSERT = """
{table}_added as (
  insert into {table} (school_id, {columns})
  select $1::uuid, {values} from doc, {rows})"""
ROWS = "jsonb_to_recordset(d->'{table}') as r({columns})"
"""Only the columns that are there: to fill a row of the table itself, PostgreSQL looks at each."""
OTHER_PATHWAYS = """
others as (
  select h.id, h.state, o.step_id, o.verb, o.details, o.child_ids,
    case when o.verb = 'new_event' and h.state = any(array(select jsonb_array_elements_text(
      d->'late_states'))) then 'followed' else h.state end as to_state
  from doc
  cross join lateral jsonb_to_recordset(d->'other_pathways') as
    o(id uuid, step_id uuid, verb text, details jsonb, child_ids uuid[])
  join self_harm h on h.school_id = doc.school_id and h.id = o.id),
moved as (
  update self_harm h set state = o.to_state, changed_at = doc.at,
    pupils = case when o.verb <> 'new_event' then h.pupils else
      case when h.state = 'settled' then coalesce((
        select jsonb_object_agg(k.child_id, h.state) from concern_child k
        where k.school_id = h.school_id and k.id = h.id and k.role in ('subject', 'harmed')
          and k.child_id <> all(o.child_ids)), '{}') else '{}' end
      || coalesce((
        select jsonb_object_agg(p.key, case when p.key = any(o.child_ids::text[])
          and p.value = any(array(select jsonb_array_elements_text(d->'late_states')))
          then 'followed' else p.value end) from jsonb_each_text(h.pupils) p), '{}') end,
    last_event_at = case when o.verb = 'new_event' then doc.at else h.last_event_at end,
    settled_at = case when o.to_state = 'settled' then h.settled_at end
  from doc, others o where h.school_id = doc.school_id and h.id = o.id),
beside as (
  insert into self_harm_step (school_id, id, concern_id, verb, at, recorded_at, by_id, by_role,
    from_state, to_state, details, child_ids)
  select doc.school_id, o.step_id, o.id, o.verb, doc.at, doc.at, (d->>'by_id')::uuid,
    d->>'by_role', o.state, o.to_state, o.details, o.child_ids
  from doc, others o)"""
JOBS = """
deferred as (
  insert into procrastinate_jobs (queue_name, task_name, priority, lock, queueing_lock, args,
                                  scheduled_at)
  select j.queue, j.task, j.priority, j.lock, j.queueing_lock, j.args, j.at
  from doc, jsonb_to_recordset(d->'jobs') as
       j(queue text, task text, priority int, lock text, queueing_lock text, args jsonb,
         at timestamptz))"""
TAIL = "\nselect added.reference from added"


@dataclass(frozen=True, slots=True)
class Raising:
    """The facts that decide whether a new report may repeat an earlier one."""

    children: Sequence[UUID]
    categories: Sequence[str]
    occurred_at: datetime
    limit: int
    keep: Callable[[Conditions], None]
    """Keep the concerns (alias `c`) that the reporter may open, including as their reporter."""
    concern_id: UUID | None = None
    """The id that the report brings: it may have been sent before."""

    def told_before(self, where: Conditions) -> str:
        """SQL for similar open concerns, newest first, as JSON text of ids and references.

        Beside them the concern with the id of the report, if there is one.
        """
        seen = Conditions()
        seen.values = where.values
        self.keep(seen)
        alike = ALIKE.format(
            known="c.reported_categories",  # a reporter may not learn its triage
            categories=where.place([*self.categories]) + "::text[]",
            occurred_at=where.place(self.occurred_at) + "::timestamptz",
            near=where.place(NEAR),
        )
        return ALIKE_BEFORE.format(
            alike=alike, seen=seen, children=where.place([*self.children]),
            most=where.place(self.limit), id=where.place(self.concern_id),
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class RaisingFacts:
    """The people and records that a new concern needs to know about."""

    children: frozenset[UUID]
    """The requested children who exist here."""
    people: Sequence[tuple[UUID, str]]
    """Present leads, heads, pastoral members and administrators, as (person, role)."""
    locked_out: frozenset[UUID]
    """Staff with a conflict of interest about one of the children."""
    named: frozenset[UUID]
    """The named staff who exist here."""
    away: frozenset[UUID] = frozenset()
    """Leads, deputies and heads who are away today."""
    calendar: tuple[int, str, str] = (0, "england", "{}")
    """Number, nation and JSON text of the school's calendar."""
    pathways: Sequence[tuple[UUID, UUID | None, UUID]] = ()
    """Open pathways of the children: concern, its owner, child."""
    care: str = "{}"
    """JSON text of the numbers of children's social care, by day and by night."""
    planned: frozenset[UUID] = frozenset()
    """The children with a safety plan that is agreed or in use."""
    alike: Sequence[tuple[UUID, str]] = ()
    """Id and reference of possible duplicates that the reporter may open."""
    sent_before: bool = False
    """Whether there is a concern with the report's own id: its reporter sent it before."""


async def facts_for_raising(
    driver: Driver, school_id: UUID, children: Sequence[UUID], day: date,
    named: Sequence[UUID] = (), raising: Raising | None = None,
) -> RaisingFacts:  # fmt: skip
    """Read the facts needed to raise a concern about some children that names some staff."""
    where = Conditions(school_id, list(children), day)
    alike = NOTHING_ALIKE if raising is None else raising.told_before(where)
    statement = WHO_AND_WHAT.replace(NOTHING_ALIKE, alike)
    if named:
        statement = statement.replace(NOBODY_NAMED, NAMED.format(where.place([*named])))
    row: Any = await driver.row(statement, *where.values)
    if row["away"]:
        people = await driver.rows(WITH_STAND_INS, school_id, day)
        leads = [(item["staff_id"], item["role"]) for item in people]
    else:
        leads = [(UUID(person), role) for person, role in orjson.loads(row["leads"])]
    return RaisingFacts(
        frozenset(row["children"]),
        leads,
        frozenset(row["locked_out"]),
        frozenset(row["named"]),
        frozenset(row["away"]),
        (row["calendar_number"], row["nation"], row["calendar"]),
        [
            (UUID(concern), owner and UUID(owner), UUID(child))
            for concern, owner, child in orjson.loads(row["pathways"])
        ],
        row["care"],
        frozenset(row["planned"]),
        [(UUID(id_), reference) for id_, reference in orjson.loads(row["alike"])],
        row["sent_before"] is not None,
    )


async def raise_in_one_statement(driver: Driver, document: Mapping[str, Any], acting: Any) -> str:
    """Write the whole concern and answer its reference."""
    rows = {table: some for table, some in rows_of(document, acting).items() if some}
    shape = tuple((table, _columns(some)) for table, some in rows.items())
    others = document.get("other_pathways", ())
    about = {
        **rows, "at": acting.at, "year": document["year"], "jobs": document["jobs"],
        "by_id": str(acting.actor_id), "by_role": acting.actor_role,
        "other_pathways": others, "late_states": document.get("late_states", ()),
    }  # fmt: skip
    content = moments.to_json_bytes(about).decode()
    row: Any = await driver.write(_statement(shape, bool(others)), acting.school_id, content)
    reference: str = row["reference"]
    return reference


def rows_of(document: Mapping[str, Any], acting: Any) -> dict[str, Rows]:
    """The rows of a concern by table, without their school and its reference."""
    return {
        **_concern(document, acting.at),
        **_pathway(document, acting),
        **_bookkeeping(document, acting),
    }


def _concern(document: Mapping[str, Any], at: Any) -> dict[str, Rows]:
    """The report as saved, and as the children's chronologies show it."""
    concern = document["concern"]
    about = {"concern_id": concern["id"]}
    author = {"author_id": concern["reporter_id"], "author_role": document["author_role"]}
    items = ("occurred_at", "occurred_precision", "confidentiality")
    return {
        "concern": [
            {**concern, "recorded_at": at, "changed_at": at, "state": "raised",
             "reported_categories": concern["categories"]},
        ],
        "concern_child": [
            {"id": concern["id"], **_of(child, "child_id", "role", "position")}
            for child in document["children"]
        ],
        "account_statement": [{**item, **about} for item in document["account"]],
        "body_mark": [
            {**item, "details": item.get("details") or {}, **about} for item in document["body_map"]
        ],
        "chronology_entry": [
            {**about, **author, **_of(concern, *items), "id": child["entry_id"],
             "child_id": child["child_id"], "recorded_at": at, "late": document["late"],
             "kind": "concern", "thing_id": concern["id"]}
            for child in document["children"]
        ],
        "concern_event": [
            {**about, "id": document["event_id"], "verb": "raised", "at": at,
             "by_id": concern["reporter_id"], "by_role": document["author_role"],
             "to_state": "raised"},
        ],
    }  # fmt: skip


def _pathway(document: Mapping[str, Any], acting: Any) -> dict[str, Rows]:
    """Rows for self-harm, or for a child that nobody has matched yet."""
    concern, at = document["concern"], acting.at
    about = {"concern_id": concern["id"]}
    by = {"by_id": str(acting.actor_id), "by_role": acting.actor_role}
    return {
        "self_harm": [
            {
                **pathway,
                "id": concern["id"],
                "kind_told": pathway["kind"],
                "begun_at": at,
                "begun_by": concern["reporter_id"],
                "last_event_at": at,
                "changed_at": at,
            }
            for pathway in document.get("pathways", ())
        ],
        "self_harm_step": [
            {**pathway_step, **about, **by, "at": at, "recorded_at": at}
            for pathway_step in document.get("pathway_steps", ())
        ],
        "unmatched_child": [
            {**item, "id": concern["id"]} for item in document.get("unmatched", ())
        ],
        "task": [
            {
                "barred": [],
                **_of(concern, "confidentiality"),
                **task,
                **about,
                "facts": {},
                "set_at": at,
                "state": "open",
                "changed_at": at,
            }
            for task in document.get("tasks", ())
        ],
    }


def _bookkeeping(document: Mapping[str, Any], acting: Any) -> dict[str, Rows]:
    """Rows of alerts, clocks and trail."""
    at, actor_id = acting.at, str(acting.actor_id)
    raised = {
        "kind": "concern_raised", "concern_id": document["concern"]["id"], "created_at": at
    }  # fmt: skip
    traced = {
        "at": at, "actor_id": actor_id, "actor_role": acting.actor_role,
        "session_id": acting.session_id and str(acting.session_id),
        "request_id": acting.request_id,
    }  # fmt: skip
    return {
        "alert": [{**raised, **_given(alert)} for alert in document["alerts"]],
        "deadline": [
            {**_begun(clock), "made_by": actor_id, "made_at": at, "next_at": clock["due_at"]}
            for clock in document["clocks"]
        ],
        "trail": [{**item, **traced} for item in document["trail"]],
    }


def _of(row: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: row[name] for name in names}


def _given(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if value is not None}


def _begun(clock: Mapping[str, Any]) -> dict[str, Any]:
    """A new concern's clock: there is no earlier one to end."""
    return {name: value for name, value in clock.items() if name != "because"}


def _columns(rows: Rows) -> tuple[str, ...]:
    return tuple(dict.fromkeys(chain.from_iterable(rows)))


@lru_cache(maxsize=256)
def _statement(shape: Shape, others: bool) -> str:
    """The statement that writes a concern with these parts."""
    parts = [HEAD, *(_part(table, columns) for table, columns in shape), JOBS]
    if others:
        parts.append(OTHER_PATHWAYS)
    return ",".join(parts) + TAIL


def _part(table: str, columns: Sequence[str]) -> str:
    """SQL that writes rows of a table. Raises `ValueError` for a name that is not a column."""
    if unknown := set(columns) - set(Base.metadata.tables[table].columns.keys()):
        raise ValueError(f"no columns of {table}: {sorted(unknown)}")
    text = CONCERN if table == "concern" else INSERT
    values = ", ".join(f"r.{name}" for name in columns)
    rows = ROWS.format(table=table, columns=", ".join(_typed(table, name) for name in columns))
    return text.format(table=table, columns=", ".join(columns), values=values, rows=rows)


def _typed(table: str, name: str) -> str:
    column = Base.metadata.tables[table].columns[name]
    return f"{name} {column.type.compile(dialect=DIALECT)}"
