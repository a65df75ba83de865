"""Lists of referrals, and what each kind asks for."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from app.db.paging import Cursor, Page, PageOf, page_of
from app.db.reading import Reading
from app.db.repositories import sharing_reads
from app.domain.referrals.kinds import KINDS


async def list_referrals(
    reading: Reading, filters: Mapping[str, Any], asked: PageOf
) -> Page[dict[str, Any]]:
    """Referrals of the school, newest first, without what is in them."""
    rows = await sharing_reads.referrals_of(reading.driver, reading.actor.school_id, filters, asked)
    return page_of(rows, asked, key=lambda row: Cursor(row["drafted_at"], row["id"]), shape=dict)


def list_referral_kinds() -> list[dict[str, Any]]:
    """Every kind with its sections and fields."""
    return [asdict(schema) for schema in KINDS.values()]
