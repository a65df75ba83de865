"""States of an import of any sort, and until when it can be undone."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from app.core.words import Actor
from app.domain.exchange.imports.errors import ImportNotApplied, UndoExpired

RECEIVED, PARSED, PLANNED, HELD = "received", "parsed", "planned", "held"
APPROVED, APPLIED, REFUSED, FAILED = "approved", "applied", "refused", "failed"
UNDOING, UNDONE = "undoing", "undone"
ENDED: Final = frozenset({APPLIED, REFUSED, FAILED, UNDOING, UNDONE})
UNDO_FOR: Final = timedelta(days=30)
"""How long an import can be undone."""
LISTED_PROBLEMS: Final = 20_000
FILE_LOST: Final = "file_lost"
"""Why an import failed if its file is missing from our own store."""


def check_undo(state: str, ended_at: datetime | None, now: datetime) -> None:
    """Raise `ImportNotApplied` or `UndoExpired` unless it can be undone."""
    if state != APPLIED or ended_at is None:
        raise ImportNotApplied
    if now - ended_at > UNDO_FOR:
        raise UndoExpired


def steps(kind: str, row: Mapping[str, Any], planned: Sequence[str], now: datetime) -> list[str]:
    """Operations that an import allows; `planned` are the states that can be approved."""
    items = [f"approve_{kind}"] if row["state"] in planned else []
    with suppress(ImportNotApplied, UndoExpired):
        check_undo(row["state"], row["ended_at"], now)
        items.append(f"undo_{kind}")
    return items


def is_theirs(actor: Actor, started_by: UUID | None) -> bool:
    """Whether the actor may know of an import: a program knows those it sent itself."""
    return not actor.is_service or started_by == actor.id
