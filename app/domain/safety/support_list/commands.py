"""Put children on the support list, extend entries, take children off and hand the list over."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from app.core.ids import new_id
from app.core.moments import written
from app.core.schemas import ReasonIn
from app.core.words import AuditEvent, Permission
from app.db.models import SupportListEntry, SupportListHandOver
from app.db.paging import Cursor, PageOf
from app.db.repositories.safety import support_list as stored
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.access.child_access.queries import child_for
from app.domain.common.owners.queries import people_here
from app.domain.duty.tasks.commands import SetTask, finish_all, set_task
from app.domain.etags import check_version
from app.domain.safety.support_list import queries
from app.domain.safety.support_list.errors import (
    HandOverAcknowledged,
    HandOverNotFound,
    HandOverPersonUnsuitable,
    SupportListEntryNotFound,
    SupportListUntilUnsuitable,
)
from app.domain.safety.support_list.kind import SUPPORT_LIST_ENTRY
from app.domain.safety.support_list.schemas import (
    ExtendSupportListEntryIn,
    HandOverNoteIn,
    SupportListEntryIn,
)
from app.domain.steps import new, record_row, sees, touch

NOUN = "support_list_entry"
Source = tuple[str, UUID]
"""The source of an entry, by noun and ID: a plan, a concern, a reintegration."""

TO_NEXT: Final = "plan_to_next_school"

LONGEST: Final = timedelta(days=366)
TASK: Final = "support_list_hand_over"
AT_ONCE: Final = 200


async def put_on_list(
    work: UnitOfWork, child_id: UUID, reason_code: str, *, source: Source, until: datetime
) -> SupportListEntry:
    """Put a child on the list for a `source`, or renew the reason and end date of its entry.

    This only moves an end date later, never earlier.
    """
    entry = next(iter(await _open_entries(work, source, child_id)), None)
    if entry is None:
        return add_entry(work, child_id, reason_code, source, until)
    if until > entry.until or reason_code != entry.reason_code:
        entry.until, entry.reason_code = max(until, entry.until), reason_code
        touch(work, entry)
        _record(work, AuditEvent.SUPPORT_LIST_RENEWED, entry)
        await finish_all(work, ["support_list_end"], about_id=entry.id)
    return entry


def add_entry(
    work: UnitOfWork, child_id: UUID, reason_code: str, source: Source, until: datetime,
    reason: str | None = None,
) -> SupportListEntry:  # fmt: skip
    """Add a new entry; `reason` is the text of the lead who put the child there."""
    by = None if work.actor.is_system or work.actor.is_service else work.actor.id
    entry = new(
        work, SupportListEntry, id=source[1] if source[0] == NOUN else new_id(), child_id=child_id,
        reason_code=reason_code, source_noun=source[0], source_id=source[1], reason=reason,
        until=until, put_at=work.now, put_by=by,
    )  # fmt: skip
    work.children.add(entry)
    _record(work, AuditEvent.SUPPORT_LIST_ADDED, entry)
    return entry


async def take_off_list(
    work: UnitOfWork, source: Source, reason: str | None = None,
    *, children: Collection[UUID] | None = None,
) -> None:  # fmt: skip
    """Take children off the list when a source ends, for some of them or for all."""
    for entry in await _open_entries(work, source):
        if children is None or entry.child_id in children:
            await end_entry(work, entry, reason)


async def end_entry(work: UnitOfWork, entry: SupportListEntry, reason: str | None) -> None:
    """End an open, locked entry, and the decision that it needed."""
    entry.ended_at, entry.end_reason = work.now, reason
    entry.ended_by = None if work.actor.is_system or work.actor.is_service else work.actor.id
    touch(work, entry)
    _record(work, AuditEvent.SUPPORT_LIST_REMOVED, entry, reason)
    await finish_all(work, ["support_list_end"], about_id=entry.id)


async def extend_entry(work: UnitOfWork, entry: SupportListEntry, until: datetime) -> None:
    """Extend an entry until a later day, as a lead decided."""
    entry.until = until
    touch(work, entry)
    _record(work, AuditEvent.SUPPORT_LIST_RENEWED, entry)
    await finish_all(work, ["support_list_end"], about_id=entry.id)


async def _open_entries(
    work: UnitOfWork, source: Source, child_id: UUID | None = None
) -> list[SupportListEntry]:
    await work.session.flush()
    return await stored.lock_open_entries(work.session, work.actor.school_id, source, child_id)


def _record(
    work: UnitOfWork, did: AuditEvent, entry: SupportListEntry, reason: str | None = None
) -> None:
    record_row(
        work, did, entry, reason=reason,
        details={"reason_code": entry.reason_code, "until": written(entry.until)},
    )  # fmt: skip


async def call_next_school(work: UnitOfWork, child_id: UUID) -> None:
    """Set the call to the next school if the pupil is on the list, once while they are.

    It transfers nothing: a lead here has the pupil until the other lead does.
    """
    entry_id = await stored.first_entry_of(work.session, work.actor.school_id, child_id)
    if entry_id is not None:
        await set_task(
            work,
            SetTask(
                TO_NEXT, child_id=child_id, about=(NOUN, entry_id),
                dedupe=f"next_school:{child_id}:{entry_id}",
            ),
        )  # fmt: skip


async def state(work: UnitOfWork, body: SupportListEntryIn) -> SupportListEntry:
    """A lead puts a child on the list. Raises as `child_for`, `SupportListUntilUnsuitable`."""
    child = await child_for(work, body.child_id, Permission.SAFETY_WRITE)
    _check(work, body.until)
    source = (NOUN, body.id or new_id())
    return add_entry(work, child.id, "stated", source, body.until, body.reason)


def _check(work: UnitOfWork, until: datetime) -> None:
    if not work.now < until <= work.now + LONGEST:
        raise SupportListUntilUnsuitable


async def _entry(work: UnitOfWork, entry_id: UUID, version: int) -> SupportListEntry:
    """Lock one. Raises `PermissionMissing`, `SupportListEntryNotFound`, `VersionStale`."""
    policy.require(work.actor, Permission.SAFETY_WRITE)
    entry = await work.children.lock(SupportListEntry, entry_id)
    if entry is None or entry.ended_at is not None:
        raise SupportListEntryNotFound
    if not await sees(work, SUPPORT_LIST_ENTRY, entry.id):
        raise SupportListEntryNotFound
    check_version(entry, version)
    return entry


async def extend(
    work: UnitOfWork, entry_id: UUID, version: int, body: ExtendSupportListEntryIn
) -> SupportListEntry:
    """Extend an entry until a later day. Raises as `_entry`, `SupportListUntilUnsuitable`."""
    entry = await _entry(work, entry_id, version)
    _check(work, body.until)
    await extend_entry(work, entry, body.until)
    return entry


async def take_off(
    work: UnitOfWork, entry_id: UUID, version: int, body: ReasonIn
) -> SupportListEntry:
    """Take a child off the list, as a lead, with a reason. Raises as `_entry`."""
    entry = await _entry(work, entry_id, version)
    await end_entry(work, entry, body.reason)
    return entry


async def hand_over(work: UnitOfWork, body: HandOverNoteIn) -> SupportListHandOver:
    """Hand over who is in touch with which pupil; the receiver has to acknowledge it.

    Raises `PermissionMissing`, `HandOverPersonUnsuitable`.
    """
    policy.require(work.actor, Permission.SAFETY_WRITE)
    result = await people_here(work, [body.to_id])
    if not any(
        Permission.SUPPORT_LIST_READ in right.permissions for who in result for right in who.rights
    ):
        raise HandOverPersonUnsuitable
    made = new(work, SupportListHandOver, body, content=await _content(work))
    work.children.add(made)
    record_row(
        work, AuditEvent.SUPPORT_LIST_HANDED_OVER, made, after={"note": body.note},
        details={"to": str(body.to_id)},
    )  # fmt: skip
    await finish_all(work, [TASK], about_id=work.actor.school_id, outcome="handed_over")
    await set_task(
        work, SetTask(TASK, about=("support_list_hand_over", made.id), owner_id=body.to_id)
    )
    return made


async def _content(work: UnitOfWork) -> list[dict[str, Any]]:
    """IDs of everyone on the list and of the people in touch, as handed over."""
    children: list[dict[str, Any]] = []
    page: PageOf | None = PageOf(AT_ONCE)
    while page is not None:
        result = await queries.children_on(work, page)
        children += result.items
        page = PageOf(AT_ONCE, Cursor.decode(result.next)) if result.next else None
    return [
        {
            "child_id": str(child["child"]["id"]),
            "in_touch": child["in_touch"] and str(child["in_touch"]["id"]),
        }
        for child in children
    ]


async def acknowledge(work: UnitOfWork, hand_over_id: UUID, version: int) -> SupportListHandOver:
    """Acknowledge a hand-over as its receiver.

    Raises `PermissionMissing`, `HandOverNotFound`, `VersionStale`, `HandOverAcknowledged`.
    """
    policy.require(work.actor, Permission.SUPPORT_LIST_READ)
    support_list_hand_over = await work.children.lock(SupportListHandOver, hand_over_id)
    if support_list_hand_over is None or support_list_hand_over.to_id != work.actor.id:
        raise HandOverNotFound
    check_version(support_list_hand_over, version)
    if support_list_hand_over.acknowledged_at is not None:
        raise HandOverAcknowledged
    support_list_hand_over.acknowledged_at = work.now
    support_list_hand_over.version += 1
    record_row(work, AuditEvent.SUPPORT_LIST_ACKNOWLEDGED, support_list_hand_over)
    await finish_all(work, [TASK], about_id=support_list_hand_over.id, outcome="acknowledged")
    return support_list_hand_over
