"""Putting children on the support list and taking them off: one open entry for child and source."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from app.core.ids import new_id
from app.core.moments import written
from app.core.words import AuditEvent
from app.db.models import SupportListEntry
from app.db.unit_of_work import UnitOfWork
from app.domain.duty.tasks.setting import finish_all

NOUN = "support_list_entry"
Source = tuple[str, UUID]
"""What puts the child there, by noun and id: a plan, a concern, a reintegration."""


async def put_on(
    work: UnitOfWork, child_id: UUID, reason: str, *, source: Source, until: datetime
) -> SupportListEntry:
    """Put a child on the list for what `source` names, or renew the reason and end date of it.

    An end date is only ever moved on by this, never brought nearer.
    """
    entry = next(iter(await _open_entries(work, source, child_id)), None)
    if entry is None:
        return add(work, child_id, reason, source, until)
    if until > entry.until or reason != entry.reason:
        entry.until, entry.reason = max(until, entry.until), reason
        _touch(work, entry)
        _record(work, AuditEvent.SUPPORT_LIST_RENEWED, entry)
        await finish_all(work, ["support_list_end"], about_id=entry.id)
    return entry


def add(
    work: UnitOfWork, child_id: UUID, reason: str, source: Source, until: datetime,
    words: str | None = None,
) -> SupportListEntry:  # fmt: skip
    """A new entry; `words` is what a lead wrote who put the child there."""
    by = None if work.actor.is_system or work.actor.is_service else work.actor.id
    entry = SupportListEntry(
        school_id=work.actor.school_id, id=source[1] if source[0] == NOUN else new_id(),
        child_id=child_id, reason=reason, source_noun=source[0], source_id=source[1],
        words=words, until=until, put_at=work.now, put_by=by, version=1, changed_at=work.now,
    )  # fmt: skip
    work.children.add(entry)
    _record(work, AuditEvent.SUPPORT_LIST_ADDED, entry)
    return entry


async def take_off(
    work: UnitOfWork, source: Source, reason: str | None = None,
    *, children: Collection[UUID] | None = None,
) -> None:  # fmt: skip
    """What put children on the list is over, for some of them or for all."""
    for entry in await _open_entries(work, source):
        if children is None or entry.child_id in children:
            await end(work, entry, reason)


async def end(work: UnitOfWork, entry: SupportListEntry, reason: str | None) -> None:
    """End an open, locked entry, and what was to be decided about it."""
    entry.ended_at, entry.end_reason = work.now, reason
    entry.ended_by = None if work.actor.is_system or work.actor.is_service else work.actor.id
    _touch(work, entry)
    _record(work, AuditEvent.SUPPORT_LIST_REMOVED, entry, reason)
    await finish_all(work, ["support_list_end"], about_id=entry.id)


async def extend(work: UnitOfWork, entry: SupportListEntry, until: datetime) -> None:
    """A lead decided that the child stays on the list until a later day."""
    entry.until = until
    _touch(work, entry)
    _record(work, AuditEvent.SUPPORT_LIST_RENEWED, entry)
    await finish_all(work, ["support_list_end"], about_id=entry.id)


async def _open_entries(
    work: UnitOfWork, source: Source, child_id: UUID | None = None
) -> list[SupportListEntry]:
    await work.session.flush()
    of_child = [] if child_id is None else [SupportListEntry.child_id == child_id]
    found = await work.session.scalars(
        select(SupportListEntry)
        .where(
            SupportListEntry.school_id == work.actor.school_id,
            SupportListEntry.source_noun == source[0],
            SupportListEntry.source_id == source[1], SupportListEntry.ended_at.is_(None), *of_child,
        )
        .order_by(SupportListEntry.id)
        .with_for_update(of=SupportListEntry, key_share=True)
    )  # fmt: skip
    return list(found)


def _touch(work: UnitOfWork, entry: SupportListEntry) -> None:
    entry.version += 1
    entry.changed_at = work.now


def _record(
    work: UnitOfWork, did: AuditEvent, entry: SupportListEntry, reason: str | None = None
) -> None:
    work.record(
        did, NOUN, entry.id, child_id=entry.child_id, reason=reason,
        details={"reason": entry.reason, "until": written(entry.until)},
    )  # fmt: skip
