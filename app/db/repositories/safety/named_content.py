"""SQL for named content, and the marks on a concern."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from app.db.paging import Conditions, PageOf
from app.db.session import Driver

CARD = """
select n.stated_at as sort_at, n.id, json_build_object(
  'id', n.id, 'kind', n.kind, 'label', n.label,
  'stated_by', json_build_object('id', s.id, 'name', s.name),
  'stated_at', rfc3339(n.stated_at))::text as card
from named_content n join staff s on s.school_id = $1 and s.id = n.stated_by
where n.school_id = $1 and {where}
order by n.stated_at desc, n.id desc limit {limit}
"""
MARKS = """
select m.id, m.marked_at, m.marked_by, s.name as marked_by_name,
       case when m.site_request_id is null then 'named_content' else 'place' end as by,
       coalesce(m.named_content_id, m.site_request_id) as about_id,
       coalesce(n.label, p.place) as label
from concern_mark m
join staff s on s.school_id = $1 and s.id = m.marked_by
left join named_content n on n.school_id = $1 and n.id = m.named_content_id
left join site_request p on p.school_id = $1 and p.id = m.site_request_id
where m.school_id = $1 and m.concern_id = $2
order by m.marked_at, m.id
"""


async def page_of_named(driver: Driver, school_id: UUID, paging: PageOf) -> Sequence[Any]:
    """Cards newest first."""
    where = Conditions(school_id)
    limit = where.page(paging, "n.stated_at")
    return await driver.rows(CARD.format(where=where, limit=limit), *where.values)


async def marks_of(driver: Driver, school_id: UUID, concern_id: UUID) -> Sequence[Any]:
    """The marks on a concern, in order."""
    return await driver.rows(MARKS, school_id, concern_id)
