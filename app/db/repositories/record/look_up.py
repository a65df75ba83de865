"""SQL of the look-up: records by reference, and children by number."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from app.db.models import KIND_MODELS
from app.db.paging import Conditions
from app.db.session import Driver

OWN_REFERENCE = "t.reference"
"""A kind whose rows have their own reference, not their concern's."""
PART = """
select '{kind}' as kind, t.id, t.reference as title from {table} t {joins}
where t.school_id = $1 and t.reference = $2 and {where}
"""
BY_NUMBER = """
select distinct c.id,
       coalesce(c.known_given_name, c.legal_given_name) || ' '
       || coalesce(c.known_family_name, c.legal_family_name) as title
from child_identifier n join child c on c.school_id = $1 and c.id = n.child_id
where n.school_id = $1 and n.value = any($2::text[]) and ($3::bool or not n.suppressed)
order by c.id limit $4
"""


def referenced() -> list[str]:
    """Every kind whose rows have their own references."""
    return [
        resource_type
        for resource_type, model in KIND_MODELS.items()
        if model.stored().reference == OWN_REFERENCE
    ]


async def by_reference(
    driver: Driver,
    school_id: UUID,
    reference: str,
    conditions: Mapping[str, Callable[[Conditions], None]],
) -> Sequence[Any]:
    """Records with this reference, of the kinds that the reader lists and as far as they see."""
    where = Conditions(school_id, reference)
    parts = [
        _part(resource_type, conditions[resource_type], where.values)
        for resource_type in referenced()
        if resource_type in conditions
    ]
    if not parts:
        return ()
    return await driver.rows(" union all ".join(parts), *where.values)


def _part(resource_type: str, keep: Callable[[Conditions], None], values: list[Any]) -> str:
    seen, model = Conditions(), KIND_MODELS[resource_type]
    seen.values = values
    keep(seen)
    return PART.format(
        kind=resource_type, table=model.__tablename__, joins=model.stored().joins, where=seen
    )


async def by_number(
    driver: Driver, school_id: UUID, values: Sequence[str], *, suppressed: bool, limit: int
) -> Sequence[Any]:
    """Children who have, or had, a number; `suppressed` ones only for people who see them."""
    return await driver.rows(BY_NUMBER, school_id, list(values), suppressed, limit)
