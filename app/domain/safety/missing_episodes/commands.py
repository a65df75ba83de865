"""Missing episodes: the start, who was informed, the return, and what the child said."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from app.db.models import SafetyRecord
from app.db.unit_of_work import UnitOfWork
from app.domain.duty.milestones.commands import Around, happened
from app.domain.record.concerns.rules import check_occurred
from app.domain.safety.records import queries as records
from app.domain.safety.records.commands import (
    KeepRecord,
    amend_record,
    child_to_keep_safe,
    keep_record,
)

KIND: Final = "missing_episode"
STILL_MISSING: Final = "missing.open"
SUMMARIES: Final[Mapping[str, str]] = {
    STILL_MISSING: "The pupil is missing.",
    "missing.returned": "The pupil was missing, and is back.",
    "missing.heard": "The pupil was missing, is back, and was offered a talk about it.",
}
"""Chronology text for each stage of an episode, by its event."""


@dataclass(frozen=True, slots=True)
class MissingEpisode:
    """An episode as known so far; `content` is as sent, `at` is its start."""

    content: Mapping[str, Any]
    id: UUID | None = None
    concern_id: UUID | None = None
    at: datetime | None = None

    @property
    def event(self) -> str:
        """The stage of the episode."""
        if "conversation_offered_at" in self.content:
            return "missing.heard"
        return "missing.returned" if "returned_at" in self.content else STILL_MISSING

    @property
    def record(self) -> KeepRecord:
        """The record to save."""
        return KeepRecord(
            KIND, self.content, SUMMARIES[self.event], id=self.id, concern_id=self.concern_id,
            occurred_at=self.at,
        )  # fmt: skip


async def keep_missing_episode(
    work: UnitOfWork, child_id: UUID, command: MissingEpisode
) -> SafetyRecord:
    """Write down that a child is missing, or was.

    Raises as `child_to_keep_safe`, `keep_record`, `OccurredInFuture`.
    """
    child = await child_to_keep_safe(work, child_id, adds=True)
    if command.at is not None:
        check_occurred(command.at, work.now, "/at")
    return await _follow(work, await keep_record(work, child, command.record), command)


async def amend_missing_episode(
    work: UnitOfWork, child_id: UUID, record_id: UUID, command: MissingEpisode, reason: str
) -> SafetyRecord:
    """Save the whole episode as known now; the earlier record stays.

    Raises as `keep_missing_episode`, `RecordNotFound`, `RecordAmended`.
    """
    await child_to_keep_safe(work, child_id, adds=True)
    before = await records.record_to_amend(work, child_id, KIND, record_id)
    command = MissingEpisode(command.content, command.id, before.concern_id, before.occurred_at)
    return await _follow(work, await amend_record(work, before, command.record, reason), command)


async def _follow(work: UnitOfWork, record: SafetyRecord, command: MissingEpisode) -> SafetyRecord:
    """Start and stop its clocks: until the child is back, and until they were offered a talk."""
    returned = command.content.get("returned_at")
    since = datetime.fromisoformat(returned) if returned else work.now
    check_occurred(since, work.now, "/returned_at")
    await work.session.flush()
    around = Around(
        [record.child_id], since, record.concern_id, confidentiality=record.confidentiality,
        first=work.actor.id,
    )  # fmt: skip
    await happened(work, around, command.event)
    return record
