"""Reads of who leads, who is away, and who stands in."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from app.db.paging import Conditions, PageOf
from app.db.session import Driver

# People present who may stand in for a lead ({person}) from a day {first} to before a day {end}:
# a role of the school's own that reads new concerns is enough.
STANDS_IN = """
exists (
  select from membership h
  join staff t on t.school_id = $1 and t.id = h.staff_id and t.accepted_at is not null
              and t.suspended_at is null and t.removed_at is null
  join account b on b.id = h.staff_id and b.disabled_at is null
  where h.school_id = $1 and h.staff_id = {person}
    and h.valid_from < {end} and (h.valid_to is null or h.valid_to > {first})
    and (h.role in ('dsl', 'deputy_dsl', 'headteacher') or exists (
           select from school_role r
           where r.school_id = $1 and r.slug = h.role and r.ended_at is null
             and 'K3' = any(r.classes) and 'concern:read' = any(r.permissions))))
"""
TEAM = """
select m.staff_id, s.name, m.role, m.valid_from, m.valid_to
from membership m
join staff s on s.school_id = $1 and s.id = m.staff_id and s.accepted_at is not null
            and s.suspended_at is null and s.removed_at is null
join account a on a.id = m.staff_id and a.disabled_at is null
where m.school_id = $1 and m.role = any($4::text[])
  and m.valid_from < $3 and (m.valid_to is null or m.valid_to > $2)
order by array_position($4::text[], m.role), m.created_at, m.id
"""
PEOPLE = f"""
array(select p.staff_id from cover_person p
      where p.school_id = $1 and p.cover_id = c.id
        and {STANDS_IN.format(person="p.staff_id", first="$2", end="$3")}
      order by p.position, p.id)
"""
# An absence without cover names no stand-in: others with that role are there.
ABSENCES = f"""
select c.id, c.away_id, c.valid_from, c.valid_to, {PEOPLE} as covered_by, c.created_by as said_by
from cover c
where c.school_id = $1 and c.ended_at is null and c.valid_from < $3 and c.valid_to > $2
union all
select null, w.staff_id, w.valid_from, w.valid_to, array[]::uuid[], w.said_by
from staff_away w
where w.school_id = $1 and w.ended_at is null and w.valid_from < $3 and w.valid_to > $2
order by 3, 1
"""
AWAY_ON = """
select c.id, c.away_id from cover c
where c.school_id = $1 and c.ended_at is null and c.valid_from <= {day} and c.valid_to > {day}
union all
select null, w.staff_id from staff_away w
where w.school_id = $1 and w.ended_at is null and w.valid_from <= {day} and w.valid_to > {day}
"""
"""People away on a day, with the cover if somebody stands in."""


WHOLE = """
c.id, c.valid_from, c.valid_to, c.uncovered_reason, c.created_at, c.ended_at,
'"' || c.version || '"' as etag,
case when c.ended_at is not null or c.valid_to <= $2 then 'ended'
     when c.valid_from > $2 then 'coming' else 'active' end as state,
json_build_object('id', a.id, 'name', a.name)::text as away,
coalesce((select json_agg(json_build_object('id', s.id, 'name', s.name,
                            'membership_id', p.membership_id) order by p.position)
          from cover_person p join staff s on s.school_id = $1 and s.id = p.staff_id
          where p.school_id = $1 and p.cover_id = c.id), '[]')::text as covered_by
"""
ONE = f"""
select {WHOLE} from cover c join staff a on a.school_id = $1 and a.id = c.away_id
where c.school_id = $1 and c.id = $3
"""
GIVEN = """
select p.staff_id, p.membership_id from cover_person p
join membership m on m.school_id = $1 and m.id = p.membership_id
where p.school_id = $1 and p.cover_id = $2 and (m.valid_to is null or m.valid_to > $3)
order by p.position
"""
# A present or coming cover without any stand-in left on its last day.
LOST = f"""
select true from cover c
join cover_person p on p.school_id = $1 and p.cover_id = c.id
                   and ($3::uuid[] is null or p.staff_id = any($3::uuid[]))
where c.school_id = $1 and c.ended_at is null and c.valid_to > $2
  and not exists (
    select from cover_person q
    where q.school_id = $1 and q.cover_id = c.id
      and {STANDS_IN.format(person="q.staff_id", first="c.valid_to - 1", end="c.valid_to")})
limit 1
"""
NAMES = "select s.id, s.name from staff s where s.school_id = $1 and s.id = any($2::uuid[])"


async def team_of(
    driver: Driver, school_id: UUID, first: date, end: date, roles: Sequence[str]
) -> Sequence[Any]:
    """People with one of the roles on a day from `first` to before `end`, in the roles' order."""
    return await driver.rows(TEAM, school_id, first, end, list(roles))


async def absences_of(driver: Driver, school_id: UUID, first: date, end: date) -> Sequence[Any]:
    """People away on a day from `first` to before `end`, with their stand-ins.

    `id` is the cover's; null for an absence without one.
    """
    return await driver.rows(ABSENCES, school_id, first, end)


STANDS = "c.ended_at is null and c.valid_to > $2"
IN_STATE = {
    "open": STANDS,
    "coming": f"{STANDS} and c.valid_from > $2",
    "active": f"{STANDS} and c.valid_from <= $2",
    "ended": "(c.ended_at is not null or c.valid_to <= $2)",
}


async def covers_of(
    driver: Driver, school_id: UUID, day: date, asked: PageOf, *, state: str
) -> Sequence[Any]:
    """Cover in a state on a day, newest first."""
    where = Conditions(school_id, day)
    where.add("c.school_id = $1")
    where.add(IN_STATE[state])
    limit = where.page(asked, "c.created_at")
    return await driver.rows(
        f"select {WHOLE} from cover c join staff a on a.school_id = $1 and a.id = c.away_id "
        f"where {where} order by c.created_at desc, c.id desc limit {limit}",
        *where.values,
    )


async def cover_of(driver: Driver, school_id: UUID, day: date, cover_id: UUID) -> Any:
    """One cover, or None."""
    return await driver.row(ONE, school_id, day, cover_id)


async def given_for(
    driver: Driver, school_id: UUID, cover_id: UUID, day: date
) -> Sequence[tuple[UUID, UUID]]:
    """(staff, membership) given for a cover that hold on a day or begin after it."""
    rows = await driver.rows(GIVEN, school_id, cover_id, day)
    return [(row["staff_id"], row["membership_id"]) for row in rows]


async def has_lost(driver: Driver, school_id: UUID, day: date, staff: Sequence[UUID]) -> bool:
    """Whether, without these people, a present or coming cover has no stand-in."""
    return bool(await driver.value(LOST, school_id, day, list(staff)))


async def names_of(driver: Driver, school_id: UUID, people: Sequence[UUID]) -> dict[UUID, str]:
    """Names of staff."""
    rows = await driver.rows(NAMES, school_id, list(people))
    return {row["id"]: row["name"] for row in rows}
