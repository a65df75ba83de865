"""Receive, run, approve and apply a roster file."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from typing import Any
from uuid import UUID

from app.core.words import AuditEvent, Permission
from app.db.models import Contact, RosterImport
from app.db.repositories.duty.tasks import is_any_open
from app.db.unit_of_work import Job, UnitOfWork
from app.domain import policy
from app.domain.duty.tasks.commands import SetTask, open_tasks, set_task
from app.domain.errors import PermissionMissing
from app.domain.exchange.imports.commands import import_to_change, receive
from app.domain.exchange.imports.errors import ImportNotPlanned
from app.domain.exchange.imports.rules import APPROVED, HELD
from app.domain.exchange.roster import rules
from app.domain.exchange.roster.errors import SourceNotOfKey, SourceOfAnotherKey
from app.domain.record.contacts.commands import tell_of_telling
from app.domain.record.contacts.queries import as_somebody, hard_mark, restricted_match
from app.domain.steps import record_row, touch
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
        (moved[contact.id] and hard_mark(contact, work.today) is not None)
        or restricted_match(as_somebody(contact), contacts, work.today)
        for contact in contacts
        if contact.id in moved
    )


async def wait_for_lead(work: UnitOfWork, import_id: UUID, *, every: bool = False) -> bool:
    """Whether a leaver in the plan gets support in school and no lead has looked since.

    `every` treats each leaver as one, so that nobody can distinguish two of them. Each becomes a
    task for a lead; the import itself names none of them.
    """
    leavers = await work.rosters.leavers_to_look_at(every=every)
    for child_id in leavers:
        if not await open_tasks(work, kinds=[TASK], child_id=child_id):
            await set_task(
                work, SetTask(TASK, child_id=child_id, about=("roster_import", import_id))
            )
    return bool(leavers)


async def waits_for_lead(work: UnitOfWork) -> bool:
    """Whether a lead has still to look at a leaver."""
    return await is_any_open(work.session, work.actor.school_id, TASK)


@dataclass(frozen=True, slots=True)
class ReceiveRoster:
    """A stored file. `organisation_source_id` is this school in the file.

    Strict `handling` leaves out each row that departs from its standard.
    """

    key: str | None
    file_name: str
    source: str = rules.DEFAULT_SOURCE
    organisation_source_id: str | None = None
    plan_only: bool = False
    handling: Handling = "lenient"


async def receive_roster(
    work: UnitOfWork, command: ReceiveRoster, *, enqueue: bool = True
) -> RosterImport:
    """Note that a file has come, and ask for its import.

    `enqueue` False leaves the import to the caller. Raises `PermissionMissing`, and for a program
    `SourceNotOfKey`, `SourceOfAnotherKey`.
    """
    policy.require(work.actor, Permission.ROSTER_IMPORT)
    if work.actor.is_service:
        await _require_source(work, command.source)
    received = await receive(
        work, RosterImport, AuditEvent.ROSTER_RECEIVED, format=rules.FORMAT, **asdict(command)
    )
    if enqueue:
        work.enqueue(_job(work, received.id))
    return received


async def _require_source(work: UnitOfWork, source: str) -> None:
    """Raise `SourceNotOfKey` or `SourceOfAnotherKey` if a program may not send for a source.

    An unbound key sends only for a new source or its own. A source outlives its key: a person binds
    the next key to it.
    """
    key, rosters = work.actor.id, work.rosters
    bound = await rosters.bound_to(key)
    if bound and source not in bound:
        raise SourceNotOfKey
    if await rosters.is_of_another_key(source, key, work.now):
        raise SourceOfAnotherKey
    if not bound and await rosters.is_for_bound_keys(source, key, work.now):
        raise SourceNotOfKey


async def approve_import(work: UnitOfWork, import_id: UUID, version: int) -> RosterImport:
    """Approve a held plan, as a person: never as the program that sent it.

    Raises `PermissionMissing`, `ImportNotFound`, `VersionStale`, `ImportNotPlanned`,
    `LeaverNotLookedAt`.
    """
    policy.require(work.actor, Permission.ROSTER_IMPORT)
    held = await import_to_change(work, RosterImport, import_id, version)
    if work.actor.is_service:
        raise PermissionMissing
    if held.state != HELD:
        raise ImportNotPlanned
    if held.because == rules.LEAVER and await waits_for_lead(work):
        raise rules.LeaverNotLookedAt
    held.state = APPROVED
    held.ended_at = None
    touch(work, held)
    record_row(work, AuditEvent.ROSTER_APPROVED, held)
    work.enqueue(_job(work, held.id))
    return held


def _job(work: UnitOfWork, import_id: UUID) -> Job:
    return Job(
        "roster.import", {"import_id": str(import_id)}, lock=f"roster:{work.actor.school_id}"
    )


@dataclass(frozen=True, slots=True)
class Outcome:
    """Result of an import. `reason` is the code of a hold or a refusal."""

    import_id: UUID
    state: str
    counts: dict[str, Any]
    reason: str | None = None
    problems: Sequence[Problem] = ()
