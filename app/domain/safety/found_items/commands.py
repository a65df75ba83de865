"""Items that were given up or found, and talks with carers about making home safer."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from app.db.models import SafetyRecord
from app.db.unit_of_work import UnitOfWork
from app.domain.record.concerns.rules import check_occurred
from app.domain.safety.records.commands import KeepRecord, child_to_keep_safe, keep_record

ITEM: Final = "found_item"
HOME: Final = "home_safety_talk"
SUMMARIES: Final[Mapping[str, str]] = {
    ITEM: "An item was given up or found, and made safe.",
    HOME: "Carers were spoken with about making home safer.",
}


@dataclass(frozen=True, slots=True)
class Keep:
    """What was found or said; `content` is what was sent."""

    kind: str
    content: Mapping[str, Any]
    id: UUID | None
    concern_id: UUID | None
    at: datetime | None


async def keep(work: UnitOfWork, child_id: UUID, wish: Keep) -> SafetyRecord:
    """Write it down. Raises as `child_to_keep_safe`, `keep_record`, `OccurredInFuture`."""
    child = await child_to_keep_safe(work, child_id, adds=True)
    if wish.at is not None:
        check_occurred(wish.at, work.now)
    return await keep_record(
        work,
        child,
        KeepRecord(
            wish.kind, wish.content, SUMMARIES[wish.kind], id=wish.id, concern_id=wish.concern_id,
            occurred_at=wish.at,
        ),
    )  # fmt: skip
