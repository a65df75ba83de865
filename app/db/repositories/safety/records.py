"""SQL for safety records: some kinds, newest first, and one whole."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.models import SafetyRecord
from app.db.paging import Conditions, PageOf
from app.db.session import Driver

ROW = """
select r.id, r.child_id, r.concern_id, r.kind, r.content::text as content, r.occurred_at,
       r.occurred_precision, r.recorded_at, r.late, r.by_id, b.name as by_name, r.by_role,
       coalesce(c.confidentiality, r.confidentiality) as confidentiality, r.supersedes_id,
       (select l.id from safety_record l
        where l.school_id = $1 and l.supersedes_id = r.id) as superseded_by_id,
       r.reason, r.post_event
from safety_record r
join staff b on b.school_id = $1 and b.id = r.by_id
join child k on k.school_id = $1 and k.id = r.child_id
left join concern c on c.school_id = $1 and c.id = r.concern_id
where r.school_id = $1 and {where}
"""
ONE = ROW.format(where="r.id = $2")
CONCERNS_ABOUT = """
select cc.id from concern_child cc
where cc.school_id = $1 and cc.child_id = $2 and cc.id = any($3::uuid[])
  and cc.role = any($4::text[])
"""


async def page_of_records(
    driver: Driver, where: Conditions, child_id: UUID, kinds: Sequence[str], paging: PageOf
) -> Sequence[Any]:
    """Rows of some kinds, newest first; `where` limits them to what the reader sees."""
    where.add("r.child_id = {}", child_id)
    where.add("r.kind = any({}::text[])", list(kinds))
    limit = where.page(paging, "r.recorded_at")
    statement = f"{ROW.format(where=where)} order by r.recorded_at desc, r.id desc limit {limit}"
    return await driver.rows(statement, *where.values)


async def record_of(driver: Driver, school_id: UUID, record_id: UUID) -> Any:
    """A record that must exist, with its author's name."""
    return await driver.row(ONE, school_id, record_id)


def content_of(row: Any) -> Any:
    """The record's content, as sent."""
    return orjson.loads(row["content"])


async def concerns_about(
    driver: Driver, school_id: UUID, child_id: UUID, concerns: Sequence[UUID], roles: Sequence[str]
) -> frozenset[UUID]:
    """The concerns in which a child has one of these parts."""
    rows = await driver.rows(CONCERNS_ABOUT, school_id, child_id, list(concerns), list(roles))
    return frozenset(row["id"] for row in rows)


async def is_amended(session: AsyncSession, record: SafetyRecord) -> bool:
    """Whether a later record replaces this one."""
    later = await session.scalar(
        select(SafetyRecord.id).where(
            SafetyRecord.school_id == record.school_id, SafetyRecord.supersedes_id == record.id
        )
    )
    return later is not None
