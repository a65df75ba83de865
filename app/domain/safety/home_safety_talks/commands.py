"""Talks with carers about making home safer."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from app.db.models import SafetyRecord
from app.db.unit_of_work import UnitOfWork
from app.domain.record.concerns.rules import check_occurred
from app.domain.safety.records.commands import KeepRecord, child_to_keep_safe, keep_record

KIND: Final = "home_safety_talk"
SUMMARY: Final = "Carers were spoken with about making home safer."


@dataclass(frozen=True, slots=True)
class HomeSafetyTalk:
    """What was said; `content` is what was sent."""

    content: Mapping[str, Any]
    id: UUID | None
    concern_id: UUID | None
    at: datetime | None


async def keep_home_safety_talk(
    work: UnitOfWork, child_id: UUID, command: HomeSafetyTalk
) -> SafetyRecord:
    """Write it down. Raises as `child_to_keep_safe`, `keep_record`, `OccurredInFuture`."""
    child = await child_to_keep_safe(work, child_id, adds=True)
    if command.at is not None:
        check_occurred(command.at, work.now)
    kept = KeepRecord(
        KIND,
        command.content,
        SUMMARY,
        id=command.id,
        concern_id=command.concern_id,
        occurred_at=command.at,
    )
    return await keep_record(work, child, kept)
