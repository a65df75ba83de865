"""What was on at school: shown beside concerns as context, and moving none of them."""

from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from app.core.ids import new_id
from app.core.words import AuditEvent, Permission
from app.db.models import CalendarNote
from app.db.paging import Cursor, Page, PageOf, page_of
from app.db.reading import Reading
from app.db.repositories.duty import calendar_notes as stored
from app.db.repositories.duty.calendar_notes import NoteFilter
from app.db.repositories.safety import child_groups
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.errors import FieldProblem, ValidationFailed, VersionStale
from app.domain.safety.linked_concerns.errors import CalendarNoteNotFound

NOUN: Final = "calendar_note"


@dataclass(frozen=True, slots=True)
class AddNote:
    """Something that was, is or will be on at school, from a day to a day."""

    id: UUID | None
    kind: str
    label: str
    starts_on: date
    ends_on: date


async def add_note(work: UnitOfWork, wish: AddNote) -> CalendarNote:
    """Add a note. Raises `PermissionMissing`, `ValidationFailed`."""
    policy.require(work.actor, Permission.SAFETY_WRITE)
    if wish.ends_on < wish.starts_on:
        problem = FieldProblem("/ends_on", "before_start", "It ends before it begins.")
        raise ValidationFailed(problems=[problem])
    note = CalendarNote(
        school_id=work.actor.school_id, id=wish.id or new_id(), kind=wish.kind, label=wish.label,
        starts_on=wish.starts_on, ends_on=wish.ends_on, added_by=work.actor.id,
        added_at=work.now, version=1, changed_at=work.now,
    )  # fmt: skip
    work.session.add(note)
    work.record(AuditEvent.CALENDAR_NOTE_ADDED, NOUN, note.id, details={"kind": wish.kind})
    return note


async def end_note(work: UnitOfWork, note_id: UUID, version: int) -> CalendarNote:
    """Take a note out again: it was put in by mistake.

    Raises `PermissionMissing`, `CalendarNoteNotFound`, `VersionStale`.
    """
    policy.require(work.actor, Permission.SAFETY_WRITE)
    note = await work.concerns.lock(CalendarNote, note_id)
    if note is None or note.ended_at is not None:
        raise CalendarNoteNotFound
    if note.version != version:
        raise VersionStale
    note.ended_by, note.ended_at = work.actor.id, work.now
    note.version += 1
    note.changed_at = work.now
    work.record(AuditEvent.CALENDAR_NOTE_ENDED, NOUN, note.id)
    return note


async def list_notes(reading: Reading, asked: NoteFilter, paging: PageOf) -> Page[str]:
    """Notes, latest first."""
    policy.require(reading.actor, Permission.LINKED_CONCERNS_READ)
    rows = await stored.page_of_notes(reading.driver, reading.actor.school_id, asked, paging)
    return page_of(
        rows,
        paging,
        key=lambda row: Cursor(row["sort_at"], row["id"]),
        shape=lambda row: row["card"],
    )


async def whole(work: UnitOfWork, note: CalendarNote) -> dict[str, Any]:
    """A note as it leaves."""
    names = await child_groups.names_of(await work.driver(), work.actor.school_id, [note.added_by])
    return {
        "id": note.id, "kind": note.kind, "label": note.label, "starts_on": note.starts_on,
        "ends_on": note.ends_on, "added_by": names[note.added_by], "added_at": note.added_at,
        "ended_at": note.ended_at,
    }  # fmt: skip
