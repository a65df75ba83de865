"""Receive, run, approve and apply a roster file."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from typing import Any
from uuid import UUID

from app.core.behind import ANYONE
from app.core.words import AuditEvent, Permission, Role
from app.db.models import Contact, RosterImport
from app.db.repositories.duty.tasks import is_any_open, lock_open_with
from app.db.unit_of_work import Job, UnitOfWork
from app.domain import policy
from app.domain.common.owners.queries import people_here
from app.domain.duty.tasks.commands import SetTask, finish, open_tasks, set_task
from app.domain.errors import PermissionMissing
from app.domain.exchange.imports.commands import found_import, import_to_change, receive
from app.domain.exchange.imports.errors import ImportNotPlanned
from app.domain.exchange.imports.rules import APPROVED, HELD
from app.domain.exchange.roster import rules
from app.domain.exchange.roster.errors import SourceNotOfKey, SourceOfAnotherKey
from app.domain.record.contacts.commands import tell_of_telling
from app.domain.record.contacts.queries import as_somebody, hard_mark, restricted_match
from app.domain.steps import record_row, touch
from app.formats.rosters.opening import Handling
from app.formats.rosters.problems import Problem

TASK, CHECK = "leaver_check", "roster_check"
OVERTAKEN = "overtaken"
"""Outcome of a task about a plan that a later import of its source replaced."""


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


async def wait_for_lead(work: UnitOfWork, row: RosterImport, *, every: bool = False) -> int:
    """Number of leavers in the plan who get support in school and no lead has checked since.

    `every` treats each leaver as one, so that nobody can distinguish two of them. Each becomes a
    task for a lead that shows its row of the plan; the import itself names none of them.
    """
    leavers = await work.rosters.leavers_to_look_at(every=every)
    planned = await work.rosters.changes.leaving(row.id, leavers)
    for child_id in leavers:
        if not await open_tasks(work, kinds=[TASK], child_id=child_id):
            facts = {"reason": rules.LEAVER, "source": row.source, **planned.get(child_id, {})}
            about = ("roster_import", row.id)
            await set_task(work, SetTask(TASK, child_id=child_id, about=about, facts=facts))
    return len(leavers)


async def ask_administrator(work: UnitOfWork, row: RosterImport) -> None:
    """Give an administrator a plan to approve, in place of earlier ones of its source.

    The sender comes first, if they are one, then one who is not away.
    """
    await end_asking(work, row.source, OVERTAKEN)
    holders = await work.provisioning.holders([Role.SCHOOL_ADMIN.value], work.today)
    people = await people_here(work, [person for person, _ in holders]) if holders else []
    people = sorted(people, key=lambda item: (item.away, item.id != row.started_by))
    hold: dict[str, Any] = next(
        (item for item in row.counts["held"] if item["code"] == row.because), {}
    )
    facts: dict[str, Any] = {
        name: hold[name] for name in ("number", "of", "percent") if name in hold
    }
    await set_task(
        work,
        SetTask(
            CHECK, about=("roster_import", row.id), confidentiality=ANYONE,
            first=people[0].id if people else None,
            facts={"reason": row.because, "source": row.source, **facts},
        ),
    )  # fmt: skip


async def end_asking(work: UnitOfWork, source: str, outcome: str) -> None:
    """End the tasks to approve a plan of a source."""
    tasks = await lock_open_with(work.session, work.actor.school_id, CHECK, {"source": source})
    for task in tasks:
        finish(work, task, outcome=outcome)


async def go_on_after_check(work: UnitOfWork, import_id: UUID) -> None:
    """Let a source's newest held plan go on once no leaver needs a lead.

    A plan that is held for more goes to an administrator. An import applied since stands: an older
    file never overtakes it.
    """
    await work.rosters.wait_for_turn(is_long=False)
    asked = await found_import(work, RosterImport, import_id)
    row = await work.rosters.held_for(asked.source, rules.LEAVER)
    if row is None or await waits_for_lead(work):
        return
    others = [hold["code"] for hold in row.counts["held"] if hold["code"] != rules.LEAVER]
    if not others:
        await _let_in(work, row)
        return
    row.because = others[0]
    touch(work, row)
    record_row(work, AuditEvent.ROSTER_HELD, row, details={"code": row.because})
    await ask_administrator(work, row)


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
    await _let_in(work, held)
    return held


async def _let_in(work: UnitOfWork, held: RosterImport) -> None:
    held.state = APPROVED
    held.ended_at = None
    touch(work, held)
    record_row(work, AuditEvent.ROSTER_APPROVED, held)
    await end_asking(work, held.source, APPROVED)
    work.enqueue(_job(work, held.id))


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
