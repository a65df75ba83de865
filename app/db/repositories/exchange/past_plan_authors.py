"""SQL for names in the former system, and the account of each."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import orjson

from app.db.session import Driver

ACCOUNTS = """
select lower(s.email) as email, s.id from staff s
where s.school_id = $1 and s.removed_at is null
"""
ADD_AUTHORS = """
insert into past_author (school_id, id, import_id, source, source_id, sha256, name,
                         staff_code, staff_id)
select $1, gen_random_uuid(), $2, $3, a.source_id, a.sha256, a.name, a.staff_code, a.staff_id
from jsonb_populate_recordset(null::past_author, $4::jsonb) a
on conflict (school_id, source, source_id) do nothing
"""
FORGET_AUTHORS = "delete from past_author where school_id = $1 and import_id = $2"


async def accounts_of(driver: Driver, school_id: UUID) -> dict[str, UUID]:
    """Everyone who works here, by email address."""
    return {row["email"]: row["id"] for row in await driver.rows(ACCOUNTS, school_id)}


async def add_authors(
    driver: Driver,
    school_id: UUID,
    import_id: UUID,
    source: str,
    authors: Sequence[Mapping[str, Any]],
) -> None:
    """Save the accounts of names."""
    text = orjson.dumps(list(authors)).decode()
    await driver.write(ADD_AUTHORS, school_id, import_id, source, text)


async def forget_authors(driver: Driver, school_id: UUID, import_id: UUID) -> None:
    """Delete an import's statements about names."""
    await driver.write(FORGET_AUTHORS, school_id, import_id)
