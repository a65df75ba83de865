"""Write the chronology: every command that adds something dated about a child calls this."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from app.core.words import AuditEvent, Permission
from app.db.models import ChronologyEntry
from app.db.paging import PageOf
from app.db.repositories.record.chronology import ChronologyFilter
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.access.closed_files.queries import check_unlocked
from app.domain.record.chronology.errors import EntryNotFound
from app.domain.record.chronology.queries import entries
from app.domain.record.chronology.schemas import SignificantIn
from app.domain.steps import new

LATE_AFTER = timedelta(hours=24)
"""Recorded later than this after the event counts as late (same-day recording: KCSIE Part one)."""


def is_late(occurred_at: datetime, recorded_at: datetime) -> bool:
    """Whether an entry was recorded so long after the event that readers must know."""
    return recorded_at - occurred_at > LATE_AFTER


def chronicle(  # noqa: PLR0913 - each says something else
    work: UnitOfWork,
    *,
    child_ids: Iterable[UUID],
    kind: str,
    resource_id: UUID,
    occurred_at: datetime,
    precision: str = "exact",
    concern_id: UUID | None = None,
    confidentiality: str,
    late: bool | None = None,
    author_id: UUID | None = None,
) -> None:
    """Add one entry to each child's chronology, recorded now, by the actor or `author_id`.

    `kind` is a code of the vocabulary `chronology_kinds`, `resource_id` the row of that kind. With
    a `concern_id` the concern's present class decides who sees the entry; otherwise
    `confidentiality` does.
    """
    for child_id in child_ids:
        row = new(
            work, ChronologyEntry, child_id=child_id, occurred_at=occurred_at,
            occurred_precision=precision,
            late=is_late(occurred_at, work.now) if late is None else late, kind=kind,
            thing_id=resource_id, concern_id=concern_id, confidentiality=confidentiality,
            author_id=author_id or work.actor.id, author_role=work.actor.role_name,
        )  # fmt: skip
        work.children.add(row)


async def mark_significant(
    work: UnitOfWork, child_id: UUID, entry_id: UUID, body: SignificantIn
) -> str:
    """Mark an entry as significant or not, with a reason; repeating it changes nothing.

    Returns the entry. Raises `PermissionMissing`, `ChildNotFound`, `OutsideCohort`,
    `ConflictOfInterest`, `EntryNotFound` (also for a hidden one), `FileLocked`, `FileFrozen`.
    """
    policy.require(work.actor, Permission.CONCERN_TRIAGE)
    asked, paging = ChronologyFilter(entry_id=entry_id), PageOf(1)
    page, _ = await entries(work, child_id, asked, paging)
    if not page.items:
        raise EntryNotFound
    entry = await work.children.lock(ChronologyEntry, entry_id)
    if entry is not None:
        await check_unlocked(work, child_id, written_at=entry.recorded_at)
    if entry is not None and entry.significant != body.significant:
        before, entry.significant = entry.significant, body.significant
        work.record(
            AuditEvent.CHRONOLOGY_MARKED, "chronology", entry_id, child_id=child_id,
            before={"significant": before}, after={"significant": body.significant},
            reason=body.reason, details={"kind": entry.kind, "significant": body.significant},
        )  # fmt: skip
        await work.save()
        page, _ = await entries(work, child_id, asked, paging)
    return page.items[0]
