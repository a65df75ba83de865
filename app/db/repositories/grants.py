"""SQL for grants of sight and for broken glass: lists, and who has to be told."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from app.db.paging import Conditions, PageOf
from app.db.repositories.concern_sight import Sight, keep_out
from app.db.session import Driver

CARD = """
select g.id, g.kind, g.staff_id, s.name as staff_name, g.child_id,
       coalesce(k.known_given_name, k.legal_given_name) || ' '
         || coalesce(k.known_family_name, k.legal_family_name) as child_name,
       g.concern_id, c.reference, g.classes, g.reason, g.granted_by, by.name as granted_by_name,
       g.valid_from, g.valid_to, g.created_at, g.ended_at, g.reviewed_at, g.reviewed_by,
       {readable} as readable, g.review_outcome, g.review_note, g.owner_id,
       owner.name as owner_name, g.due_at, g.version
from access_grant g
join staff s on s.school_id = $1 and s.id = g.staff_id
join staff by on by.school_id = $1 and by.id = g.granted_by
left join staff owner on owner.school_id = $1 and owner.id = g.owner_id
left join child k on k.school_id = $1 and k.id = g.child_id
left join concern c on c.school_id = $1 and c.id = g.concern_id
where g.school_id = $1 and {where} order by g.created_at desc, g.id desc limit {limit}
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
    """Until when each glass counts that a person broke a short while ago or has broken still."""
    rows = await driver.rows(GLASS_OF, school_id, staff_id, now, within)
    return [row["counts_until"] for row in rows]


async def page_of_grants(
    driver: Driver, sight: Sight, kind: str, asked: Mapping[str, Any], paging: PageOf, now: datetime
) -> Sequence[Any]:
    """Grants or broken glass, newest first, for those who oversee them (`all`), else the own.

    None that is about a child or a concern the reader is locked out from, no grant for a concern
    that they may not read; the own one is always shown.
    """
    where = Conditions(sight.actor.school_id)
    where.add("g.kind = {}", kind)
    where.add(_reach(sight, where, kind, sees_all=bool(asked.get("all"))))
    for column in ("id", "staff_id", "child_id", "concern_id"):
        if asked.get(column) is not None:
            where.add(f"g.{column} = {{}}", asked[column])
    _in_state(where, asked.get("state"), now)
    if paging.after is not None:
        where.add(
            "(g.created_at, g.id) < ({}::timestamptz, {}::uuid)", paging.after.at, paging.after.id
        )
    limit = where.place(paging.fetch)
    readable = Conditions()
    readable.values = where.values
    sight.keep(readable)
    statement = CARD.format(where=where, limit=limit, readable=f"(c.id is null or {readable})")
    return await driver.rows(statement, *where.values)


def _reach(sight: Sight, where: Conditions, kind: str, *, sees_all: bool) -> str:
    """Of broken glass a reviewer also sees what they may not read: it says nothing about it."""
    mine = f"g.staff_id = {where.place(sight.actor.id)}"
    if not sees_all:
        return mine
    concerns = Conditions()
    concerns.values = where.values
    if kind == "grant":
        sight.keep(concerns)
    else:
        keep_out(sight.actor, concerns, "g.concern_id")
    related = where.place(list(sight.actor.conflicts.children))
    seen = (
        f"(g.child_id is null or g.child_id <> all({related}::uuid[])) "
        f"and (g.concern_id is null or {concerns})"
    )
    return f"({mine} or {seen})".replace("{", "{{").replace("}", "}}")


def _in_state(where: Conditions, state: str | None, now: datetime) -> None:
    if state in ("live", "open"):
        where.add("g.ended_at is null and g.valid_to > {}::timestamptz", now)
    elif state == "ended":
        where.add("(g.ended_at is not null or g.valid_to <= {}::timestamptz)", now)
    elif state == "unreviewed":
        where.add("g.reviewed_at is null")
    elif state == "reviewed":
        where.add("g.reviewed_at is not null")


async def is_granted(
    driver: Driver,
    school_id: UUID,
    staff_id: UUID,
    concern_id: UUID | None,
    child_id: UUID | None,
    classes: Sequence[str],
    now: datetime,
) -> bool:
    """Whether a live grant of exactly these classes for this record exists for a person."""
    values = (school_id, staff_id, concern_id, child_id, list(classes), now)
    return bool(await driver.value(GRANTED, *values))


async def roles_of(driver: Driver, school_id: UUID, staff_id: UUID, day: date) -> Sequence[Any]:
    """The roles a person holds on a day, and what one that the school defined carries."""
    return await driver.rows(RIGHTS_OF_STAFF, school_id, staff_id, day)
