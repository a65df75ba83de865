"""SQL for concern files that can go with a share or a referral, and those that went."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from app.db.session import Driver

COLUMNS: Final = (
    "a.id, a.concern_id, a.content_type, a.size, a.sha256, a.key, a.state, a.scan_result, a.flags, "
    "a.stripped_key, a.stripped_size, a.stripped_sha256"
)
"""What decides about a file and its bytes, without its name here."""
OF_CONCERNS: Final = f"""
select {COLUMNS} from attachment a
where a.school_id = $1 and a.concern_id = any($3::uuid[])
order by a.concern_id, a.recorded_at, a.id
"""
CHOSEN: Final = f"""
select {COLUMNS} from attachment a where a.school_id = $1 and a.id = any($2::uuid[])
"""
KEPT_WITH: Final = f"""
select {COLUMNS}, a.file_name from attachment a
where a.school_id = $1 and a.concern_id = any($2::uuid[])
order by a.concern_id, a.recorded_at, a.id
"""


async def kept_with(driver: Driver, school_id: UUID, concerns: Sequence[UUID]) -> Sequence[Any]:
    """The files of concerns with their names here, oldest first."""
    return await driver.rows(KEPT_WITH, school_id, list(concerns))


async def chosen(
    driver: Driver, school_id: UUID, ids: Sequence[UUID]
) -> dict[UUID, Mapping[str, Any]]:
    """The facts about each file, by id."""
    rows = await driver.rows(CHOSEN, school_id, list(ids))
    return {row["id"]: row for row in rows}
