"""Reads of a moved concern's files, which stay in place, for readers of the register."""

from uuid import UUID

from app.core.words import AuditEvent
from app.db.models import Attachment
from app.db.unit_of_work import UnitOfWork
from app.domain.adults.adult_concerns.queries import adult_concern_for
from app.domain.record.attachments import rules
from app.domain.record.attachments.errors import (
    AttachmentHeld,
    AttachmentNotFound,
    AttachmentQuarantined,
)
from app.domain.steps import record_row


async def open_moved_file(work: UnitOfWork, concern_id: UUID, attachment_id: UUID) -> Attachment:
    """Open a file of a moved concern for the register's readers; only its own log records it.

    Raises `PermissionMissing`, `AdultConcernNotFound`, `AttachmentNotFound`,
    `AttachmentQuarantined`, `AttachmentHeld`.
    """
    concern, _ = await adult_concern_for(work, concern_id)
    attachment = await work.concerns.find(Attachment, attachment_id)
    if attachment is None or attachment.concern_id != concern.id:
        raise AttachmentNotFound
    if attachment.state != rules.AVAILABLE:
        raise AttachmentHeld if attachment.state == rules.HELD else AttachmentQuarantined
    record_row(
        work, AuditEvent.ADULT_OPENED, concern, details={"attachment_id": str(attachment.id)},
        register="adults",
    )  # fmt: skip
    return attachment
