"""How a roster file is received, run, approved and applied."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.core.ids import new_id
from app.core.words import Actor, AuditEvent, Permission
from app.db.models import Contact, RosterImport, Task
from app.db.session import Database
from app.db.unit_of_work import Job, UnitOfWork, open_work
from app.domain import policy
from app.domain.duty.tasks.commands import SetTask, open_tasks, set_task
from app.domain.etags import check_version
from app.domain.exchange.roster import rules
from app.domain.exchange.roster.errors import RosterImportNotFound
from app.domain.record.contacts.commands import tell_of_telling
from app.domain.record.contacts.queries import as_somebody, hard_mark, restricted_match
from app.domain.steps import touch
from app.formats.rosters.opening import Handling
from app.formats.rosters.problems import Problem

TASK = "leaver_check"


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
    """A stored file. `organisation_source_id` says which school of the file is this one.

    Strict `handling` leaves out each row that departs from its standard.
    """

    key: str | None
    file_name: str
    source: str = rules.DEFAULT_SOURCE
    organisation_source_id: str | None = None
    plan_only: bool = False
    handling: Handling = "lenient"


async def receive_roster(
    work: UnitOfWork, wish: ReceiveRoster, *, enqueue: bool = True
) -> RosterImport:
    """Note that a file has come, and ask for its import.

    `enqueue` False leaves the import to the caller. Raises `PermissionMissing`.
    """
    policy.require(work.actor, Permission.ROSTER_IMPORT)
    received = RosterImport(
        school_id=work.actor.school_id,
        id=new_id(),
        source=wish.source,
        format=rules.FORMAT,
        file_name=wish.file_name,
        key=wish.key,
        organisation_source_id=wish.organisation_source_id,
        plan_only=wish.plan_only,
        handling=wish.handling,
        state=rules.RECEIVED,
        done=0,
        total=0,
        counts={},
        started_by=None if work.actor.is_system else work.actor.id,
        version=1,
        created_at=work.now,
        changed_at=work.now,
    )
    work.rosters.add(received)
    await work.session.flush()
    work.record(AuditEvent.ROSTER_RECEIVED, "roster_import", received.id)
    if enqueue:
        work.enqueue(_job(work, received.id))
    return received


async def approve_import(work: UnitOfWork, import_id: UUID, version: int) -> RosterImport:
    """Let a held plan go ahead.

    Raises `PermissionMissing`, `RosterImportNotFound`, `VersionStale`, `ImportNotHeld`,
    `LeaverNotLookedAt`.
    """
    policy.require(work.actor, Permission.ROSTER_IMPORT)
    held = await work.rosters.lock(RosterImport, import_id)
    if held is None:
        raise RosterImportNotFound
    check_version(held, version)
    if held.state != rules.HELD:
        raise rules.ImportNotHeld
    if held.held_because == rules.LEAVER and await waits_for_lead(work):
        raise rules.LeaverNotLookedAt
    held.state = rules.APPROVED
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


async def note_lost(database: Database, school_id: UUID, import_id: UUID) -> None:
    """Keep that our own store has lost the file; an import that has ended is left as it is."""
    async with open_work(database, Actor.system(school_id)) as work:
        found = await work.rosters.lock(RosterImport, import_id)
        if found is not None and found.state not in rules.ENDED:
            end_import(work, found, rules.FAILED, rules.FILE_LOST)
            details = {"code": rules.FILE_LOST}
            work.record(AuditEvent.ROSTER_REFUSED, "roster_import", import_id, details=details)


def end_import(work: UnitOfWork, row: RosterImport, state: str, because: str | None) -> None:
    """Note how an import ended, or that it waits for a person."""
    row.state = state
    row.held_because = because
    row.finished_at = work.now
    touch(work, row)
