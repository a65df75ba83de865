"""SQL for the support list: a row for each child, with open work and their contact person."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.words import Actor
from app.db.models import Child, SupportListEntry
from app.db.paging import Conditions, PageOf
from app.db.repositories.duty.tasks import NAME
from app.db.repositories.repository import lock_where
from app.db.session import Driver

Keep = Callable[[Conditions], None]

# The overdue rows have the earliest due times, so sorting by due time alone puts them first.
ROWS = f"""
with entry as (
  select w.child_id, min(w.until) as until,
         json_agg(json_build_object(
           'id', w.id, 'reason_code', w.reason_code, 'reason', w.reason, 'until', rfc3339(w.until),
           'put_at', rfc3339(w.put_at), 'etag', '"' || w.version || '"')
           order by w.until, w.id) as entries
  from support_list_entry w
  where w.school_id = $1 and w.ended_at is null and {{where}}
  group by w.child_id),
listed as (
  select e.child_id as id, {NAME} as name, e.entries::text as entries,
         coalesce(least(n.due_at, t.due_at), e.until) as sort_at,
         n.check_in_id, n.opens_at, n.due_at, n.owner_id, n.owner_name, p.adult_id,
         a.name as adult_name, p.holiday_arrangement, coalesce(t.overdue, '[]')::text as overdue
  from entry e
  join child k on k.school_id = $1 and k.id = e.child_id
  left join support_plan p on p.school_id = $1 and p.child_id = e.child_id and p.ended_at is null
    and {{plan}}
  left join staff a on a.school_id = $1 and a.id = p.adult_id
  left join lateral (
    select t.id as check_in_id, t.opens_at, t.due_at, t.owner_id, o.name as owner_name
    from check_in t join staff o on o.school_id = $1 and o.id = t.owner_id
    where t.school_id = $1 and t.child_id = e.child_id and t.ended_at is null and {{check_in}}
    order by t.due_at, t.id limit 1) n on true
  left join lateral (
    select min(t.due_at) as due_at,
           json_agg(json_build_object('id', t.id, 'kind', t.kind, 'due_at', rfc3339(t.due_at))
                    order by t.due_at, t.id) filter (where t.due_at <= $2) as overdue
    from task t
    where t.school_id = $1 and t.child_id = e.child_id and t.ended_at is null
      and {{task}}) t on true)
select l.* from listed l {{after}}
order by l.sort_at, l.name, l.id limit {{limit}}
"""
AFTER = f"""
where (l.sort_at, l.name, l.id) > (
  {{at}}::timestamptz,
  (select {NAME} from child k where k.school_id = $1 and k.id = {{id}}::uuid), {{id}}::uuid)
"""
"""A page begins after a child even if that child has since left the list."""
HAND_OVERS = """
select h.id, h.note, h.at, h.acknowledged_at, h.version, h.by_id, b.name as by_name, h.to_id,
       r.name as to_name
from support_list_hand_over h
join staff b on b.school_id = $1 and b.id = h.by_id
join staff r on r.school_id = $1 and r.id = h.to_id
where h.school_id = $1 and {where}
order by h.at desc, h.id desc limit 20
"""


@dataclass(frozen=True, slots=True)
class Keeps:
    """Conditions for what the reader sees: entries (`w`), plans (`p`), check-ins, tasks (`t`)."""

    entry: Keep
    plan: Keep
    check_in: Keep
    task: Keep


async def page_of_children(
    driver: Driver, school_id: UUID, keeps: Keeps, now: Any, paging: PageOf
) -> Sequence[Any]:
    """Children on the list: overdue first, then by due time, then by name."""
    where = Conditions(school_id)
    where.place(now)
    keeps.entry(where)
    plan, check_in, task = (_beside(where) for _ in range(3))
    keeps.plan(plan)
    keeps.check_in(check_in)
    keeps.task(task)
    after = ""
    if paging.after is not None:
        after = AFTER.format(at=where.place(paging.after.at), id=where.place(paging.after.id))
    limit = where.place(paging.fetch)
    statement = ROWS.format(
        where=where, plan=plan, check_in=check_in, task=task, after=after, limit=limit
    )
    return await driver.rows(statement, *where.values)


def _beside(where: Conditions) -> Conditions:
    """Further conditions of the same statement."""
    made = where.beside()
    made.add("true")
    return made


async def hand_overs(driver: Driver, reader: Actor, keep: Keep) -> Sequence[Any]:
    """The newest hand-over notes: the reader's own, and those about no hidden child.

    A child is hidden from a reader with a conflict about them, or who must not know of a concern
    that put them on the list, now or before: `keep` keeps the entries (`w`) that the reader sees.
    """
    where = Conditions(reader.school_id)
    me = where.place(reader.id)
    related = where.place(list(reader.conflicts.children))
    visible = _beside(where)
    keep(visible)
    entry = (
        "(select true from support_list_entry w where w.school_id = $1 "
        f"and w.child_id = one.child_id and not ({visible}) limit 1)"
    )
    where.add(
        f"({me} in (h.by_id, h.to_id) or (select true from "
        "(select (made.item->>'child_id')::uuid as child_id "
        "from jsonb_array_elements(h.content) as made(item)) one "
        f"where one.child_id = any({related}::uuid[]) or {entry} limit 1) is null)"
    )
    return await driver.rows(HAND_OVERS.format(where=where), *where.values)


async def hand_over(driver: Driver, school_id: UUID, hand_over_id: UUID) -> Any:
    """One hand-over note that must exist."""
    return await driver.row(HAND_OVERS.format(where="h.id = $2"), school_id, hand_over_id)


async def lock_open_entries(
    session: AsyncSession, school_id: UUID, source: tuple[str, UUID], child_id: UUID | None
) -> list[SupportListEntry]:
    """Lock open entries that a record put on the list, for one child if given."""
    entry = SupportListEntry
    of_child = [] if child_id is None else [entry.child_id == child_id]
    of_source = (entry.source_noun == source[0], entry.source_id == source[1])
    return await lock_where(
        session, entry, school_id, *of_source, entry.ended_at.is_(None), *of_child
    )


async def first_entry_of(session: AsyncSession, school_id: UUID, child_id: UUID) -> UUID | None:
    """The id of the open entry that first put a child on the list."""
    value: UUID | None = await session.scalar(
        select(SupportListEntry.id)
        .where(
            SupportListEntry.school_id == school_id,
            SupportListEntry.child_id == child_id,
            SupportListEntry.ended_at.is_(None),
        )
        .order_by(SupportListEntry.put_at, SupportListEntry.id)
        .limit(1)
    )
    return value


async def list_past_end(
    session: AsyncSession, school_id: UUID, now: datetime
) -> Sequence[SupportListEntry]:
    """Open entries past their end date, earliest first."""
    rows = await session.scalars(
        select(SupportListEntry)
        .where(
            SupportListEntry.school_id == school_id,
            SupportListEntry.ended_at.is_(None),
            SupportListEntry.until <= now,
        )
        .order_by(SupportListEntry.until, SupportListEntry.id)
    )
    return rows.all()


async def list_leavers(session: AsyncSession, school_id: UUID) -> list[UUID]:
    """Children on the list who have left the school, longest on it first."""
    rows = await session.scalars(
        select(SupportListEntry.child_id)
        .join(
            Child,
            (Child.school_id == SupportListEntry.school_id)
            & (Child.id == SupportListEntry.child_id),
        )
        .where(
            SupportListEntry.school_id == school_id,
            SupportListEntry.ended_at.is_(None),
            Child.roll_status == "left",
        )
        .order_by(SupportListEntry.put_at, SupportListEntry.id)
    )
    return list(dict.fromkeys(rows))


async def is_anybody_on_it(session: AsyncSession, school_id: UUID) -> bool:
    """Whether a school has a child on the list."""
    value = await session.scalar(
        select(SupportListEntry.id)
        .where(SupportListEntry.school_id == school_id, SupportListEntry.ended_at.is_(None))
        .limit(1)
    )
    return value is not None
