"""Leads read reports that could not be taken, and say what became of each."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from app.core.words import Did, Permission
from app.db.models import UnfinishedReport
from app.db.paging import Cursor, Page, PageOf, page_of
from app.db.reading import Reading
from app.db.repositories import returns as stored
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.access.concerns import concern_for
from app.domain.errors import VersionStale
from app.domain.unfinished import rules
from app.domain.unfinished.errors import DraftEnded, DraftNotFound
from app.domain.unfinished.keeping import end


async def list_drafts(reading: Reading, *, ended: bool, paging: PageOf) -> Page[dict[str, Any]]:
    """Reports that could not be taken, the newest first; without what they say."""
    policy.require(reading.actor, Permission.WATCH_READ)
    rows = await stored.page_of_drafts(reading.driver, reading.actor, ended=ended, paging=paging)
    return page_of(rows, paging, key=lambda row: Cursor(row["received_at"], row["id"]), shape=card)


async def open_draft(work: UnitOfWork, draft_id: UUID) -> tuple[UnfinishedReport, dict[str, Any]]:
    """One of them with every word; the look leaves a trace. Raises `DraftNotFound`."""
    row = await _draft_for(work, draft_id)
    work.record(Did.DRAFT_OPENED, rules.NOUN, row.id)
    return row, await whole(work, row)


async def resolve_draft(
    work: UnitOfWork, draft_id: UUID, version: int, concern_id: UUID | None, reason: str | None
) -> UnfinishedReport:
    """A lead says what became of it: the concern that was raised, or why none is needed.

    Raises `DraftNotFound`, `VersionStale`, `DraftEnded`, `ConcernNotFound`.
    """
    policy.require(work.actor, Permission.SAFETY_WRITE)
    row = await _draft_for(work, draft_id, lock=True)
    if row.version != version:
        raise VersionStale
    if row.state != rules.OPEN:
        raise DraftEnded
    if concern_id is not None:
        await concern_for(work, concern_id, Permission.CONCERN_READ)
    await end(work, row, concern_id=concern_id, reason=reason)
    return row


async def _draft_for(work: UnitOfWork, draft_id: UUID, *, lock: bool = False) -> UnfinishedReport:
    policy.require(work.actor, Permission.WATCH_READ)
    row = await (work.concerns.lock if lock else work.concerns.find)(UnfinishedReport, draft_id)
    if row is None or not await _sees(work, row):
        raise DraftNotFound
    return row


async def _sees(work: UnitOfWork, row: UnfinishedReport) -> bool:
    """Nobody it names, and nobody who has an interest in a child it is about by now."""
    actor, about = work.actor, rules.ids_in(row.body, rules.parsed(row.body))
    if row.thing_id is not None:
        about += [row.thing_id]
    close = await stored.named_in_draft(await work.driver(), row.school_id, about)
    limited = actor.conflicts.limited.intersection(about)
    free = actor.id not in {*row.barred, *close} - {row.reporter_id} and not limited
    return free and bool(policy.may_see_class(actor, rules.CLASS))


def card(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of the list."""
    return {
        "id": row["id"],
        "reporter": {"id": row["reporter_id"], "name": row["reporter_name"]},
        "operation": row["operation"],
        "thing_id": row["thing_id"],
        "signed_in": row["signed_in"],
        "received_at": row["received_at"],
        "urgent": row["urgent"],
        "times": row["times"],
        "state": row["state"],
        "concern_id": row["concern_id"],
        "ended_at": row["ended_at"],
    }


async def whole(work: UnitOfWork, row: UnfinishedReport) -> dict[str, Any]:
    """A report that may be seen, as it leaves."""
    found = await stored.one_draft(await work.driver(), row.school_id, row.id)
    return card(found) | {
        "texts": [
            {"pointer": at, "text": text} for at, text in rules.texts_of(rules.parsed(row.body))
        ],
        "body": row.body,
        "cut": row.cut,
        "asks": row.asks,
        "still_needed": rules.still_needed(row.asks, rules.parsed(row.body)),
        "reason": row.reason,
    }
