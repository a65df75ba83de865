"""What people do with the support list: add, extend, take off, hand over and acknowledge."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from app.core.ids import new_id
from app.core.words import AuditEvent, Permission
from app.db.models import SupportListEntry, SupportListHandOver
from app.db.paging import Cursor, PageOf
from app.db.repositories.sources import behind
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.access.checks.children import child_for
from app.domain.duty.owners.settling import people_here
from app.domain.duty.tasks.kind import knows
from app.domain.duty.tasks.setting import SetTask, finish_all, set_task
from app.domain.errors import VersionStale
from app.domain.safety.support_list import entries, queries
from app.domain.safety.support_list.errors import (
    HandOverAcknowledged,
    HandOverNotFound,
    HandOverPersonUnsuitable,
    SupportListEntryNotFound,
    SupportListUntilUnsuitable,
)

LONGEST: Final = timedelta(days=366)
TASK: Final = "support_list_hand_over"
AT_ONCE: Final = 200


@dataclass(frozen=True, slots=True)
class PutOn:
    """A child, why in a lead's words, and until when."""

    child_id: UUID
    words: str
    until: datetime
    id: UUID | None = None


async def state(work: UnitOfWork, wish: PutOn) -> SupportListEntry:
    """A lead puts a child on the list. Raises as `child_for`, `SupportListUntilUnsuitable`."""
    child = await child_for(work, wish.child_id, Permission.SAFETY_WRITE)
    _check(work, wish.until)
    source = (entries.NOUN, wish.id or new_id())
    return entries.add(work, child.id, "stated", source, wish.until, wish.words)


def _check(work: UnitOfWork, until: datetime) -> None:
    if not work.now < until <= work.now + LONGEST:
        raise SupportListUntilUnsuitable


async def _entry(work: UnitOfWork, entry_id: UUID, version: int) -> SupportListEntry:
    """Lock one. Raises `PermissionMissing`, `SupportListEntryNotFound`, `VersionStale`."""
    policy.require(work.actor, Permission.SAFETY_WRITE)
    entry = await work.children.lock(SupportListEntry, entry_id)
    conflicts = work.actor.conflicts
    if entry is None or entry.ended_at is not None or entry.child_id in conflicts.children:
        raise SupportListEntryNotFound
    source = (entry.source_noun, entry.source_id)
    of = await behind(await work.driver(), work.actor.school_id, *source)
    if not knows(work.actor, of):
        raise SupportListEntryNotFound
    if entry.version != version:
        raise VersionStale
    return entry


async def extend(
    work: UnitOfWork, entry_id: UUID, version: int, until: datetime
) -> SupportListEntry:
    """The child stays until a later day. Raises as `_entry`, `SupportListUntilUnsuitable`."""
    entry = await _entry(work, entry_id, version)
    _check(work, until)
    await entries.extend(work, entry, until)
    return entry


async def take_off(work: UnitOfWork, entry_id: UUID, version: int, reason: str) -> SupportListEntry:
    """A lead takes a child off the list, and says why. Raises as `_entry`."""
    entry = await _entry(work, entry_id, version)
    await entries.end(work, entry, reason)
    return entry


async def hand_over(
    work: UnitOfWork, to_id: UUID, note: str, id_: UUID | None
) -> SupportListHandOver:
    """Hand over who is in touch with whom; the receiver has to read and acknowledge it.

    Raises `PermissionMissing`, `HandOverPersonUnsuitable`.
    """
    policy.require(work.actor, Permission.SAFETY_WRITE)
    found = await people_here(work, [to_id])
    if not any(
        Permission.SUPPORT_LIST_READ in one.permissions for who in found for one in who.rights
    ):
        raise HandOverPersonUnsuitable
    made = SupportListHandOver(
        school_id=work.actor.school_id, id=id_ or new_id(), to_id=to_id, note=note,
        content=await _content(work), by_id=work.actor.id, at=work.now, version=1,
    )  # fmt: skip
    work.children.add(made)
    work.record(
        AuditEvent.SUPPORT_LIST_HANDED_OVER, "support_list_hand_over", made.id,
        after={"note": note},
        details={"to": str(to_id)},
    )  # fmt: skip
    await finish_all(work, [TASK], about_id=work.actor.school_id, outcome="handed_over")
    await set_task(work, SetTask(TASK, about=("support_list_hand_over", made.id), owner_id=to_id))
    return made


async def _content(work: UnitOfWork) -> list[dict[str, Any]]:
    """Ids of everybody who is on the list and who is in touch, as they were handed over."""
    children: list[dict[str, Any]] = []
    page: PageOf | None = PageOf(AT_ONCE)
    while page is not None:
        found = await queries.children_on(work, page)
        children += found.items
        page = PageOf(AT_ONCE, Cursor.decode(found.next)) if found.next else None
    return [
        {
            "child_id": str(one["child"]["id"]),
            "in_touch": one["in_touch"] and str(one["in_touch"]["id"]),
        }
        for one in children
    ]


async def acknowledge(work: UnitOfWork, hand_over_id: UUID, version: int) -> SupportListHandOver:
    """Its receiver has read it.

    Raises `PermissionMissing`, `HandOverNotFound`, `VersionStale`, `HandOverAcknowledged`.
    """
    policy.require(work.actor, Permission.SUPPORT_LIST_READ)
    found = await work.children.lock(SupportListHandOver, hand_over_id)
    if found is None or found.to_id != work.actor.id:
        raise HandOverNotFound
    if found.version != version:
        raise VersionStale
    if found.acknowledged_at is not None:
        raise HandOverAcknowledged
    found.acknowledged_at = work.now
    found.version += 1
    work.record(AuditEvent.SUPPORT_LIST_ACKNOWLEDGED, "support_list_hand_over", found.id)
    await finish_all(work, [TASK], about_id=found.id, outcome="acknowledged")
    return found
