"""Adding a file to a concern, and opening one."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from app.core.ids import new_id
from app.core.words import AuditEvent, Permission
from app.db.models import Attachment
from app.db.unit_of_work import Job, UnitOfWork
from app.domain.access.checks.concerns import own_concern_for, own_concern_to_work_on, reads_concern
from app.domain.errors import AttachmentNotFound, PermissionMissing
from app.domain.policy import may, require
from app.domain.record.attachments import rules
from app.domain.record.attachments.errors import AttachmentHeld, AttachmentQuarantined
from app.domain.record.chronology.entries import chronicle
from app.domain.record.concerns.steps import touch
from app.domain.sharing.leaving.stored import Bytes, may_leave

SCAN = "attachment.scan"


@dataclass(frozen=True, slots=True)
class AddAttachment:
    """A file that is in the store already, under `key`; `sha256` in hex, `size` in bytes.

    `stripped` is its copy without metadata, `flags` what was found in it, and `to_scan` whether
    there is a scanner, which has to find it clean before anybody opens it.
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


async def add_attachment(work: UnitOfWork, concern_id: UUID, wish: AddAttachment) -> Attachment:
    """Keep a file with a concern: its reporter may, and whoever may read the whole of it."""
    concern = await own_concern_to_work_on(work, concern_id, Permission.CONCERN_AMEND, adds=True)
    attachment = Attachment(
        school_id=concern.school_id,
        id=new_id(),
        concern_id=concern.id,
        file_name=wish.file_name,
        content_type=wish.content_type,
        size=wish.size,
        sha256=wish.sha256,
        key=wish.key,
        description=wish.description,
        added_by=work.actor.id,
        recorded_at=work.now,
        state=rules.QUARANTINED if wish.to_scan else rules.AVAILABLE,
        scan_result=rules.NOT_SCANNED,
        flags=rules.flags_with(
            list(wish.flags), wish.content_type, stripped=wish.stripped is not None
        ),
        stripped_key=wish.stripped and wish.stripped.key,
        stripped_size=wish.stripped and wish.stripped.size,
        stripped_sha256=wish.stripped and wish.stripped.sha256,
    )
    work.concerns.add(attachment)
    chronicle(
        work,
        child_ids=await work.concerns.child_ids(concern.id),
        kind="document",
        thing_id=attachment.id,
        occurred_at=work.now,
        concern_id=concern.id,
        confidentiality=concern.confidentiality,
    )
    touch(work, concern)
    work.record(
        AuditEvent.ATTACHMENT_ADDED,
        "attachment",
        attachment.id,
        after={"sha256": wish.sha256, "file_name": wish.file_name},
        details={"concern_id": str(concern.id), "size": wish.size},
    )
    if wish.to_scan:
        work.enqueue(Job(SCAN, {"attachment_id": str(attachment.id)}))
    return attachment


async def open_attachment(
    work: UnitOfWork, concern_id: UUID, attachment_id: UUID, original_because: str | None = None
) -> Attachment:
    """The file's row, for reading its bytes; a reporter reaches only their own files.

    With `original_because`, a code of `original_reasons`, a lead means the bytes as they were
    sent. Raises `ConcernNotFound`, `AttachmentNotFound`, `AttachmentQuarantined`,
    `AttachmentHeld`, `PermissionMissing`.
    """
    attachment = await _attachment_for(work, concern_id, attachment_id)
    details = {"concern_id": str(concern_id)}
    if original_because is not None:
        require(work.actor, Permission.CONCERN_DECIDE)
        if not await _reads_whole(work, concern_id):
            raise PermissionMissing
        details["original_because"] = original_because
    if not may_leave(attachment):
        raise AttachmentHeld if attachment.state == rules.HELD else AttachmentQuarantined
    for child_id in await work.concerns.child_ids(concern_id):
        work.record(
            AuditEvent.ATTACHMENT_OPENED,
            "attachment",
            attachment.id,
            child_id=child_id,
            details=details,
        )
    return attachment


async def _attachment_for(work: UnitOfWork, concern_id: UUID, attachment_id: UUID) -> Attachment:
    reading = Permission.CONCERN_RAISE
    if not may(work.actor, reading):
        reading = Permission.CONCERN_READ
    concern = await own_concern_for(work, concern_id, reading)
    attachment = await work.concerns.find(Attachment, attachment_id)
    if attachment is None or attachment.concern_id != concern.id:
        raise AttachmentNotFound
    if attachment.added_by != work.actor.id and not await _reads_whole(work, concern.id):
        raise AttachmentNotFound
    return attachment


async def _reads_whole(work: UnitOfWork, concern_id: UUID) -> bool:
    return reads_concern(work.actor, await work.concerns.sight_of(concern_id))
