"""SQL for linked concerns: the rows, their links, and lists for readers of every row."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from app.db.paging import Conditions, PageOf
from app.db.repositories.concern_facts import AccessFilter
from app.db.session import Driver

NAME = (
    "coalesce(k.known_given_name, k.legal_given_name) || ' ' || "
    "coalesce(k.known_family_name, k.legal_family_name)"
)
NOT_WITHDRAWN = "c.state not in ('duplicate_of', 'entered_in_error')"
EVENTS = f"""
select c.id, c.occurred_at, c.confidentiality, s.kind,
       array(select cc.child_id from concern_child cc
             where cc.school_id = $1 and cc.id = c.id and cc.role = any($3::text[])
             order by cc.child_id) as children,
       array(select m.site_request_id from concern_mark m
             where m.school_id = $1 and m.concern_id = c.id and m.site_request_id is not null
             order by m.site_request_id) as places,
       array(select m.named_content_id from concern_mark m
             where m.school_id = $1 and m.concern_id = c.id and m.named_content_id is not null
             order by m.named_content_id) as named
from concern c left join self_harm s on s.school_id = $1 and s.id = c.id
where c.school_id = $1 and c.occurred_at >= $2 and {NOT_WITHDRAWN}
  and (s.id is not null
       or exists (select from concern_mark m where m.school_id = $1 and m.concern_id = c.id))
order by c.id
"""
"""Concerns on the pathway, and those in which something was named."""
CHILD_GROUPS = """
select t.id, t.kind, t.confirmed_at is not null as confirmed,
       array(select m.child_id from child_group_member m
             where m.school_id = $1 and m.id = t.id order by m.child_id) as children
from child_group t
where t.school_id = $1 and t.ended_at is null
  and exists (select from child_group_member m where m.school_id = $1 and m.id = t.id
              and m.child_id = any($2::uuid[]))
union all
select r.id, r.kind, r.confirmed_at is not null, array[r.child_id, r.other_child_id]
from relationship r
where r.school_id = $1 and r.kind = any($3::text[])
  and (r.valid_to is null or r.valid_to > $4::date)
  and r.child_id = any($2::uuid[]) and r.other_child_id = any($2::uuid[])
"""
YEARS = """
select k.id, k.year_group from child k
where k.school_id = $1 and k.id = any($2::uuid[]) and k.year_group is not null
"""
DEATHS = """
select p.id, coalesce(p.died_on::timestamptz, p.proposed_at) as since,
       array(select a.child_id from affected_person a
             where a.school_id = $1 and a.case_id = p.id and a.child_id is not null
               and a.ended_at is null and a.child_id is distinct from p.child_id
             order by a.child_id) as children
from bereavement_case p
where p.school_id = $1 and p.state in ('open', 'closed')
  and coalesce(p.died_on, p.proposed_at::date) >= $2::date
"""
CASE_LEADS = """
select p.id, s.id as lead_id, s.name from bereavement_case p
join staff s on s.school_id = $1 and s.id = p.lead_id
where p.school_id = $1 and p.id = any($2::uuid[])
"""
FIRED = "select w.rule_id, w.event_ids from linked_concern w where w.school_id = $1"
BARRED = """
select distinct x.staff_id from conflict x
where x.school_id = $1 and x.ended_at is null and x.state <> 'suggested'
  and (x.concern_id = any($2::uuid[])
       or x.child_id in (select cc.child_id from concern_child cc
                         where cc.school_id = $1 and cc.id = any($2::uuid[])))
order by x.staff_id
"""
"""People with a conflict of interest about one of the concerns or its children."""
CLASSES = """
select w.id, w.confidentiality, w.event_ids,
       (select max(c.confidentiality) from unnest(w.event_ids) event(id) cross join lateral (
          select x.confidentiality from concern x
          where x.school_id = $1 and x.id = event.id offset 0) c) as narrowest,
       (select t.barred from task t
        where t.school_id = $1 and t.about_id = w.id and t.ended_at is null
        order by t.id limit 1) as barred
from linked_concern w
where w.school_id = $1 and w.ended_at is null
order by w.id
"""
CARD = """
select w.fired_at as sort_at, w.id, json_build_object(
  'id', w.id, 'rule_id', w.rule_id, 'rule_version', w.rule_version,
  'state', w.state, 'fired_at', rfc3339(w.fired_at), 'ended_at', rfc3339(w.ended_at),
  'row_count', cardinality(w.event_ids))::text as card
from linked_concern w
where w.school_id = $1 and {where}
order by w.fired_at desc, w.id desc limit {limit}
"""
HIDDEN = """
not coalesce((
  select true from linked_row r left join concern c
    on c.school_id = $1 and c.id = r.concern_id and {visible}
  where r.school_id = $1 and r.id = w.id and c.id is null limit 1), false)
"""
ROWS = f"""
select c.id, c.reference, c.occurred_at, c.occurred_precision, c.recorded_at, c.reporter_id,
       o.name as reporter_name, s.kind,
       (select min(m.valid_from) from membership m
        where m.school_id = $1 and m.staff_id = c.reporter_id) as here_since,
       coalesce((select jsonb_agg(jsonb_build_object('id', k.id, 'name', {NAME}) order by k.id)
                 from linked_row r join child k on k.school_id = $1 and k.id = r.child_id
                 where r.school_id = $1 and r.id = $2 and r.concern_id = c.id), '[]')::text
         as children
from concern c
left join self_harm s on s.school_id = $1 and s.id = c.id
left join staff o on o.school_id = $1 and o.id = c.reporter_id
where c.school_id = $1 and c.id = any($3::uuid[])
order by c.occurred_at, c.id
"""
CHILD_GROUPS_SHOWN = """
select t.id, 'child_group' as noun, t.kind, t.label, t.heard_from, t.source, t.stated_at,
t.confirmed_at,
       t.ended_at, t.stated_by, b.name as stated_by_name, t.confirmed_by,
       f.name as confirmed_by_name
from child_group t
join staff b on b.school_id = $1 and b.id = t.stated_by
left join staff f on f.school_id = $1 and f.id = t.confirmed_by
where t.school_id = $1 and t.id = any($2::uuid[])
union all
select r.id, 'relationship', r.kind, null, null, 'relationship', r.created_at, r.confirmed_at,
       case when r.valid_to is not null then r.valid_to::timestamptz end, r.added_by, b.name,
       r.confirmed_by, f.name
from relationship r
left join staff b on b.school_id = $1 and b.id = r.added_by
left join staff f on f.school_id = $1 and f.id = r.confirmed_by
where r.school_id = $1 and r.id = any($2::uuid[])
"""
MARKS_SHOWN = """
select n.id, n.kind, n.label from named_content n
where n.school_id = $1 and n.id = any($2::uuid[])
union all
select s.id, 'place', s.place from site_request s where s.school_id = $1 and s.id = any($2::uuid[])
"""
COUNTED = """
select count(*) from concern c
join self_harm s on s.school_id = $1 and s.id = c.id and s.kind = any({kinds}::text[])
where c.school_id = $1 and c.occurred_at >= {since} and c.occurred_at <= {until}
  and c.state not in ('duplicate_of', 'entered_in_error') and {visible}
"""
BEGAN = """
select min(c.recorded_at) from concern c where c.school_id = $1
"""
INSIDE = """
select w.id from linked_concern w
where w.school_id = $1 and w.rule_id = $2 and w.ended_at is null and w.event_ids <@ $3::uuid[]
order by w.id
"""


@dataclass(frozen=True, slots=True)
class LinkedConcernFilter:
    """Which linked concerns a list shows."""

    ended: bool = False
    rule_id: str | None = None


async def events_since(
    driver: Driver, school_id: UUID, since: datetime, parts: Sequence[str]
) -> Sequence[Any]:
    """Every row that a rule may consider, from a moment on."""
    return await driver.rows(EVENTS, school_id, since, list(parts))


async def child_groups_among(
    driver: Driver,
    school_id: UUID,
    children: Sequence[UUID],
    relationships: Sequence[str],
    today: date,
) -> Sequence[Any]:
    """Present child groups, confirmed or not, and relationships, of any of the children."""
    return await driver.rows(CHILD_GROUPS, school_id, list(children), list(relationships), today)


async def deaths_since(driver: Driver, school_id: UUID, since: date) -> Sequence[Any]:
    """Deaths in the community since a day, with the children who may be affected."""
    return await driver.rows(DEATHS, school_id, since)


async def case_leads(driver: Driver, school_id: UUID, ids: Sequence[UUID]) -> dict[UUID, Any]:
    """The lead of the work after each of some deaths."""
    rows = await driver.rows(CASE_LEADS, school_id, list(ids)) if ids else []
    return {row["id"]: {"id": row["lead_id"], "name": row["name"]} for row in rows}


async def years_of(driver: Driver, school_id: UUID, children: Sequence[UUID]) -> dict[UUID, str]:
    """The year groups of children, by the roster."""
    rows = await driver.rows(YEARS, school_id, list(children))
    return {row["id"]: row["year_group"] for row in rows}


async def fired_sets(driver: Driver, school_id: UUID) -> dict[str, list[frozenset[UUID]]]:
    """Every set of rows that fired, by rule, ended or not."""
    result: dict[str, list[frozenset[UUID]]] = {}
    for row in await driver.rows(FIRED, school_id):
        result.setdefault(row["rule_id"], []).append(frozenset(row["event_ids"]))
    return result


async def barred_from(driver: Driver, school_id: UUID, concerns: Sequence[UUID]) -> list[UUID]:
    """People with a conflict of interest about one of the concerns or its children."""
    return [row["staff_id"] for row in await driver.rows(BARRED, school_id, list(concerns))]


async def open_classes(driver: Driver, school_id: UUID) -> Sequence[Any]:
    """Open linked concerns, with their class and that of their narrowest row."""
    return await driver.rows(CLASSES, school_id)


def keep_visible(access: AccessFilter, where: Conditions) -> None:
    """Keep linked concerns (alias `w`) if the actor may read every one of their rows.

    A concern's chain decides about each row, in lists and on opening; no chain covers all rows.
    """
    visible = where.beside()
    access.keep(visible)
    where.add(HIDDEN.format(visible=str(visible)).replace("{", "{{").replace("}", "}}"))


async def page_of_linked_concerns(
    driver: Driver, access: AccessFilter, asked: LinkedConcernFilter, paging: PageOf
) -> Sequence[Any]:
    """Cards newest first."""
    where = Conditions(access.actor.school_id)
    where.add(f"w.ended_at is {'not ' if asked.ended else ''}null")
    where.given("w.rule_id = {}", asked.rule_id)
    keep_visible(access, where)
    limit = where.page(paging, "w.fired_at")
    return await driver.rows(CARD.format(where=where, limit=limit), *where.values)


async def visible_ids(driver: Driver, access: AccessFilter, ids: Sequence[UUID]) -> set[UUID]:
    """The linked concerns that the actor may see."""
    where = Conditions(access.actor.school_id)
    where.add("w.id = any({}::uuid[])", list(ids))
    keep_visible(access, where)
    statement = f"select w.id from linked_concern w where w.school_id = $1 and {where}"
    return {row["id"] for row in await driver.rows(statement, *where.values)}


async def rows_of(
    driver: Driver, school_id: UUID, linked_concern_id: UUID, concerns: Sequence[UUID]
) -> Sequence[Any]:
    """The rows as shown, in the order they happened."""
    return await driver.rows(ROWS, school_id, linked_concern_id, list(concerns))


async def child_groups_shown(driver: Driver, school_id: UUID, ids: Sequence[UUID]) -> Sequence[Any]:
    """Child groups and relationships, each with the person who stated it."""
    return await driver.rows(CHILD_GROUPS_SHOWN, school_id, list(ids)) if ids else []


async def marks_shown(driver: Driver, school_id: UUID, ids: Sequence[UUID]) -> Sequence[Any]:
    """Named content and places, by id."""
    return await driver.rows(MARKS_SHOWN, school_id, list(ids)) if ids else []


async def count_between(
    driver: Driver, access: AccessFilter, kinds: Sequence[str], since: datetime, until: datetime
) -> int:
    """The number of rows between two moments that the actor may read."""
    where = Conditions(access.actor.school_id)
    places = {
        "kinds": where.place(list(kinds)), "since": where.place(since),
        "until": where.place(until),
    }  # fmt: skip
    access.keep(where)
    number: int = await driver.value(COUNTED.format(visible=where, **places), *where.values)
    return number


async def record_began(driver: Driver, school_id: UUID) -> datetime | None:
    """When the school's first concern was recorded."""
    moment: datetime | None = await driver.value(BEGAN, school_id)
    return moment


async def inside(
    driver: Driver, school_id: UUID, rule_id: str, concerns: Sequence[UUID]
) -> list[UUID]:
    """Open linked concerns of a rule whose rows are all in this set."""
    rows = await driver.rows(INSIDE, school_id, rule_id, sorted(concerns))
    return [row["id"] for row in rows]
