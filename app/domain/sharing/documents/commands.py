"""Sets a document beside the event loop, opens it, and prints it."""

import asyncio
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from app.core.moments import written
from app.core.words import AuditEvent, Permission
from app.db.models import Document, DocumentJob
from app.db.repositories.sharing import documents as stored
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.access.share_access.queries import referral_for, share_for
from app.domain.sharing.documents.errors import DocumentNotFound, DocumentNotMade, DocumentsBusy
from app.domain.sharing.documents.queries import check_reader, check_still_seen, filter_from
from app.domain.sharing.referrals.queries import approval_of
from app.domain.sharing.shares.errors import NothingFrozen
from app.domain.steps import record_row
from app.formats.documents import DocumentTooLarge, SettingBusy, SettingFailed, render

AT_ONCE = 2
MOST_WAITING = 16
_threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="documents")
_waiting: set[object] = set()


async def typeset(template: str, content: Mapping[str, Any], *, language: str = "en") -> bytes:
    """The PDF. Raises `DocumentNotMade`, `DocumentsBusy`."""
    if len(_waiting) >= MOST_WAITING:
        raise DocumentsBusy
    turn = object()
    _waiting.add(turn)
    try:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(
            _threads, lambda: render(template, content, language=language)
        )
    except (DocumentTooLarge, SettingFailed) as error:
        raise DocumentNotMade from error
    except SettingBusy:
        raise DocumentsBusy from None
    finally:
        _waiting.discard(turn)


def printable_content(
    content: bytes,
    *,
    sha256: str,
    made_at: datetime,
    printed_by: str | None,
    printed_at: datetime,
    reference: str,
    approval: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Frozen bytes as a template takes them, with who approved and who prints them, and when."""
    return {
        **orjson.loads(content),
        "document": {
            "sha256": sha256,
            "made_at": written(made_at),
            "printed_by": printed_by,
            "printed_at": written(printed_at),
            "reference": reference,
            "approval": approval,
        },
    }


@dataclass(frozen=True, slots=True)
class Printing:
    """Content to typeset once the transaction is over."""

    template: str
    content: Mapping[str, Any]
    reference: str


async def download_document(work: UnitOfWork, document_id: UUID, part: str) -> Document:
    """Get a document's content, for anyone who may see everything in it now.

    Raises `DocumentNotFound`, `DocumentHidden`, as `request_chronology`.
    """
    policy.require(work.actor, Permission.DOCUMENT_PRINT)
    document = await work.children.find(Document, document_id)
    job = await work.children.find(DocumentJob, document_id)
    if document is None or job is None:
        raise DocumentNotFound
    await check_opening(work, document, job)
    note_opening(work, document, part)
    return document


async def download_document_pdf(work: UnitOfWork, document_id: UUID) -> Printing:
    """The same document again, printed by the actor now. Raises as `download_document`."""
    document = await download_document(work, document_id, "pdf")
    content = printable_content(
        document.content,
        sha256=document.sha256,
        made_at=document.made_at,
        printed_by=await _own_name(work),
        printed_at=work.now,
        reference=document.reference,
    )
    return Printing(document.kind, content, document.reference)


async def print_file(work: UnitOfWork, resource_type: str, resource_id: UUID) -> Printing:
    """Get the frozen content of a share or a referral for printing by the actor now.

    Raises `PermissionMissing`, `ShareNotFound`, `ReferralNotFound`, `ItemsHidden`, `NothingFrozen`.
    """
    file = await (
        share_for(work, resource_id, Permission.SHARE_READ)
        if resource_type == "share"
        else referral_for(work, resource_id, Permission.REFERRAL_READ)
    )
    if file.snapshot_id is None:
        raise NothingFrozen
    snapshot = await work.sharing.snapshot(file.snapshot_id)
    work.record(
        AuditEvent.DOCUMENT_OPENED, resource_type, file.id, child_id=file.child_id,
        details={"part": "pdf", "sha256": snapshot.sha256},
    )  # fmt: skip
    content = printable_content(
        snapshot.content,
        sha256=snapshot.sha256,
        made_at=snapshot.made_at,
        printed_by=await _own_name(work),
        printed_at=work.now,
        reference=file.reference,
        approval=await approval_of(work, file, snapshot.made_at),
    )
    return Printing(resource_type, content, file.reference)


async def _own_name(work: UnitOfWork) -> str:
    return await stored.name_of(await work.driver(), work.actor.school_id, work.actor.id)


async def check_opening(work: UnitOfWork, document: Document, job: DocumentJob) -> None:
    driver = await work.driver()
    await check_reader(driver, work.actor, document.child_id)
    await check_still_seen(
        driver, work.actor, document.child_id, filter_from(job.asked), document.entry_ids
    )


def note_opening(work: UnitOfWork, document: Document, part: str) -> None:
    record_row(
        work, AuditEvent.DOCUMENT_OPENED, document,
        details={"part": part, "sha256": document.sha256},
    )  # fmt: skip
