"""Writes down items that were found and made safe, and talks about making home safer."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from app.db.models import SafetyRecord
from app.db.unit_of_work import UnitOfWork
from app.domain.record.concerns.rules import check_occurred
from app.domain.safety.records.commands import KeepRecord, child_to_keep_safe, keep_record

HAPPENED: Final[Mapping[str, str]] = {
    "found_item": "An item was given up or found, and made safe.",
    "home_safety_talk": "Carers were spoken with about making home safer.",
}
"""Chronology text for each kind of record without further effects."""


async def keep_what_happened(
    work: UnitOfWork, child_id: UUID, kind: str, content: Mapping[str, Any], *, id_: UUID | None,
    concern_id: UUID | None, at: datetime | None,
) -> SafetyRecord:  # fmt: skip
    """Save a kind of `HAPPENED`, which has no further effects.

    Raises as `child_to_keep_safe`, `keep_record`, `OccurredInFuture`.
    """
    child = await child_to_keep_safe(work, child_id, adds=True)
    if at is not None:
        check_occurred(at, work.now, "/at")
    command = KeepRecord(
        kind, content, HAPPENED[kind], id=id_, concern_id=concern_id, occurred_at=at
    )
    return await keep_record(work, child, command)
