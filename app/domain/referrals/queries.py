"""Lists of referrals, and what each kind asks for."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import orjson

from app.db.paging import Cursor, Page, PageOf, page_of
from app.db.reading import Reading
from app.db.repositories import sharing_reads
from app.domain.access.sharing import seen_whole, with_source
from app.domain.referrals.kinds import KINDS
from app.domain.shares.queries import card_of


async def list_referrals(
    reading: Reading, filters: Mapping[str, Any], asked: PageOf
) -> Page[dict[str, Any]]:
    """Referrals of the school, newest first, without what is in them."""
    rows = await sharing_reads.referrals_of(reading.driver, reading.actor.school_id, filters, asked)
    made_of = {
        row["id"]: with_source(orjson.loads(row["items"]), row["concern_id"]) for row in rows
    }
    whole = await seen_whole(reading, made_of)
    return page_of(
        rows,
        asked,
        key=lambda row: Cursor(row["drafted_at"], row["id"]),
        shape=lambda row: card_of(row, whole),
    )


def list_referral_kinds() -> list[dict[str, Any]]:
    """Every kind with its sections and fields."""
    return [asdict(schema) for schema in KINDS.values()]
