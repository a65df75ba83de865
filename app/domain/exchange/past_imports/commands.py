"""Sending a file of past entries, changing its plan, approving and undoing it."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final
from uuid import UUID

from app.core.schemas import ReasonIn
from app.core.words import AuditEvent, Permission, Role
from app.db.models import PastChild, PastImport
from app.db.repositories.exchange import past_import_children, past_import_conflicts
from app.db.repositories.exchange import past_imports as stored
from app.db.repositories.people.staff import members_of
from app.db.unit_of_work import Job, UnitOfWork
from app.domain import policy
from app.domain.access.child_access.queries import child_for
from app.domain.common.category_rules.commands import in_common_codes
from app.domain.duty.tasks.commands import SetTask, finish_all, open_tasks, set_task
from app.domain.errors import FieldProblem, SecondPersonNeeded, ValidationFailed
from app.domain.exchange.imports.commands import found_import, import_to_change, receive
from app.domain.exchange.imports.errors import ImportNotPlanned
from app.domain.exchange.imports.rules import APPROVED, HELD, PLANNED, RECEIVED, UNDOING, check_undo
from app.domain.exchange.past_imports import rules
from app.domain.exchange.past_imports.errors import (
    ImportOnlyPlanned,
    PastClassNotRead,
    SourceChildNotFound,
)
from app.domain.exchange.past_imports.queries import (
    classes_read,
    reader_of,
    why_not_approve,
    why_not_undo,
)
from app.domain.exchange.past_imports.schemas import (
    MatchSourceChildIn,
    PastCategoryIn,
    PastMappingIn,
)
from app.domain.steps import record_row, touch
from app.formats.history import mapping_of
from app.formats.rosters.faults import FAULTS
from app.formats.rosters.mapping import MappingError

P = Permission
NOUN: Final = "past_import"
CHOSEN: Final = ("confidentiality", "categories", "add_changed", "mapping")
PLAN, APPLY, UNDO = "past.plan", "past.apply", "past.undo"


@dataclass(frozen=True, slots=True)
class ReceivePast:
    """A stored file, and what its sender said of it."""

    key: str
    file_name: str
    sha256: str
    size: int
    kind: str
    source: str
    confidentiality: str
    plan_only: bool


async def receive_past(
    work: UnitOfWork, command: ReceivePast, *, enqueue: bool = True
) -> PastImport:
    """Record that a file has arrived, and queue its plan; this imports nothing.

    `enqueue` False leaves the plan to the caller. Raises `PermissionMissing`.
    """
    policy.require(work.actor, P.HISTORY_PREPARE)
    row = await receive(work, PastImport, AuditEvent.PAST_IMPORT_RECEIVED, **asdict(command))
    if enqueue:
        work.enqueue(job(row, PLAN))
    return row


def job(row: PastImport, task: str) -> Job:
    """The next job of an import; those of one school run one after the other."""
    return Job(task, {"import_id": str(row.id)}, lock=f"past:{row.school_id}")


async def update_past_import(
    work: UnitOfWork, import_id: UUID, version: int, changes: Mapping[str, Any]
) -> PastImport:
    """Choose the class and the meaning of columns and categories; the plan is made again.

    To give up the class of sealed entries, the actor has to read it.

    Raises `PermissionMissing`, `ImportNotFound`, `VersionStale`, `ImportNotPlanned`,
    `PastClassNotRead`, `ValidationFailed`.
    """
    policy.require(work.actor, P.HISTORY_PREPARE)
    row = await import_to_change(work, PastImport, import_id, version)
    if row.state not in (PLANNED, HELD):
        raise ImportNotPlanned
    before = {name: getattr(row, name) for name in CHOSEN}
    _check_reads(work, rules.given_up(before, changes))
    row.confidentiality = changes.get("confidentiality", row.confidentiality)
    row.add_changed = changes.get("add_changed", row.add_changed)
    if "categories" in changes:
        row.categories = [
            await _category(work, index, category)
            for index, category in enumerate(changes["categories"])
        ]
    if "mapping" in changes:
        await _confirm(work, row, changes["mapping"])
    after = {name: getattr(row, name) for name in CHOSEN}
    _plan_again(work, row)
    record_row(
        work, AuditEvent.PAST_IMPORT_CHANGED, row, before=before, after=after,
        details={"step": "changed"},
    )  # fmt: skip
    return row


async def _category(
    work: UnitOfWork, index: int, past_category_in: PastCategoryIn
) -> dict[str, Any]:
    """A category with the common codes that it means. Raises `ValidationFailed`."""
    named = {f"/categories/{index}/code": past_category_in.code} if past_category_in.code else {}
    return past_category_in.model_dump(mode="json") | {
        "codes": (await in_common_codes(work, named)).categories
    }


async def _confirm(work: UnitOfWork, row: PastImport, body: PastMappingIn) -> None:
    """Save a mapping: a person's for all files of the system with the same columns.

    A program's counts only for this import, and can say little about bars on a contact:
    `of_program`. For contacts it is only a proposal until a person has confirmed one. Raises
    `ValidationFailed` for one that does not fit, `ImportNotPlanned` if none is needed,
    `PastClassNotRead` if it omits the columns from which the present one reads class K5.
    """
    if row.mapping is None:
        raise ImportNotPlanned
    driver, of = await work.driver(), (row.source, row.kind, row.mapping["header"])
    mapping = await stored.mapping_for(driver, row.school_id, of)
    content = body.model_dump(mode="json")
    if not work.actor.is_person:
        content |= rules.of_program(content, mapping)
    try:
        mapping_of(row.kind, content)
    except MappingError as wrong:
        pointer = f"/mapping/columns/{wrong.name}" if wrong.name else "/mapping"
        code = wrong.code.replace("mapping.", "mapping_")
        raise ValidationFailed(
            problems=[FieldProblem(pointer, code, FAULTS[wrong.code].sentence)]
        ) from wrong
    standing = [row.mapping] if row.mapping["confirmed"] else []
    for item in (*standing, *([mapping] if mapping else [])):
        _check_reads(work, rules.given_up_columns(item, content, row.highest_class))
    confirmed = work.actor.is_person or rules.counts_of_program(row.kind, mapping)
    row.mapping = {**row.mapping, **content, "confirmed": confirmed}
    if not work.actor.is_person:
        return
    await stored.keep_mapping(driver, row.school_id, of, row.mapping, (work.actor.id, work.now))


def _plan_again(work: UnitOfWork, row: PastImport) -> None:
    row.state = RECEIVED
    row.approved_by = row.approved_at = row.reason = None
    touch(work, row)
    work.enqueue(job(row, PLAN))


async def match_source_child(
    work: UnitOfWork, import_id: UUID, source_child_id: UUID, body: MatchSourceChildIn
) -> PastImport:
    """Match a source reference to a child once: this applies to every later file.

    Raises `PermissionMissing`, `ImportNotFound`, `SourceChildNotFound`, `ImportNotPlanned`,
    `ChildNotFound`, `ConflictOfInterest`, `OutsideCohort`.
    """
    policy.require(work.actor, P.HISTORY_APPROVE)
    row = await found_import(work, PastImport, import_id, lock=True)
    if row.state not in rules.TO_PLAN:
        raise ImportNotPlanned
    past_child = await work.concerns.lock(PastChild, source_child_id)
    if past_child is None or past_child.source != row.source:
        raise SourceChildNotFound
    of, reader = (row.id, row.source), reader_of(work.actor)
    driver = await work.driver()
    if await past_import_children.is_hidden(driver, row.school_id, of, reader, past_child.id):
        raise SourceChildNotFound
    child = await child_for(work, body.child_id, P.HISTORY_APPROVE)
    before = {"child_id": past_child.child_id}
    past_child.child_id, past_child.decided_by, past_child.decided_at = (
        child.id,
        work.actor.id,
        work.now,
    )
    _plan_again(work, row)
    record_row(
        work, AuditEvent.PAST_CHILD_MATCHED, row, child_id=child.id, before=before,
        after={"child_id": child.id}, details={"source_child_id": str(past_child.id)},
    )  # fmt: skip
    return row


async def approve_past_import(
    work: UnitOfWork, import_id: UUID, version: int, body: ReasonIn
) -> PastImport:
    """Import every new row; held ones stay out until someone has decided them.

    It alerts no child's lead and starts no clock of a child. The most confidential class needs two
    leads: the first approval alone changes no state.

    Raises `PermissionMissing`, `ImportNotFound`, `VersionStale`, `ImportNotPlanned`,
    `ImportOnlyPlanned`, `PastClassNotRead`, `ConflictOfInterest`, `ImportOvertaken`,
    `SecondPersonNeeded`.
    """
    policy.require(work.actor, P.HISTORY_APPROVE)
    row = await import_to_change(work, PastImport, import_id, version)
    if row.state not in (PLANNED, HELD) or row.because is not None:
        raise ImportNotPlanned
    if row.plan_only:
        raise ImportOnlyPlanned
    _check_reads(work, row.highest_class)
    driver, origin = await work.driver(), (row.source, row.kind)
    await past_import_conflicts.hold_origin(driver, row.school_id, origin)
    if refused := await why_not_approve(driver, work.actor, row.id, origin):
        raise refused
    if row.highest_class == rules.SEALED and not await _is_second(work, row, body.reason):
        return row
    if row.approved_by is None:
        row.approved_by, row.approved_at, row.reason = work.actor.id, work.now, body.reason
    row.state = APPROVED
    touch(work, row)
    record_row(
        work, AuditEvent.PAST_IMPORT_APPROVED, row, reason=body.reason,
        details={fate: row.counts[fate] for fate in rules.FATES},
    )  # fmt: skip
    await finish_all(work, rules.TASKS, about_id=row.id)
    work.enqueue(job(row, APPLY))
    return row


async def _is_second(work: UnitOfWork, row: PastImport, reason: str) -> bool:
    """Whether another lead approved before. If not, this approval is the first of two.

    Raises `SecondPersonNeeded`.
    """
    if row.approved_by == work.actor.id:
        raise SecondPersonNeeded("Another lead who reads class K5 has to approve it as well.")
    if row.approved_by is not None and await _still_reads(work, row.approved_by):
        row.seconded_by, row.seconded_at = work.actor.id, work.now
        return True
    row.approved_by, row.approved_at, row.reason = work.actor.id, work.now, reason
    touch(work, row)
    record_row(work, AuditEvent.PAST_IMPORT_CHANGED, row, reason=reason, details={"step": "first"})
    await finish_all(work, rules.TASKS, about_id=row.id)
    await give(work, row, rules.SECOND, locked_out=(work.actor.id,))
    return False


async def _still_reads(work: UnitOfWork, person: UUID) -> bool:
    """Whether a lead who approved is still here, in a role that approves and reads class K5."""
    members = await members_of(await work.driver(), work.actor.school_id, work.now, person)
    return any(
        rules.SEALED in classes_read(item) and policy.may(item, P.HISTORY_APPROVE)
        for _, item in members
    )


async def give(
    work: UnitOfWork, row: PastImport, kind: str, *, locked_out: Sequence[UUID] = ()
) -> None:
    """Set a task about an import for a lead who reads its content; once at a time."""
    if await open_tasks(work, kinds=[kind], about_id=row.id):
        return
    facts = {fate: row.counts[fate] for fate in rules.FATES} | {"import_kind": row.kind}
    await set_task(
        work,
        SetTask(
            kind, about=(NOUN, row.id), confidentiality=row.highest_class or row.confidentiality,
            barred=locked_out, facts=facts,
        ),
    )  # fmt: skip


async def tell_head(work: UnitOfWork, row: PastImport, lines: Sequence[int]) -> None:
    """Set a task for the headteacher to enter rows about staff in the adult register; once a file.

    The rows are not saved, so the task names only lines of the file.
    """
    heads = await work.provisioning.holders([Role.HEADTEACHER.value], work.today)
    named = ", ".join(str(line) for line in lines[: rules.LINES_NAMED])
    await set_task(
        work,
        SetTask(
            rules.ABOUT_STAFF, about=(NOUN, row.id), owner_id=heads[0][0] if heads else None,
            facts={"rows": row.counts[rules.SET_ASIDE], "lines": named},
            dedupe=f"{rules.ABOUT_STAFF}:{row.sha256}",
        ),
    )  # fmt: skip


def _check_reads(work: UnitOfWork, confidentiality: str | None) -> None:
    """Raise `PastClassNotRead` unless the actor's own role reads a class."""
    if confidentiality not in (None, *classes_read(work.actor)):
        raise PastClassNotRead


async def undo_past_import(
    work: UnitOfWork, import_id: UUID, version: int, body: ReasonIn
) -> PastImport:
    """Remove what nobody has worked with; the audit log keeps a record of it.

    Raises `PermissionMissing`, `ImportNotFound`, `VersionStale`, `ImportNotApplied`, `UndoExpired`,
    `PastClassNotRead`, `ConflictOfInterest`.
    """
    policy.require(work.actor, P.HISTORY_APPROVE)
    row = await import_to_change(work, PastImport, import_id, version)
    check_undo(row.state, row.ended_at, work.now)
    _check_reads(work, row.highest_class)
    if refused := await why_not_undo(await work.driver(), work.actor, row.id):
        raise refused
    row.state, row.undo_reason, row.ended_at = UNDOING, body.reason, None
    row.undone_by, row.undone_at = work.actor.id, work.now
    touch(work, row)
    await finish_all(work, rules.TASKS, about_id=row.id)
    record_row(
        work, AuditEvent.PAST_IMPORT_CHANGED, row, reason=body.reason, details={"step": "undo"}
    )
    work.enqueue(job(row, UNDO))
    return row
