"""Lists of shares."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import orjson

from app.db.paging import Cursor, Page, PageOf, page_of
from app.db.reading import Reading
from app.db.repositories import sharing_reads
from app.domain.access.sharing import seen_whole


async def list_shares(
    reading: Reading, child_id: UUID | None, state: str | None, asked: PageOf
) -> Page[dict[str, Any]]:
    """Shares of the school, newest first, without what is in them."""
    rows = await sharing_reads.shares_of(
        reading.driver, reading.actor.school_id, child_id, state, asked
    )
    whole = await seen_whole(reading, {row["id"]: orjson.loads(row["items"]) for row in rows})
    return page_of(
        rows,
        asked,
        key=lambda row: Cursor(row["drafted_at"], row["id"]),
        shape=lambda row: card_of(row, whole),
    )


def card_of(row: Mapping[str, Any], whole: Mapping[UUID, bool]) -> dict[str, Any]:
    """A row of a list of shares or referrals, without what it is made of."""
    kept = {name: value for name, value in row.items() if name not in ("items", "concern_id")}
    return {**kept, "all_items_shown": whole[row["id"]]}
