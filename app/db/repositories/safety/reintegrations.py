"""SQL for incomplete reports, reintegrations, marks, sanctions, site requests and offers."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from app.db.paging import Conditions, PageOf
from app.db.session import Driver

INCOMPLETE_REPORT = """
select u.id, u.reporter_id, s.name as reporter_name, u.operation, u.thing_id, u.signed_in,
       u.register, u.received_at, u.urgent, u.times, u.state, u.concern_id, u.ended_at
from incomplete_report u
join staff s on s.school_id = $1 and s.id = u.reporter_id
where u.school_id = $1 and {where}
"""
OPEN_ABOUT_ADULTS = """
select u.id from incomplete_report u
where u.school_id = $1 and u.register = 'adults' and u.ended_at is null
order by u.received_at, u.id
"""
REINTEGRATION = """
select r.id, r.child_id, r.concern_id, r.record_id, r.expected_on, r.returned_on, r.met_at,
       r.set_at, r.ended_at, r.version, r.adult_id, a.name as adult_name, r.set_by,
       b.name as set_by_name, s.content::text as content,
       coalesce(c.confidentiality, s.confidentiality) as confidentiality
from reintegration r
join safety_record s on s.school_id = $1 and s.id = r.record_id
join child k on k.school_id = $1 and k.id = r.child_id
join staff b on b.school_id = $1 and b.id = r.set_by
left join staff a on a.school_id = $1 and a.id = r.adult_id
left join concern c on c.school_id = $1 and c.id = r.concern_id
where r.school_id = $1 and {where}
"""
LOOKED_AFTER = """
select c.id,
  exists (select from frozen_file f
          where f.school_id = $1 and f.child_id = c.id and f.undone_at is null) as died,
  exists (select from support_list_entry w
          where w.school_id = $1 and w.child_id = c.id and w.ended_at is null) or
  exists (select from concern_child p
          join self_harm h on h.school_id = $1 and h.id = p.id
          join concern n on n.school_id = $1 and n.id = p.id
          where p.school_id = $1 and p.child_id = c.id and p.role in ('subject', 'harmed')
            and h.state <> 'closed' and n.ended_at is null)
  as looked_after,
  (select r.id from reintegration r
   where r.school_id = $1 and r.child_id = c.id and r.returned_on is null and r.ended_at is null
   order by r.set_at desc limit 1) as reintegration_id,
  (select r.expected_on from reintegration r
   where r.school_id = $1 and r.child_id = c.id and r.returned_on is null and r.ended_at is null
   order by r.set_at desc limit 1) as expected_on
from child c where c.school_id = $1 and c.id = any($2::uuid[])
"""
BY_IDENTIFIER = """
select i.system, i.value, i.child_id from child_identifier i
join unnest($2::text[], $3::text[]) as asked(system, value)
  on asked.system = i.system and asked.value = i.value
where i.school_id = $1 and i.valid_to is null
"""
KEEP_MARK = """
insert into attendance_mark as m
  (school_id, id, child_id, day, session, mark, explained, marked_at, received_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
on conflict (school_id, child_id, day, session) do update
  set mark = excluded.mark, explained = excluded.explained, marked_at = excluded.marked_at,
      received_at = excluded.received_at
  where (m.mark, m.explained) is distinct from (excluded.mark, excluded.explained)
returning id
"""
AWAY_BEFORE = """
select count(*) filter (where m.away) as days from (
  select m.day, bool_and(m.mark = 'absent') as away from attendance_mark m
  where m.school_id = $1 and m.child_id = $2 and m.day < $3
  group by m.day order by m.day desc limit $4) m
"""
RECENT_EVENT = """
select exists (
  select from concern_child p
  join self_harm h on h.school_id = $1 and h.id = p.id
  join concern c on c.school_id = $1 and c.id = p.id
  where p.school_id = $1 and p.child_id = $2 and p.role in ('subject', 'harmed')
    and c.state <> 'entered_in_error'
    and greatest(c.recorded_at, h.last_event_at) >= $3)
"""
HAS_PLAN = """
select exists (select from safety_plan p where p.school_id = $1 and p.child_id = $2
               and p.state in ('in_use', 'under_review'))
"""
OFFER = """
select o.id, o.person_id, p.name as person_name, o.offered_by, b.name as offered_by_name, o.words,
       o.offered_at, o.answer, o.answered_at, o.version
from staff_support_offer o
join staff p on p.school_id = $1 and p.id = o.person_id
join staff b on b.school_id = $1 and b.id = o.offered_by
where o.school_id = $1 and {where}
"""

NAMED_IN_INCOMPLETE_REPORT = """
select s.id from staff s where s.school_id = $1 and s.id = any($2::uuid[])
union
select x.staff_id from conflict x
where x.school_id = $1 and x.ended_at is null and x.state <> 'suggested'
  and (x.concern_id = any($2::uuid[]) or x.child_id = any($2::uuid[])
       or x.child_id in (select k.child_id from concern_child k
                         where k.school_id = $1 and k.id = any($2::uuid[]))
       or x.child_id in (select i.child_id from check_in i
                         where i.school_id = $1 and i.id = any($2::uuid[])))
order by 1
"""


async def named_in_incomplete_report(
    driver: Driver, school_id: UUID, ids: Sequence[UUID]
) -> list[UUID]:
    """Staff of the school among some ids, and everybody close to what other ids stand for:

    a child, or a concern or check-in about one.
    """
    rows = await driver.rows(NAMED_IN_INCOMPLETE_REPORT, school_id, list(ids))
    return [row["id"] for row in rows]


async def page_of_incomplete_reports(
    driver: Driver, where: Conditions, *, ended: bool, paging: PageOf
) -> Sequence[Any]:
    """Reports that could not be taken, the newest first; `where` has what the reader sees."""
    where.add(f"u.ended_at is {'not ' if ended else ''}null")
    if paging.after is not None:
        where.add(
            "(u.received_at, u.id) < ({}::timestamptz, {}::uuid)", paging.after.at, paging.after.id
        )
    limit = where.place(paging.fetch)
    order = "order by u.received_at desc, u.id desc"
    statement = f"{INCOMPLETE_REPORT.format(where=where)} {order} limit {limit}"
    return await driver.rows(statement, *where.values)


async def one_incomplete_report(driver: Driver, school_id: UUID, incomplete_report_id: UUID) -> Any:
    """One that must exist."""
    return await driver.row(
        INCOMPLETE_REPORT.format(where="u.id = $2"), school_id, incomplete_report_id
    )


async def open_about_adults(driver: Driver, school_id: UUID) -> list[UUID]:
    """Reports about adults that nobody has ended, the oldest first."""
    return [row["id"] for row in await driver.rows(OPEN_ABOUT_ADULTS, school_id)]


async def page_of_reintegrations(
    driver: Driver, where: Conditions, child_id: UUID, paging: PageOf
) -> Sequence[Any]:
    """A child's reintegrations, the newest first; `where` has what the reader sees."""
    where.add("r.child_id = {}", child_id)
    if paging.after is not None:
        where.add(
            "(r.set_at, r.id) < ({}::timestamptz, {}::uuid)", paging.after.at, paging.after.id
        )
    limit = where.place(paging.fetch)
    statement = (
        f"{REINTEGRATION.format(where=where)} order by r.set_at desc, r.id desc limit {limit}"
    )
    return await driver.rows(statement, *where.values)


async def one_reintegration(driver: Driver, school_id: UUID, reintegration_id: UUID) -> Any:
    """One that must exist."""
    return await driver.row(REINTEGRATION.format(where="r.id = $2"), school_id, reintegration_id)


async def looked_after(driver: Driver, school_id: UUID, children: Sequence[UUID]) -> Sequence[Any]:
    """Those of the ids that are children here, with why marks of them may be kept."""
    return await driver.rows(LOOKED_AFTER, school_id, list(children))


async def by_identifiers(
    driver: Driver, school_id: UUID, asked: Sequence[tuple[str, str]]
) -> Sequence[Any]:
    """Children by their identifiers in other systems."""
    systems, values = [one[0] for one in asked], [one[1] for one in asked]
    return await driver.rows(BY_IDENTIFIER, school_id, systems, values)


async def keep_mark(driver: Driver, school_id: UUID, *values: Any) -> bool:
    """Keep one session's mark; False where the same was kept before."""
    return await driver.write(KEEP_MARK, school_id, *values) is not None


async def away_before(driver: Driver, school_id: UUID, child_id: UUID, day: date, days: int) -> int:
    """On how many of the last days with marks before a day the child was absent throughout."""
    (row,) = await driver.rows(AWAY_BEFORE, school_id, child_id, day, days)
    found: int = row["days"]
    return found


async def has_plan(driver: Driver, school_id: UUID, child_id: UUID) -> bool:
    """Whether a child has a safety plan that is in use."""
    (row,) = await driver.rows(HAS_PLAN, school_id, child_id)
    found: bool = row[0]
    return found


async def event_since(driver: Driver, school_id: UUID, child_id: UUID, since: Any) -> bool:
    """Whether a child told of self-harm, or it became known, since a moment."""
    (row,) = await driver.rows(RECENT_EVENT, school_id, child_id, since)
    found: bool = row[0]
    return found


async def page_of_offers(
    driver: Driver, school_id: UUID, person_id: UUID, paging: PageOf
) -> Sequence[Any]:
    """Offers of support to or by one person, the newest first."""
    where = Conditions(school_id)
    me = where.place(person_id)
    where.add(f"(o.person_id = {me} or o.offered_by = {me})")
    if paging.after is not None:
        where.add(
            "(o.offered_at, o.id) < ({}::timestamptz, {}::uuid)", paging.after.at, paging.after.id
        )
    limit = where.place(paging.fetch)
    statement = f"{OFFER.format(where=where)} order by o.offered_at desc, o.id desc limit {limit}"
    return await driver.rows(statement, *where.values)


async def one_offer(driver: Driver, school_id: UUID, offer_id: UUID) -> Any:
    """One that must exist."""
    return await driver.row(OFFER.format(where="o.id = $2"), school_id, offer_id)
