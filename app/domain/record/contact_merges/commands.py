"""Merging two contacts of a child who are one person, and taking that back exactly."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final
from uuid import UUID

from app.core.words import AuditEvent, Permission
from app.db.fact_changes import NOTED
from app.db.models import Contact, FactChange
from app.db.repositories.record.fact_changes import changes_of_one_work
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.access.closed_files.queries import check_unlocked
from app.domain.access.conflicts.commands import find_conflicts
from app.domain.errors import FieldProblem, StateConflict, ValidationFailed
from app.domain.record.children.queries import Record, has_ended
from app.domain.record.contact_merges import rules
from app.domain.record.contact_merges.errors import RosterGoesOn
from app.domain.record.contact_merges.schemas import MergeContactIn, UnmergeContactIn
from app.domain.record.contacts.commands import (
    apply_changes,
    confirm,
    contact_to_change,
    tell_of_telling,
    to_response,
)
from app.domain.record.contacts.queries import GIVES_A_RIGHT, is_other_person
from app.domain.record.contacts.rules import WHO
from app.domain.steps import record_row, touch

OWN: Final = ("version", "changed_at")


async def merge_contact(
    work: UnitOfWork, child_id: UUID, contact_id: UUID, version: int, body: MergeContactIn
) -> tuple[Record, int]:
    """Merge a contact into another of the same child; it ends, and the other takes over.

    Raises `PermissionMissing`, `ChildNotFound`, `ContactNotFound`, `VersionStale`, `StateConflict`,
    `ValidationFailed`, `RosterGoesOn`, `FileLocked`, `TellingBlocked`.
    """
    policy.require(work.actor, Permission.CHILD_SAFEGUARD)
    await work.children.lock_all(Contact, [contact_id, body.into])
    merged = await contact_to_change(work, child_id, contact_id, version)
    await check_unlocked(work, child_id)
    target = await work.children.held(Contact, body.into)
    if target is None or target.child_id != child_id or target.id == merged.id:
        raise _refused("contact_not_found", "This is not another contact of this child.")
    if has_ended(target.valid_to, work.today):
        raise _refused("ended", "This contact has ended.")
    if merged.source_id is not None and target.source_id is None:
        raise RosterGoesOn
    await merge_rows(work, merged, target, body.reason)
    return await _answer(work, merged)


async def merge_rows(work: UnitOfWork, merged: Contact, contact: Contact, reason: str) -> None:
    """End one contact, let the other take over what protects the child, and alert the leads."""
    changes = rules.taken_over(vars(contact), vars(merged), lapsed=is_other_person(merged))
    touched = await _apply(work, contact, changes)
    contact.confirmed = contact.confirmed | rules.confirmed_with(changes, vars(merged))
    right = any(name in changes for name in GIVES_A_RIGHT)
    if right:
        confirm(work, contact, WHO, work.actor.id)
    merged.valid_to, merged.merged_into = work.today, contact.id
    touch(work, merged)
    _record(work, AuditEvent.CONTACT_MERGED, merged, contact, changes, reason)
    if touched or right:
        await tell_of_telling(work, [contact.child_id], mail=touched)


async def unmerge_contact(
    work: UnitOfWork, child_id: UUID, contact_id: UUID, version: int, body: UnmergeContactIn
) -> tuple[Record, int]:
    """Undo a merge: both contacts are as before, except for what people changed since.

    `not_restored` lists the fields of the other contact that someone changed after the merge.
    Raises as `merge_contact` does.
    """
    policy.require(work.actor, Permission.CHILD_SAFEGUARD)
    contact = await work.children.find(Contact, contact_id)
    into = contact.merged_into if contact is not None else None
    await work.children.lock_all(Contact, [contact_id, *([into] if into else [])])
    merged = await contact_to_change(work, child_id, contact_id, version, ended=True)
    await check_unlocked(work, child_id)
    target = await work.children.held(Contact, into) if into else None
    if target is None or merged.merged_into != into:
        raise StateConflict("This contact is not merged.")
    left = await unmerge_rows(work, merged, target, body.reason)
    record, changed = await _answer(work, merged)
    return {**record, "not_restored": left}, changed


async def unmerge_rows(
    work: UnitOfWork, merged: Contact, contact: Contact, reason: str
) -> list[str]:
    """Restore both contacts; returns the fields that someone changed since."""
    changes = await changes_of_one_work(
        work.session, work.actor.school_id, AuditEvent.CONTACT_MERGED, merged.id, contact.id
    )
    back, left = _back(contact, changes.get(contact.id))
    touched = await _restore(work, contact, back)
    if (was := changes.get(merged.id)) is not None and _plain(merged.valid_to) == was.after.get(
        "valid_to"
    ):
        merged.valid_to = _day(was.before["valid_to"])
    merged.merged_into = None
    touch(work, merged)
    _record(work, AuditEvent.CONTACT_UNMERGED, merged, contact, back, reason)
    if touched:
        await tell_of_telling(work, [contact.child_id])
    return left


def _back(contact: Contact, change: FactChange | None) -> tuple[dict[str, Any], list[str]]:
    """Fields to restore to their value before the merge, and fields that someone changed since."""
    if change is None:
        return {}, []
    fields = change.after.keys() - set(OWN)
    same = {name for name in fields if _plain(getattr(contact, name)) == change.after[name]}
    return {name: change.before[name] for name in same}, sorted(fields - same - set(NOTED))


async def _restore(work: UnitOfWork, contact: Contact, back: Mapping[str, Any]) -> bool:
    """Restore fields, with the contact's earlier names, who typed it and what was confirmed."""
    known, typist = contact.known_before, contact.typed_by
    contact.confirmed = back.get("confirmed", contact.confirmed)
    touched = await _apply(work, contact, {item: back[item] for item in back if item not in NOTED})
    contact.known_before = back.get("known_before", known)
    contact.typed_by = (
        (back["typed_by"] and UUID(back["typed_by"])) if "typed_by" in back else typist
    )
    return touched


async def _apply(work: UnitOfWork, contact: Contact, changes: Mapping[str, Any]) -> bool:
    if not changes:
        return False
    others = await work.children.contacts_of(contact.child_id)
    before = {name: getattr(contact, name) for name in changes}
    touched = await apply_changes(work, contact, others, before, changes)
    touch(work, contact)
    return touched


async def _answer(work: UnitOfWork, merged: Contact) -> tuple[Record, int]:
    await find_conflicts(work)
    others, closed = await work.children.contacts_and_file(merged.child_id)
    return to_response(work, merged, others, closed=closed), merged.version


def _record(
    work: UnitOfWork, did: AuditEvent, merged: Contact, contact: Contact,
    changes: Mapping[str, Any], reason: str,
) -> None:  # fmt: skip
    """Add an audit log entry for both contacts."""
    fields = sorted(set(changes) - set(NOTED))
    for row, other in ((merged, contact), (contact, merged)):
        record_row(
            work,
            did,
            row,
            reason=reason,
            details={
                "with": str(other.id),
                "kept": row is contact,
                "fields": fields if row is contact else [],
            },
        )


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, UUID | date) else value


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _refused(code: str, detail: str) -> ValidationFailed:
    return ValidationFailed(problems=[FieldProblem("/into", code, detail)])
