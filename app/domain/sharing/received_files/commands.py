"""Save an accepted file exactly as it came, and set the call that it needs."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid5

from app.core.ids import new_id
from app.core.words import AuditEvent
from app.db.models import (
    ChronologyEntry,
    IncomingTransfer,
    ReceivedAttachment,
    ReceivedFile,
    ReceivedRecord,
)
from app.db.unit_of_work import UnitOfWork
from app.domain.common.deadlines.commands import stop_clock
from app.domain.duty.tasks.commands import SetTask, set_task
from app.domain.sharing.file_requests.commands import end_awaited
from app.domain.sharing.incoming_transfers.commands import back_to_source
from app.domain.sharing.transfers import rules
from app.domain.sharing.transfers.queries import note
from app.domain.sharing.transfers.rules import FROM_SCHOOL
from app.domain.steps import new, record_row, touch
from app.formats.sniffing import Refused, safe_file_name, sniff

PLANS: Final = frozenset({"safety_plan", "support_plan"})
CLOSED: Final = "closed"

RECEIPT = "transfer.receipt"
FRONT = "front_sheet"
AT_ONCE = 500
BYTES = "application/octet-stream"
HEAD = 4096


async def call_sender(work: UnitOfWork, row: IncomingTransfer, record: Mapping[str, Any]) -> None:
    """Set a task to phone the file's former school, once a file, if the file calls for it."""
    if asks_for_call(record):
        await set_task(
            work,
            SetTask(
                FROM_SCHOOL, child_id=row.child_id, about=(rules.INCOMING, row.id),
                dedupe=f"{FROM_SCHOOL}:{row.id}",
            ),
        )  # fmt: skip


def asks_for_call(record: Mapping[str, Any]) -> bool:
    """Whether a file holds a plan, or an open matter of self-harm.

    Any system may have written it: a record in another form calls for nothing.
    """
    return any(_asks(item) for item in record.get("records", ()))


def _asks(record: Mapping[str, Any]) -> bool:
    content = record.get("content")
    if not isinstance(content, Mapping):
        return False
    if record.get("kind") == "safety_record":
        return str(content.get("record")) in PLANS
    pathway = content.get("self_harm")
    return isinstance(pathway, Mapping) and pathway.get("state") != CLOSED


@dataclass(frozen=True, slots=True)
class Piece:
    """One record of the file, and the school it first came from."""

    record: Mapping[str, Any]
    origin: str


def pieces_of(record: Mapping[str, Any], sender: str) -> Iterator[Piece]:
    """The front sheet, every record, and every record of earlier schools."""
    yield Piece(_front_of(record), sender)
    for item in record["records"]:
        yield Piece(item, sender)
    for earlier in record.get("received", ()):
        origin = earlier.get("origin")
        name = origin.get("name") if isinstance(origin, dict) else None
        for item in earlier["records"]:
            school = item.get("origin")
            yield Piece(item, school if isinstance(school, str) else str(name or sender))


def _front_of(record: Mapping[str, Any]) -> dict[str, Any]:
    saved = ("front_sheet", "open_actions", "correspondence", "note", "reason", "reference")
    earlier = [
        {name: item.get(name) for name in ("format", "origin", "manifest_sha256", "received_at")}
        for item in record.get("received", ())
    ]
    return {
        "number": "front sheet",
        "kind": FRONT,
        "confidentiality": "K3",
        "occurred_at": record["made_at"],
        "occurred_precision": "exact",
        "recorded_at": record["made_at"],
        "reference": record.get("reference"),
        "summary": record.get("note"),
        "content": {**{name: record.get(name) for name in saved}, "earlier_files": earlier},
        "attachments": [],
    }


def attachments_in(record: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Every attachment that a record names, in the order of the packet."""
    return [
        attachment
        for piece in pieces_of(record, "")
        for attachment in piece.record.get("attachments", ())
    ]


def key_of(row: IncomingTransfer, path: str) -> str:
    """Key under which a file of the packet is stored: the same on each attempt."""
    return f"attachments/{row.school_id}/{uuid5(row.id, path)}"


def type_of(head: bytes, file_name: str) -> str:
    """Type of a file by its first bytes and its name; plain bytes if they do not agree."""
    result = sniff(head, declared_type=None, file_name=file_name)
    return BYTES if isinstance(result, Refused) else result.content_type


@dataclass(frozen=True, slots=True)
class Looked:
    """The scanner's result for a file (`not_scanned` if there is no scanner), and its type."""

    result: str = "not_scanned"
    signature: str | None = None
    content_type: str = BYTES
    """By bytes and name only: a type that a packet declares is never served."""

    @property
    def state(self) -> str:
        """Whether it may be opened."""
        return "available" if self.result in ("not_scanned", "clean") else "held"


async def keep_file(
    work: UnitOfWork,
    row: IncomingTransfer,
    record: Mapping[str, Any],
    receipt: str,
    looked: Mapping[str, Looked],
) -> ReceivedFile:
    """Add the file to the child's record, and send the receipt if the other school is here.

    `looked` holds the scan result of each file of the packet, by its path.
    """
    assert row.child_id is not None and row.decided_by is not None  # noqa: S101, PT018 - accepted
    sender = str(row.sender.get("name"))
    pieces = list(pieces_of(record, sender))
    file = new(
        work, ReceivedFile, child_id=row.child_id, incoming_id=row.id, format=record["format"],
        origin={**row.sender, "signer": row.signer["thumbprint"]},
        manifest_sha256=row.manifest_sha256, records=len(pieces),
        attachments=len(attachments_in(record)), accepted_by=row.decided_by,
        received_at=row.received_at,
    )  # fmt: skip
    work.children.add(file)
    await work.session.flush()
    for start in range(0, len(pieces), AT_ONCE):
        await _keep_some(work, row, file, start, pieces[start : start + AT_ONCE], looked)
    row.state, row.ended_at, row.receipt, row.sealed_passphrase = (
        "accepted",
        work.now,
        receipt,
        None,
    )
    stop_clock(work, row, "accepted")
    touch(work, row)
    note(work, rules.INCOMING, row.id, "unpacked", details={"records": len(pieces)})
    record_row(
        work, AuditEvent.INCOMING_ACCEPTED, row,
        details={
            "file_id": str(file.id), "records": file.records, "attachments": file.attachments,
            "manifest_sha256": row.manifest_sha256,
        },
    )  # fmt: skip
    await end_awaited(work, row)
    await call_sender(work, row, record)
    if row.source_school_id is not None:
        work.enqueue(back_to_source(row, RECEIPT))
    return file


async def _keep_some(
    work: UnitOfWork,
    row: IncomingTransfer,
    file: ReceivedFile,
    start: int,
    pieces: Sequence[Piece],
    looked: Mapping[str, Looked],
) -> None:
    records = [_record(file, position, piece) for position, piece in enumerate(pieces, start=start)]
    work.session.add_all(records)
    await work.session.flush()
    for record, piece in zip(records, pieces, strict=True):
        work.session.add(_entry(work, row, record))
        for attachment in piece.record.get("attachments", ()):
            work.session.add(_attachment(row, file, record, attachment, looked[attachment["path"]]))
    await work.session.flush()


def _record(file: ReceivedFile, position: int, piece: Piece) -> ReceivedRecord:
    record = piece.record
    recorded = record.get("recorded_at")
    summary, reference = record.get("summary"), record.get("reference")
    precision = record.get("occurred_precision")
    return ReceivedRecord(
        school_id=file.school_id,
        id=new_id(),
        file_id=file.id,
        child_id=file.child_id,
        position=position,
        number=record["number"],
        kind=record["kind"],
        confidentiality=record["confidentiality"],
        occurred_at=datetime.fromisoformat(record["occurred_at"]),
        occurred_precision=precision if precision in ("exact", "about") else "unknown",
        recorded_at=datetime.fromisoformat(recorded) if recorded else None,
        origin=piece.origin,
        reference=reference if isinstance(reference, str) else None,
        summary=summary if isinstance(summary, str) else None,
        content=dict(record["content"]),
    )


def _entry(work: UnitOfWork, row: IncomingTransfer, record: ReceivedRecord) -> ChronologyEntry:
    return new(
        work, ChronologyEntry, child_id=record.child_id, occurred_at=record.occurred_at,
        occurred_precision=record.occurred_precision, late=False, kind="received_record",
        thing_id=record.id, concern_id=None, confidentiality=record.confidentiality,
        author_id=row.decided_by, author_role=work.actor.role_name,
    )  # fmt: skip


def _attachment(
    row: IncomingTransfer,
    file: ReceivedFile,
    record: ReceivedRecord,
    attachment: Mapping[str, Any],
    looked: Looked,
) -> ReceivedAttachment:
    description = attachment.get("description")
    return ReceivedAttachment(
        school_id=row.school_id,
        id=new_id(),
        file_id=file.id,
        record_id=record.id,
        path=attachment["path"],
        file_name=safe_file_name(attachment["file_name"]),
        content_type=looked.content_type,
        size=int(attachment["size"]),
        sha256=str(attachment["sha256"]),
        key=key_of(row, attachment["path"]),
        description=description if isinstance(description, str) else None,
        state=looked.state,
        scan_result=looked.result,
        signature=looked.signature,
    )


def receiver_of(school: Mapping[str, Any]) -> str:
    """Name of the receiving school in a receipt."""
    name = "".join(letter for letter in str(school["name"]) if letter.isprintable())
    return name[:200] or "A school"


def packet_id_of(row: IncomingTransfer) -> UUID:
    """The id inside the packet, which its receipt names."""
    return UUID(row.signer["packet_id"])
