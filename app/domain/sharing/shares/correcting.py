"""Answering what a recipient asks: to put right what was shared, or anything else."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from app.core.words import AuditEvent
from app.db.models import Share
from app.db.unit_of_work import UnitOfWork
from app.domain.clocks.keeping import start_clock
from app.domain.errors import StateConflict
from app.domain.sharing.recipients.links import tell_answered
from app.domain.sharing.shares import rules
from app.domain.sharing.shares.commands import end, move, note_event, share_at


@dataclass(frozen=True, slots=True)
class AnswerCorrection:
    """Whether what was asked for is done; the recipient reads the reasons."""

    share_id: UUID
    version: int
    accepted: bool
    reasons: str


@dataclass(frozen=True, slots=True)
class AnswerRecipient:
    """What is said to a question; the recipient reads it."""

    share_id: UUID
    version: int
    text: str


async def answer_correction(work: UnitOfWork, wish: AnswerCorrection) -> Share:
    """Answer what waits; what was shared stays as it was, and a share of what is right is new.

    Raises `PermissionMissing`, `ShareNotFound`, `ItemsHidden`, `VersionStale`, `StateConflict`
    (nothing waits for an answer).
    """
    share = await share_at(work, wish.share_id, wish.version, "answer_correction")
    details = {"accepted": wish.accepted}
    await _answer(work, share, "correction_requested", wish.reasons, details)
    work.record(
        AuditEvent.SHARE_CORRECTION_ANSWERED,
        "share",
        share.id,
        child_id=share.child_id,
        details=details,
    )
    return share


async def answer_recipient(work: UnitOfWork, wish: AnswerRecipient) -> Share:
    """Answer a question. Raises as `answer_correction`."""
    share = await share_at(work, wish.share_id, wish.version, "answer_recipient")
    await _answer(work, share, "question", wish.text, {})
    work.record(
        AuditEvent.SHARE_ANSWERED, "share", share.id, child_id=share.child_id,
        details={"kind": "answered"},
    )  # fmt: skip
    return share


async def _answer(
    work: UnitOfWork, share: Share, asked: str, text: str, details: Mapping[str, Any]
) -> None:
    kinds = [event.kind for event in await work.sharing.share_events(share.id)]
    if asked not in rules.waiting(kinds):
        raise StateConflict("Nothing waits for this answer.")
    answered = rules.ANSWERED[asked]
    if share.ended_at is None and not rules.waiting([*kinds, answered]):
        if share.state in rules.AT_END:
            end(work, share, "answered")
        else:
            await start_clock(work, share, rules.FOLLOW_UP)
    move(work, share, share.state)
    note_event(work, share, answered, at=work.now, by_id=work.actor.id, text=text, details=details)
    await tell_answered(work, "share", share.id)
