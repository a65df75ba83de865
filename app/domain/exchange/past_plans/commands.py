"""Plan, apply and undo an import of past entries: in portions, each one transaction.

Interrupted work resumes: a plan is made again from the file, an import continues at the first row
not yet imported, and an undo at the first entry still there.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import orjson

from app.core.ids import NIL, new_id
from app.core.words import Actor, AuditEvent
from app.db.models import PastImport
from app.db.repositories.exchange import past_import_conflicts as conflicts
from app.db.repositories.exchange import past_imports as stored
from app.db.repositories.exchange import past_plan_authors as authors_kept
from app.db.repositories.exchange.past_entries import contacts_said
from app.db.session import Database
from app.db.unit_of_work import Job, UnitOfWork, open_work
from app.domain.access.conflicts.commands import find_conflicts
from app.domain.exchange.imports.commands import end, found_import
from app.domain.exchange.imports.rules import (
    APPLIED,
    APPROVED,
    HELD,
    LISTED_PROBLEMS,
    PLANNED,
    RECEIVED,
    REFUSED,
    UNDOING,
    UNDONE,
)
from app.domain.exchange.past_imports import rules
from app.domain.exchange.past_imports.commands import give, tell_head
from app.domain.exchange.past_imports.rules import Children, Decided, decide
from app.domain.exchange.past_plans.rules import (
    Origin,
    author_of,
    barred_of,
    contact_of,
    counts_with,
    entries_of,
    file_key,
    problem_rows,
    proposed,
    row_of,
    status_of,
)
from app.domain.record.attachments.commands import SCAN
from app.domain.record.attachments.rules import QUARANTINED
from app.domain.record.contacts.commands import keep_contact
from app.domain.record.statuses.commands import AddStatus, keep_status
from app.domain.record.statuses.rules import Interval
from app.domain.steps import record_row, touch
from app.formats.history import (
    Files,
    FileSource,
    History,
    HistoryMapping,
    Problem,
    Row,
    filled,
    mapping_of,
    missing_of,
    open_history,
    table_of,
)

NOUN: Final = "past_import"
FORGET: Final = "past.forget"
Keep = Callable[[Sequence[tuple[str, dict[str, Any], str]]], Awaitable[dict[str, dict[str, Any]]]]
"""Stores files: takes the row, the details and the key of each; returns the stored ones by row."""
Seen = Callable[[int, int], None]
"""Receives rows done and rows in all, 0 while unknown."""


def unseen(_done: int, _total: int) -> None:
    """Ignore progress."""


async def run_plan(
    database: Database, school_id: UUID, import_id: UUID, path: Path, *, limit: int = 0,
    seen: Seen = unseen,
) -> str:  # fmt: skip
    """Make the plan of an import from its file; returns its state.

    `limit` is the largest size of a document. Raises `ImportNotFound`.
    """
    plan = _Plan(database, Actor.system(school_id), import_id, seen, limit)
    return await plan.make(path)


class _Plan:
    """One plan while it is made."""

    def __init__(
        self, database: Database, actor: Actor, import_id: UUID, seen: Seen, limit: int
    ) -> None:
        self._database, self._actor, self._import_id = database, actor, import_id
        self._seen, self._limit = seen, limit
        self._listed: list[dict[str, Any]] = []
        self._numbers: Counter[str] = Counter()
        self._about_staff: list[int] = []
        self._done = 0

    async def make(self, path: Path) -> str:
        """Read the file to its end, whatever it holds; skip a plan that is no longer needed."""
        async with open_work(self._database, self._actor) as work:
            row = await found_import(work, PastImport, self._import_id)
            if row.state not in rules.TO_PLAN:
                return row.state
            driver = await work.driver()
            school_id = self._actor.school_id
            await stored.forget_plan(driver, school_id, row.id, problems=True)
            who = await stored.who_is_who(driver, school_id, row.source, rules.SYSTEMS)
            row.state, row.done, row.because = RECEIVED, 0, None
            mapping = await self._mapping(work, row, path)
            record_row(work, AuditEvent.PAST_IMPORT_CHANGED, row, details={"step": "reading"})
            now = work.now
        children = Children(who[0], who[1], who[2])
        for item in who[3]:
            there = children.statuses.setdefault((str(item["child_id"]), item["kind"]), [])
            there.append((Interval(item["valid_from"], item["valid_to"]), item["source_id"]))
        source = FileSource(row.kind, row.source, now)
        with open_history(path, source, self._limit, mapping) as (history, files):
            if row.mapping is not None and mapping is None:
                history.stopped.append(Problem(0, None, rules.UNMAPPED))
            rows = history.rows()
            while portion := await asyncio.to_thread(_portion, rows, files):
                await self._stage(row, portion, children)
        return await self._finish(history, children)

    async def _mapping(
        self, work: UnitOfWork, row: PastImport, path: Path
    ) -> HistoryMapping | None:
        """The confirmed mapping for columns with other names; saves what is proposed."""
        table = await asyncio.to_thread(table_of, path, row.kind)
        if table is None:
            row.mapping = None
            return None
        of = (row.source, row.kind, table.header)
        mapping = row.mapping if rules.is_confirmed(row.mapping, table.header) else (
            await stored.mapping_for(await work.driver(), row.school_id, of)
        )  # fmt: skip
        if mapping and missing_of(row.kind, filled(row.kind, mapping["columns"])):
            mapping = None
        row.mapping = mapping or rules.still_proposed(row.mapping, table.header) or proposed(table)
        return mapping_of(row.kind, mapping) if mapping else None

    async def _stage(self, row: PastImport, portion: Sequence[Row], children: Children) -> None:
        known = rules.mapping_of(row.categories)
        async with open_work(self._database, self._actor) as work:
            driver = await work.driver()
            asked = [item.entry.of for item in portion if item.entry and item.entry.of]
            belongs = await stored.children_of(
                driver, row.school_id, row.source, asked
            ) if asked else {}  # fmt: skip
            accounts = (
                await authors_kept.accounts_of(driver, row.school_id)
                if row.kind == rules.STAFF
                else None
            )
            staged = []
            for item in portion:
                decided = decide(
                    item, children, belongs, row.confidentiality, known, row.kind, accounts
                )
                self._note(item.line, decided)
                if decided.fate == rules.SET_ASIDE:
                    self._about_staff.append(item.line)
                children.unknown.update(decided.unmatched)
                self._done += 1
                staged.append(row_of(item, decided, self._done, row.confidentiality))
            await stored.stage(driver, row.school_id, row.id, staged)
        self._seen(self._done, 0)

    def _note(self, line: int, decided: Decided) -> None:
        for column, code in decided.problems:
            self._add(Problem(line, column, code))

    def _add(self, problem: Problem) -> None:
        self._numbers[problem.code] += 1
        if len(self._listed) < LISTED_PROBLEMS:
            self._listed += problem_rows([problem], len(self._listed))

    async def _finish(self, history: History, children: Children) -> str:
        for problem in (*history.stopped, *history.warned):
            self._add(problem)
        async with open_work(self._database, self._actor) as work:
            row = await found_import(work, PastImport, self._import_id, lock=True)
            if row.state != RECEIVED:
                return row.state
            driver = await work.driver()
            if history.stopped:
                await self._stop(work, row, history.stopped[0].code)
            else:
                await self._plan(work, row, children)
            await stored.add_problems(driver, row.school_id, row.id, self._listed)
            return row.state

    async def _stop(self, work: UnitOfWork, row: PastImport, code: str) -> None:
        """Refuse the whole file, or hold it if a person can explain it."""
        await stored.forget_plan(await work.driver(), row.school_id, row.id, problems=False)
        row.counts = rules.counted([], self._numbers)
        if row.mapping is not None and code in rules.EXPLAINED:
            row.state, row.because, row.total = HELD, code, 0
            touch(work, row)
            details = {fate: 0 for fate in rules.FATES} | {"code": code}
            record_row(work, AuditEvent.PAST_IMPORT_PLANNED, row, details=details)
            return
        end(work, row, REFUSED, code)
        record_row(work, AuditEvent.PAST_IMPORT_REFUSED, row, details={"code": code})

    async def _plan(self, work: UnitOfWork, row: PastImport, children: Children) -> None:
        driver = await work.driver()
        origin = (row.source, row.kind)
        await stored.compare(driver, row.school_id, row.id, origin, add=row.add_changed)
        for item in await stored.found_later(driver, row.school_id, row.id):
            self._add(Problem(item["line"], "source_id", item["code"]))
        unknown = [{"id": new_id(), "reference": entry} for entry in sorted(children.unknown)]
        if unknown:
            await stored.add_children(
                driver, row.school_id, row.source,
                [{**entry, "id": str(entry["id"])} for entry in unknown],
            )  # fmt: skip
        row.counts = rules.counted(
            await stored.counts_of(driver, row.school_id, row.id), self._numbers
        )
        row.state = HELD if row.counts[HELD] else PLANNED
        row.total, row.done, row.because = row.counts[rules.NEW], 0, None
        row.highest_class = max(
            (entry["confidentiality"] for entry in row.counts["by_class"]), default=None
        )
        touch(work, row)
        record_row(
            work, AuditEvent.PAST_IMPORT_PLANNED, row,
            details={fate: row.counts[fate] for fate in rules.FATES},
        )  # fmt: skip
        await self._tell(work, row)

    async def _tell(self, work: UnitOfWork, row: PastImport) -> None:
        """Set a task for a lead to read the plan; rows about staff go to the headteacher."""
        if row.plan_only:
            return
        await give(work, row, rules.READ)
        if self._about_staff:
            await tell_head(work, row, self._about_staff)


def _portion(rows: Iterator[Row], files: Files | None) -> list[Row]:
    return [row if files is None else files.with_file(row) for row in islice(rows, rules.PORTION)]


async def run_apply(
    database: Database, school_id: UUID, import_id: UUID, *, keep: Keep | None = None,
    seen: Seen = unseen,
) -> str:  # fmt: skip
    """Import what was approved, portion by portion; returns the state.

    `keep` stores the files of a portion, before its transaction. Raises `ImportNotFound`.
    """
    state, actor = APPROVED, Actor.system(school_id)
    while state == APPROVED:
        files = await _files(database, actor, import_id, keep) if keep else {}
        async with open_work(database, actor) as work:
            row = await found_import(work, PastImport, import_id, lock=True)
            if row.state == APPROVED:
                await _apply_portion(work, row, files)
            state, done, total = row.state, row.done, row.total
        seen(done, total)
    return state


async def _files(
    database: Database, actor: Actor, import_id: UUID, keep: Keep
) -> dict[str, dict[str, Any]]:
    """Store the files of the next rows; returns them by row ID."""
    async with open_work(database, actor) as work:
        driver = await work.driver()
        rows = await stored.portion(driver, actor.school_id, import_id, rules.FILES_AT_ONCE)
    wanted = []
    for row in rows:
        file = orjson.loads(row["content"])["file"]
        wanted.append((str(row["id"]), file, file_key(actor.school_id, row, file["sha256"])))
    return await keep(wanted)


async def _apply_portion(
    work: UnitOfWork, row: PastImport, files: Mapping[str, dict[str, Any]]
) -> None:
    """Import the next rows and their entries, or end if there are none."""
    driver = await work.driver()
    await _exclude_conflicts(work, row)
    size = rules.FILES_AT_ONCE if row.kind == rules.DOCUMENT else rules.PORTION
    rows = await stored.portion(driver, row.school_id, row.id, size)
    if not rows:
        await _end(work, row)
        return
    assert row.approved_by is not None  # noqa: S101 - approved
    origin = Origin(row.school_id, row.source, row.kind)
    entries = [entry for item in rows for entry in entries_of(origin, item, work.now)]
    lasting = await _keep_statuses(work, row, entries, row.approved_by)
    if row.kind == rules.STAFF:
        authors = [author_of(item) for item in rows]
        await authors_kept.add_authors(driver, row.school_id, row.id, row.source, authors)
        details = {"step": "authors", "rows": len(authors)}
        record_row(work, AuditEvent.PAST_IMPORT_CHANGED, row, details=details)
    unnotified = [item["id"] for item in (entries if row.kind == rules.CONTACT else lasting)]
    acting = (work.now, row.approved_by, work.actor.role_name, unnotified)
    if entries:
        await stored.add_entries(driver, row.school_id, row.id, entries, acting)
    if row.kind == rules.CONTACT:
        await _keep_contacts(work, row, entries)
    items = [
        {**files[item["row_id"]], "id": item["id"]} for item in entries if item["row_id"] in files
    ]
    if items:
        await stored.add_files(driver, row.school_id, items, work.now)
        for item in items:
            if item["state"] == QUARANTINED:
                work.enqueue(Job(SCAN, {"attachment_id": item["id"]}))
    await stored.note_applied(driver, row.school_id, [item["id"] for item in rows])
    row.done += len(rows)
    _record_by_child(work, AuditEvent.PAST_ENTRIES_ADDED, row.id, entries)


async def _keep_statuses(
    work: UnitOfWork, row: PastImport, entries: Sequence[dict[str, Any]], by: UUID
) -> list[dict[str, Any]]:
    """Save the entries that are now statuses; one that no longer can be stays an entry."""
    rows: list[dict[str, Any]] = []
    late: list[dict[str, Any]] = []
    for entry in entries:
        if not entry["status"]:
            continue
        stands = await keep_status(work, AddStatus(*status_of(entry)), by)
        (rows if stands else late).append(entry)
    await _say_of(work, row, late, "kind", "status_overtaken")
    return rows


async def _keep_contacts(
    work: UnitOfWork, row: PastImport, entries: Sequence[dict[str, Any]]
) -> None:
    """Save the entries that are now contacts; any other stays an entry."""
    alone, children = [], sorted({str(entry["child_id"]) for entry in entries})
    marked = barred_of(await contacts_said(await work.driver(), row.school_id, row.id, children))
    for entry in entries:
        others = marked.get(str(entry["child_id"]), ())
        child_id, id_ = UUID(str(entry["child_id"])), UUID(entry["id"])
        if not await keep_contact(work, child_id, contact_of(entry), row.approved_by, others, id_):
            alone.append(entry)
    await _say_of(work, row, alone, None, "contact_kept_as_entry")
    await find_conflicts(work, import_id=row.id)


async def _say_of(
    work: UnitOfWork, row: PastImport, entries: Sequence[Mapping[str, Any]], column: str | None,
    code: str,
) -> None:  # fmt: skip
    """List the problems of entries found during the import."""
    if not entries:
        return
    items = [Problem(entry["line"], column, code) for entry in entries]
    listed = problem_rows(items, LISTED_PROBLEMS + row.done)
    await stored.add_problems(await work.driver(), row.school_id, row.id, listed)
    row.counts = counts_with(row.counts, code, len(entries))


async def _end(work: UnitOfWork, row: PastImport) -> None:
    await stored.forget_plan(await work.driver(), row.school_id, row.id, problems=False)
    end(work, row, APPLIED, None)
    record_row(work, AuditEvent.PAST_IMPORT_APPLIED, row, details={"rows": row.done})
    if row.counts[HELD] or row.counts[REFUSED]:
        await give(work, row, rules.LEFT_OUT)


async def _exclude_conflicts(work: UnitOfWork, row: PastImport) -> None:
    """Hold rows that can no longer be imported: their file has gone, or the entry was changed."""
    driver, origin = await work.driver(), (row.source, row.kind)
    rows = await conflicts.overtaken(driver, row.school_id, row.id, origin, rules.PORTION)
    if not rows:
        return
    await conflicts.exclude_conflicts(driver, row.school_id, rows)
    moved = {rules.NEW: row.counts[rules.NEW] - len(rows), HELD: row.counts[HELD] + len(rows)}
    row.counts, row.total = {**row.counts, **moved}, row.total - len(rows)
    touch(work, row)
    record_row(
        work, AuditEvent.PAST_IMPORT_CHANGED, row, details={"step": "kept_out", "rows": len(rows)}
    )


def _record_by_child(
    work: UnitOfWork, did: AuditEvent, import_id: UUID, entries: Sequence[Mapping[str, Any]]
) -> None:
    """Add one audit log entry for each child, with the IDs imported or removed."""
    of_child: dict[str, list[str]] = {}
    for entry in entries:
        of_child.setdefault(str(entry["child_id"]), []).append(str(entry["id"]))
    for child_id, ids in of_child.items():
        work.record(did, NOUN, import_id, child_id=UUID(child_id), details={"entries": ids})


async def run_undo(
    database: Database, school_id: UUID, import_id: UUID, *, seen: Seen = unseen
) -> str:
    """Remove what nobody has worked with, portion by portion; returns the state.

    Raises `ImportNotFound`.
    """
    behind: UUID | None = NIL
    state = UNDOING
    while state == UNDOING:
        async with open_work(database, Actor.system(school_id)) as work:
            row = await found_import(work, PastImport, import_id, lock=True)
            if row.state == UNDOING:
                behind = await _undo_portion(work, row, behind or NIL)
            state, done, total = row.state, row.done, row.total
        seen(done, total)
    return state


async def _undo_portion(work: UnitOfWork, row: PastImport, behind: UUID) -> UUID:
    driver = await work.driver()
    result = await stored.to_remove(driver, row.school_id, row.id, behind, rules.PORTION)
    if not result:
        if row.kind == rules.STAFF:
            await authors_kept.forget_authors(driver, row.school_id, row.id)
        number = await stored.count_entries(driver, row.school_id, row.id)
        row.counts = {**row.counts, "kept": number}
        end(work, row, UNDONE, None)
        record_row(work, AuditEvent.PAST_IMPORT_UNDONE, row, details={"kept": number})
        return behind
    await _forget_files(work, [item["id"] for item in result])
    for item in await stored.remove(driver, row.id, [item["id"] for item in result]):
        work.vouch(item["tab"], [str(item["id"])])
    _record_by_child(work, AuditEvent.PAST_ENTRIES_REMOVED, row.id, result)
    return UUID(str(result[-1]["id"]))


async def _forget_files(work: UnitOfWork, entries: Sequence[UUID]) -> None:
    """Have the bytes removed once the entries are."""
    for key in await stored.keys_of(await work.driver(), work.actor.school_id, entries):
        work.enqueue(Job(FORGET, {"key": key}, lock=f"past:{work.actor.school_id}"))
