"""Reads of a roster import's changes."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import orjson

from app.db.paging import Page, PageOf, page_of
from app.db.reading import Reading
from app.db.repositories.exchange import roster_changes
from app.domain.exchange.imports.queries import behind, cursor_of
from app.domain.exchange.imports.rules import APPLIED, UNDOING, UNDONE
from app.domain.exchange.roster_changes import rules
from app.domain.exchange.roster_imports.queries import ROSTERS


async def list_changes(
    reading: Reading, import_id: UUID, asked: PageOf, *, kind: str | None, change: str | None
) -> Page[dict[str, Any]]:
    """List an import's changes, child by child. Raises `ImportNotFound`.

    A program reads what its file brings, and nothing that the record held before.
    """
    school_id, by_program = reading.actor.school_id, reading.actor.is_service
    result = await ROSTERS.row(reading.driver, reading.actor, import_id)
    rows = await roster_changes.changes_of(
        reading.driver, school_id, import_id, behind(asked), asked.fetch, kind=kind, change=change
    )
    is_done = result["state"] in (APPLIED, UNDOING, UNDONE)
    return page_of(
        rows, asked,
        key=cursor_of, shape=lambda row: _to_response(row, is_done=is_done, by_program=by_program),
    )  # fmt: skip


def _to_response(row: Mapping[str, Any], *, is_done: bool, by_program: bool) -> dict[str, Any]:
    change = dict(row)
    fields = rules.shown_fields(orjson.loads(change["fields"]))
    change["fields"] = [rules.without_old(field) for field in fields] if by_program else fields
    if by_program:
        change["kept"] = None  # it names what people changed, and whose record they worked with
        if row["change"] == rules.LEFT:
            change["year_group"] = None
    if row["change"] == rules.NEW and not is_done:
        change["record_id"] = None  # it gets its ID when the plan is applied
        change["child_id"] = None if row["kind"] == rules.CHILD else row["child_id"]
    return change
