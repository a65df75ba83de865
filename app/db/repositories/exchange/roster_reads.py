"""Reads of roster imports and of their reports."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from app.db.paging import Conditions, PageOf
from app.db.session import Driver

COLUMNS = """
id, source, format, file_name, organisation_source_id, state, done, total, counts::text as counts,
held_because, started_by, created_at, finished_at, version
"""
ONE = f"select {COLUMNS} from roster_import where school_id = $1 and id = $2"
PROBLEMS = """
select position, file, line, "column", code, severity, detail
from roster_problem where school_id = $1 and import_id = $2 and position > $3
order by position limit $4
"""


async def imports_of(driver: Driver, school_id: UUID, asked: PageOf) -> Sequence[Any]:
    """The school's imports, newest first: one row more than the page shows."""
    where = Conditions(school_id)
    where.add("school_id = $1")
    if asked.after is not None:
        where.add("(created_at, id) < ({}, {})", asked.after.at, asked.after.id)
    limit = where.place(asked.fetch)
    return await driver.rows(
        f"select {COLUMNS} from roster_import where {where} "
        f"order by created_at desc, id desc limit {limit}",
        *where.values,
    )


async def import_of(driver: Driver, school_id: UUID, import_id: UUID) -> Any:
    """One import, or None."""
    return await driver.row(ONE, school_id, import_id)


async def problems_of(
    driver: Driver, school_id: UUID, import_id: UUID, behind: int, fetch: int
) -> Sequence[Any]:
    """The report of an import behind a position, in order."""
    return await driver.rows(PROBLEMS, school_id, import_id, behind, fetch)
