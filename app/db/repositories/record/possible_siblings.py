"""SQL for possible siblings: pupils of the school reached where a child's family is."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from app.db.session import Driver

REACHES = """
select c.child_id, c.id as contact_id, c.kind, c.email, c.phone,
       case when c.lives_with <> 'no' then c.address end as address
from contact c
where c.school_id = $1 and (c.valid_to is null or c.valid_to > $2)
union all
select k.id, null, null, null, null, k.address
from child k
where k.school_id = $1 and k.address is not null
"""
OWN = f"select * from ({REACHES}) r where r.child_id = $3"
# Possible matches; the rules decide. Omits children known to be connected, or known not to be.
OTHERS = f"""
select r.*, coalesce(k.known_given_name, k.legal_given_name) || ' '
         || coalesce(k.known_family_name, k.legal_family_name) as name,
       k.date_of_birth, k.year_group, k.registration_group, k.roll_status
from ({REACHES}) r
join child k on k.school_id = $1 and k.id = r.child_id
where r.child_id <> $3
  and (replace(lower(r.email), '.', '') like any ($4::text[])
       or regexp_replace(r.phone, '[^0-9]', '', 'g') like any ($5::text[])
       or regexp_replace(lower(r.address), '[^[:alnum:]]', '', 'g') = any ($6::text[]))
  and not exists (
    select from relationship x
    where x.school_id = $1 and x.kind = any ($7::text[])
      and (x.child_id, x.other_child_id) in (($3, r.child_id), (r.child_id, $3)))
order by k.sort_name, k.id, r.contact_id
limit 2000
"""


async def own_reaches(
    driver: Driver, school_id: UUID, child_id: UUID, today: date
) -> Sequence[Any]:
    """Where a child and their contacts are reached."""
    return await driver.rows(OWN, school_id, today, child_id)


async def like_reaches(
    driver: Driver,
    school_id: UUID,
    child_id: UUID,
    today: date,
    parts: Mapping[str, Sequence[str]],
    siblings: Sequence[str],
) -> Sequence[Any]:
    """The same addresses and numbers of other children, each with the child, in order of name."""
    return await driver.rows(
        OTHERS, school_id, today, child_id, _within(parts["email"]), _within(parts["phone"]),
        list(parts["address"]), list(siblings),
    )  # fmt: skip


def _within(parts: Sequence[str]) -> list[str]:
    return [f"%{_literal(part)}%" for part in parts]


def _literal(part: str) -> str:
    return part.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
