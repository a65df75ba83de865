"""Opening the clocks a record had: by which rule, in which calendar, from when to when."""

from typing import Any
from uuid import UUID

from app.db.paging import Page, PageOf, page_of
from app.db.repositories.duty import deadlines
from app.db.unit_of_work import UnitOfWork
from app.domain.common.deadlines.rules import rule_of
from app.domain.duty.deadlines.errors import RecordNotFound
from app.domain.errors import NotFound
from app.domain.kinds import KINDS
from app.domain.steps import open_record


async def open_deadlines(
    work: UnitOfWork, resource_type: str, resource_id: UUID, asked: PageOf
) -> Page[dict[str, Any]]:
    """List every clock that the record ever had, newest first, and log the view.

    Raises `PermissionMissing` for a role that opens no such record, and `RecordNotFound` if the
    actor may not open this one.
    """
    try:
        await open_record(work, KINDS[resource_type], resource_id, part="deadlines")
    except NotFound as hidden:
        raise RecordNotFound from hidden
    rows = await deadlines.page_of_clocks(
        await work.driver(), work.actor.school_id, resource_type, resource_id, asked
    )
    return page_of(rows, asked, key="made_at", shape=_to_response)


def _to_response(row: Any) -> dict[str, Any]:
    acknowledged = row["acknowledged_by"] and {
        "id": row["acknowledged_by"], "name": row["acknowledged_by_name"] or ""
    }  # fmt: skip
    return {
        **{name: row[name] for name in SHOWN},
        **_of_the_book(row),
        "chosen": row["calendar"] is None,
        "rounds": row["round"],
        "acknowledged_by": acknowledged,
    }


SHOWN = (
    "id", "rule_id", "rule_version", "calendar", "calendar_version", "ladder", "started_at",
    "due_at", "made_at", "ended_at", "ended_reason_code", "acknowledged_at",
)  # fmt: skip


def _of_the_book(row: Any) -> dict[str, Any]:
    """Title and source from the rule book; null for a clock older than the book."""
    try:
        rule = rule_of(row["rule_id"], row["rule_version"])
    except KeyError:
        return {"title": None, "source": None}
    return {"title": rule.title, "source": rule.source}
