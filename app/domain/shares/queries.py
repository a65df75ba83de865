"""Lists of shares."""

from typing import Any
from uuid import UUID

from app.db.paging import Cursor, Page, PageOf, page_of
from app.db.reading import Reading
from app.db.repositories import sharing_reads


async def list_shares(
    reading: Reading, child_id: UUID | None, state: str | None, asked: PageOf
) -> Page[dict[str, Any]]:
    """Shares of the school, newest first, without what is in them."""
    rows = await sharing_reads.shares_of(
        reading.driver, reading.actor.school_id, child_id, state, asked
    )
    return page_of(rows, asked, key=lambda row: Cursor(row["drafted_at"], row["id"]), shape=dict)
