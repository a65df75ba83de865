"""SQL about owners: whose open records lack a live owner, who could take one, and locking them.

A live owner has joined, is neither suspended nor removed, has an account that is not disabled,
has a role today that may own the record, and is not locked out from it.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from app.db.former import with_former
from app.db.repositories.absences import is_away
from app.db.repositories.duty.open_things import every_owner
from app.db.session import Driver

LIVE = """
select m.staff_id, m.role, m.created_at, m.id
from membership m
join staff s on s.school_id = $1 and s.id = m.staff_id and s.accepted_at is not null
            and s.suspended_at is null and s.removed_at is null
join account a on a.id = m.staff_id and a.disabled_at is null
where m.school_id = $1 and m.valid_from <= $2::date
  and (m.valid_to is null or m.valid_to > $2::date)
"""
"""Roles (`$1` school, `$2` day) of people who can sign in and act in them."""
FORMER = with_former("x.child_id", "$1")
BARS = f"""
select x.staff_id, n.id as child_id, x.concern_id from conflict x cross join lateral {FORMER} n
where x.school_id = $1 and x.ended_at is null and x.state <> 'suggested'
union all
select x.staff_id, null, cc.id from conflict x cross join lateral {FORMER} n
join concern_child cc on cc.school_id = $1 and cc.child_id = n.id
where x.school_id = $1 and x.ended_at is null and x.state <> 'suggested'
"""
"""Each person's locked-out children, and so concerns."""
OWNED = """
with may as materialized (
  select m.noun, m.class, m.role
  from jsonb_to_recordset($3::jsonb) as m(noun text, class text, role text)),
held as materialized (
  select l.staff_id, l.role from ({live}) l where l.id <> all($5::uuid[])),
bar as materialized ({bars}),
thing as materialized (select * from ({open}) o where $4::uuid[] is null or o.owner_id = any($4)),
judged as (
  select t.*, case
    when not exists (select from held h where h.staff_id = t.owner_id) then 'gone'
    when t.owner_id = any(t.barred) or exists (
      select from bar b where b.staff_id = t.owner_id
        and (b.child_id = t.child_id or b.concern_id = t.concern_id
             or b.concern_id = any(t.told))) then 'conflict'
    when not exists (
      select from held h join may m on m.role = h.role and m.noun = t.noun
        and (m.class is null or m.class = t.confidentiality)
      where h.staff_id = t.owner_id) then 'may_not' end as fault
  from thing t)
select j.noun, j.id, j.owner_id, j.due_at, j.concern_id, j.child_id, j.urgent, j.confidentiality,
       j.barred, j.told, j.fault,
       array(select cc.child_id from concern_child cc
             where cc.school_id = $1 and (cc.id = j.concern_id or cc.id = any(j.told))) as children
from judged j
where {which}
order by j.noun, j.id
"""
PEOPLE = """
with live as ({live})
select l.staff_id, array_agg(l.role order by l.created_at, l.id) as roles,
       (select s.name from staff s where s.school_id = $1 and s.id = l.staff_id) as name,
       {away} as away,
       array(select coalesce(n.id, x.concern_id) from conflict x cross join lateral {former} n
             where x.school_id = $1 and x.staff_id = l.staff_id and x.ended_at is null
               and x.state <> 'suggested') as locked_out
from live l
where ($3::uuid[] is null and ($4::bool or l.role <> 'staff')) or l.staff_id = any($3::uuid[])
group by l.staff_id
order by min(l.created_at), min(l.id::text)
"""
WAITS_WITH = f"""
with live as ({LIVE}), bar as ({BARS})
select s.id
from staff s
left join membership m on m.school_id = $1 and m.staff_id = s.id
where s.school_id = $1 and s.id <> all($3::uuid[])
  and not exists (select from live l where l.staff_id = s.id)
  and not exists (select from bar b where b.staff_id = s.id
                  and (b.child_id = any($4::uuid[]) or b.concern_id = any($4::uuid[])))
group by s.id
order by min(array_position($5::text[], m.role)) nulls last,
         max(coalesce(m.valid_to, 'infinity'::date)) desc nulls last, s.id
limit 1
"""
OWNER = "select c.id, c.owner_id from concern c where c.school_id = $1 and c.id = any($2::uuid[])"
TOLD_SINCE = """
select distinct a.recipient_id from alert a
where a.school_id = $1 and a.kind = $2 and coalesce(a.rung_at, a.created_at) >= $3
  and a.about_id is not distinct from $4::uuid
"""


def _statement(which: str) -> str:
    return OWNED.format(live=LIVE, bars=BARS, open=every_owner(), which=which)


async def ownerless(
    driver: Driver,
    school_id: UUID,
    day: date,
    may: str,
    *,
    staff: Sequence[UUID] | None = None,
    without: Sequence[UUID] = (),
) -> Sequence[Any]:
    """Open records without a live owner, with the `fault`: gone, conflict, or may_not.

    `may` is JSON: which role may own which noun in which class (see `app.domain.common.owners`).
    `staff` limits it to these owners; `without` treats these memberships as ended.
    """
    return await driver.rows(
        _statement("j.fault is not null"), school_id, day, may,
        None if staff is None else list(staff), list(without),
    )  # fmt: skip


async def owned_by(
    driver: Driver, school_id: UUID, day: date, may: str, staff_id: UUID
) -> Sequence[Any]:
    """Everything open that a person owns, whether they can continue with it or not."""
    return await driver.rows(_statement("true"), school_id, day, may, [staff_id], [])


async def owned_one(
    driver: Driver, school_id: UUID, day: date, resource_type: str, id_: UUID
) -> Any | None:
    """One open record in the same form, with any owner; None if it is not open."""
    statement = OWNED.format(
        live=LIVE, bars=BARS, open=every_owner([resource_type]), which="j.id = $6"
    )
    return await driver.row(statement, school_id, day, "[]", None, [], id_)


async def people(
    driver: Driver,
    school_id: UUID,
    day: date,
    staff: Sequence[UUID] | None = None,
    *,
    everybody: bool = False,
) -> Sequence[Any]:
    """People who could act today, longest in a role first: roles, whether away, conflicts.

    Everyone with more than the plain role of staff, only these `staff`, or `everybody`.
    """
    statement = PEOPLE.format(live=LIVE, former=FORMER, away=is_away("l.staff_id", "$2::date"))
    asked = None if staff is None else list(staff)
    return await driver.rows(statement, school_id, day, asked, everybody)


async def owners_of(driver: Driver, school_id: UUID, concerns: Sequence[UUID]) -> dict[UUID, UUID]:
    """The owner of each concern."""
    rows = await driver.rows(OWNER, school_id, list(concerns))
    return {row["id"]: row["owner_id"] for row in rows}


async def waits_with(
    driver: Driver, school_id: UUID, day: date, roles: Sequence[str], *,
    locked_out: Sequence[UUID] = (), about: Sequence[UUID] = (),
) -> UUID | None:  # fmt: skip
    """The person who keeps a record if nobody is here; None if there is none.

    The last person with the first of the roles, or someone who has not joined yet; never a person
    who is barred, or locked out from its children or concerns.
    """
    value: UUID | None = await driver.value(
        WAITS_WITH, school_id, day, list(locked_out), list(about), list(roles)
    )
    return value


async def told_since(
    driver: Driver, school_id: UUID, kind: str, since: datetime, about: UUID | None = None
) -> set[UUID]:
    """People alerted by a kind since a moment; in a trust, `about` one of its schools."""
    rows = await driver.rows(TOLD_SINCE, school_id, kind, since, about)
    return {row["recipient_id"] for row in rows}
