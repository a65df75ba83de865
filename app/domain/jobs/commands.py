"""Replaying and dropping dead letters: by a person of the school, or by an operator."""

from uuid import UUID

from app.core.words import Did
from app.db.models import DeadLetter
from app.db.unit_of_work import Job, UnitOfWork
from app.domain.clocks.keeping import stop_clock
from app.domain.errors import VersionStale
from app.domain.jobs.errors import DeadLetterSettled
from app.domain.jobs.kind import DEAD_LETTER
from app.domain.steps import find_target


async def replay_dead_letter(
    work: UnitOfWork, letter_id: UUID, version: int | None = None
) -> DeadLetter:
    """Ask for the job once more, as a new one with all its attempts, and settle the letter.

    Raises `PermissionMissing`, `DeadLetterNotFound`, `VersionStale`, `DeadLetterSettled`.
    """
    letter = await _open_letter(work, letter_id, version)
    args = {name: str(value) for name, value in letter.args.items() if name != "timestamp"}
    work.enqueue(Job(letter.task, args, letter.queue, letter.lock, letter.priority))
    _settle(work, letter, "replayed", None)
    work.record(
        Did.JOB_REPLAYED, "dead_letter", letter.id,
        details={"task": letter.task, "job": letter.job_id},
    )  # fmt: skip
    return letter


async def drop_dead_letter(
    work: UnitOfWork, letter_id: UUID, reason: str, version: int | None = None
) -> DeadLetter:
    """Settle a dead letter without doing its job, for a reason.

    Raises `PermissionMissing`, `DeadLetterNotFound`, `VersionStale`, `DeadLetterSettled`.
    """
    letter = await _open_letter(work, letter_id, version)
    _settle(work, letter, "dropped", reason)
    work.record(
        Did.JOB_DROPPED, "dead_letter", letter.id, reason=reason,
        details={"task": letter.task, "job": letter.job_id},
    )  # fmt: skip
    return letter


async def _open_letter(work: UnitOfWork, letter_id: UUID, version: int | None) -> DeadLetter:
    letter = (await find_target(work, DEAD_LETTER, letter_id, lock=True)).row
    if letter.ended_at is not None:
        raise DeadLetterSettled
    if version is not None and version != letter.version:
        raise VersionStale
    return letter


def _settle(work: UnitOfWork, letter: DeadLetter, how: str, reason: str | None) -> None:
    letter.ended_at, letter.ended_because, letter.reason = work.now, how, reason
    letter.ended_by = None if work.actor.is_system else work.actor.id
    letter.version += 1
    stop_clock(work, letter, how)
