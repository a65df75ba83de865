"""Adding a file to a concern, and opening one."""

from dataclasses import dataclass
from uuid import UUID

from app.core.ids import new_id
from app.core.words import Did, Permission
from app.db.models import Attachment
from app.db.unit_of_work import UnitOfWork
from app.domain.access.concerns import facts_of, own_concern_for
from app.domain.chronology.entries import chronicle
from app.domain.concerns.steps import touch
from app.domain.errors import AttachmentNotFound
from app.domain.policy import may_see_concern


@dataclass(frozen=True, slots=True)
class AddAttachment:
    """A file that is in the store already, under `key`; `sha256` in hex, `size` in bytes."""

    key: str
    file_name: str
    content_type: str
    size: int
    sha256: str
    description: str | None


async def add_attachment(work: UnitOfWork, concern_id: UUID, wish: AddAttachment) -> Attachment:
    """Keep a file with a concern: its reporter may, and whoever may read the whole of it."""
    concern = await own_concern_for(work, concern_id, Permission.CONCERN_AMEND, lock=True)
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
        Did.ATTACHMENT_ADDED,
        "attachment",
        attachment.id,
        after={"sha256": wish.sha256, "file_name": wish.file_name},
        details={"concern_id": str(concern.id), "size": wish.size},
    )
    return attachment


async def open_attachment(work: UnitOfWork, concern_id: UUID, attachment_id: UUID) -> Attachment:
    """The file's row, for reading its bytes; a reporter reaches only their own files.

    Raises `ConcernNotFound`, `AttachmentNotFound`.
    """
    concern = await own_concern_for(work, concern_id, Permission.CONCERN_RAISE)
    attachment = await work.concerns.find(Attachment, attachment_id)
    if attachment is None or attachment.concern_id != concern.id:
        raise AttachmentNotFound
    if attachment.added_by != work.actor.id and not await _reads_whole(work, concern.id):
        raise AttachmentNotFound
    work.record(
        Did.ATTACHMENT_OPENED, "attachment", attachment.id,
        details={"concern_id": str(concern.id)},
    )  # fmt: skip
    return attachment


async def _reads_whole(work: UnitOfWork, concern_id: UUID) -> bool:
    sight = await work.concerns.sight_of(concern_id)
    return sight is not None and bool(may_see_concern(work.actor, facts_of(work.actor, sight)))
