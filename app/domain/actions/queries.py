"""Reads of actions."""

from datetime import datetime

from app.core.words import Did, Permission
from app.db.paging import Page, PageOf
from app.db.repositories import concern_reads
from app.db.unit_of_work import UnitOfWork
from app.domain import policy


async def open_my_actions(
    work: UnitOfWork, state: str | None, paging: PageOf, *, due_before: datetime | None = None
) -> Page[str]:
    """The reader's own actions, soonest due first; they show content, so that leaves a trace."""
    policy.require(work.actor, Permission.ACTION_COMPLETE)
    driver = await work.driver()
    found = await concern_reads.page_of_actions(
        driver, work.actor, state, paging, due_before=due_before
    )
    work.record(
        Did.ACTION_OPENED, "action", None, details={"part": "own", "found": len(found.items)}
    )
    return found
