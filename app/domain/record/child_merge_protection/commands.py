"""Copy protections written while two files were one to both children.

Nobody can tell any more which of the two each was written about.
"""

from collections.abc import Collection, Mapping
from typing import Final
from uuid import UUID

from app.core.words import BY_HAND, AuditEvent
from app.db.models import ChildMerge, Conflict, Contact
from app.db.repositories.record import child_merges as stored
from app.db.unit_of_work import UnitOfWork
from app.domain.access.conflicts.commands import begin_conflict, confirmation_answered
from app.domain.access.conflicts.queries import SUGGESTED
from app.domain.record.contacts.commands import NEW, tell_of_telling
from app.domain.record.contacts.queries import KNOWN_BY, SAFEGUARDING, hard_mark
from app.domain.steps import new, record_row

Made = list[tuple[str, UUID]]
CARRIED: Final = (
    "kind", "name", "email", "phone", "contact_allowed", "alleged_source_of_harm", "known_before",
    "typed_by", "valid_to",
)  # fmt: skip
"""Fields needed to recognise a barred person; the rest stays in the one file."""
WHY: Final = "Barred while this file and another were one."


async def barred_since(work: UnitOfWork, row: ChildMerge) -> set[UUID]:
    """Contacts of both that were added, or whose bars were changed, since the merge."""
    return await stored.contacts_since(
        await work.driver(), row.school_id, [row.merged_id, row.kept_id], row.merged_at,
        [*SAFEGUARDING, "known_before"],
    )  # fmt: skip


async def protect_both(work: UnitOfWork, row: ChildMerge, restricted: Collection[UUID]) -> Made:
    """Copy each protection written since the merge to the other child; returns the copies."""
    two = (row.merged_id, row.kept_id)
    made: Made = []
    for item, other in (two, two[::-1]):
        made += [("contact", id_) for id_ in await _copy_bars(work, item, other, restricted)]
    made += [("conflict", id_) for id_ in await _copy_conflicts(work, row, two)]
    return made


async def _copy_bars(
    work: UnitOfWork, child_id: UUID, other: UUID, restricted: Collection[UUID]
) -> list[UUID]:
    """Bar people barred about one child about the other too, with anyone they may be."""
    known = {_known(item) for item in await _restricted_contacts(work, other)}
    wanted = {
        _known(item): item
        for item in await _restricted_contacts(work, child_id)
        if item.id in restricted
    }
    made = []
    for contact in [wanted[key] for key in wanted.keys() - known]:
        facts = {name: getattr(contact, name) for name in CARRIED}
        reason = contact.may_be_told_reason or WHY
        copy = new(
            work, Contact, **NEW | facts | {"may_be_told": False, "may_be_told_reason": reason},
            child_id=other, source=BY_HAND, source_id=None,
        )  # fmt: skip
        work.children.add(copy)
        record_row(
            work, AuditEvent.CONTACT_ADDED, copy, child_id=other, reason=reason,
            details={"fields": sorted(CARRIED), "of": str(contact.id)},
        )  # fmt: skip
        made.append(copy.id)
    if made:
        await tell_of_telling(work, [other])
    return made


async def _restricted_contacts(work: UnitOfWork, child_id: UUID) -> list[Contact]:
    contacts = await work.children.contacts_of(child_id)
    return [contact for contact in contacts if hard_mark(contact, work.today) is not None]


def _known(contact: Contact) -> tuple[str | None, ...]:
    return tuple(getattr(contact, name) for name in KNOWN_BY)


async def _copy_conflicts(work: UnitOfWork, row: ChildMerge, two: Collection[UUID]) -> list[UUID]:
    """Lock people locked out from one child out from the other, until a person ends it."""
    live = await stored.live_conflicts(work.session, row.school_id, two)
    before: Mapping[str, str] = row.details["conflicts"]
    since = [entry for entry in live if _is_new(entry.state, before.get(str(entry.id)))]
    made = []
    for entry in since:
        (other,) = set(two) - {entry.child_id}
        own = [item for item in live if (item.child_id, item.staff_id) == (other, entry.staff_id)]
        known = {item.state != SUGGESTED for item in own}
        if True in known or (entry.state == SUGGESTED and known):
            continue
        declared = [item for item in own if item.kind == "declared"]
        if declared:
            await _confirm(work, declared[0], entry.state)
        else:
            made.append(await _copy(work, entry, other))
    return made


def _is_new(state: str, before: str | None) -> bool:
    """Whether someone stated it, or confirmed a suggestion, since the merge."""
    return before is None or (before == SUGGESTED and state != SUGGESTED)


async def _confirm(work: UnitOfWork, row: Conflict, state: str) -> None:
    row.state = state
    row.version += 1
    await confirmation_answered(work, row.id, "confirmed")
    record_row(
        work, AuditEvent.CONFLICT_CONFIRMED, row,
        details={"staff_id": str(row.staff_id), "kind": row.kind},
    )  # fmt: skip


async def _copy(work: UnitOfWork, conflict: Conflict, other: UUID) -> UUID:
    """Copy it as declared: a roster conflict would not hold for the other child."""
    contact = (
        await work.children.find(Contact, conflict.contact_id) if conflict.contact_id else None
    )
    typed = {*conflict.typed_by, contact.typed_by if contact is not None else None} - {None}
    copy = new(
        work,
        Conflict,
        staff_id=conflict.staff_id,
        child_id=other,
        concern_id=None,
        kind="declared",
        contact_id=None,
        reason=conflict.reason or "Found while this file and another were one.",
        state=conflict.state,
        typed_by=sorted(typed),
    )
    await begin_conflict(work, copy)
    record_row(
        work,
        AuditEvent.CONFLICT_SUGGESTED if copy.state == SUGGESTED else AuditEvent.CONFLICT_DECLARED,
        copy, child_id=other, after={"reason": copy.reason},
        details={"staff_id": str(copy.staff_id), "kind": copy.kind},
    )  # fmt: skip
    return copy.id
