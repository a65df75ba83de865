"""SQL for the clocks of records: those set by a rule, how to move them, and their history."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core import moments
from app.db.models import Base, Deadline
from app.db.paging import Conditions, PageOf
from app.db.repositories.duty.open_things import OPEN
from app.db.session import Driver

BY_RULE = """
select d.id, d.noun, d.thing_id, d.rule_id, d.rule_version, d.calendar, d.calendar_version,
       d.started_at, d.due_at
from deadline d
where d.school_id = $1 and d.ended_at is null and d.calendar is not null
order by d.noun, d.thing_id
"""
LOCK = """
select t.id from {table} t where t.school_id = $1 and t.id = any($2::uuid[])
order by t.id for no key update
"""
RUNNING = """
select d.id from deadline d
where d.school_id = $1 and d.id = any($2::uuid[]) and d.ended_at is null
order by d.id for no key update
"""
# The clock that rings goes on ringing; alerts belong to the running clock.
MOVE = """
with given as (
  select * from jsonb_to_recordset($4::jsonb) as
    g(old_id uuid, id uuid, calendar text, calendar_version int,
      due_at timestamptz)),
ended as (
  update deadline d set ended_at = $2::timestamptz, ended_reason_code = 'recomputed'
  from given g
  where d.school_id = $1 and d.id = g.old_id and d.ended_at is null
  returning d.*, g.id as new_id, g.calendar as new_calendar, g.due_at as new_due_at,
    g.calendar_version as new_calendar_version),
begun as (
  insert into deadline (school_id, id, noun, thing_id, rule_id, rule_version, calendar,
    calendar_version, ladder, started_at, due_at, made_by, made_at, rung, round, next_at,
    acknowledged_at, acknowledged_by)
  select $1, e.new_id, e.noun, e.thing_id, e.rule_id, e.rule_version, e.new_calendar,
    e.new_calendar_version, e.ladder, e.started_at, e.new_due_at, $3::uuid, $2::timestamptz,
    e.rung, e.round, case when e.rung > 0 then e.next_at else e.new_due_at end,
    e.acknowledged_at, e.acknowledged_by
  from ended e),
rung as (
  update alert a set deadline_id = e.new_id
  from ended e where a.school_id = $1 and a.deadline_id = e.id),
moved as (
  update {table} t set due_at = e.new_due_at, version = t.version + 1{changed}
  from ended e where t.school_id = $1 and t.id = e.thing_id
  returning t.id, {child} as child_id)
select coalesce(jsonb_agg(jsonb_build_object('old_id', e.id, 'child_id', m.child_id)), '[]')::text
  as moved
from ended e join moved m on m.id = e.thing_id
"""
PAGE = """
select d.id, d.rule_id, d.rule_version, d.calendar, d.calendar_version, d.ladder, d.started_at,
       d.due_at, d.made_at, d.ended_at, d.ended_reason_code, d.rung, d.round, d.acknowledged_at,
       d.acknowledged_by, s.name as acknowledged_by_name
from deadline d
left join staff s on s.school_id = $1 and s.id = d.acknowledged_by
"""


async def by_rule(driver: Driver, school_id: UUID) -> Sequence[Any]:
    """Every clock set by a rule in a calendar; a person's own choices are left out."""
    return await driver.rows(BY_RULE, school_id)


def moving(resource_type: str) -> str:
    """SQL that moves due times of a noun."""
    table = OPEN[resource_type].table
    changed = ", changed_at = $2::timestamptz" if "changed_at" in _columns(table) else ""
    return MOVE.format(table=table, child=OPEN[resource_type].child, changed=changed)


def _columns(table: str) -> list[str]:
    return Base.metadata.tables[table].columns.keys()


async def move(
    driver: Driver,
    school_id: UUID,
    resource_type: str,
    clocks: Sequence[Mapping[str, Any]],
    *,
    by: UUID,
    at: datetime,
) -> dict[UUID, UUID | None]:
    """Begin clocks again with other due times, and move their records' due times (one noun).

    `clocks` are dicts of old_id, id, thing_id, calendar, calendar_version and due_at. Answers the
    ids of clocks that were still running, each with its record's child, if any. Locks the records
    first, as every command does, so that none moves unseen.
    """
    things = [UUID(clock["thing_id"]) for clock in clocks]
    await driver.rows(LOCK.format(table=OPEN[resource_type].table), school_id, things)
    ids = [UUID(clock["old_id"]) for clock in clocks]
    running = {str(row["id"]) for row in await driver.rows(RUNNING, school_id, ids)}
    if not running:
        return {}
    still = [clock for clock in clocks if clock["old_id"] in running]
    rows_json = moments.to_json_bytes(still).decode()
    row = await driver.write(moving(resource_type), school_id, at, by, rows_json)
    content = orjson.loads(row["moved"] if row else "[]")
    return {
        UUID(item["old_id"]): UUID(item["child_id"]) if item["child_id"] else None
        for item in content
    }


async def page_of_clocks(
    driver: Driver, school_id: UUID, resource_type: str, resource_id: UUID, asked: PageOf
) -> Sequence[Any]:
    """All clocks a record ever had, newest first: one row more than the page shows."""
    where = Conditions(school_id, resource_id, resource_type)
    where.add("d.school_id = $1 and d.thing_id = $2 and d.noun = $3")
    limit = where.page(asked, "d.made_at")
    return await driver.rows(
        f"{PAGE} where {where} order by d.made_at desc, d.id desc limit {limit}", *where.values
    )


async def last_clocks(
    session: AsyncSession, school_id: UUID, things: Collection[UUID]
) -> dict[UUID, tuple[str, datetime]]:
    """The rule of each record's last clock, and the start of its time."""
    result = await session.execute(
        select(Deadline.thing_id, Deadline.rule_id, Deadline.started_at)
        .where(Deadline.school_id == school_id, Deadline.thing_id.in_(things))
        .order_by(Deadline.made_at, Deadline.id)
    )
    return {resource_id: (rule_id, started_at) for resource_id, rule_id, started_at in result}
