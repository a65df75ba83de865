"""The adults around a child: added, changed and ended, never merged by name."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from app.core.ids import new_id
from app.core.words import Did, Permission
from app.db.models import Contact
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.access.children import child_for, child_for_any, why_reached
from app.domain.access.lifts import check_not_blocked
from app.domain.access.locks import check_unfrozen, check_unlocked
from app.domain.children import records, rules
from app.domain.children.commands import BY_HAND, Record
from app.domain.conflicts.finding import find_conflicts
from app.domain.errors import ContactNotFound, StateConflict, VersionStale

REACHED_BY = frozenset({"name", "email", "phone"})
"""What somebody barred is known by wherever something is sent."""
NEW: dict[str, Any] = {
    "organisation": None, "email": None, "phone": None, "address": None, "language": None,
    "parental_responsibility": "unknown", "lives_with": "unknown", "is_parent": False,
    "contact_allowed": "unknown", "restriction": None, "court_orders": [], "may_be_told": None,
    "may_be_told_reason": None, "alleged_source_of_harm": False, "priority": None,
    "valid_from": None,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class AddContact:
    """A wish to add a contact. `facts` are columns of `Contact`, only those that were given."""

    id: UUID | None
    child_id: UUID
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ChangeContact:
    """A wish to change some columns of a contact."""

    child_id: UUID
    contact_id: UUID
    version: int
    changes: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class EndContact:
    """A wish to end a contact."""

    child_id: UUID
    contact_id: UUID
    version: int


async def open_contacts(work: UnitOfWork, child_id: UUID) -> list[Record]:
    """Every contact of a child, ended ones last known included; that leaves a trace.

    Raises `PermissionMissing`, `ChildNotFound`, `OutsideCohort`.
    """
    child = await child_for_any(work, child_id, (Permission.CHILD_OPEN, Permission.CHILD_CHANGE))
    found = await work.children.contacts_of(child.id)
    work.record(
        Did.CHILD_OPENED, "child", child.id, child_id=child.id,
        details={"part": "contacts", "rule": why_reached(work.actor, child)},
    )  # fmt: skip
    return [records.contact_record(one, work.actor, work.today) for one in found]


async def add_contact(work: UnitOfWork, wish: AddContact) -> tuple[Record, int]:
    """Add a contact to a child.

    Raises `PermissionMissing`, `ChildNotFound`, `FileLocked`, `ValidationFailed`.
    """
    child = await child_for(work, wish.child_id, Permission.CHILD_CHANGE)
    await _check_safeguarding(work, child.id, wish.facts)
    facts = rules.told_changes(wish.facts)
    contact = Contact(
        **(NEW | facts), school_id=work.actor.school_id, id=wish.id or new_id(),
        child_id=child.id, source=BY_HAND, source_id=None, valid_to=None, version=1,
        created_at=work.now, changed_at=work.now,
    )  # fmt: skip
    work.children.add(contact)
    work.record(
        Did.CONTACT_ADDED, "contact", contact.id, child_id=child.id, after=facts,
        details={"fields": sorted(facts)},
    )  # fmt: skip
    await find_conflicts(work)
    return records.contact_record(contact, work.actor, work.today), contact.version


async def change_contact(work: UnitOfWork, wish: ChangeContact) -> tuple[Record, int]:
    """Change what is known of a contact, or what they may do.

    Raises `PermissionMissing`, `ChildNotFound`, `ContactNotFound`, `VersionStale`,
    `StateConflict`, `FileLocked`, `ValidationFailed`, `TellingBlocked` (nobody alone takes away
    what bars them, nor what they are known and reached by, while a pathway of the child is open).
    """
    contact = await _contact(work, wish.child_id, wish.contact_id, wish.version)
    await _check_safeguarding(work, contact.child_id, wish.changes)
    changes = rules.told_changes(wish.changes)
    before = {field: getattr(contact, field) for field in changes}
    today = work.today
    barred, bars = records.hard_mark(contact, today), records.hard_bars(contact, today)
    for field, value in changes.items():
        setattr(contact, field, value)
    freed = not set(bars) <= set(records.hard_bars(contact, today))
    moved = any(before[field] != changes[field] for field in REACHED_BY & changes.keys())
    if barred is not None and (freed or moved):
        await check_not_blocked(work, contact.child_id, [barred])
    contact.version += 1
    contact.changed_at = work.now
    work.record(
        Did.CONTACT_CHANGED, "contact", contact.id, child_id=contact.child_id, before=before,
        after=changes, details={"fields": sorted(changes)},
        reason=changes.get("may_be_told_reason"),
    )  # fmt: skip
    await find_conflicts(work)
    return records.contact_record(contact, work.actor, work.today), contact.version


async def end_contact(work: UnitOfWork, wish: EndContact) -> tuple[Record, int]:
    """End a contact as of today; the record keeps them.

    Raises `PermissionMissing`, `ChildNotFound`, `ContactNotFound`, `VersionStale`,
    `StateConflict`.
    """
    contact = await _contact(work, wish.child_id, wish.contact_id, wish.version)
    contact.valid_to = work.today
    contact.version += 1
    contact.changed_at = work.now
    work.record(Did.CONTACT_ENDED, "contact", contact.id, child_id=contact.child_id)
    await find_conflicts(work)
    return records.contact_record(contact, work.actor, work.today), contact.version


async def _contact(work: UnitOfWork, child_id: UUID, contact_id: UUID, version: int) -> Contact:
    child = await child_for(work, child_id, Permission.CHILD_CHANGE)
    await check_unfrozen(work, [child.id])
    contact = await work.children.lock(Contact, contact_id)
    if contact is None or contact.child_id != child.id:
        raise ContactNotFound
    if contact.version != version:
        raise VersionStale
    if records.has_ended(contact.valid_to, work.today):
        raise StateConflict("This contact has ended.")
    return contact


async def _check_safeguarding(work: UnitOfWork, child_id: UUID, facts: Mapping[str, Any]) -> None:
    """Raise `PermissionMissing`, `FileLocked` where it is more than a roster says."""
    if any(field in facts for field in records.SAFEGUARDING):
        policy.require(work.actor, Permission.CHILD_SAFEGUARD)
        await check_unlocked(work, child_id, adds=True)
