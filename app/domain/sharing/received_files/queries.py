"""Reads of files from other schools: by class and need to know, like concerns; logged."""

from typing import Any
from uuid import UUID

import orjson

from app.core.words import AuditEvent, Permission
from app.db.models import ReceivedAttachment
from app.db.paging import Conditions
from app.db.repositories.sharing import transfers as stored
from app.db.unit_of_work import UnitOfWork
from app.domain.access.child_access.queries import child_for
from app.domain.record.attachments.errors import AttachmentHeld, AttachmentNotFound
from app.domain.sharing.received_files.kind import RECEIVED_RECORD
from app.domain.steps import open_record, record_row

SHOWN = (
    "id", "file_id", "child_id", "number", "kind", "confidentiality", "occurred_at",
    "occurred_precision", "recorded_at", "origin", "reference", "summary", "content",
)  # fmt: skip


async def open_received_files(work: UnitOfWork, child_id: UUID) -> list[dict[str, Any]]:
    """Open the files that came with a child, each with the records this reader may see.

    Raises `PermissionMissing`, `ChildNotFound`, `ConflictOfInterest`, `OutsideCohort`.
    """
    child = await child_for(work, child_id, Permission.CHRONOLOGY_READ)
    driver = await work.driver()
    files = await stored.files_of(driver, child.school_id, child.id)
    work.record(
        AuditEvent.RECEIVED_RECORD_OPENED, "received_file", child.id, child_id=child.id,
        details={"files": len(files)},
    )  # fmt: skip
    rows: list[dict[str, Any]] = []
    for row in files:
        where = Conditions(child.school_id)
        where.add("t.file_id = {}", row["id"])
        RECEIVED_RECORD.keep(work.actor, where)
        records = await stored.records_of(driver, where)
        rows.append(
            {
                "id": row["id"],
                "format": row["format"],
                "origin": _origin(orjson.loads(row["origin"])),
                "manifest_sha256": row["manifest_sha256"],
                "received_at": row["received_at"],
                "accepted_by": {"id": row["accepted_by_id"], "name": row["accepted_by"]},
                "records": [dict(record) for record in records],
            }
        )
    return rows


def _origin(cover: dict[str, Any]) -> dict[str, Any]:
    return {name: cover.get(name) for name in ("name", "urn", "local_authority", "reference")}


async def open_received_record(work: UnitOfWork, record_id: UUID) -> dict[str, Any]:
    """Open one record exactly as it came. Raises `PermissionMissing`, `ReceivedRecordNotFound`."""
    record = (await open_record(work, RECEIVED_RECORD, record_id)).row
    attachments = await stored.attachments_of(work.session, record)
    return {
        **{name: getattr(record, name) for name in SHOWN},
        "attachments": [
            {
                name: getattr(attachment, name)
                for name in (
                    "id",
                    "file_name",
                    "content_type",
                    "size",
                    "sha256",
                    "description",
                    "state",
                )
            }
            for attachment in attachments
        ],
    }


async def download_received_attachment(
    work: UnitOfWork, record_id: UUID, attachment_id: UUID
) -> ReceivedAttachment:
    """Open a record's attachment. Raises as `open_received_record`, `AttachmentNotFound`."""
    record = (await open_record(work, RECEIVED_RECORD, record_id, part="attachment")).row
    received_attachment = await work.children.find(ReceivedAttachment, attachment_id)
    if received_attachment is None or received_attachment.record_id != record.id:
        raise AttachmentNotFound
    if received_attachment.state != "available":
        raise AttachmentHeld
    record_row(
        work, AuditEvent.ATTACHMENT_OPENED, received_attachment, child_id=record.child_id,
        details={"record_id": str(record.id)},
    )  # fmt: skip
    return received_attachment
