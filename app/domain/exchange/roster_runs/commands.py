"""Carry out an import: read the file first, then compare and apply it in one transaction."""

import asyncio
import tempfile
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

from app.core import clock
from app.core.words import Actor, AuditEvent
from app.db.faults import Fault, fault_of
from app.db.models import Organisation, RosterImport, Staff
from app.db.repositories.exchange.roster_staging import Batch
from app.db.session import Database
from app.db.unit_of_work import UnitOfWork, open_work
from app.domain.access.conflicts.commands import find_conflicts
from app.domain.common.alerts.commands import watchers
from app.domain.exchange.imports import rules as states
from app.domain.exchange.imports.commands import end, fail_import, found_import
from app.domain.exchange.imports.errors import ImportNotFound
from app.domain.exchange.roster import rules
from app.domain.exchange.roster.commands import (
    OVERTAKEN,
    Outcome,
    ReceiveRoster,
    ask_administrator,
    end_asking,
    receive_roster,
    tell_of_restricted,
    wait_for_lead,
)
from app.domain.exchange.roster.rules import counted
from app.domain.exchange.roster_runs import rules as runs
from app.domain.exchange.roster_runs.queries import Package, PackageReader
from app.domain.people.address_changes import commands
from app.domain.people.schools.commands import CreateSchool, create_school
from app.formats.rosters.opening import PACKAGES, Handling, content_digest
from app.formats.rosters.problems import Report
from app.formats.rosters.source import RosterSource

Seen = Callable[[int, int, str], Awaitable[None]]
"""Receives rows done, rows in all, and the state."""

Keep = Callable[[], Awaitable[str]]
"""Stores the package of an import that is held, and answers its key."""

T = TypeVar("T")

ATTEMPTS = 3
TRANSIENT = frozenset({Fault.RETRY, Fault.BUSY, Fault.UNAVAILABLE})


async def run_import(
    database: Database,
    school_id: UUID,
    import_id: UUID,
    source: Path | Package,
    *,
    seen: Seen | None = None,
    keep: Keep | None = None,
) -> Outcome:
    """Carry an import out; one that has ended, or needs approval, stays unchanged.

    The file is read before the one transaction that compares and applies it. A hold or refusal is
    an outcome, not an error. Database errors that a retry may solve are raised for the queue to try
    again; any other failure marks the import failed and is raised. Raises `ImportNotFound`.
    """
    run = _Carrier(database, Actor.system(school_id), import_id, seen, keep)
    try:
        if isinstance(source, Package):
            return await run.write(source, None)
        digest = await asyncio.to_thread(content_digest, source)
        with tempfile.TemporaryDirectory(prefix="cairn-rows-") as folder:
            known = await run.outcome_or_wanted(digest)
            if isinstance(known, Outcome):
                return known
            package = await _read(source, Path(folder), known, run.note)
            return await run.write(package, digest)
    except ImportNotFound:
        raise
    except Exception as error:
        if fault_of(error) not in TRANSIENT:
            async with open_work(database, run.actor) as work:
                await fail_import(
                    work, RosterImport, import_id, AuditEvent.ROSTER_REFUSED, "failed"
                )
        raise


@dataclass(frozen=True, slots=True)
class Wanted:
    """How to read a file, and for which of its schools."""

    organisation: str | None
    handling: Handling


async def _read(path: Path, folder: Path, wanted: Wanted, note: Seen) -> Package:
    """The package, its rows laid aside in a folder."""
    today = clock.day_of(clock.now())
    reader = await asyncio.to_thread(
        PackageReader, path, folder, wanted.organisation, today, wanted.handling
    )
    await note(0, reader.total, states.PARSED)
    while (done := await asyncio.to_thread(reader.step)) is not None:
        await note(done, reader.total, states.PARSED)
    return reader.package


@dataclass(frozen=True, slots=True)
class _Carrier:
    """The transactions of one import."""

    database: Database
    actor: Actor
    import_id: UUID
    seen: Seen | None
    keep: Keep | None

    async def note(self, done: int, total: int, state: str) -> None:
        """Save progress for pollers."""
        async with open_work(self.database, self.actor) as progress:
            await progress.rosters.note_progress(self.import_id, done, total, state)
        if self.seen is not None:
            await self.seen(done, total, state)

    async def outcome_or_wanted(self, digest: str | None) -> Outcome | Wanted:
        """The outcome if nothing has to be read. Otherwise, how to read the file."""

        async def compare(work: UnitOfWork, row: RosterImport) -> Outcome | Wanted:
            known = await ImportRun(work, row, self.note).as_before(digest)
            handling: Handling = "strict" if row.handling == "strict" else "lenient"
            return known or Wanted(row.organisation_source_id, handling)

        return await self._in_turn(compare, is_long=False)

    async def write(self, package: Package, digest: str | None) -> Outcome:
        """Compare and apply what was read."""

        async def write(work: UnitOfWork, row: RosterImport) -> Outcome:
            return await ImportRun(work, row, self.note, self.keep).carry_out(package, digest)

        return await self._in_turn(write)

    async def _in_turn(
        self, do: Callable[[UnitOfWork, RosterImport], Awaitable[T]], *, is_long: bool = True
    ) -> T | Outcome:
        """Run a part of it in its own transaction, and retry it after a conflict."""
        for attempt in range(1, ATTEMPTS + 1):
            try:
                async with open_work(self.database, self.actor) as work:
                    await work.rosters.wait_for_turn(is_long=is_long)
                    row = await found_import(work, RosterImport, self.import_id)
                    if row.state == states.HELD or not rules.goes_on(row.state, row.because):
                        return Outcome(row.id, row.state, row.counts, row.because)
                    return await do(work, row)
            except Exception as error:
                if fault_of(error) is not Fault.RETRY or attempt == ATTEMPTS:
                    raise
        raise AssertionError("the last attempt returns or raises")


class _Rehearsed(Exception):
    """Ends a dry run's transaction without keeping it."""


async def rehearse_import(
    database: Database,
    school_id: UUID,
    source: Path | Package,
    command: ReceiveRoster,
    *,
    seen: Seen,
    new: CreateSchool | None = None,
) -> Outcome:
    """Try an import in one transaction and roll it back; also for a `new` school."""
    outcome: Outcome | None = None
    with tempfile.TemporaryDirectory(prefix="cairn-rows-") as folder:
        if isinstance(source, Path):
            wanted = Wanted(command.organisation_source_id, command.handling)
            source = await _read(source, Path(folder), wanted, seen)
        try:
            async with open_work(database, Actor.system(school_id)) as work:
                await work.rosters.wait_for_turn()
                if new is not None:
                    await create_school(work, new)
                received = await receive_roster(work, command, enqueue=False)
                outcome = await ImportRun(work, received, seen).carry_out(source, None)
                raise _Rehearsed
        except _Rehearsed:
            assert outcome is not None  # noqa: S101 - it was set before the raise
            return outcome


class ImportRun:
    """One import in one transaction."""

    def __init__(
        self, work: UnitOfWork, row: RosterImport, note: Seen, keep: Keep | None = None, *,
        every_leaver: bool = False,
    ) -> None:  # fmt: skip
        """`every_leaver` holds each leaver for a lead, whether or not they are looked after."""
        self._work, self._row, self._note, self._keep = work, row, note, keep
        self._every_leaver = every_leaver
        self._problems = Report()
        self._since: Mapping[str, str] = {}
        self._standing: Mapping[str, Any] = {}
        self.has_compared = False

    async def as_before(self, digest: str | None) -> Outcome | None:
        """End an import whose file repeats the last one, if it can change nothing.

        No row is read: neither the file's meaning nor what it would be compared with has changed.
        """
        last = await self._last()
        if last is None or not runs.is_same_file(last, digest, self._work.today):
            return None
        self._row.digest = digest
        await self._work.rosters.copy_problems(self._row.id, last["id"])
        return await self._nothing_changes(last, runs.unchanged(last["counts"]))

    async def carry_out(self, package: Package, digest: str | None) -> Outcome:
        """Decide and do."""
        row, parsed = self._row, package.parsed
        total = sum(parsed.sizes.values())
        row.format, row.source_version, row.digest = parsed.format, parsed.version, digest
        self._problems.extend(package.report())
        if package.choice.school is None or not parsed.sizes.get("users"):
            return await self._refuse(package)
        if package.is_cut:
            return await self._refuse(package, code="users_unreadable")
        await self._compare_urn(parsed, package.choice.school)
        last = await self._last()
        self._standing = runs.standing_of(package.content, package.until)
        if last is not None and runs.is_same_content(last, package.content, parsed.skipped):
            return await self._nothing_changes(last, runs.unchanged(last["counts"], self._problems))
        await self._stage(package, total)
        return await self._merge(package, total)

    async def _compare_urn(self, parsed: RosterSource, school_of_file: rules.School) -> None:
        """Report it if the file has another URN for the school: it may be of another school."""
        school = await self._work.session.get(Organisation, self._work.actor.school_id)
        if school is not None and school_of_file.urn not in (None, school.urn):
            self._problems.add(
                rules.problem_of(
                    parsed, "orgs.csv", school_of_file.line, "roster.urn_differs", "identifier"
                )
            )

    async def _last(self) -> Any:
        """The source's last import, if nothing it was compared with has changed since."""
        row, stands = self._row, self._work.rosters.standing
        self._since = await stands.since()
        if row.plan_only and row.state != states.APPROVED:
            return None
        last = await self._work.rosters.last_applied(row.source)
        if last is None or not runs.is_comparable(last, row.organisation_source_id, row.handling):
            return None
        if await stands.has_changed(last["standing"]):
            return None
        self._standing = last["standing"]
        return last

    async def _nothing_changes(self, last: Any, counts: dict[str, Any]) -> Outcome:
        row = self._row
        row.format, row.source_version = last["format"], last["source_version"]
        row.counts, row.total, row.done = counts, last["total"], last["total"]
        await self._keep_standing()
        return await self._finish(states.APPLIED, AuditEvent.ROSTER_APPLIED, None)

    async def _keep_standing(self) -> None:
        """Save the state that the next file is compared with, before any of it is read."""
        own = await self._work.rosters.standing.own()
        self._row.standing = {**self._standing, **self._since, "own": own}

    async def _stage(self, package: Package, total: int) -> None:
        self.has_compared = True
        await self._work.rosters.open_stage()
        batches = package.batches()
        while (batch := await asyncio.to_thread(_next, batches)) is not None:
            await self._work.rosters.stage(batch)
            await self._note(min(batch.done, total), total, states.PARSED)

    async def _merge(self, package: Package, total: int) -> Outcome:
        row, rosters, parsed = self._row, self._work.rosters, package.parsed
        whole = parsed.complete
        unread = parsed.skipped["users"] + parsed.skipped["roles"]
        if whole and unread:
            self._say(parsed, "roster.leavers_not_ended")
        await rosters.compare(row.source, complete=whole and not unread)
        await self._note(total, total, states.PLANNED)
        for line, code in await rosters.faults():
            self._say(parsed, code, line)
        staging = package.staging
        elsewhere, unused = (staging.elsewhere, staging.left_out) if staging else (0, 0)
        row.counts = counted(
            await rosters.counts(), self._problems, elsewhere=elsewhere,
            left_out=sum(parsed.skipped.values()) + unused,
        )  # fmt: skip
        if parsed.format not in PACKAGES:
            row.counts["children"]["problems"] += parsed.skipped["users"]
        if whole and row.counts["staff"]["left"]:
            self._say(parsed, "roster.staff_missing")
        row.total = row.done = total
        if rules.brings_nobody(row.counts, complete=whole):
            reason = "nobody_imported"
            return await self._finish(states.REFUSED, AuditEvent.ROSTER_REFUSED, reason)
        await self._keep_plan()
        if (held := await self._why_held()) is not None:
            return await self._hold(held)
        await self._apply()
        await self._keep_standing()
        return await self._finish(states.APPLIED, AuditEvent.ROSTER_APPLIED, None)

    async def _hold(self, reason: str) -> Outcome:
        """Keep the plan until a person decides, and ask an administrator where no lead is asked."""
        row = self._row
        if row.key is None and self._keep is not None:
            row.key = await self._keep()
        outcome = await self._finish(states.HELD, AuditEvent.ROSTER_HELD, reason)
        if reason not in (rules.PLAN_ONLY, rules.LEAVER):
            await ask_administrator(self._work, row)
        return outcome

    async def _apply(self) -> None:
        work, row = self._work, self._row
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
        await find_conflicts(work, by_roster=True, import_id=row.id, brought_by=row.started_by)
        await self._tell_reached_anew()

    async def _keep_plan(self) -> None:
        """Save the changes, record by record, and count the children of each year group."""
        row = self._row
        changes = self._work.rosters.changes
        await changes.keep(row.id, self._work.today, self._work.now - states.UNDO_FOR)
        row.counts["year_groups"] = rules.by_year(await changes.years(row.id))

    async def _why_held(self) -> str | None:
        """The first reason to hold the plan; the counts hold all of them."""
        row, work = self._row, self._work
        school = await work.session.get(Organisation, work.actor.school_id)
        figures = rules.Figures(**await work.rosters.figures(row.source))
        holds = rules.why_held(figures, school.settings if school else {})
        is_approved = row.state == states.APPROVED
        if not is_approved:
            row.counts["held"] = [asdict(hold) for hold in holds]
        if row.plan_only and not is_approved:
            return rules.PLAN_ONLY
        every = self._every_leaver or (
            not rules.leaves_many(holds) and await work.rosters.is_of_a_key(row.started_by)
        )
        if leavers := await wait_for_lead(work, row, every=every):
            hold = rules.Hold(rules.LEAVER, leavers, figures.on_roll, 0)
            row.counts = {**row.counts, "held": [asdict(hold), *map(asdict, holds)]}
            return rules.LEAVER
        return holds[0].code if holds and not is_approved else None

    async def _tell_reached_anew(self) -> None:
        for staff_id in await self._work.rosters.staff_reached_anew():
            staff = await self._work.staff.lock(Staff, staff_id)
            if staff is not None:
                await commands.tell_changed(self._work, staff)

    async def _refuse(self, package: Package, code: str | None = None) -> Outcome:
        row, parsed, choice = self._row, package.parsed, package.choice
        worst = next(
            (p.code for p in self._problems.listed if p.severity == "error" and not p.line), None
        )
        unread = not parsed.sizes.get("users") or not parsed.sizes.get("orgs")
        reason = code or (worst if unread else None) or choice.code or "nothing_to_import"
        row.counts = counted((), self._problems, elsewhere=0, left_out=0)
        if choice.options and reason == choice.code:
            row.counts["organisations"] = [
                {"source_id": school.source_id, "name": school.name} for school in choice.options
            ]
        return await self._finish(states.REFUSED, AuditEvent.ROSTER_REFUSED, reason)

    async def _finish(self, state: str, did: AuditEvent, reason: str | None) -> Outcome:
        row = self._row
        end(self._work, row, state, reason)
        if state == states.APPLIED:
            await end_asking(self._work, row.source, OVERTAKEN)
        await self._work.rosters.add_problems(row.id, rules.listed(self._problems.listed))
        changes = {
            kind: row.counts[kind] for kind in ("children", "staff", "contacts", "enrolments")
        }
        details = {"counts": changes} if reason is None else {"counts": changes, "code": reason}
        self._work.record(did, "roster_import", row.id, details=details)
        return Outcome(row.id, state, row.counts, reason, tuple(self._problems.listed))

    def _say(self, parsed: RosterSource, code: str, line: int = 0) -> None:
        self._problems.add(rules.problem_of(parsed, "users.csv", line, code))


def _next(batches: Iterator[Batch]) -> Batch | None:
    return next(batches, None)
