"""Reading one child's access log, which leaves a trace itself."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from app.core.verbs import LOOKS
from app.core.words import AuditEvent, Permission
from app.db.paging import Cursor, Page, PageOf, page_of
from app.db.repositories.access.access_log_reads import page_of_log
from app.db.unit_of_work import UnitOfWork
from app.domain.access.audit.reading import hidden_from
from app.domain.access.checks.children import child_for
from app.domain.access.checks.concerns import sight_of

BECAUSE = {
    "class": "the role reads this class",
    "assigned": "owner of the concern or of one of its actions",
    "cohort": "a child in their cohort",
    "reach": "the role works with the whole school",
    "own": "the own submission",
    "grant": "granted for this record, for a while",
    "break_glass": "break-glass: taken for a stated reason, under review",
}
"""The rule that opened it, in words."""


async def read_access_log(
    work: UnitOfWork, child_id: UUID, asked: Mapping[str, Any], paging: PageOf
) -> Page[dict[str, Any]]:
    """Everything done with the child's file, newest first.

    Raises `PermissionMissing`, `ChildNotFound`, `ConflictOfInterest`, `OutsideCohort`.
    """
    child = await child_for(work, child_id, Permission.ACCESS_LOG)
    driver = await work.driver()
    hidden = await hidden_from(driver, work.actor)
    rows = await page_of_log(driver, sight_of(work.actor), child.id, asked, paging, hidden)
    work.record(AuditEvent.ACCESS_LOG_READ, "child", child.id, child_id=child.id)
    return page_of(rows, paging, key=lambda row: Cursor(row["at"], row["id"]), shape=_shown)


def _shown(row: Mapping[str, Any]) -> dict[str, Any]:
    by = {"id": row["actor_id"], "name": row["name"]} if row["name"] is not None else None
    return {
        "id": row["id"],
        "at": row["at"],
        "did": row["verb"],
        "kind": "look" if row["verb"] in LOOKS else "change",
        "noun": row["noun"],
        "noun_id": row["noun_id"],
        "part": row["part"],
        "by": by,
        "role": row["actor_role"],
        "session_id": row["session_id"],
        "because": BECAUSE.get(row["rule"] or ""),
    }
