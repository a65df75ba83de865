"""Reads of actions."""

from app.core.words import Permission
from app.db.paging import Page, PageOf
from app.db.reading import Reading
from app.db.repositories import concern_reads
from app.domain import policy


async def list_my_actions(reading: Reading, state: str | None, paging: PageOf) -> Page[str]:
    """The reader's own actions, soonest due first."""
    policy.require(reading.actor, Permission.ACTION_COMPLETE)
    return await concern_reads.page_of_actions(reading.driver, reading.actor, state, paging)
