"""Undo a roster import: restore its changes, except what people changed since."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from app.core.ids import NIL
from app.core.words import Actor, AuditEvent, Permission
from app.db.models import (
    Child,
    ChildIdentifier,
    Contact,
    RosterChange,
    RosterImport,
    RosterLink,
    Staff,
)
from app.db.session import Database
from app.db.unit_of_work import Job, UnitOfWork, open_work
from app.domain import policy
from app.domain.access.conflicts.commands import find_conflicts
from app.domain.exchange.imports import rules as imports
from app.domain.exchange.imports.commands import found_import, import_to_change
from app.domain.exchange.roster.commands import touches_bar
from app.domain.exchange.roster_changes import rules
from app.domain.exchange.roster_changes.errors import LaterImportApplied
from app.domain.record.children.commands import words_of
from app.domain.record.contacts.commands import tell_of_telling
from app.domain.steps import record_row, touch

AT_ONCE = 500
"""Changes that are undone at a time."""
UNTOUCHED = ("restriction", "may_be_told")


async def undo_import(
    work: UnitOfWork, import_id: UUID, version: int, *, enqueue: bool = True
) -> RosterImport:
    """Ask to undo an applied import; `enqueue` False leaves the job to the caller.

    Raises `PermissionMissing`, `ImportNotFound`, `VersionStale`, `ImportNotApplied`,
    `LaterImportApplied`, `UndoExpired`.
    """
    policy.require(work.actor, Permission.ROSTER_IMPORT)
    row = await import_to_change(work, RosterImport, import_id, version)
    imports.check_undo(row.state, row.ended_at, work.now)
    if await work.rosters.changes.has_later(import_id):
        raise LaterImportApplied
    row.state = imports.UNDOING
    touch(work, row)
    record_row(work, AuditEvent.ROSTER_UNDO_STARTED, row)
    args = {"import_id": str(row.id)}
    if enqueue:
        work.enqueue(Job("roster.undo", args, lock=f"roster:{work.actor.school_id}"))
    return row


async def run_undo(database: Database, school_id: UUID, import_id: UUID) -> str:
    """Undo an import in one transaction; one already undone stays unchanged.

    Returns the state. Raises `ImportNotFound`.
    """
    async with open_work(database, Actor.system(school_id)) as work:
        await work.rosters.wait_for_turn()
        row = await found_import(work, RosterImport, import_id, lock=True)
        if row.state == imports.UNDOING:
            await _Undo(work, row).carry_out()
        return row.state


class _Undo:
    """One undo in one transaction."""

    def __init__(self, work: UnitOfWork, row: RosterImport) -> None:
        self._work, self._row = work, row
        self._rows: dict[UUID, Any] = {}
        self._rolled: set[UUID] = set()
        self._numbers: Mapping[UUID, Sequence[ChildIdentifier]] = {}
        self._stay: set[UUID] = set()
        self._renamed: dict[UUID, frozenset[str]] = {}
        self._done: dict[UUID, set[str]] = {}
        self._moved: set[UUID] = set()
        self._counts = {"restored": 0, "kept": 0}

    async def carry_out(self) -> None:
        """Undo everything, portion by portion, and log it."""
        work, row = self._work, self._row
        position = 0
        while changes := await work.rosters.changes.after(row.id, position, AT_ONCE):
            await self._read(changes)
            for change in changes:
                await self._undo(change)
            await self._end_portion()
            position = changes[-1].position
        await self._undo_stays()
        await find_conflicts(work, by_roster=True, import_id=row.id, brought_by=row.started_by)
        row.state = imports.UNDONE
        row.counts = {**row.counts, "undone": self._counts}
        touch(work, row)
        details = {"counts": self._counts}
        record_row(work, AuditEvent.ROSTER_UNDONE, row, details=details)

    async def _read(self, changes: Sequence[RosterChange]) -> None:
        """Lock the records of the portion."""
        work, stored = self._work, self._work.rosters.changes
        ids = {
            kind: [
                change.record_id for change in changes if change.kind == kind and change.record_id
            ]
            for kind in (rules.CHILD, rules.CONTACT, rules.STAFF)
        }
        children = ids[rules.CHILD]
        models: tuple[tuple[str, Any], ...] = (
            (rules.CHILD, Child), (rules.CONTACT, Contact), (rules.STAFF, Staff),
        )  # fmt: skip
        self._rows = {
            row.id: row
            for kind, model in models
            for row in await work.rosters.lock_all(model, ids[kind])
        }
        self._numbers = await stored.beside(ChildIdentifier, children)
        added = [
            change.record_id
            for change in changes
            if (change.kind, change.change) == (rules.CHILD, rules.NEW) and change.record_id
        ]
        self._stay |= await stored.worked_with(added)
        pupils = [change.pupil_id for change in changes if change.pupil_id is not None]
        self._stay |= await stored.frozen(pupils)

    async def _undo(self, change: RosterChange) -> None:
        row = self._rows.get(change.record_id) if change.record_id else None
        if row is None or change.kind == rules.STAFF:
            words: Sequence[str] = tuple(change.fields)
        elif change.pupil_id in self._stay:
            words = tuple(change.fields)
        elif change.kind == rules.CHILD:
            words = await self._undo_child(change, row)
        else:
            words = self._undo_contact(change, row)
        done = change.fields.keys() - set(words) - rules.HIDDEN
        change.undone_at = self._work.now
        change.kept = sorted(set(words) - rules.HIDDEN)
        self._counts["restored"] += bool(done)
        self._counts["kept"] += bool(change.kept)
        if done and row is not None:
            touch(self._work, row)
            about = {"contacts"} if change.kind == rules.CONTACT else done
            self._done.setdefault(change.pupil_id or row.id, set()).update(about)

    async def _undo_child(self, change: RosterChange, child: Child) -> Sequence[str]:
        if change.change == rules.NEW:
            return await self._withdraw(change, child)
        back = rules.restored(change.fields, _now(change, child))
        for name, value in back.values.items():
            setattr(child, name, value)
        saved = [*back.left]
        if "roll_status" in saved:
            self._rolled.add(child.id)
        if rules.NAMES & back.values.keys():
            self._renamed[child.id] = await words_of(self._work, child)
        if rules.IDENTIFIERS in change.fields and not await self._renumber(change, child):
            saved.append(rules.IDENTIFIERS)
        return saved

    async def _withdraw(self, change: RosterChange, child: Child) -> Sequence[str]:
        """Take a child that the import added off the roll, unless someone changed them."""
        if child.version > 1 or child.roll_status != "on_roll":
            self._stay.add(child.id)
            return tuple(change.fields)
        child.roll_status = "left"
        await self._end([item for item in self._numbers.get(child.id, ()) if item.valid_to is None])
        return ()

    async def _end(self, numbers: Sequence[ChildIdentifier]) -> None:
        """Delete numbers that the import added; end others."""
        own = {
            item.id for item in numbers if item.import_id == self._row.id and not item.suppressed
        }
        for number in numbers:
            if number.id in own:
                self._work.session.expunge(number)
            else:
                number.valid_to = self._ended(number.valid_from)
        if own:
            await self._work.rosters.changes.remove(self._row.id, numbers=sorted(own))

    async def _undo_stays(self) -> None:
        """Remove stays that the import began, and resume those that it ended.

        Not for a child if someone has since set whether they are on the roll, nor stays that have
        ended since.
        """
        stored, behind = self._work.rosters.changes, NIL
        while stays := await stored.stays_of(self._row.id, behind, AT_ONCE):
            behind = stays[-1].id
            here = [item for item in stays if item.child_id not in self._stay | self._rolled]
            begun = [item for item in here if item.import_id == self._row.id]
            for stay in here:
                if stay.import_id != self._row.id:
                    stay.valid_to, stay.ended_import_id = None, None
            await self._work.session.flush()
            gone = [item.id for item in begun if item.valid_to is None]
            for stay in begun:
                self._work.session.expunge(stay)
            await stored.remove(self._row.id, stays=gone)

    async def _renumber(self, change: RosterChange, child: Child) -> bool:
        """End the new numbers and restore the old ones; returns whether all succeeded."""
        field = change.fields[rules.IDENTIFIERS]
        numbers = self._numbers.get(child.id, ())
        came = [
            number
            for item in field["new"] or ()
            for number in _matching(numbers, item, is_live=True)
        ]
        await self._end(came)
        await self._work.session.flush()
        whole = True
        for item in field["old"] or ():
            holder = await self._work.children.child_with(item["system"], item["value"])
            ended = _matching(numbers, item, is_live=False)
            if holder is not None or not ended:
                whole = whole and holder == child.id
                continue
            ended[-1].valid_to = None
        await self._work.session.flush()
        return whole

    def _undo_contact(self, change: RosterChange, contact: Contact) -> Sequence[str]:
        self._moved.add(contact.child_id)
        if change.change != rules.NEW:
            back = rules.restored(change.fields, _now(change, contact))
            for name, value in back.values.items():
                setattr(contact, name, value)
            return back.left
        if contact.version > 1 or any(getattr(contact, name) is not None for name in UNTOUCHED):
            return tuple(change.fields)
        contact.valid_to = self._ended(contact.valid_from)
        return ()

    def _ended(self, begun: Any) -> Any:
        return max(begun, self._work.today) if begun else self._work.today

    async def _end_portion(self) -> None:
        """Write the portion, make renamed children findable, and log the changes."""
        work = self._work
        await work.session.flush()
        if self._renamed:
            await work.children.index_names_of(self._renamed)
        for link in await work.rosters.changes.links(self._row.source, [*self._rows]):
            _let_go(link, self._rows[link.local_id], work)
        for child_id, fields in self._done.items():
            work.record(
                AuditEvent.CHILD_CHANGED, "child", child_id, child_id=child_id,
                details={"import_id": str(self._row.id), "fields": sorted(fields), "undone": True},
            )  # fmt: skip
        await work.session.flush()
        await self._tell_of_bars()
        self._renamed, self._done, self._moved = {}, {}, set()

    async def _tell_of_bars(self) -> None:
        """Alert the leads of each child whose barred contact, or one like it, was set back."""
        touched = []
        for child_id in sorted(self._moved):
            contacts = await self._work.children.contacts_of(child_id)
            if touches_bar(self._work, contacts, {contact.id: True for contact in contacts}):
                touched.append(child_id)
        await tell_of_telling(self._work, touched)


def _now(change: RosterChange, row: Any) -> dict[str, Any]:
    return {name: getattr(row, name, None) for name in change.fields}


def _matching(
    numbers: Sequence[ChildIdentifier], identifier: Mapping[str, str], *, is_live: bool
) -> list[ChildIdentifier]:
    return [
        number
        for number in numbers
        if (number.system, number.value) == (identifier["system"], identifier["value"])
        and (number.valid_to is None) is is_live
        and number.ended_by is None
    ]


def _let_go(link: RosterLink, row: Any, work: UnitOfWork) -> None:
    """Have the next import compare the row again, as present or gone."""
    link.row_hash = ""
    if link.kind == rules.CHILD:
        link.gone_at = work.now if row.roll_status == "left" else None
    elif link.kind == rules.CONTACT:
        link.gone_at = work.now if row.valid_to is not None else None
