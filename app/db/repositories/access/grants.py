"""SQL for access grants and break-glass: lists, and who must be alerted."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from app.db.paging import Conditions, PageOf
from app.db.session import Driver

CARD = """
select t.id, t.kind, t.staff_id, s.name as staff_name, t.child_id,
       coalesce(k.known_given_name, k.legal_given_name) || ' '
         || coalesce(k.known_family_name, k.legal_family_name) as child_name,
       t.concern_id, c.reference, t.classes, t.reason, t.granted_by, by.name as granted_by_name,
       t.valid_from, t.valid_to, t.created_at, t.ended_at, t.reviewed_at, t.reviewed_by,
       {readable} as readable, t.review_outcome, t.review_note, t.owner_id,
       owner.name as owner_name, t.due_at, t.version
from access_grant t
join staff s on s.school_id = $1 and s.id = t.staff_id
join staff by on by.school_id = $1 and by.id = t.granted_by
left join staff owner on owner.school_id = $1 and owner.id = t.owner_id
left join child k on k.school_id = $1 and k.id = t.child_id
left join concern c on c.school_id = $1 and c.id = t.concern_id
where t.school_id = $1 and {where} order by t.created_at desc, t.id desc limit {limit}
"""
RIGHTS_OF_STAFF = """
select m.role,
       (select json_build_object('permissions', r.permissions, 'classes', r.classes,
          'cohort_classes', r.cohort_classes, 'cohort_only', r.cohort_only)::text
        from school_role r where r.school_id = m.school_id and r.slug = m.role
          and r.ended_at is null) as rights
from membership m
where m.school_id = $1 and m.staff_id = $2 and m.valid_from <= $3::date
  and (m.valid_to is null or m.valid_to > $3::date)
order by m.created_at, m.id
"""
GRANTED = """
select exists (
  select from access_grant g
  where g.school_id = $1 and g.staff_id = $2 and g.kind = 'grant' and g.ended_at is null
    and g.valid_from <= $6 and g.valid_to > $6 and g.classes = $5::text[]
    and g.concern_id is not distinct from $3::uuid and g.child_id is not distinct from $4::uuid)
"""
GLASS_OF = """
select greatest(g.created_at + $4::interval, least(g.valid_to, g.ended_at)) as counts_until
from access_grant g
where g.school_id = $1 and g.staff_id = $2 and g.kind = 'break_glass'
  and (g.created_at > $3::timestamptz - $4::interval
       or g.valid_to > $3::timestamptz and g.ended_at is null)
order by counts_until
"""


async def glass_of(
    driver: Driver, school_id: UUID, staff_id: UUID, now: datetime, within: timedelta
) -> Sequence[datetime]:
    """Until when each of a person's recent or present break-glass accesses counts."""
    rows = await driver.rows(GLASS_OF, school_id, staff_id, now, within)
    return [row["counts_until"] for row in rows]


async def page_of_grants(
    driver: Driver,
    school_id: UUID,
    keep: Callable[[Conditions], None],
    opens: Callable[[Conditions], None],
    asked: Mapping[str, Any],
    paging: PageOf,
    now: datetime,
) -> Sequence[Any]:
    """Grants or break-glass accesses, newest first; `keep` has the kind and what the reader sees.

    Each has `readable`: whether the reader `opens` the record (aliases `c` and `k`) that it is for.
    """
    where = Conditions(school_id)
    keep(where)
    for column in ("id", "staff_id", "child_id", "concern_id"):
        if asked.get(column) is not None:
            where.add(f"t.{column} = {{}}", asked[column])
    _in_state(where, asked.get("state"), now)
    limit = where.page(paging, "t.created_at")
    readable = where.beside()
    opens(readable)
    statement = CARD.format(where=where, limit=limit, readable=f"({readable})")
    return await driver.rows(statement, *where.values)


def _in_state(where: Conditions, state: str | None, now: datetime) -> None:
    if state in ("active", "open"):
        where.add("t.ended_at is null and t.valid_to > {}::timestamptz", now)
    elif state == "ended":
        where.add("(t.ended_at is not null or t.valid_to <= {}::timestamptz)", now)
    elif state is not None:
        where.add(f"t.reviewed_at is {'not ' if state == 'reviewed' else ''}null")


async def is_granted(
    driver: Driver,
    school_id: UUID,
    staff_id: UUID,
    concern_id: UUID | None,
    child_id: UUID | None,
    classes: Sequence[str],
    now: datetime,
) -> bool:
    """Whether a person has a live grant of exactly these classes for this record."""
    values = (school_id, staff_id, concern_id, child_id, list(classes), now)
    return bool(await driver.value(GRANTED, *values))


async def roles_of(driver: Driver, school_id: UUID, staff_id: UUID, day: date) -> Sequence[Any]:
    """A person's roles on a day, and the rights of a role that the school defined."""
    return await driver.rows(RIGHTS_OF_STAFF, school_id, staff_id, day)
