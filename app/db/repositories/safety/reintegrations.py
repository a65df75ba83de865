"""SQL for reintegrations, and whether a child has a safety plan."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from app.db.paging import Conditions, PageOf
from app.db.session import Driver

REINTEGRATION = """
select r.id, r.child_id, r.concern_id, r.record_id, r.expected_on, r.returned_on, r.met_at,
       r.set_at, r.ended_at, r.version, r.adult_id, a.name as adult_name, r.set_by,
       b.name as set_by_name, s.content::text as content,
       coalesce(c.confidentiality, s.confidentiality) as confidentiality
from reintegration r
join safety_record s on s.school_id = $1 and s.id = r.record_id
join child k on k.school_id = $1 and k.id = r.child_id
join staff b on b.school_id = $1 and b.id = r.set_by
left join staff a on a.school_id = $1 and a.id = r.adult_id
left join concern c on c.school_id = $1 and c.id = r.concern_id
where r.school_id = $1 and {where}
"""


HAS_PLAN = """
select exists (select from safety_plan p where p.school_id = $1 and p.child_id = $2
               and p.state in ('in_use', 'under_review'))
"""


async def page_of_reintegrations(
    driver: Driver, where: Conditions, child_id: UUID, paging: PageOf
) -> Sequence[Any]:
    """A child's reintegrations, newest first; `where` limits them to what the reader sees."""
    where.add("r.child_id = {}", child_id)
    limit = where.page(paging, "r.set_at")
    statement = (
        f"{REINTEGRATION.format(where=where)} order by r.set_at desc, r.id desc limit {limit}"
    )
    return await driver.rows(statement, *where.values)


async def one_reintegration(driver: Driver, school_id: UUID, reintegration_id: UUID) -> Any:
    """One reintegration that must exist."""
    return await driver.row(REINTEGRATION.format(where="r.id = $2"), school_id, reintegration_id)


async def has_plan(driver: Driver, school_id: UUID, child_id: UUID) -> bool:
    """Whether a child has a safety plan in use."""
    (row,) = await driver.rows(HAS_PLAN, school_id, child_id)
    result: bool = row[0]
    return result
