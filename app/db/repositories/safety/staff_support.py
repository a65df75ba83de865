"""SQL for offers of support to colleagues."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from app.db.paging import Conditions, PageOf
from app.db.session import Driver

OFFER = """
select o.id, o.person_id, p.name as person_name, o.offered_by, b.name as offered_by_name, o.words,
       o.offered_at, o.answer, o.answered_at, o.version
from staff_support_offer o
join staff p on p.school_id = $1 and p.id = o.person_id
join staff b on b.school_id = $1 and b.id = o.offered_by
where o.school_id = $1 and {where}
"""


async def page_of_offers(
    driver: Driver, school_id: UUID, person_id: UUID, paging: PageOf
) -> Sequence[Any]:
    """Offers of support made to or by one person, newest first."""
    where = Conditions(school_id)
    me = where.place(person_id)
    where.add(f"(o.person_id = {me} or o.offered_by = {me})")
    limit = where.page(paging, "o.offered_at")
    statement = f"{OFFER.format(where=where)} order by o.offered_at desc, o.id desc limit {limit}"
    return await driver.rows(statement, *where.values)


async def one_offer(driver: Driver, school_id: UUID, offer_id: UUID) -> Any:
    """One offer that must exist."""
    return await driver.row(OFFER.format(where="o.id = $2"), school_id, offer_id)
