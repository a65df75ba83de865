"""SQL of the ladder: due clocks, who works here, who may be alerted, and ringing."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from app.core.moments import to_json_bytes
from app.core.words import ROLE_BY_NAME, Actor, Role
from app.db.scope import LIVE, MEMBER_FACTS, known_member
from app.db.session import Driver

SCHOOLS = "select schools_with_due($1::timestamptz) as id"
DUE_IDS = """
select d.id from deadline d
where d.school_id = $1 and d.ended_at is null and d.next_at <= $2::timestamptz
order by d.next_at, d.id limit $3
"""
DUE = """
select d.id, d.noun, d.thing_id, d.ladder, d.due_at, d.rung, d.round, d.next_at,
       d.acknowledged_at
from deadline d
where d.school_id = $1 and d.ended_at is null and d.next_at <= $2::timestamptz
  and ($4::uuid is null or d.id = $4)
order by d.next_at, d.id limit $3
for no key update skip locked
"""
PUT_OFF = """
update deadline d set next_at = g.next_at
from jsonb_to_recordset($2::jsonb) as g(id uuid, next_at timestamptz)
where d.school_id = $1 and d.id = g.id returning d.id
"""
MOVE_ON = """
update deadline d set rung = g.rung, round = g.round, next_at = g.next_at,
  acknowledged_at = null, acknowledged_by = null
from jsonb_to_recordset($2::jsonb) as g(id uuid, rung int, round int, next_at timestamptz)
where d.school_id = $1 and d.id = g.id
"""
BEGIN_ANEW = """
update deadline d set rung = 0, next_at = least(d.next_at, $2::timestamptz)
where d.school_id = $1 and d.ended_at is null and d.rung > 0 and d.id = any(array(
  select x.id from jsonb_to_recordset($3::jsonb) as g(noun text, thing_id uuid)
  cross join lateral (select o.id from deadline o
    where o.school_id = $1 and o.noun = g.noun and o.thing_id = g.thing_id and o.ended_at is null
    offset 0) x))
"""
# Members of staff without any other role are alerted only about what they own.
PEOPLE = f"""
select m.staff_id, m.role, {MEMBER_FACTS}
from membership m
join staff s on s.school_id = $1 and s.id = m.staff_id and s.accepted_at is not null
            and s.suspended_at is null and s.removed_at is null
join account a on a.id = m.staff_id and a.disabled_at is null
where m.school_id = $1 and {LIVE}
  and (m.role <> 'staff' or m.staff_id = any($3::uuid[])
       or exists (select from cover_person p join cover c on c.school_id = $1 and c.id = p.cover_id
                  where p.school_id = $1 and p.staff_id = m.staff_id and c.ended_at is null
                    and c.valid_to > ($2::timestamptz at time zone 'Europe/London')::date))
order by m.created_at, m.id
""".replace("NOW", "$2")
OWN = f"""
select m.staff_id, m.role, {MEMBER_FACTS}
from membership m where m.school_id = $1 and m.staff_id = any($3::uuid[]) and {LIVE}
""".replace("NOW", "$2")
# A clock recomputed after a calendar change goes on under another id.
RUNNING = """
select d.id, d.noun, d.thing_id from deadline d
join deadline o on o.school_id = $1 and o.id = $2 and o.noun = d.noun and o.thing_id = d.thing_id
where d.school_id = $1 and d.ended_at is null
  and (o.id = d.id or o.ended_reason_code = 'recomputed'
       and d.rule_id = o.rule_id and d.started_at = o.started_at)
"""
TRUST = "select o.parent_id from organisation o where o.id = $1"
MAY_TELL = """
exists (
  select from membership m join staff s on s.school_id = $1 and s.id = m.staff_id
    and s.accepted_at is not null and s.suspended_at is null and s.removed_at is null
  join account a on a.id = m.staff_id and a.disabled_at is null
  where m.school_id = $1 and m.staff_id = {staff} and m.valid_from <= {day}::date
    and (m.valid_to is null or m.valid_to > {day}::date))
and not exists (
  select from conflict x
  where x.school_id = $1 and x.staff_id = {staff} and x.ended_at is null and x.state <> 'suggested'
    and (x.concern_id = {concern} or x.child_id in (
      select cc.child_id from concern_child cc where cc.school_id = $1 and cc.id = {concern})))
"""
REPORTER = "select true where " + MAY_TELL.format(staff="$2", concern="$3", day="$4")


async def schools_with_due(driver: Driver, moment: datetime) -> list[UUID]:
    """Schools with a clock that rings now."""
    return [row["id"] for row in await driver.rows(SCHOOLS, moment)]


async def due_ids(driver: Driver, school_id: UUID, moment: datetime, limit: int) -> list[UUID]:
    """Clocks that ring now, longest waiting first."""
    return [row["id"] for row in await driver.rows(DUE_IDS, school_id, moment, limit)]


async def lock_due(
    driver: Driver, school_id: UUID, moment: datetime, limit: int, only: UUID | None
) -> Sequence[Any]:
    """Lock clocks that ring now, longest waiting first; skips those that others hold."""
    return await driver.rows(DUE, school_id, moment, limit, only)


async def put_off(driver: Driver, school_id: UUID, times: Mapping[UUID, datetime]) -> None:
    """Ring later. The trail need not record it: calendar and ladder always give the same answer."""
    items = [{"id": id_, "next_at": at} for id_, at in times.items()]
    await driver.write_quietly(PUT_OFF, school_id, _to_json(items))


async def move_on(driver: Driver, school_id: UUID, steps: Sequence[Mapping[str, Any]]) -> None:
    """Save how far each has climbed and when it rings next (id, rung, round, next_at)."""
    await driver.write(MOVE_ON, school_id, _to_json(steps))


async def restart_ladders(
    driver: Driver, school_id: UUID, moment: datetime, *, but: Collection[tuple[str, str]]
) -> None:
    """Ring the new owners of what this work gave to others: no earlier promise counts for them.

    `but`: clocks that this work ends or begins again, whose climb stays as it was. Called before
    alerts end: the ladder locks clocks first, too.
    """
    things, driver.written.handed_over = sorted(driver.written.handed_over), set()
    items = [
        {"noun": resource_type, "thing_id": id_}
        for resource_type, id_ in things
        if (resource_type, str(id_)) not in but
    ]
    if items:
        await driver.write(BEGIN_ANEW, school_id, moment, _to_json(items))


def _to_json(rows: Sequence[Mapping[str, Any]]) -> str:
    return to_json_bytes(rows, texts=True).decode()


async def people_of(
    driver: Driver, school_id: UUID, moment: datetime, owners: Collection[UUID]
) -> list[Actor]:
    """Everyone who can sign in to work here and could be alerted, once for each role they have."""
    rows = await driver.rows(PEOPLE, school_id, moment, list(owners))
    return [_actor(school_id, row) for row in rows]


async def roles_held(
    driver: Driver, school_id: UUID, moment: datetime, people: Collection[UUID]
) -> dict[UUID, list[Actor]]:
    """People by id, once for each role they have today."""
    result: dict[UUID, list[Actor]] = {}
    for row in await driver.rows(OWN, school_id, moment, list(people)):
        result.setdefault(row["staff_id"], []).append(_actor(school_id, row))
    return result


def _actor(school_id: UUID, row: Any) -> Actor:
    role = ROLE_BY_NAME.get(row["role"], Role.CUSTOM)
    custom = row["role"] if role is Role.CUSTOM else None
    return known_member(Actor(row["staff_id"], school_id, role, custom_role=custom), row)


async def running(driver: Driver, school_id: UUID, deadline_id: UUID) -> Any | None:
    """The running clock with this id, or the one that it was recomputed as."""
    return await driver.row(RUNNING, school_id, deadline_id)


async def trust_of(driver: Driver, school_id: UUID) -> UUID | None:
    """The trust of a school."""
    value: UUID | None = await driver.value(TRUST, school_id)
    return value


async def may_tell(
    driver: Driver, school_id: UUID, staff_id: UUID, concern_id: UUID, day: date
) -> bool:
    """Whether a person works here on a day and has no conflict of interest about a concern."""
    return bool(await driver.value(REPORTER, school_id, staff_id, concern_id, day))
