"""SQL for former values: rows as they were at a moment, and changes of a child's facts."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.models import FactChange, SchoolRow
from app.db.paging import Conditions, PageOf
from app.db.session import Driver

Row = TypeVar("Row", bound=SchoolRow)

# For a column changed before and after the moment, the value it was changed to before counts.
ROWS_AT = """
select (jsonb_populate_record(null::{table}, to_jsonb(t) || coalesce(past.was, '{{}}'))).*
from {table} t
cross join lateral (
  select jsonb_object_agg(part.key, part.value order by f.at <= :at,
           case when f.at > :at then -f.number else f.number end) as was
  from fact_change f
  cross join lateral jsonb_each(case when f.at > :at then f.before else f.after end) part
  where f.school_id = :school_id and f.noun_id = t.id) past
where t.school_id = :school_id and t.child_id = :child_id and t.created_at <= :at
"""
PAGE = """
select f.id, f.at, f.noun, f.noun_id, f.actor_id, s.name as actor_name, f.actor_role, f.verb,
       f.reason, f.before::text as before, f.after::text as after
from fact_change f
left join staff s on s.school_id = $1 and s.id = f.actor_id
"""
OF_CLASS = """(f.noun <> 'status' or (
  select t.confidentiality from child_status t where t.school_id = $1 and t.id = f.noun_id
  limit 1) = any ({}::text[]))"""
SHOWS_A_FIELD = "not (array(select jsonb_object_keys(f.after)) <@ {}::text[])"


async def rows_at(
    session: AsyncSession, model: type[Row], school_id: UUID, child_id: UUID, at: datetime
) -> list[Row]:
    """The child's rows known at a moment, as they were then; not attached to the session."""
    statement = text(ROWS_AT.format(table=model.__tablename__)).columns(*model.__table__.columns)
    result = await session.execute(
        statement, {"school_id": school_id, "child_id": child_id, "at": at}
    )
    return [model(**row) for row in result.mappings()]


async def changes_of_one_work(
    session: AsyncSession, school_id: UUID, verb: str, resource_id: UUID, other_id: UUID
) -> dict[UUID, FactChange]:
    """The changes by the last work that did `verb` to a row: of that row, and of another."""
    own = (
        select(FactChange.work_id)
        .where(
            FactChange.school_id == school_id,
            FactChange.noun_id == resource_id,
            FactChange.verb == verb,
        )
        .order_by(FactChange.number.desc())
        .limit(1)
    )
    rows = await session.scalars(
        select(FactChange).where(
            FactChange.school_id == school_id,
            FactChange.noun_id.in_((resource_id, other_id)),
            FactChange.work_id == own.scalar_subquery(),
        )
    )
    return {row.noun_id: row for row in rows}


async def page_of_changes(
    driver: Driver,
    school_id: UUID,
    child_id: UUID,
    *,
    resource_type: str | None,
    resource_id: UUID | None,
    classes: Collection[str],
    hidden: Collection[str],
    asked: PageOf,
) -> Sequence[Any]:
    """Changes, newest first: one more than the page shows.

    Only of statuses of these `classes`, and only those of more than the `hidden` columns.
    """
    where = Conditions(school_id, child_id)
    where.add("f.school_id = $1 and f.child_id = $2")
    where.add(OF_CLASS, list(classes))
    where.add(SHOWS_A_FIELD, list(hidden))
    where.given("f.noun = {}", resource_type)
    where.given("f.noun_id = {}", resource_id)
    limit = where.page(asked, "f.at")
    return await driver.rows(
        f"{PAGE} where {where} order by f.at desc, f.id desc limit {limit}", *where.values
    )
