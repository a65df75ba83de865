"""Ordering an export of the whole school, standing for it, ending it, and fetching its file."""

from typing import Any, Final
from uuid import UUID

from app.core.moments import written
from app.core.schemas import ReasonIn
from app.core.words import AuditEvent, Permission
from app.db.models import SchoolExport, ServiceKey
from app.db.repositories.exchange import school_exports as stored
from app.db.unit_of_work import Job, UnitOfWork
from app.domain import policy
from app.domain.common.alerts.commands import tell, watchers
from app.domain.common.owners.queries import people_here
from app.domain.duty.tasks.commands import SetTask, finish_all, set_task
from app.domain.errors import FieldProblem, SecondPersonNeeded, StateConflict, ValidationFailed
from app.domain.etags import check_version
from app.domain.exchange.school_exports import rules
from app.domain.exchange.school_exports.errors import (
    SchoolExportNotFound,
    SchoolExportNotReady,
    SchoolExportUnderWay,
    SealedNotRead,
)
from app.domain.exchange.school_exports.queries import own_approval
from app.domain.exchange.school_exports.schemas import ApproveSchoolExportIn, OrderSchoolExportIn
from app.domain.steps import new, record_row, touch
from app.formats.packets import KeyRefused, import_key, key_dict, public_key, thumbprint

P = Permission
NOUN: Final = "school_export"
TASK: Final = "school_export"
WRITE, REMOVE = "school_export.write", "school_export.remove"
ORDERED, CHANGED = "school_export_ordered", "school_export_changed"


async def request_school_export(work: UnitOfWork, body: OrderSchoolExportIn) -> SchoolExport:
    """Order an export; nothing is written before two people vouch for it.

    A head or lead who orders it is one of them. Raises `PermissionMissing`, `ValidationFailed`,
    `SchoolExportUnderWay`.
    """
    policy.require(work.actor, P.SCHOOL_EXPORT)
    if await stored.is_under_way(await work.driver(), work.actor.school_id, work.now):
        raise SchoolExportUnderWay
    try:
        key = public_key(import_key(body.public_key.model_dump(exclude_none=True), "enc"))
    except KeyRefused as refused:
        problem = FieldProblem("/public_key", "key_refused", f"{refused}.")
        raise ValidationFailed(problems=[problem]) from refused
    row = new(
        work, SchoolExport, reason=body.reason, public_key=key_dict(key),
        thumbprint=thumbprint(key), ordered_by=work.actor.id, by_key=work.actor.is_service,
        ordered_at=work.now, approvals=[], state=rules.ASKED,
        expires_at=work.now + rules.APPROVED_WITHIN,
    )  # fmt: skip
    if policy.may(work.actor, P.TRANSFER_APPROVE):
        row.approvals = [_approval(work)]
    work.rosters.add(row)
    await work.session.flush()
    record_row(
        work, AuditEvent.SCHOOL_EXPORT_ORDERED, row, reason=body.reason,
        details={"thumbprint": row.thumbprint, "by_key": row.by_key},
    )  # fmt: skip
    await tell_people(work, row, ORDERED)
    await ask_to_stand(work, row, tells=False)
    return row


async def ask_to_stand(work: UnitOfWork, row: SchoolExport, *, tells: bool) -> None:
    """Set someone who may vouch for it the task to decide; it ends with a decision."""
    sealed = any(approval["reads_sealed"] for approval in row.approvals)
    person = await _orderer(work, row)
    locked_out = [
        *([] if person is None else [person]),
        *(UUID(approval["by"]) for approval in row.approvals),
    ]
    facts = {"thumbprint": row.thumbprint, "expires_at": written(row.expires_at)}
    await set_task(
        work,
        SetTask(
            TASK, about=(NOUN, row.id), confidentiality="K3" if sealed else rules.SEALED,
            barred=locked_out, facts=facts, tells=tells,
        ),
    )  # fmt: skip


def _approval(work: UnitOfWork) -> dict[str, Any]:
    return {**own_approval(work.actor), "at": written(work.now)}


async def tell_people(work: UnitOfWork, row: SchoolExport, kind: str) -> None:
    """Alert every lead, head and chair, and the person who ordered it, but not the actor."""
    orderer = [] if row.by_key else [row.ordered_by]
    for person in {*await watchers(work), *orderer} - {work.actor.id}:
        tell(work, person, kind, matter_id=row.id, soon=True, rings=False)


async def approve_school_export(
    work: UnitOfWork, export_id: UUID, version: int, body: ApproveSchoolExportIn
) -> SchoolExport:
    """Vouch for an export; it is written once two people do and one reads class K5.

    An approval by someone who could no longer give it is dropped. Raises `PermissionMissing`,
    `SchoolExportNotFound`, `VersionStale`, `StateConflict`, `SecondPersonNeeded`, `SealedNotRead`,
    `ValidationFailed`.
    """
    policy.require(work.actor, P.TRANSFER_APPROVE)
    row = await _locked(work, export_id, version)
    if rules.state_at(row.state, row.expires_at, work.now) != rules.ASKED:
        raise StateConflict
    if body.thumbprint != row.thumbprint:
        detail = "The file would be encrypted to another key."
        raise ValidationFailed(problems=[FieldProblem("/thumbprint", "other_key", detail)])
    if not rules.is_second(work.actor.id, await _orderer(work, row), row.approvals):
        raise SecondPersonNeeded
    await drop_approvals(work, row)
    approvals = [*row.approvals, _approval(work)]
    if rules.lacks_reader(approvals):
        raise SealedNotRead
    row.approvals = approvals
    touch(work, row)
    record_row(
        work, AuditEvent.SCHOOL_EXPORT_APPROVED, row,
        details={"thumbprint": row.thumbprint, "approvals": len(approvals)},
    )  # fmt: skip
    await finish_all(work, [TASK], about_id=row.id)
    if rules.is_enough(approvals):
        row.state = rules.APPROVED
        work.enqueue(job_of(row, WRITE))
    else:
        await ask_to_stand(work, row, tells=False)
    await tell_people(work, row, CHANGED)
    return row


async def drop_approvals(work: UnitOfWork, row: SchoolExport) -> None:
    """Drop approvals of people who have gone or may no longer give them, and log whose."""
    people = await people_here(work, [UUID(approval["by"]) for approval in row.approvals])
    still_standing = rules.still_standing(row.approvals, people)
    dropped = {approval["by"] for approval in row.approvals} - {
        item["by"] for item in still_standing
    }
    row.approvals = still_standing
    if dropped:
        record_row(
            work, AuditEvent.SCHOOL_EXPORT_APPROVAL_DROPPED, row,
            details={"approved_by": sorted(dropped), "approvals": len(still_standing)},
        )  # fmt: skip


async def _orderer(work: UnitOfWork, row: SchoolExport) -> UUID | None:
    """The person who ordered it, or who made the key that did; None if unknown."""
    if not row.by_key:
        return row.ordered_by
    key = await work.service_keys.find(ServiceKey, row.ordered_by)
    return None if key is None else key.created_by


def job_of(row: SchoolExport, task: str) -> Job:
    """A job of an export; those of one school run one after the other."""
    return Job(task, {"export_id": str(row.id)}, lock=f"school-export:{row.school_id}")


async def refuse_school_export(
    work: UnitOfWork, export_id: UUID, version: int, body: ReasonIn
) -> SchoolExport:
    """Refuse an export that was ordered.

    Raises `PermissionMissing`, `SchoolExportNotFound`, `VersionStale`, `StateConflict`.
    """
    policy.require(work.actor, P.TRANSFER_APPROVE)
    row = await _locked(work, export_id, version)
    if rules.state_at(row.state, row.expires_at, work.now) != rules.ASKED:
        raise StateConflict
    await end_export(work, row, rules.REFUSED, AuditEvent.SCHOOL_EXPORT_REFUSED, reason=body.reason)
    await tell_people(work, row, CHANGED)
    return row


async def cancel_school_export(
    work: UnitOfWork, export_id: UUID, version: int, body: ReasonIn
) -> SchoolExport:
    """Stop an export at any time; its file is deleted.

    Raises `PermissionMissing`, `SchoolExportNotFound`, `VersionStale`, `StateConflict`.
    """
    policy.require(work.actor, P.SCHOOL_EXPORT)
    row = await _locked(work, export_id, version)
    if rules.state_at(row.state, row.expires_at, work.now) not in rules.LIVE:
        raise StateConflict
    if row.key is not None:
        work.enqueue(job_of(row, REMOVE))
    await end_export(
        work, row, rules.CANCELLED, AuditEvent.SCHOOL_EXPORT_CANCELLED, reason=body.reason
    )
    await tell_people(work, row, CHANGED)
    return row


async def end_export(
    work: UnitOfWork, row: SchoolExport, state: str, did: AuditEvent, *, reason: str | None = None
) -> None:
    """End an export and the task to decide about it, and log it."""
    await finish_all(work, [TASK], about_id=row.id)
    row.state, row.ended_at, row.end_reason = state, work.now, reason
    row.ended_by = None if work.actor.is_system else work.actor.id
    touch(work, row)
    record_row(work, did, row, reason=reason, details={"because": row.because})


async def download_school_export(work: UnitOfWork, export_id: UUID, first: int) -> SchoolExport:
    """Get the export whose file is fetched from a byte on; logs each time.

    Raises `PermissionMissing`, `SchoolExportNotFound`, `SchoolExportNotReady`.
    """
    policy.require(work.actor, P.SCHOOL_EXPORT)
    row = await found_export(work, export_id)
    if rules.state_at(row.state, row.expires_at, work.now) != rules.READY:
        raise SchoolExportNotReady
    record_row(
        work, AuditEvent.SCHOOL_EXPORT_DOWNLOADED, row,
        details={"from_byte": first, "sha256": row.sha256},
    )  # fmt: skip
    await tell_people(work, row, CHANGED)
    return row


async def found_export(work: UnitOfWork, export_id: UUID, *, lock: bool = False) -> SchoolExport:
    """Find an export; a program finds its own orders. Raises `SchoolExportNotFound`."""
    find = work.rosters.lock if lock else work.rosters.find
    row = await find(SchoolExport, export_id)
    if row is None or (work.actor.is_service and row.ordered_by != work.actor.id):
        raise SchoolExportNotFound
    return row


async def _locked(work: UnitOfWork, export_id: UUID, version: int) -> SchoolExport:
    row = await found_export(work, export_id, lock=True)
    check_version(row, version)
    return row
