"""Add a file to a concern, open it, and mark it after a scan."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from app.core.words import AuditEvent, Permission
from app.db.models import (
    Attachment,
    Concern,
    PastEntry,
    PastFile,
    ReceivedAttachment,
    ReceivedRecord,
)
from app.db.unit_of_work import Job, UnitOfWork
from app.domain.access.concern_access.queries import (
    own_concern_for,
    own_concern_to_work_on,
    reads_concern,
)
from app.domain.access.conflicts.queries import is_locked_out
from app.domain.common.alerts.commands import tell
from app.domain.errors import PermissionMissing
from app.domain.policy import may, require
from app.domain.record.attachments import rules
from app.domain.record.attachments.errors import (
    AttachmentHeld,
    AttachmentNotFound,
    AttachmentQuarantined,
)
from app.domain.record.attachments.rules import Bytes, Scan, Verdict, may_leave
from app.domain.record.chronology.commands import chronicle
from app.domain.steps import new, record_row, touch

SCAN = "attachment.scan"

HELD_ALERT = "file_held"


@dataclass(frozen=True, slots=True)
class AddAttachment:
    """A file already in the store under `key`; `sha256` in hex, `size` in bytes.

    `stripped` is its copy without metadata, `flags` are findings about the file, and `to_scan` is
    whether a scanner has to find it clean before anyone opens it.
    """

    key: str
    file_name: str
    content_type: str
    size: int
    sha256: str
    description: str | None
    flags: Sequence[str] = ()
    stripped: Bytes | None = None
    to_scan: bool = False


async def add_attachment(work: UnitOfWork, concern_id: UUID, command: AddAttachment) -> Attachment:
    """Save a file with a concern, for its reporter or someone who may read the whole of it."""
    concern = await own_concern_to_work_on(work, concern_id, Permission.CONCERN_AMEND, adds=True)
    attachment = new(
        work,
        Attachment,
        command,
        concern_id=concern.id,
        state=rules.QUARANTINED if command.to_scan else rules.AVAILABLE,
        scan_result=rules.NOT_SCANNED,
        flags=rules.flags_with(
            list(command.flags), command.content_type, stripped=command.stripped is not None
        ),
        stripped_key=command.stripped and command.stripped.key,
        stripped_size=command.stripped and command.stripped.size,
        stripped_sha256=command.stripped and command.stripped.sha256,
    )
    work.concerns.add(attachment)
    chronicle(
        work,
        child_ids=await work.concerns.child_ids(concern.id),
        kind="document",
        resource_id=attachment.id,
        occurred_at=work.now,
        concern_id=concern.id,
        confidentiality=concern.confidentiality,
    )
    touch(work, concern)
    record_row(
        work, AuditEvent.ATTACHMENT_ADDED, attachment,
        after={"sha256": command.sha256, "file_name": command.file_name},
        details={"concern_id": str(concern.id), "size": command.size},
    )  # fmt: skip
    if command.to_scan:
        work.enqueue(Job(SCAN, {"attachment_id": str(attachment.id)}))
    return attachment


async def download_attachment(
    work: UnitOfWork, concern_id: UUID, attachment_id: UUID, original_reason_code: str | None = None
) -> Attachment:
    """Get a file's row, to read its bytes; reporters reach only their own files.

    With `original_reason_code`, a code of `original_reasons`, a lead gets the bytes as sent. Raises
    `ConcernNotFound`, `AttachmentNotFound`, `AttachmentQuarantined`, `AttachmentHeld`,
    `PermissionMissing`.
    """
    attachment = await _attachment_for(work, concern_id, attachment_id)
    details = {"concern_id": str(concern_id)}
    if original_reason_code is not None:
        require(work.actor, Permission.CONCERN_DECIDE)
        if not await _reads_whole(work, concern_id):
            raise PermissionMissing
        details["original_reason_code"] = original_reason_code
    if not may_leave(attachment):
        raise AttachmentHeld if attachment.state == rules.HELD else AttachmentQuarantined
    for child_id in await work.concerns.child_ids(concern_id):
        record_row(
            work, AuditEvent.ATTACHMENT_OPENED, attachment, child_id=child_id, details=details
        )
    return attachment


async def _attachment_for(work: UnitOfWork, concern_id: UUID, attachment_id: UUID) -> Attachment:
    permission = Permission.CONCERN_RAISE
    if not may(work.actor, permission):
        permission = Permission.CONCERN_READ
    concern = await own_concern_for(work, concern_id, permission)
    attachment = await work.concerns.find(Attachment, attachment_id)
    if attachment is None or attachment.concern_id != concern.id:
        raise AttachmentNotFound
    if attachment.added_by != work.actor.id and not await _reads_whole(work, concern.id):
        raise AttachmentNotFound
    return attachment


async def _reads_whole(work: UnitOfWork, concern_id: UUID) -> bool:
    return reads_concern(work.actor, await work.concerns.access_to(concern_id))


async def note_scan(work: UnitOfWork, attachment_id: UUID, scan: Scan) -> Verdict | None:
    """Save the result of a scan; None if the file does not exist.

    A scan without news changes nothing. The concern is locked before its file, as when a file is
    added.
    """
    known = await work.concerns.find(Attachment, attachment_id)
    if known is None:
        return await _note_beside(work, attachment_id, scan)
    concern = await work.concerns.lock(Concern, known.concern_id)
    attachment = await work.concerns.lock(Attachment, attachment_id) if concern else None
    if attachment is None or concern is None:
        return None
    verdict = rules.verdict_on(attachment.state, attachment.scan_result, scan)
    flags = _flags_after(attachment, scan)
    before = Verdict(attachment.state, attachment.scan_result)
    if verdict == before and flags == attachment.flags:
        return verdict
    _change(work, attachment, verdict, scan, flags)
    touch(work, concern)
    newly_held = verdict.state == rules.HELD and before.state != rules.HELD
    record_row(
        work, AuditEvent.ATTACHMENT_HELD if newly_held else AuditEvent.ATTACHMENT_SCANNED,
        attachment, before={"state": before.state, "scan_result": before.result},
        after={"state": verdict.state, "scan_result": verdict.result, "flags": flags},
        details={"concern_id": str(concern.id), "result": verdict.result},
    )  # fmt: skip
    if newly_held:
        await _tell(work, concern)
    return verdict


async def _note_beside(work: UnitOfWork, id_: UUID, scan: Scan) -> Verdict | None:
    """As `note_scan`, for a file that came from elsewhere; alerts the leads."""
    models: tuple[Any, ...] = (ReceivedAttachment, PastFile)
    rows = [row for model in models if (row := await work.children.lock(model, id_)) is not None]
    if not rows:
        return None
    file = rows[0]
    before = Verdict(file.state, file.scan_result)
    verdict = rules.verdict_on(file.state, file.scan_result, scan)
    if verdict == before:
        return verdict
    file.state, file.scan_result, file.signature = verdict.state, verdict.result, scan.signature
    held = verdict.state == rules.HELD and before.state != rules.HELD
    of: Any = (
        await work.children.find(ReceivedRecord, file.record_id)
        if isinstance(file, ReceivedAttachment)
        else await work.children.find(PastEntry, file.id)
    )
    work.record(
        AuditEvent.ATTACHMENT_HELD if held else AuditEvent.ATTACHMENT_SCANNED, file.__tablename__,
        file.id, child_id=of.child_id, before={"state": before.state, "scan_result": before.result},
        after={"state": verdict.state, "scan_result": verdict.result},
        details={"record_id": str(of.id), "result": verdict.result},
    )  # fmt: skip
    for person in await work.accounts.leads_and_heads(work.now) if held else ():
        tell(work, person, HELD_ALERT, matter_id=file.id)
    return verdict


def _flags_after(attachment: Attachment, scan: Scan) -> list[str]:
    flag = rules.flag_of_signature(scan.signature)
    return sorted({*attachment.flags, *([flag] if flag else [])})


def _change(
    work: UnitOfWork, attachment: Attachment, verdict: Verdict, scan: Scan, flags: list[str]
) -> None:
    attachment.state = verdict.state
    attachment.scan_result = verdict.result
    attachment.scanned_at = work.now
    attachment.signature = scan.signature
    attachment.signature_version = scan.version
    if flags != attachment.flags:
        attachment.flags = flags


async def _tell(work: UnitOfWork, concern: Concern) -> None:
    """Alert the owner of an open concern; for an ended one, leads and heads who may know of it."""
    if concern.owner_id is not None and concern.ended_at is None:
        tell(work, concern.owner_id, HELD_ALERT, concern_id=concern.id)
        return
    for person in await work.accounts.leads_and_heads(work.now):
        if not await is_locked_out(work, person, concern.id):
            tell(work, person, HELD_ALERT, concern_id=concern.id)
