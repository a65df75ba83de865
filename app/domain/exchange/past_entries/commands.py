"""Follow up open entries of the previous system with a concern."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from app.core.words import AuditEvent, Permission
from app.db.models import PastEntry, PastFile
from app.db.repositories.exchange import past_entries as stored
from app.db.unit_of_work import UnitOfWork
from app.domain.access.conflicts.errors import StaffUnknown
from app.domain.adults.allegations.commands import raise_report
from app.domain.errors import require_row
from app.domain.exchange.monitoring_alert_concerns.commands import sheets
from app.domain.exchange.past_entries.kind import PAST_ENTRY
from app.domain.exchange.past_entries.schemas import TakeUpPastEntryIn
from app.domain.policy import at_least_as_closed, require
from app.domain.record.attachments.errors import (
    AttachmentHeld,
    AttachmentNotFound,
    AttachmentQuarantined,
)
from app.domain.record.attachments.rules import HELD, may_leave
from app.domain.record.concern_reports.commands import RaiseConcern
from app.domain.record.concern_reports.rules import FIRST_CLASS
from app.domain.steps import Details, Target, open_record, record_row, step, touch

SOMEBODY: Final = "somebody whose name the other system did not give"
PRECISIONS: Final = {"minute": "exact", "unknown": "unknown"}


def precision_of(entry: PastEntry) -> str:
    """Precision of an entry's time, in the record's codes."""
    return "about" if entry.occurred_about else PRECISIONS.get(entry.occurred_unit, "about")


@step(
    PAST_ENTRY, AuditEvent.PAST_ENTRY_TAKEN_UP, Permission.CONCERN_TRIAGE, body=TakeUpPastEntryIn,
    path="take-up", errors=(StaffUnknown,),
)  # fmt: skip
async def take_up_past_entry(
    work: UnitOfWork, target: Target[PastEntry], body: TakeUpPastEntryIn
) -> Details:
    """Take up a past entry as a concern.

    Raises a concern from an entry that was still open in the earlier system. The concern's
    deadlines start now.

    The concern repeats what the entry said and who wrote it. The entry itself does not change.
    """
    together = await _lock_together(work, target.row)
    raised = await raise_report(work, _command(together, target.row, body), None)
    concern_id = None if raised.in_adult_register else raised.id
    for item in together:
        item.followed_by, item.taken_up_by, item.taken_up_at = concern_id, work.actor.id, work.now
        if item.id != target.row.id:
            touch(work, item)
    return {"concern_id": concern_id and str(concern_id)}


async def download_past_file(
    work: UnitOfWork, entry_id: UUID, original_reason_code: str | None = None
) -> PastFile:
    """Get a document's file, to read its bytes, as for a concern's file.

    Raises `PermissionMissing`, `PastEntryNotFound`, `AttachmentNotFound`, `AttachmentQuarantined`,
    `AttachmentHeld`.
    """
    target = await open_record(work, PAST_ENTRY, entry_id)
    if original_reason_code is not None:
        require(work.actor, Permission.CONCERN_DECIDE)
    row = require_row(await work.concerns.find(PastFile, entry_id), AttachmentNotFound)
    if not may_leave(row):
        raise AttachmentHeld if row.state == HELD else AttachmentQuarantined
    record_row(
        work, AuditEvent.ATTACHMENT_OPENED, row, child_id=target.row.child_id,
        details={"original_reason_code": original_reason_code} if original_reason_code else {},
    )  # fmt: skip
    return row


def _command(
    together: Sequence[PastEntry], entry: PastEntry, body: TakeUpPastEntryIn
) -> RaiseConcern:
    account = [
        _statement("told_by", text, told_by=entry.author_name or SOMEBODY)
        for text in sheets([entry.text])
    ]
    if body.account:
        account.append(_statement("not_said", body.account))
    return RaiseConcern(
        id=body.id,
        children=[(item.child_id, item.child_role) for item in together],
        account=account,
        occurred_at=entry.occurred_at,
        occurred_precision=precision_of(entry),
        reported={"source": "staff_observation"},
        immediacy=body.immediacy,
        categories=list(body.categories or entry.categories) or ["not_sure"],
        body_map=[],
        staff_named=body.staff_named,
        confidentiality=at_least_as_closed(
            FIRST_CLASS, *(item.confidentiality for item in together)
        ),
    )


def _statement(kind: str, text: str, told_by: str | None = None) -> dict[str, Any]:
    return {"kind": kind, "text": text, "prompted_by": None, "told_by": told_by, "basis": None}


async def _lock_together(work: UnitOfWork, entry: PastEntry) -> Sequence[PastEntry]:
    """The entry in the file of each child that it is about, locked in the order of their ids."""
    if entry.together_id is None:
        return [entry]
    ids = await stored.ids_together(work.session, entry.school_id, entry.together_id)
    return await work.concerns.lock_all(PastEntry, ids)
