"""What is open and overlooked, by the statement that `cairn doctor` asks."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from app.db.repositories.duty.open_things import INCONSISTENT
from app.db.session import Driver


async def find_inconsistent(driver: Driver, school_id: UUID) -> Sequence[Any]:
    """Open things without owner or clock, and clocks of nothing: there must never be any."""
    return await driver.rows(INCONSISTENT, school_id)
