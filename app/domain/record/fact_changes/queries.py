"""The history of a child's facts, under the rules by which the reader reads them today."""

from typing import Any
from uuid import UUID

import orjson

from app.core.pointers import pointer
from app.core.words import Permission
from app.db.cards import picked
from app.db.fact_changes import NOTED
from app.db.paging import Page, PageOf, page_of
from app.db.repositories.record import fact_changes
from app.db.unit_of_work import UnitOfWork
from app.domain.access.child_access.queries import child_for_any, record_child_opened
from app.domain.record.children.queries import RESTRICTED, Record, opens
from app.domain.record.contacts.queries import SAFEGUARDING
from app.domain.record.statuses.commands import classes_of


async def list_fact_changes(
    work: UnitOfWork,
    child_id: UUID,
    resource_type: str | None,
    resource_id: UUID | None,
    asked: PageOf,
) -> Page[Record]:
    """List changes to a child, its contacts and statuses, newest first; log the view.

    Without `child:open` the safeguarding side and statuses are absent, and so are reasons. Raises
    `PermissionMissing`, `ChildNotFound`, `OutsideCohort`.
    """
    child = await child_for_any(work, child_id, (Permission.CHILD_OPEN, Permission.CHILD_CHANGE))
    whole = opens(work.actor)
    hidden = frozenset(NOTED) if whole else frozenset((*NOTED, *SAFEGUARDING, *RESTRICTED))
    rows = await fact_changes.page_of_changes(
        await work.driver(), work.actor.school_id, child.id, resource_type=resource_type,
        resource_id=resource_id, classes=classes_of(work.actor) if whole else (), hidden=hidden,
        asked=asked,
    )  # fmt: skip
    record_child_opened(work, child, "fact_changes")
    return page_of(rows, asked, key="at", shape=lambda row: _to_response(row, hidden, whole=whole))


def _to_response(row: Any, hidden: frozenset[str], *, whole: bool) -> Record:
    before, after = orjson.loads(row["before"]), orjson.loads(row["after"])
    person = row["actor_name"] and {"id": row["actor_id"], "name": row["actor_name"]}
    return {
        **picked(row, "id", "at", "verb"),
        "about": pointer(row["noun"], row["noun_id"]),
        "by": person,
        "role": row["actor_role"],
        "reason": row["reason"] if whole else None,
        "changes": [
            {"field": field, "before": before[field], "after": after[field]}
            for field in sorted(after.keys() - hidden)
        ],
    }
