"""Writes the chronology: every command that adds something dated about a child says so here."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from app.core.ids import new_id
from app.db.models import ChronologyEntry
from app.db.unit_of_work import UnitOfWork

LATE_AFTER = timedelta(hours=24)
"""Recorded later than this after the event counts as late (same-day recording: KCSIE Part one)."""


def is_late(occurred_at: datetime, recorded_at: datetime) -> bool:
    """Whether an entry was recorded so long after the event that readers must be told."""
    return recorded_at - occurred_at > LATE_AFTER


def chronicle(  # noqa: PLR0913 - each says something else
    work: UnitOfWork,
    *,
    child_ids: Iterable[UUID],
    kind: str,
    thing_id: UUID,
    occurred_at: datetime,
    precision: str = "exact",
    concern_id: UUID | None = None,
    confidentiality: str,
    late: bool | None = None,
) -> None:
    """Add one thing to the chronology of each child, by the actor, recorded now.

    `kind` is a code of the vocabulary `chronology_kinds`, `thing_id` the row of that kind.
    With a `concern_id` the concern's present class decides who sees the entry;
    `confidentiality` decides for all others.
    """
    for child_id in child_ids:
        work.children.add(
            ChronologyEntry(
                school_id=work.actor.school_id,
                id=new_id(),
                child_id=child_id,
                occurred_at=occurred_at,
                occurred_precision=precision,
                recorded_at=work.now,
                late=is_late(occurred_at, work.now) if late is None else late,
                kind=kind,
                thing_id=thing_id,
                concern_id=concern_id,
                confidentiality=confidentiality,
                author_id=work.actor.id,
                author_role=work.actor.role_name,
            )
        )
