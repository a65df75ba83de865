"""SQL for the versions of a school's calendar, and for its calendar notes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from app.db.paging import Conditions, PageOf
from app.db.session import Driver

CURRENT = """
select coalesce(k.number, 0) as number, o.nation, coalesce(k.content, '{}')::text as content,
       k.made_by, s.name as made_by_name, k.made_at
from organisation o
left join lateral (select c.number, c.content, c.made_by, c.made_at from school_calendar c
                   where c.school_id = $1 order by c.number desc limit 1) k on true
left join staff s on s.school_id = $1 and s.id = k.made_by
where o.id = $1
"""
VERSIONS = """
select k.id, k.number, k.content::text as content, k.made_by, s.name as made_by_name, k.made_at
from school_calendar k
left join staff s on s.school_id = $1 and s.id = k.made_by
"""

BETWEEN = """
select n.id, n.kind, n.label, n.starts_on, n.ends_on from calendar_note n
where n.school_id = $1 and n.ended_at is null and n.starts_on <= $3 and n.ends_on >= $2
order by n.starts_on, n.id limit 20
"""
CARD = """
select n.starts_on::timestamptz as sort_at, n.id, json_build_object(
  'id', n.id, 'kind', n.kind, 'label', n.label, 'starts_on', n.starts_on, 'ends_on', n.ends_on,
  'added_by', json_build_object('id', s.id, 'name', s.name), 'added_at', rfc3339(n.added_at),
  'ended_at', rfc3339(n.ended_at))::text as card
from calendar_note n join staff s on s.school_id = $1 and s.id = n.added_by
where n.school_id = $1 and {where}
order by n.starts_on desc, n.id desc limit {limit}
"""


async def current(driver: Driver, school_id: UUID) -> Any:
    """The present calendar, number 0 if there never was one; None without such a school."""
    return await driver.row(CURRENT, school_id)


async def versions(driver: Driver, school_id: UUID, asked: PageOf) -> Sequence[Any]:
    """Versions, newest first: one row more than the page shows."""
    where = Conditions(school_id)
    where.add("k.school_id = $1")
    limit = where.page(asked, "k.made_at")
    return await driver.rows(
        f"{VERSIONS} where {where} order by k.made_at desc, k.id desc limit {limit}",
        *where.values,
    )


@dataclass(frozen=True, slots=True)
class NoteFilter:
    """Which notes a list shows."""

    since: date | None = None
    until: date | None = None
    kind: str | None = None


async def between(driver: Driver, school_id: UUID, first: date, last: date) -> Sequence[Any]:
    """Notes between two days, both included: only context beside reports."""
    return await driver.rows(BETWEEN, school_id, first, last)


async def page_of_notes(
    driver: Driver, school_id: UUID, asked: NoteFilter, paging: PageOf
) -> Sequence[Any]:
    """Cards, latest first."""
    where = Conditions(school_id)
    where.add("n.ended_at is null")
    where.given("n.ends_on >= {}::date", asked.since)
    where.given("n.starts_on <= {}::date", asked.until)
    where.given("n.kind = {}", asked.kind)
    if paging.after is not None:
        where.add(
            "(n.starts_on::timestamptz, n.id) < ({}::timestamptz, {}::uuid)",
            paging.after.at, paging.after.id,
        )  # fmt: skip
    limit = where.place(paging.fetch)
    return await driver.rows(CARD.format(where=where, limit=limit), *where.values)
