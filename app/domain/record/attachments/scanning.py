"""What a look at a file changes: its state, its entry in the trail, and who is told."""

from uuid import UUID

from app.core.words import AuditEvent
from app.db.models import Attachment, Concern, ReceivedAttachment, ReceivedRecord
from app.db.unit_of_work import UnitOfWork
from app.domain.access.conflicts.moving import is_locked_out
from app.domain.alerts.telling import tell
from app.domain.record.attachments import rules
from app.domain.record.attachments.rules import Scan, Verdict
from app.domain.record.concerns.steps import touch

HELD_ALERT = "file_held"


async def note_scan(work: UnitOfWork, attachment_id: UUID, scan: Scan) -> Verdict | None:
    """Keep what a look came to; None where there is no such file.

    A look that says nothing new changes nothing. The concern is locked before its file, as when
    a file is added.
    """
    found = await work.concerns.find(Attachment, attachment_id)
    if found is None:
        return await _note_received(work, attachment_id, scan)
    concern = await work.concerns.lock(Concern, found.concern_id)
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
    work.record(
        AuditEvent.ATTACHMENT_HELD if newly_held else AuditEvent.ATTACHMENT_SCANNED,
        "attachment",
        attachment.id,
        before={"state": before.state, "scan_result": before.result},
        after={"state": verdict.state, "scan_result": verdict.result, "flags": flags},
        details={"concern_id": str(concern.id), "result": verdict.result},
    )
    if newly_held:
        await _tell(work, concern)
    return verdict


async def _note_received(work: UnitOfWork, id_: UUID, scan: Scan) -> Verdict | None:
    """As `note_scan`, for a file that came from another school: whoever leads is told."""
    kept = await work.children.lock(ReceivedAttachment, id_)
    if kept is None:
        return None
    before = Verdict(kept.state, kept.scan_result)
    verdict = rules.verdict_on(kept.state, kept.scan_result, scan)
    if verdict == before:
        return verdict
    kept.state, kept.scan_result, kept.signature = verdict.state, verdict.result, scan.signature
    held = verdict.state == rules.HELD and before.state != rules.HELD
    record = await work.children.find(ReceivedRecord, kept.record_id)
    assert record is not None  # noqa: S101 - a foreign key says so
    work.record(
        AuditEvent.ATTACHMENT_HELD if held else AuditEvent.ATTACHMENT_SCANNED,
        "received_attachment", kept.id,
        child_id=record.child_id,
        before={"state": before.state, "scan_result": before.result},
        after={"state": verdict.state, "scan_result": verdict.result},
        details={"record_id": str(record.id), "result": verdict.result},
    )  # fmt: skip
    for person in await work.accounts.leads_and_heads(work.now) if held else ():
        tell(work, person, HELD_ALERT)
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
    """The owner of an open concern; of an ended one whoever leads and may know of it."""
    if concern.owner_id is not None and concern.ended_at is None:
        tell(work, concern.owner_id, HELD_ALERT, concern_id=concern.id)
        return
    for person in await work.accounts.leads_and_heads(work.now):
        if not await is_locked_out(work, person, concern.id):
            tell(work, person, HELD_ALERT, concern_id=concern.id)
