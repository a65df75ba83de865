"""Reads of roster imports and of what was wrong with their files."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import orjson

from app.db.models import RosterImport
from app.db.paging import Cursor, Page, PageOf, page_of
from app.db.reading import Reading
from app.db.repositories.exchange import roster
from app.domain.exchange.roster import rules
from app.domain.exchange.roster.errors import RosterImportNotFound

START: Final = datetime(2000, 1, 1, tzinfo=UTC)
"""A report is in the order of its positions, which stand in the cursor as its id."""
LAST_POSITION: Final = 2**31 - 1


async def list_imports(reading: Reading, asked: PageOf) -> Page[dict[str, Any]]:
    """The school's imports, newest first."""
    rows = await roster.imports_of(reading.driver, reading.actor.school_id, asked)
    return page_of(
        rows, asked, key=lambda row: Cursor(row["created_at"], row["id"]), shape=_from_row
    )


async def get_import(reading: Reading, import_id: UUID) -> tuple[dict[str, Any], int]:
    """One import and its version. Raises `RosterImportNotFound`."""
    row = await roster.import_of(reading.driver, reading.actor.school_id, import_id)
    if row is None:
        raise RosterImportNotFound
    return _from_row(row), row["version"]


async def list_problems(reading: Reading, import_id: UUID, asked: PageOf) -> Page[dict[str, Any]]:
    """What was wrong with a file, in the order it was found. Raises `RosterImportNotFound`."""
    school_id = reading.actor.school_id
    if await roster.import_of(reading.driver, school_id, import_id) is None:
        raise RosterImportNotFound
    behind = 0 if asked.after is None else min(asked.after.id.int, LAST_POSITION)
    rows = await roster.problems_of(reading.driver, school_id, import_id, behind, asked.fetch)
    return page_of(
        rows, asked, key=lambda row: Cursor(START, UUID(int=row["position"])), shape=dict
    )


def shown(row: RosterImport) -> dict[str, Any]:
    """An import as it is answered by the command that changed it."""
    names = (
        "id", "source", "format", "file_name", "organisation_source_id", "plan_only", "handling",
        "state", "done", "total", "counts", "held_because", "started_by", "created_at",
        "finished_at",
    )  # fmt: skip
    return _shaped({name: getattr(row, name) for name in names})


def _from_row(row: Mapping[str, Any]) -> dict[str, Any]:
    return _shaped({**row, "counts": orjson.loads(row["counts"])})


def _shaped(row: dict[str, Any]) -> dict[str, Any]:
    because = row.pop("held_because")
    row.pop("version", None)
    if not row["counts"]:
        del row["counts"]
    if because is not None:
        row["because"] = {"code": because, "detail": rules.sentence(because)}
    row["permissions"] = list(rules.STEPS.get(row["state"], ()))
    return row
