"""Reads of what a roster import changes."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import orjson

from app.db.paging import Cursor, Page, PageOf, page_of
from app.db.reading import Reading
from app.db.repositories.exchange import roster, roster_changes
from app.domain.exchange.roster.errors import RosterImportNotFound
from app.domain.exchange.roster.rules import APPLIED, UNDOING, UNDONE, is_theirs
from app.domain.exchange.roster_changes import rules
from app.domain.exchange.roster_imports.queries import LAST_POSITION, START


async def list_changes(
    reading: Reading, import_id: UUID, asked: PageOf, *, kind: str | None, change: str | None
) -> Page[dict[str, Any]]:
    """What an import changes, child by child. Raises `RosterImportNotFound`."""
    school_id = reading.actor.school_id
    found = await roster.import_of(reading.driver, school_id, import_id)
    if found is None or not is_theirs(reading.actor, found["started_by"]):
        raise RosterImportNotFound
    behind = 0 if asked.after is None else min(asked.after.id.int, LAST_POSITION)
    rows = await roster_changes.changes_of(
        reading.driver, school_id, import_id, behind, asked.fetch, kind=kind, change=change
    )
    is_done = found["state"] in (APPLIED, UNDOING, UNDONE)
    return page_of(
        rows, asked,
        key=lambda row: Cursor(START, UUID(int=row["position"])),
        shape=lambda row: _shown(row, is_done=is_done),
    )  # fmt: skip


def _shown(row: Mapping[str, Any], *, is_done: bool) -> dict[str, Any]:
    shown = dict(row)
    shown["fields"] = rules.shown_fields(orjson.loads(shown["fields"]))
    if row["change"] == rules.NEW and not is_done:
        shown["record_id"] = None  # it is given its id when the plan is applied
        shown["child_id"] = None if row["kind"] == rules.CHILD else row["child_id"]
    return shown
