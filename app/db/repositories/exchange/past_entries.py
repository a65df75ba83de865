"""SQL for past entries: the names beside one, and entries about several children."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.cards import CHILD_NAME
from app.db.models import PastEntry
from app.db.session import Driver

BESIDE = f"""
select {CHILD_NAME} as child_name, i.sha256 as file_sha256, s.name as taken_up_name,
       w.id as account_id, w.name as account_name
from past_entry t
join child k on k.school_id = $1 and k.id = t.child_id
join past_import i on i.school_id = $1 and i.id = t.import_id
left join staff s on s.school_id = $1 and s.id = t.taken_up_by
left join lateral (
  select (array_agg(distinct a.staff_id))[1] as id from past_author a
  where a.school_id = $1 and a.source = t.source and a.staff_id is not null
    and t.author_name in (a.name, a.staff_code)
  having count(distinct a.staff_id) = 1) p on true
left join staff w on w.school_id = $1 and w.id = p.id
where t.school_id = $1 and t.id = $2
"""
OTHERS = """
select x.child_role from past_entry x
where x.school_id = $1 and x.together_id = $3 and x.id <> $2 order by x.child_role, x.id
"""
CONTACTS_SAID = """
select e.child_id::text as child_id, e.text as name, e.details::text as details
from past_entry e
where e.school_id = $1 and e.kind = 'contact' and e.child_id = any($3::text[]::uuid[])
union all
select c->>'id', r.content->>'text', r.content->>'details'
from past_row r, jsonb_array_elements(r.children) c
where r.school_id = $1 and r.import_id = $2 and not r.applied and r.content is not null
  and c->>'id' = any($3::text[])
"""
"""Contacts from earlier imports, and those in the file that is coming in."""


async def contacts_said(
    driver: Driver, school_id: UUID, import_id: UUID, children: Sequence[str]
) -> Sequence[Any]:
    """Each contact of some children in earlier systems: child, name and details."""
    return await driver.rows(CONTACTS_SAID, school_id, import_id, list(children))


async def beside(driver: Driver, school_id: UUID, entry_id: UUID) -> Any:
    """The names beside an entry, and the digest of its file."""
    return await driver.row(BESIDE, school_id, entry_id)


async def others_of(
    driver: Driver, school_id: UUID, entry_id: UUID, together_id: UUID | None
) -> list[str]:
    """The roles of an entry's other children."""
    if together_id is None:
        return []
    return [
        row["child_role"] for row in await driver.rows(OTHERS, school_id, entry_id, together_id)
    ]


async def ids_together(session: AsyncSession, school_id: UUID, together_id: UUID) -> Sequence[UUID]:
    """The ids of an entry about several children, which has one in the file of each."""
    rows = await session.scalars(
        select(PastEntry.id).where(
            PastEntry.school_id == school_id, PastEntry.together_id == together_id
        )
    )
    return rows.all()
