"""SQL beside a review: the names shown with it, and its history."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from app.db.session import Driver

NOTES = """
select n.id, n.note, n.outcome, n.at, n.was_due_at, n.next_due_at, n.by_id, s.name as by_name
from review_note n join staff s on s.school_id = $1 and s.id = n.by_id
where n.school_id = $1 and n.review_id = $2 order by n.at, n.id
"""
RECLASSIFY = """
update chronology_entry e set confidentiality = $3
where e.school_id = $1 and e.kind = 'review' and e.child_id = (
    select r.child_id from review r where r.school_id = $1 and r.id = $2)
  and e.thing_id = any(array(
    select n.id from review_note n where n.school_id = $1 and n.review_id = $2))
"""
BESIDE = """
select o.name as owner_name, b.name as set_by_name, c.reference,
       coalesce(c.confidentiality, r.confidentiality) as confidentiality,
       coalesce(k.known_given_name, k.legal_given_name) || ' ' ||
       coalesce(k.known_family_name, k.legal_family_name) as child_name
from review r
join staff o on o.school_id = $1 and o.id = r.owner_id
join staff b on b.school_id = $1 and b.id = r.set_by
left join concern c on c.school_id = $1 and c.id = r.concern_id
left join child k on k.school_id = $1 and k.id = r.child_id
where r.school_id = $1 and r.id = $2
"""


async def beside(driver: Driver, school_id: UUID, review_id: UUID) -> Any:
    """Names and references shown with a review that must exist."""
    return await driver.row(BESIDE, school_id, review_id)


async def notes_of(driver: Driver, school_id: UUID, review_id: UUID) -> Sequence[Any]:
    """The notes of a review, oldest first."""
    return await driver.rows(NOTES, school_id, review_id)


async def reclassify(
    driver: Driver, school_id: UUID, review_id: UUID, confidentiality: str
) -> None:
    """Give a child's review entries in the chronology the review's new class."""
    await driver.write(RECLASSIFY, school_id, review_id, confidentiality)
