"""Reads of the roles a school defined."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from app.db.session import Driver

MOST = 500
COLUMNS = """
r.id, r.slug, r.label, r.permissions, r.classes, r.cohort_classes, r.cohort_only, r.version,
r.created_at, r.changed_at, r.ended_at
"""
ALL = f"""
select {COLUMNS} from school_role r where r.school_id = $1 and ($2 or r.ended_at is null)
order by r.slug limit {MOST}
"""
ONE = f"select {COLUMNS} from school_role r where r.school_id = $1 and r.id = $2"
KNOWN = "select exists (select from school_role r where r.school_id = $1 and r.slug = $2)"


async def roles_of(driver: Driver, school_id: UUID, *, ended: bool = False) -> Sequence[Any]:
    """The roles of a school by name, with those that ended where asked for."""
    return await driver.rows(ALL, school_id, ended)


async def role_of(driver: Driver, school_id: UUID, role_id: UUID) -> Any:
    """One role, or None."""
    return await driver.row(ONE, school_id, role_id)


async def is_known(driver: Driver, school_id: UUID, slug: str) -> bool:
    """Whether the school has or had a role of this name."""
    return bool(await driver.value(KNOWN, school_id, slug))
