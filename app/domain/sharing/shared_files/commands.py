"""Files chosen for a share or a referral: looked up, confirmed by who approves, and given out."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from app.db.models import SnapshotFile
from app.db.repositories.sharing import shared_files
from app.db.unit_of_work import UnitOfWork
from app.domain.access.share_access.queries import FOR_READING, may_pass_on
from app.domain.errors import FieldProblem, ValidationFailed, require_row
from app.domain.record.attachments.rules import AVAILABLE
from app.domain.sharing.recipient_links.errors import SharedFileNotFound, SharedFileStopped
from app.domain.sharing.shared_files import rules
from app.domain.sharing.shared_files.rules import Confirmed, File
from app.domain.sharing.shared_files.schemas import AttachmentConfirmationIn
from app.domain.steps import new

Items = Sequence[Mapping[str, Any]]


async def check_files(work: UnitOfWork, items: Items) -> None:
    """Raise `ValidationFailed` for a file that is not the item's, or that cannot leave."""
    ids = [UUID(choice["id"]) for _, _, choice in rules.choices(items)]
    if not ids:
        return
    rows = await shared_files.chosen(await work.driver(), work.actor.school_id, ids)
    if problems := rules.problems_of(items, rows):
        raise ValidationFailed(problems=problems)


async def unconfirmed(
    work: UnitOfWork,
    child_id: UUID,
    items: Items,
    chosen: Sequence[File],
    confirmed: Sequence[AttachmentConfirmationIn],
    *,
    others_named: bool = False,
) -> list[FieldProblem]:
    """What the actor still has to confirm before the chosen files leave.

    A person who sees a file only by a grant cannot release it; one without a grant, who reads the
    whole of what is approved, reads it by role.
    """
    withheld = rules.leaves_out(items)
    lines = [Confirmed(**entry.model_dump()) for entry in confirmed]
    result = rules.unconfirmed(chosen, lines, withheld=withheld, others_named=others_named)
    with_files = [(index, item) for index, item in enumerate(items) if rules.ids_of(item)]
    if not with_files or not work.actor.grants:
        return result
    passable = await may_pass_on(work, child_id, [item for _, item in with_files])
    return result + [
        FieldProblem(f"/items/{index}/attachments", "for_reading_only", FOR_READING)
        for (index, _), may in zip(with_files, passable, strict=True)
        if not may
    ]


def keep_files(work: UnitOfWork, snapshot_id: UUID, chosen: Sequence[File]) -> None:
    """Freeze the files beside their snapshot."""
    for item in chosen:
        row = new(
            work, SnapshotFile, snapshot_id=snapshot_id, number=item.number,
            attachment_id=item.attachment_id, name=item.name, content_type=item.content_type,
            size=item.bytes.size, sha256=item.bytes.sha256, key=item.bytes.key,
        )  # fmt: skip
        work.sharing.add(row)


async def frozen_file(work: UnitOfWork, snapshot_id: UUID, number: int) -> SnapshotFile:
    """A file as it was frozen. Raises `SharedFileNotFound`, `SharedFileStopped` (harmful since)."""
    row = require_row(await work.sharing.frozen_file(snapshot_id, number), SharedFileNotFound)
    file, state = row
    if state != AVAILABLE:
        raise SharedFileStopped
    return file
