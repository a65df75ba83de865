"""Sending a file of past entries, changing its plan, approving and undoing it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from app.core.ids import new_id
from app.core.words import AuditEvent, Permission
from app.db.models import PastChild, PastImport
from app.db.unit_of_work import Job, UnitOfWork
from app.domain import policy
from app.domain.access.child_access.queries import child_for
from app.domain.etags import check_version
from app.domain.exchange.past_imports import rules
from app.domain.exchange.past_imports.errors import (
    PastClassNotRead,
    PastImportNotApplied,
    PastImportNotFound,
    PastImportNotPlanned,
    PastImportOnlyPlanned,
    SourceChildNotFound,
)
from app.domain.exchange.past_imports.schemas import (
    ApprovePastImportIn,
    MatchSourceChildIn,
    UndoPastImportIn,
)
from app.domain.steps import touch

P = Permission
NOUN: Final = "past_import"
PLAN, APPLY, UNDO = "past.plan", "past.apply", "past.undo"


@dataclass(frozen=True, slots=True)
class ReceivePast:
    """A stored file, and what was said of it."""

    key: str
    file_name: str
    sha256: str
    size: int
    kind: str
    source_system: str
    confidentiality: str
    plan_only: bool


async def receive_past(work: UnitOfWork, wish: ReceivePast, *, enqueue: bool = True) -> PastImport:
    """Note that a file has come, and ask for its plan; nothing comes in by it.

    `enqueue` False leaves the plan to the caller. Raises `PermissionMissing`.
    """
    policy.require(work.actor, P.HISTORY_PREPARE)
    row = PastImport(
        school_id=work.actor.school_id, id=new_id(), kind=wish.kind,
        source_system=wish.source_system, file_name=wish.file_name, key=wish.key,
        sha256=wish.sha256, size=wish.size, plan_only=wish.plan_only,
        confidentiality=wish.confidentiality, categories=[], state=rules.RECEIVED, done=0, total=0,
        counts={}, started_by=None if work.actor.is_system else work.actor.id,
        created_at=work.now, version=1, changed_at=work.now,
    )  # fmt: skip
    work.concerns.add(row)
    await work.session.flush()
    work.record(
        AuditEvent.PAST_IMPORT_RECEIVED, NOUN, row.id,
        details={"kind": row.kind, "source_system": row.source_system, "sha256": row.sha256},
    )  # fmt: skip
    if enqueue:
        work.enqueue(job(row, PLAN))
    return row


def job(row: PastImport, task: str) -> Job:
    """The next job of an import; those of one school run one after the other."""
    return Job(task, {"import_id": str(row.id)}, lock=f"past:{row.school_id}")


async def _locked(work: UnitOfWork, import_id: UUID, version: int | None) -> PastImport:
    row = await work.concerns.lock(PastImport, import_id)
    if row is None:
        raise PastImportNotFound
    if version is not None:
        check_version(row, version)
    return row


async def change_past_import(
    work: UnitOfWork, import_id: UUID, version: int, changes: Mapping[str, Any]
) -> PastImport:
    """Choose the class and what the source's categories mean; the plan is made once more.

    Raises `PermissionMissing`, `PastImportNotFound`, `VersionStale`, `PastImportNotPlanned`.
    """
    policy.require(work.actor, P.HISTORY_PREPARE)
    row = await _locked(work, import_id, version)
    if row.state not in (rules.PLANNED, rules.HELD):
        raise PastImportNotPlanned
    before = {"confidentiality": row.confidentiality, "categories": row.categories}
    row.confidentiality = changes.get("confidentiality", row.confidentiality)
    if "categories" in changes:
        row.categories = [one.model_dump(mode="json") for one in changes["categories"]]
    after = {"confidentiality": row.confidentiality, "categories": row.categories}
    _plan_again(work, row)
    work.record(
        AuditEvent.PAST_IMPORT_CHANGED, NOUN, row.id, before=before, after=after,
        details={"step": "changed"},
    )  # fmt: skip
    return row


def _plan_again(work: UnitOfWork, row: PastImport) -> None:
    row.state = rules.RECEIVED
    touch(work, row)
    work.enqueue(job(row, PLAN))


async def match_source_child(
    work: UnitOfWork, import_id: UUID, source_child_id: UUID, body: MatchSourceChildIn
) -> PastImport:
    """Say once which child a reference of the source means: it holds for every file to come.

    Raises `PermissionMissing`, `PastImportNotFound`, `SourceChildNotFound`,
    `PastImportNotPlanned`, `ChildNotFound`, `ConflictOfInterest`, `OutsideCohort`.
    """
    policy.require(work.actor, P.HISTORY_APPROVE)
    row = await _locked(work, import_id, None)
    if row.state not in rules.TO_PLAN:
        raise PastImportNotPlanned
    found = await work.concerns.lock(PastChild, source_child_id)
    if found is None or found.source_system != row.source_system:
        raise SourceChildNotFound
    child = await child_for(work, body.child_id, P.HISTORY_APPROVE)
    before = {"child_id": found.child_id}
    found.child_id, found.decided_by, found.decided_at = child.id, work.actor.id, work.now
    _plan_again(work, row)
    work.record(
        AuditEvent.PAST_CHILD_MATCHED, NOUN, row.id, child_id=child.id, before=before,
        after={"child_id": child.id}, details={"source_child_id": str(found.id)},
    )  # fmt: skip
    return row


async def approve_past_import(
    work: UnitOfWork, import_id: UUID, version: int, body: ApprovePastImportIn
) -> PastImport:
    """Let in every row that is new; what is held stays out until somebody has decided it.

    Nobody is alerted by it and no clock starts. Raises `PermissionMissing`, `PastImportNotFound`,
    `VersionStale`, `PastImportNotPlanned`, `PastImportOnlyPlanned`, `PastClassNotRead`.
    """
    policy.require(work.actor, P.HISTORY_APPROVE)
    row = await _locked(work, import_id, version)
    if row.state not in (rules.PLANNED, rules.HELD):
        raise PastImportNotPlanned
    if row.plan_only:
        raise PastImportOnlyPlanned
    _check_class(work, row)
    row.state, row.reason = rules.APPROVED, body.reason
    row.approved_by, row.approved_at = work.actor.id, work.now
    touch(work, row)
    work.record(
        AuditEvent.PAST_IMPORT_APPROVED, NOUN, row.id, reason=body.reason,
        details={fate: row.counts[fate] for fate in rules.FATES},
    )  # fmt: skip
    work.enqueue(job(row, APPLY))
    return row


def _check_class(work: UnitOfWork, row: PastImport) -> None:
    """Raise `PastClassNotRead` unless the actor's own role reads the highest class in it."""
    if row.highest_class not in (None, *policy.own_rights(work.actor).classes):
        raise PastClassNotRead


async def undo_past_import(
    work: UnitOfWork, import_id: UUID, version: int, body: UndoPastImportIn
) -> PastImport:
    """Remove what nobody has worked with; the audit log keeps that it was here.

    Raises `PermissionMissing`, `PastImportNotFound`, `VersionStale`, `PastImportNotApplied`,
    `PastClassNotRead`.
    """
    policy.require(work.actor, P.HISTORY_APPROVE)
    row = await _locked(work, import_id, version)
    recent = row.finished_at is not None and work.now - row.finished_at <= rules.UNDONE_WITHIN
    if row.state != rules.APPLIED or not recent:
        raise PastImportNotApplied
    _check_class(work, row)
    row.state, row.undo_reason, row.finished_at = rules.UNDOING, body.reason, None
    row.undone_by, row.undone_at = work.actor.id, work.now
    touch(work, row)
    work.record(
        AuditEvent.PAST_IMPORT_CHANGED, NOUN, row.id, reason=body.reason, details={"step": "undo"}
    )
    work.enqueue(job(row, UNDO))
    return row
