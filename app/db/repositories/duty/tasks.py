"""SQL for tasks: lists, one whole, and those about a record."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.pointers import pointer_in_sql
from app.db.behind import class_of, of_task
from app.db.models import Task
from app.db.paging import Conditions, PageOf
from app.db.repositories.repository import lock_where
from app.db.session import Driver

NAME = (
    "coalesce(k.known_given_name, k.legal_given_name) || ' ' || "
    "coalesce(k.known_family_name, k.legal_family_name)"
)
CARD = f"""
select {{sort}} as sort_at, t.id, json_build_object(
  'id', t.id, 'kind', t.kind,
  'child', case when k.id is not null then json_build_object('id', k.id, 'name', {NAME}) end,
  'owner', json_build_object('id', t.owner_id, 'name', o.name),
  'cover', case when s.id is not null then json_build_object('id', s.id, 'name', s.name) end,
  'about', case when t.about_id is not null and t.kind <> 'leaver_check'
                 and (t.kind <> 'supervision_action' or {{reader}} in (t.owner_id, t.cover_id))
                then {pointer_in_sql("t.about_noun", "t.about_id")} end,
  'due_at', rfc3339(t.due_at), 'urgent', t.urgent, 'state', t.state,
  'set_at', rfc3339(t.set_at), 'ended_at', rfc3339(t.ended_at),
  'concern_id', case when t.kind <> all({{hidden}}::text[])
                      and {class_of("t.concern_id")} = any({{classes}}::text[])
                     then t.concern_id end,
  'duty', case when t.kind = 'bereavement_duty' then t.facts ->> 'duty' end,
  'ends_by', {{ends}}::json ->> t.kind, 'etag', '"' || t.version || '"')::text as card
from (select * from task t where t.school_id = $1 and {{where}}
      order by {{sort}} {{direction}}, t.id {{direction}} limit {{limit}}) t
join staff o on o.school_id = $1 and o.id = t.owner_id
left join staff s on s.school_id = $1 and s.id = t.cover_id
left join child k on k.school_id = $1 and k.id = t.child_id
order by {{sort}} {{direction}}, t.id {{direction}}
"""
"""A page is cut before names are joined: otherwise the planner sorts the whole school."""
BESIDE = f"""
select o.name as owner_name, v.name as cover_name, b.name as set_by_name, c.reference,
       c.confidentiality as class,
       {NAME} as child_name
from task t
join staff o on o.school_id = $1 and o.id = t.owner_id
left join staff v on v.school_id = $1 and v.id = t.cover_id
left join staff b on b.school_id = $1 and b.id = t.set_by
left join concern c on c.school_id = $1 and c.id = t.concern_id
left join child k on k.school_id = $1 and k.id = t.child_id
where t.school_id = $1 and t.id = $2
"""


OPEN_OF = f"""
select t.id from task t
where t.school_id = $1 and t.ended_at is null
  and (t.concern_id = $2 or t.concern_id is null and {of_task("t")} = $2
       and (t.child_id in (select cc.child_id from concern_child cc
                           where cc.school_id = $1 and cc.id = $2)
            or t.about_noun = 'incomplete_report'))
order by t.id
"""


@dataclass(frozen=True, slots=True)
class TaskFilter:
    """Which tasks a list shows."""

    ended: bool = False
    mine: bool = False
    kinds: tuple[str, ...] = ()
    child_id: UUID | None = None
    concern_id: UUID | None = None
    due_before: datetime | None = None


async def page_of_tasks(
    driver: Driver,
    where: Conditions,
    asked: TaskFilter,
    paging: PageOf,
    *,
    classes: Collection[str],
    hidden: Collection[str],
    ends: Mapping[str, str],
    reader: UUID,
) -> Sequence[Any]:
    """Cards as JSON texts of rows that `where` keeps: open by due time, ended newest first.

    Only readers of all work in its class see the concern, and nobody for kinds that are `hidden`.
    `ends` says what ends a kind. A task agreed in supervision names its session to `reader` only
    if it is theirs.
    """
    where.add(f"t.ended_at is {'not ' if asked.ended else ''}null")
    where.given("t.kind = any({}::text[])", list(asked.kinds) or None)
    where.given("t.child_id = {}", asked.child_id)
    where.given("t.concern_id = {}", asked.concern_id)
    where.given("t.due_at < {}", asked.due_before)
    sort, direction = ("t.set_at", "desc") if asked.ended else ("t.due_at", "asc")
    limit = where.page(paging, sort, up=not asked.ended)
    statement = CARD.format(
        where=where, sort=sort, direction=direction, limit=limit,
        hidden=where.place(list(hidden)), classes=where.place(list(classes)),
        ends=where.place(json.dumps(ends)), reader=where.place(reader),
    )  # fmt: skip
    return await driver.rows(statement, *where.values)


async def open_ones_of(driver: Driver, school_id: UUID, concern_id: UUID) -> list[UUID]:
    """Open tasks made for a concern, whether they name it or not."""
    rows = await driver.rows(OPEN_OF, school_id, concern_id)
    return [row["id"] for row in rows]


async def beside(driver: Driver, school_id: UUID, task_id: UUID) -> Any:
    """Names and the reference shown with a task that must exist."""
    return await driver.row(BESIDE, school_id, task_id)


@dataclass(frozen=True)
class About:
    """What open tasks are about; every field given must match."""

    child_id: UUID | None = None
    concern_id: UUID | None = None
    about_id: UUID | None = None


async def lock_open_tasks(
    session: AsyncSession, school_id: UUID, kinds: Collection[str], about: About
) -> list[Task]:
    """Lock open tasks about a record, of these kinds or of any, oldest first."""
    asked = [
        column == value
        for column, value in (
            (Task.child_id, about.child_id),
            (Task.concern_id, about.concern_id),
            (Task.about_id, about.about_id),
        )
        if value is not None
    ]
    if not asked:
        raise ValueError("name what the tasks are about")
    if kinds:
        asked.append(Task.kind.in_(list(kinds)))
    return await lock_where(session, Task, school_id, Task.ended_at.is_(None), *asked)


async def lock_tasks_of_concern(
    session: AsyncSession, school_id: UUID, concern_id: UUID, others: Collection[UUID]
) -> list[Task]:
    """Lock every task that names a concern, open or ended, and others by their ids."""
    named = or_(Task.id.in_(others), Task.concern_id == concern_id)
    return await lock_where(session, Task, school_id, named)


async def list_due_of_concerns(
    session: AsyncSession, school_id: UUID, kind: str, until: datetime
) -> list[Task]:
    """Open tasks of a kind about a child in a concern, due by then, soonest first."""
    rows = await session.scalars(
        select(Task)
        .where(
            Task.school_id == school_id,
            Task.kind == kind,
            Task.ended_at.is_(None),
            Task.child_id.is_not(None),
            Task.concern_id.is_not(None),
            Task.due_at <= until,
        )
        .order_by(Task.due_at, Task.id)
    )
    return list(rows)


async def is_set(session: AsyncSession, school_id: UUID, dedupe: str) -> bool:
    """Whether a task was ever set under this key, which sets at most one."""
    value = await session.scalar(
        select(Task.id).where(Task.school_id == school_id, Task.dedupe == dedupe)
    )
    return value is not None


async def is_any_open(session: AsyncSession, school_id: UUID, kind: str) -> bool:
    """Whether the school has an open task of a kind."""
    value = await session.scalar(
        select(Task.id)
        .where(Task.school_id == school_id, Task.kind == kind, Task.ended_at.is_(None))
        .limit(1)
    )
    return value is not None


async def lock_open_with(
    session: AsyncSession, school_id: UUID, kind: str, facts: Mapping[str, str]
) -> Sequence[Task]:
    """Lock the open tasks of a kind with these facts, oldest first."""
    await session.flush()
    rows = await session.scalars(
        select(Task)
        .where(
            Task.school_id == school_id, Task.kind == kind, Task.ended_at.is_(None),
            Task.facts.contains(dict(facts)),
        )
        .order_by(Task.id).with_for_update(key_share=True)
    )  # fmt: skip
    return rows.all()


async def owner_of(
    session: AsyncSession, school_id: UUID, kind: str, about_id: UUID
) -> UUID | None:
    """The owner of the task of a kind about a record."""
    value: UUID | None = await session.scalar(
        select(Task.owner_id).where(
            Task.school_id == school_id, Task.about_id == about_id, Task.kind == kind
        )
    )
    return value


async def is_with(
    session: AsyncSession, school_id: UUID, kind: str, about_id: UUID, person: UUID
) -> bool:
    """Whether a person owns or covers a task of a kind about a record."""
    value = await session.scalar(
        select(Task.id)
        .where(
            Task.school_id == school_id,
            Task.about_id == about_id,
            Task.kind == kind,
            (Task.owner_id == person) | (Task.cover_id == person),
        )
        .limit(1)
    )
    return value is not None
