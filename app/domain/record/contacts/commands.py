"""Add, change and end adults around a child; never merge them by name."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from app.core import clock, moments
from app.core.ids import new_id
from app.core.words import BY_HAND, AuditEvent, Permission, Role
from app.db.models import Contact
from app.db.repositories.duty.alerts import waiting_about
from app.db.repositories.file_locks import Closed
from app.db.repositories.record.fact_changes import rows_at
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.access.child_access.queries import child_for, child_for_any, record_child_opened
from app.domain.access.closed_files.queries import check_unfrozen, check_unlocked
from app.domain.access.conflicts.commands import find_conflicts
from app.domain.access.conflicts.queries import candidates_for
from app.domain.access.share_access.queries import check_not_blocked
from app.domain.common.alerts.commands import tell
from app.domain.errors import StateConflict
from app.domain.etags import check_version
from app.domain.policy import LEADS
from app.domain.record.children import queries as children_queries
from app.domain.record.children.queries import Record
from app.domain.record.children.rules import check_past, reason_apart
from app.domain.record.contacts import queries, rules
from app.domain.record.contacts.errors import ContactNotFound
from app.domain.record.contacts.queries import (
    BY_NAME,
    BY_REACH,
    KNOWN_BY,
    Match,
    alike,
    as_somebody,
    keep_known_before,
    may_be_told_among,
    restricted_match,
)
from app.domain.steps import new, record_row, touch

TELLING_CHANGED: Final = "telling_changed"

NEW: dict[str, Any] = {
    "organisation": None, "email": None, "phone": None, "address": None, "language": None,
    "parental_responsibility": "unknown", "lives_with": "unknown", "is_parent": False,
    "contact_allowed": "unknown", "restriction": None, "court_orders": [], "may_be_told": None,
    "may_be_told_reason": None, "alleged_source_of_harm": False, "priority": None,
    "valid_from": None, "known_before": [], "confirmed": {},
}  # fmt: skip
BARRED: Final = {"contact_allowed": "no"}
TYPED = frozenset({"kind", "email"})
"""Fields that decide whether a contact is family of a member of staff."""


async def tell_of_telling(
    work: UnitOfWork,
    children: Collection[UUID],
    *,
    mail: bool = True,
    also: Collection[UUID] = (),
) -> None:
    """Alert every other lead without a conflict, or the head, once each until they read it.

    Without `mail` it stays in their inboxes. `also` are others named in it.
    """
    for child_id in sorted(children):
        people = [
            candidate
            for candidate in await candidates_for(work, None, [child_id])
            if not candidate.in_conflict and candidate.id != work.actor.id
        ]
        leads = {item.id for item in people if item.role in LEADS}
        leads = leads or {item.id for item in people if item.role == Role.HEADTEACHER}
        await work.session.flush()
        known = await waiting_about(
            await work.driver(), work.actor.school_id, TELLING_CHANGED, ("child", child_id)
        )
        for person in sorted({*leads, *also} - known):
            tell(work, person, TELLING_CHANGED, about=("child", child_id), mail=mail)


async def open_contacts(work: UnitOfWork, child_id: UUID) -> list[Record]:
    """Open every contact of a child, ended ones last known included; log the view.

    Raises `PermissionMissing`, `ChildNotFound`, `OutsideCohort`.
    """
    child = await child_for_any(work, child_id, (Permission.CHILD_OPEN, Permission.CHILD_CHANGE))
    result, closed = await work.children.contacts_and_file(child.id)
    record_child_opened(work, child, "contacts")
    return [to_response(work, item, result, closed=closed) for item in result]


async def open_contacts_at(work: UnitOfWork, child_id: UUID, at: datetime) -> list[Record]:
    """Open the contacts known at a moment, as they were, with who could be informed then.

    Logs the view. Raises as `open_contacts`, and `ValidationFailed` for a future moment.
    """
    child = await child_for_any(work, child_id, (Permission.CHILD_OPEN, Permission.CHILD_CHANGE))
    check_past(at, work.now)
    rows = await rows_at(work.session, Contact, work.actor.school_id, child.id, at)
    rows.sort(key=lambda item: (item.priority is None, item.priority, item.id))
    day = clock.day_of(at)
    record_child_opened(work, child, "contacts", at=moments.written(at))
    return [
        {
            **queries.contact_record(
                row, may_be_told_among(row, rows, day), work.actor, day, closed=Closed(locked=True)
            ),
            "permissions": [],
        }
        for row in rows
    ]


async def add_contact(
    work: UnitOfWork, child_id: UUID, facts: Mapping[str, Any], id_: UUID | None = None
) -> tuple[Record, int]:
    """Add a contact to a child; `facts` are the given columns of `Contact`.

    Raises `PermissionMissing` (also for people who do not safeguard, if a barred contact of the
    child is reached there), `ChildNotFound`, `FileLocked`, `ValidationFailed`.
    """
    child = await child_for(work, child_id, Permission.CHILD_CHANGE)
    right = _gives_right(facts, NEW)
    await _check_safeguarding(work, child.id, facts, anyway=right)
    facts = rules.told_changes(facts)
    contact = _new(work, child.id, facts, _typist(work), id_)
    confirm_written(work, contact, facts)
    others, closed = await work.children.contacts_and_file(child.id)
    matches = restricted_match(as_somebody(contact), others, work.today)
    await _check_safeguarding(work, child.id, {}, anyway=bool(_reached(matches)))
    work.children.add(contact)
    record_row(
        work, AuditEvent.CONTACT_ADDED, contact, child_id=child.id, after=facts,
        details={"fields": sorted(facts)},
    )  # fmt: skip
    if matches or right:
        await tell_of_telling(work, [child.id], mail=bool(matches))
    await find_conflicts(work)
    return to_response(work, contact, others, closed=closed), contact.version


async def keep_contact(
    work: UnitOfWork,
    child_id: UUID,
    facts: Mapping[str, Any],
    by: UUID | None,
    restricted: Iterable[Mapping[str, Any]],
    id_: UUID,
) -> bool:
    """Add a contact from another system, as accepted by a person; an existing one stays.

    `restricted` is the name and reach of those that the system barred. False: there are no facts,
    the child has a contact of this name, or it may be someone barred, there or here.
    """
    if not facts:
        return False
    contact = _new(work, child_id, facts, by, id_)
    if not rules.RIGHTS.isdisjoint(facts):
        confirm(work, contact, rules.WHO, by)
    others = await work.children.contacts_of(child_id)
    if any(item.id == contact.id for item in others):
        return True
    somebody = as_somebody(contact)
    there = [_new(work, child_id, {**item, **BARRED}, by) for item in restricted]
    if restricted_match(somebody, [*others, *there], work.today) or any(
        BY_NAME in alike(somebody, item) for item in others
    ):
        return False
    work.children.add(contact)
    record_row(
        work, AuditEvent.CONTACT_ADDED, contact, after=dict(facts),
        details={"fields": sorted(facts)},
    )  # fmt: skip
    await work.session.flush()
    return True


def _new(
    work: UnitOfWork,
    child_id: UUID,
    facts: Mapping[str, Any],
    by: UUID | None,
    id_: UUID | None = None,
) -> Contact:
    return new(
        work, Contact, **NEW | dict(facts), id=id_ or new_id(), child_id=child_id,
        source=BY_HAND, source_id=None, typed_by=by, valid_to=None,
    )  # fmt: skip


async def update_contact(
    work: UnitOfWork, child_id: UUID, contact_id: UUID, version: int, asked: Mapping[str, Any]
) -> tuple[Record, int]:
    """Change a contact's details or permissions; only the latter if the contact has ended.

    People who do not safeguard cannot change barred contacts, nor enter details by which a barred
    contact of the child is reached. Leads are alerted if a child's bars are affected, or if others
    change the person or the address that a message would reach. Raises `PermissionMissing`,
    `ChildNotFound`, `ContactNotFound`, `VersionStale`, `StateConflict`, `FileLocked`,
    `ValidationFailed`, `TellingBlocked` (while a pathway of the child is open, nobody alone removes
    a bar, or the details by which a barred person is known and reached).
    """
    asked, reason = reason_apart(asked)
    contact = await contact_to_change(work, child_id, contact_id, version, asked)
    before = {field: getattr(contact, field) for field in asked}
    right = _gives_right(asked, before)
    await _check_safeguarding(work, contact.child_id, asked, anyway=right)
    changes = rules.told_changes(asked)
    before = {field: getattr(contact, field) for field in changes}
    others, closed = await work.children.contacts_and_file(contact.child_id)
    told = may_be_told_among(contact, others, work.today).value
    touched = await apply_changes(work, contact, others, before, changes)
    confirm_written(work, contact, _decided(before, changes))
    touch(work, contact)
    record_row(
        work, AuditEvent.CONTACT_CHANGED, contact, before=before, after=changes,
        details={"fields": sorted(changes)}, reason=reason or changes.get("may_be_told_reason"),
    )  # fmt: skip
    if touched or right or (told and await _moves_a_message(work, contact, before, changes)):
        await tell_of_telling(work, [contact.child_id], mail=touched)
    await find_conflicts(work)
    return to_response(work, contact, others, closed=closed), contact.version


async def _moves_a_message(
    work: UnitOfWork, contact: Contact, before: Mapping[str, Any], changes: Mapping[str, Any]
) -> bool:
    """Whether a person who does not safeguard changed who a message reaches, or where.

    Only for a child with records: no message is sent about others.
    """
    moved = {field for field in changes if before[field] != changes[field]}
    if moved.isdisjoint((*rules.WHO, *rules.REACHED_BY)):
        return False
    if policy.may(work.actor, Permission.CHILD_SAFEGUARD).allowed:
        return False
    return bool(await work.rosters.changes.worked_with([contact.child_id]))


def _decided(before: Mapping[str, Any], changes: Mapping[str, Any]) -> set[str]:
    """What was changed, and `may_be_told`, which is sent with its reason, even if it stays.

    A form that sends every field back confirms nothing that its reader did not look at.
    """
    changed = {field for field in changes if before[field] != changes[field]}
    return changed | ({"may_be_told"} & changes.keys())


def confirm_written(work: UnitOfWork, contact: Contact, fields: Collection[str]) -> None:
    """Note what a person who safeguards has written: it counts as confirmed by them."""
    if policy.may(work.actor, Permission.CHILD_SAFEGUARD).allowed:
        confirm(work, contact, rules.confirmed_fields(fields), work.actor.id)


def confirm(work: UnitOfWork, contact: Contact, fields: Collection[str], by: UUID | None) -> None:
    """Note that safeguarding staff confirmed these fields as they stand."""
    contact.confirmed = contact.confirmed | {
        field: {
            "value": getattr(contact, field),
            "by": str(by) if by else None,
            "at": moments.written(work.now),
        }
        for field in fields
    }


async def apply_changes(
    work: UnitOfWork, contact: Contact, others: Sequence[Contact], before: Mapping[str, Any],
    changes: Mapping[str, Any],
) -> bool:  # fmt: skip
    """Write the changes; returns whether they affect a bar. Raises as its caller."""
    today, child_id = work.today, contact.child_id
    mark, bars = queries.hard_mark(contact, today), queries.marks_of(contact, today)
    known = restricted_match(as_somebody(contact), others, today)
    for field, value in changes.items():
        setattr(contact, field, value)
    moved = any(before[field] != changes[field] for field in KNOWN_BY if field in changes)
    freed = not set(bars) <= set(queries.marks_of(contact, today))
    items = [item for item in restricted_match(as_somebody(contact), others, today)
             if moved and item not in known]  # fmt: skip
    replaced = mark is not None and moved
    await _check_safeguarding(work, child_id, {}, anyway=replaced or bool(_reached(items)))
    if mark is not None and (freed or moved):
        await check_not_blocked(work, child_id, [mark])
    if replaced:
        keep_known_before(contact, before)
    if any(before[field] != changes[field] for field in TYPED & changes.keys()):
        contact.typed_by = _typist(work)
    return freed or replaced or bool(items)


async def end_contact(
    work: UnitOfWork, child_id: UUID, contact_id: UUID, version: int
) -> tuple[Record, int]:
    """End a contact as of today; the record keeps them, and their bars continue.

    People who do not safeguard cannot end a barred contact; leads learn about the attempt. Raises
    `PermissionMissing`, `ChildNotFound`, `ContactNotFound`, `VersionStale`, `StateConflict`,
    `FileLocked`.
    """
    contact = await contact_to_change(work, child_id, contact_id, version)
    is_restricted = queries.hard_mark(contact, work.today) is not None
    await _check_safeguarding(work, contact.child_id, {}, anyway=is_restricted)
    contact.valid_to = work.today
    touch(work, contact)
    record_row(work, AuditEvent.CONTACT_ENDED, contact)
    if is_restricted:
        await tell_of_telling(work, [contact.child_id])
    await find_conflicts(work)
    others, closed = await work.children.contacts_and_file(contact.child_id)
    return to_response(work, contact, others, closed=closed), contact.version


def to_response(
    work: UnitOfWork, contact: Contact, others: Sequence[Contact], *, closed: Closed
) -> Record:
    """A contact as its reader sees it among all contacts of the child, whose file may be closed."""
    answer = may_be_told_among(contact, others, work.today)
    return queries.contact_record(contact, answer, work.actor, work.today, closed=closed)


def _typist(work: UnitOfWork) -> UUID | None:
    return work.actor.id if work.actor.is_person else None


def _reached(matches: Sequence[Match]) -> list[Match]:
    """Matches that rest on more than a name, which two people may share."""
    return [match for match in matches if BY_REACH in match.by]


def _gives_right(facts: Mapping[str, Any], before: Mapping[str, Any]) -> bool:
    """Whether it gives someone a right to be informed, or turns family into a professional."""
    right = any(facts[item] != before[item] for item in queries.GIVES_A_RIGHT if item in facts)
    was = before.get("kind")
    professional = was is not None and not rules.is_professional(was)
    return right or (professional and rules.is_professional(facts["kind"]))


async def contact_to_change(
    work: UnitOfWork, child_id: UUID, contact_id: UUID, version: int,
    changes: Mapping[str, Any] | None = None, *, ended: bool = False,
) -> Contact:  # fmt: skip
    """Lock a contact for someone who may change it; an `ended` one only on request.

    Raises `PermissionMissing`, `ChildNotFound`, `ContactNotFound`, `VersionStale`, `StateConflict`,
    `FileFrozen`.
    """
    child = await child_for(work, child_id, Permission.CHILD_CHANGE)
    await check_unfrozen(work, [child.id])
    contact = await work.children.lock(Contact, contact_id)
    if contact is None or contact.child_id != child.id:
        raise ContactNotFound
    check_version(contact, version)
    protects = bool(changes) and set(changes or ()) <= set(queries.SAFEGUARDING)
    if children_queries.has_ended(contact.valid_to, work.today) and not (protects or ended):
        raise StateConflict("This contact has ended.")
    return contact


async def _check_safeguarding(
    work: UnitOfWork, child_id: UUID, facts: Mapping[str, Any], *, anyway: bool = False
) -> None:
    """Raise `PermissionMissing` or `FileLocked` for more than roster details."""
    if anyway or any(field in facts for field in queries.SAFEGUARDING):
        policy.require(work.actor, Permission.CHILD_SAFEGUARD)
        await check_unlocked(work, child_id, adds=True)
