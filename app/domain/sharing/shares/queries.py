"""Lists of shares."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import orjson

from app.db.paging import Conditions, Page, PageOf
from app.db.reading import Reading
from app.db.repositories.sharing import sharing_reads
from app.domain.access.checks.sharing import page_of_files
from app.domain.sharing.shares.kind import SHARE


async def list_shares(
    reading: Reading, child_id: UUID | None, state: str | None, asked: PageOf
) -> Page[dict[str, Any]]:
    """Shares of the school, newest first, without what is in them."""

    async def fetch(part: PageOf) -> Sequence[Any]:
        where = Conditions(reading.actor.school_id)
        SHARE.keep(reading.actor, where)
        asked_for = {"child_id": child_id, "state": state}
        return await sharing_reads.shares_of(reading.driver, where, asked_for, part)

    return await page_of_files(reading, asked, fetch, lambda row: orjson.loads(row["items"]))
