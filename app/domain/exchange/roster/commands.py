"""How a roster file is received, run, approved and applied."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.core.words import Actor, AuditEvent, Permission
from app.db.faults import Fault, fault_of
from app.db.models import Contact, Organisation, RosterImport, Staff, Task
from app.db.repositories.exchange.roster_staging import Batch
from app.db.session import Database
from app.db.unit_of_work import Job, UnitOfWork, open_work
from app.domain import policy
from app.domain.access.conflicts.commands import find_conflicts
from app.domain.alerts.commands import watchers
from app.domain.duty.tasks.commands import SetTask, open_tasks, set_task
from app.domain.exchange.imports.commands import (
    end,
    fail_import,
    found_import,
    import_to_change,
    receive,
)
from app.domain.exchange.imports.errors import ImportNotFound, ImportNotPlanned
from app.domain.exchange.imports.rules import (
    APPLIED,
    APPROVED,
    HELD,
    PARSED,
    PLANNED,
    REFUSED,
    UNDO_FOR,
)
from app.domain.exchange.roster import rules
from app.domain.exchange.roster.errors import SourceOfAnotherKey
from app.domain.exchange.roster.queries import Package, read_package
from app.domain.exchange.roster.rules import counted, unchanged
from app.domain.people.address_changes import commands
from app.domain.record.contacts.commands import tell_of_telling
from app.domain.record.contacts.queries import as_somebody, hard_mark, restricted_match
from app.domain.steps import touch
from app.formats.rosters.problems import Problem
from app.formats.rosters.source import RosterSource

TASK = "leaver_check"

Seen = Callable[[int, int, str], Awaitable[None]]
"""Told rows done, rows in all, and the state."""

Keep = Callable[[], Awaitable[str]]
"""Stores the package of an import that is held, and answers its key."""

ATTEMPTS = 3
TRANSIENT = frozenset({Fault.RETRY, Fault.BUSY, Fault.UNAVAILABLE})


async def tell_of_restricted(work: UnitOfWork) -> None:
    """Alert the leads of each child where the import that was just merged touched a bar."""
    rows = sorted(await work.rosters.near_bars(), key=_child)
    touched = [
        child_id
        for child_id, changed in groupby(rows, key=_child)
        if touches_bar(work, await work.children.contacts_of(child_id), _moved(changed))
    ]
    await tell_of_telling(work, touched)


def _child(row: Any) -> UUID:
    return UUID(str(row["child_id"]))


def _moved(changed: Iterable[Any]) -> dict[UUID, bool]:
    return {row["contact_id"]: row["moved"] for row in changed}


def touches_bar(work: UnitOfWork, contacts: Sequence[Contact], moved: Mapping[UUID, bool]) -> bool:
    """Whether a changed contact is barred and has moved, or may be one that is barred."""
    return any(
        (moved[one.id] and hard_mark(one, work.today) is not None)
        or restricted_match(as_somebody(one), contacts, work.today)
        for one in contacts
        if one.id in moved
    )


async def wait_for_lead(work: UnitOfWork, import_id: UUID) -> bool:
    """Whether a leaver of the plan is looked after in school and no lead has looked since.

    Each of them becomes a task of a lead; the import itself says of nobody who it is.
    """
    leavers: Sequence[UUID] = await work.rosters.leavers_looked_after()
    for child_id in leavers:
        if not await open_tasks(work, kinds=[TASK], child_id=child_id):
            await set_task(
                work, SetTask(TASK, child_id=child_id, about=("roster_import", import_id))
            )
    return bool(leavers)


async def waits_for_lead(work: UnitOfWork) -> bool:
    """Whether a lead has still to look at a leaver."""
    found = await work.session.scalar(
        select(Task.id)
        .where(
            Task.school_id == work.actor.school_id, Task.kind == TASK, Task.ended_at.is_(None)
        )
        .limit(1)
    )  # fmt: skip
    return found is not None


@dataclass(frozen=True, slots=True)
class ReceiveRoster:
    """A stored file. `organisation_source_id` says which school of the file is this one."""

    key: str | None
    file_name: str
    source: str = rules.DEFAULT_SOURCE
    organisation_source_id: str | None = None
    plan_only: bool = False


async def receive_roster(
    work: UnitOfWork, wish: ReceiveRoster, *, enqueue: bool = True
) -> RosterImport:
    """Note that a file has come, and ask for its import.

    `enqueue` False leaves the import to the caller. Raises `PermissionMissing`, and for a program
    `SourceOfAnotherKey`.
    """
    policy.require(work.actor, Permission.ROSTER_IMPORT)
    if work.actor.is_service and await work.rosters.is_of_another_key(
        wish.source, work.actor.id, work.now
    ):
        raise SourceOfAnotherKey
    received = await receive(
        work, RosterImport, AuditEvent.ROSTER_RECEIVED, format=rules.FORMAT, **asdict(wish)
    )
    if enqueue:
        work.enqueue(_job(work, received.id))
    return received


async def approve_import(work: UnitOfWork, import_id: UUID, version: int) -> RosterImport:
    """Let a held plan go ahead.

    Raises `PermissionMissing`, `ImportNotFound`, `VersionStale`, `ImportNotPlanned`,
    `LeaverNotLookedAt`.
    """
    policy.require(work.actor, Permission.ROSTER_IMPORT)
    held = await import_to_change(work, RosterImport, import_id, version)
    if held.state != HELD:
        raise ImportNotPlanned
    if held.because == rules.LEAVER and await waits_for_lead(work):
        raise rules.LeaverNotLookedAt
    held.state = APPROVED
    held.finished_at = None
    touch(work, held)
    work.record(AuditEvent.ROSTER_APPROVED, "roster_import", held.id)
    work.enqueue(_job(work, held.id))
    return held


def _job(work: UnitOfWork, import_id: UUID) -> Job:
    return Job(
        "roster.import", {"import_id": str(import_id)}, lock=f"roster:{work.actor.school_id}"
    )


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an import. `because` is the code of a hold or a refusal."""

    import_id: UUID
    state: str
    counts: dict[str, Any]
    because: str | None = None
    problems: Sequence[Problem] = ()


class _Rehearsed(Exception):
    """Ends a dry run's transaction without keeping it."""


async def run_import(
    database: Database,
    school_id: UUID,
    import_id: UUID,
    source: Path | Package,
    *,
    seen: Seen | None = None,
    keep: Keep | None = None,
) -> Outcome:
    """Carry an import out in one transaction; one that has ended is left as it is.

    A hold or refusal is an outcome, not an error. What the database may do better next time is
    raised for the queue to try again; any other failure marks the import failed and is raised.
    Raises `ImportNotFound`.
    """
    actor = Actor.system(school_id)

    async def note(done: int, total: int, state: str) -> None:
        async with open_work(database, actor) as progress:
            await progress.rosters.note_progress(import_id, done, total, state)
        if seen is not None:
            await seen(done, total, state)

    for attempt in range(1, ATTEMPTS + 1):
        try:
            async with open_work(database, actor) as work:
                await work.rosters.wait_for_turn()
                return await _Run(work, source, note, keep).carry_out(
                    await found_import(work, RosterImport, import_id)
                )
        except ImportNotFound:
            raise
        except Exception as error:
            fault = fault_of(error)
            if fault is Fault.RETRY and attempt < ATTEMPTS:
                continue
            if fault not in TRANSIENT:
                async with open_work(database, actor) as work:
                    await fail_import(
                        work, RosterImport, import_id, AuditEvent.ROSTER_REFUSED, "failed"
                    )
            raise
    raise AssertionError("the last attempt returns or raises")


async def rehearse_import(
    database: Database, school_id: UUID, source: Path | Package, wish: ReceiveRoster, *, seen: Seen
) -> Outcome:
    """What an import would do, done and undone in one transaction."""
    outcome: Outcome | None = None
    try:
        async with open_work(database, Actor.system(school_id)) as work:
            await work.rosters.wait_for_turn()
            received = await receive_roster(work, wish, enqueue=False)
            outcome = await _Run(work, source, seen).carry_out(received)
            raise _Rehearsed
    except _Rehearsed:
        assert outcome is not None  # noqa: S101 - it was set before the raise
        return outcome


class _Run:
    """One import inside one transaction."""

    def __init__(
        self, work: UnitOfWork, source: Path | Package, note: Seen, keep: Keep | None = None
    ) -> None:
        self._work, self._source, self._note, self._keep = work, source, note, keep
        self._problems: list[Problem] = []

    async def carry_out(self, row: RosterImport) -> Outcome:
        """Decide and do. An import that has ended, or waits for approval, is left alone."""
        if row.state == HELD or not rules.goes_on(row.state, row.because):
            return Outcome(row.id, row.state, row.counts, row.because)
        package = await self._read(row.organisation_source_id)
        parsed, choice = package.parsed, package.choice
        total = sum(parsed.sizes.values())
        row.format, row.source_version, row.digest = parsed.format, parsed.version, parsed.digest
        await self._note(0, total, PARSED)
        if choice.school is None or not parsed.sizes.get("users"):
            return await self._refuse(row, package)
        if (same := await self._same_as_last(row, parsed)) is not None:
            return same
        await self._stage(package, total)
        if package.is_cut:
            return await self._refuse(row, package, code="users_unreadable")
        return await self._merge(row, package, total)

    async def _read(self, wanted: str | None) -> Package:
        if isinstance(self._source, Package):
            return self._source
        return await asyncio.to_thread(read_package, self._source, wanted, self._work.today)

    async def _stage(self, package: Package, total: int) -> None:
        await self._work.rosters.open_stage()
        batches = package.batches()
        while (batch := await asyncio.to_thread(_next, batches)) is not None:
            await self._work.rosters.stage(
                batch.people, batch.identifiers, batch.accounts, batch.agents
            )
            await self._note(min(batch.done, total), total, PARSED)
        self._problems.extend(package.take_problems())

    async def _merge(self, row: RosterImport, package: Package, total: int) -> Outcome:
        rosters, parsed = self._work.rosters, package.parsed
        whole = parsed.complete
        unread = parsed.skipped["users"] + parsed.skipped["roles"]
        if whole and unread:
            self._say("roster.leavers_not_ended")
        await rosters.compare(row.source, complete=whole and not unread)
        await self._note(total, total, PLANNED)
        for line, code in await rosters.faults():
            self._say(code, line)
        elsewhere = package.staging.elsewhere if package.staging else 0
        row.counts = counted(
            await rosters.counts(), self._problems, elsewhere=elsewhere,
            left_out=sum(parsed.skipped.values()),
        )  # fmt: skip
        if whole and row.counts["staff"]["left"]:
            self._say("roster.staff_missing")
        row.total = row.done = total
        if rules.brings_nobody(row.counts, complete=whole):
            because = "nobody_imported"
            return await self._finish(row, REFUSED, AuditEvent.ROSTER_REFUSED, because)
        await self._keep_plan(row)
        if (held := await self._why_held(row)) is not None:
            if row.key is None and self._keep is not None:
                row.key = await self._keep()
            return await self._finish(row, HELD, AuditEvent.ROSTER_HELD, held)
        await self._apply(row)
        return await self._finish(row, APPLIED, AuditEvent.ROSTER_APPLIED, None)

    async def _apply(self, row: RosterImport) -> None:
        work = self._work
        await work.rosters.merge(
            {
                "source": row.source,
                "import_id": row.id,
                "now": work.now,
                "today": work.today,
                "watchers": await watchers(work),
            },
            work.acting()._asdict(),
        )
        await tell_of_restricted(work)
        await find_conflicts(work, by_roster=True)
        await self._tell_reached_anew()

    async def _keep_plan(self, row: RosterImport) -> None:
        """Keep what changes, record by record, and count the children of each year group."""
        changes = self._work.rosters.changes
        await changes.keep(row.id, self._work.today, self._work.now - UNDO_FOR)
        row.counts["year_groups"] = rules.by_year(await changes.years(row.id))

    async def _why_held(self, row: RosterImport) -> str | None:
        """The first reason to hold the plan; all of them stand in the counts."""
        if row.state == APPROVED:
            return rules.LEAVER if await wait_for_lead(self._work, row.id) else None
        school = await self._work.session.get(Organisation, self._work.actor.school_id)
        figures = rules.Figures(**await self._work.rosters.figures(row.source))
        holds = rules.why_held(figures, school.settings if school else {})
        row.counts["held"] = [asdict(one) for one in holds]
        if row.plan_only:
            return rules.PLAN_ONLY
        if await wait_for_lead(self._work, row.id):
            return rules.LEAVER
        return holds[0].code if holds else None

    async def _tell_reached_anew(self) -> None:
        for staff_id in await self._work.rosters.staff_reached_anew():
            staff = await self._work.staff.lock(Staff, staff_id)
            if staff is not None:
                await commands.tell_changed(self._work, staff)

    async def _same_as_last(self, row: RosterImport, parsed: RosterSource) -> Outcome | None:
        """Nothing to do where the last applied import had the same content."""
        last = await self._work.rosters.last_applied(row.source)
        if last is None or last["digest"] != parsed.digest:
            return None
        if last["organisation_source_id"] != row.organisation_source_id:
            return None
        row.counts = unchanged(last["counts"])
        row.total = row.done = sum(parsed.sizes.values())
        await self._work.rosters.copy_problems(row.id, last["id"])
        return await self._finish(row, APPLIED, AuditEvent.ROSTER_APPLIED, None)

    async def _refuse(
        self, row: RosterImport, package: Package, code: str | None = None
    ) -> Outcome:
        parsed, choice = package.parsed, package.choice
        self._problems = [*self._problems] or package.take_problems()
        worst = next((p.code for p in self._problems if p.severity == "error" and not p.line), None)
        unread = not parsed.sizes.get("users") or not parsed.sizes.get("orgs")
        because = code or (worst if unread else None) or choice.code or "nothing_to_import"
        row.counts = counted((), self._problems, elsewhere=0, left_out=0)
        if choice.options and because == choice.code:
            row.counts["organisations"] = [
                {"source_id": school.source_id, "name": school.name} for school in choice.options
            ]
        return await self._finish(row, REFUSED, AuditEvent.ROSTER_REFUSED, because)

    async def _finish(
        self, row: RosterImport, state: str, did: AuditEvent, because: str | None
    ) -> Outcome:
        end(self._work, row, state, because)
        await self._work.rosters.add_problems(row.id, rules.listed(self._problems))
        changes = {
            kind: row.counts[kind] for kind in ("children", "staff", "contacts", "enrolments")
        }
        details = {"counts": changes} if because is None else {"counts": changes, "code": because}
        self._work.record(did, "roster_import", row.id, details=details)
        return Outcome(row.id, state, row.counts, because, tuple(self._problems))

    def _say(self, code: str, line: int = 0) -> None:
        self._problems.append(
            Problem("users.csv", line, None, code, "warning", rules.sentence(code))
        )


def _next(batches: Iterator[Batch]) -> Batch | None:
    return next(batches, None)
