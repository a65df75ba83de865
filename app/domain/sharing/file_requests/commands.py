"""Ask a child's former school for the file; that school answers or refuses."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from app.core.ids import new_id
from app.core.words import AuditEvent, Permission
from app.db.models import FileRequest, IncomingTransfer, Transfer
from app.db.repositories.sharing import child_files
from app.db.repositories.sharing import transfers as stored
from app.db.unit_of_work import Job, UnitOfWork
from app.domain import policy
from app.domain.access.child_access.queries import child_for
from app.domain.common.alerts.commands import tell
from app.domain.common.deadlines.commands import start_clock, stop_clock
from app.domain.errors import FieldProblem, StateConflict, ValidationFailed
from app.domain.etags import check_version
from app.domain.sharing.file_requests.queries import request_for
from app.domain.sharing.file_requests.schemas import FileRequestAnswerIn
from app.domain.sharing.prepared_transfers.commands import Destination, known
from app.domain.sharing.transfers import rules
from app.domain.sharing.transfers.queries import note, owner_for
from app.domain.steps import new, record_row, touch

NOUN = rules.REQUEST
ASK, ANSWERED = "file_request.ask", "file_request.answered"
REQUESTED = "file_requested"


@dataclass(frozen=True, slots=True)
class RequestFile:
    """Which child's file, from which school: on this server by its ID, or elsewhere by name."""

    child_id: UUID
    id: UUID | None = None
    school_id: UUID | None = None
    other: Mapping[str, Any] = field(default_factory=dict)
    note: str | None = None


async def request_file(work: UnitOfWork, command: RequestFile) -> FileRequest:
    """Ask for a child's file, or keep that it was asked for elsewhere.

    Raises `PermissionMissing`, `ChildNotFound`, `ConflictOfInterest`, `DestinationUnknown`.
    """
    policy.require(work.actor, Permission.TRANSFER_WRITE)
    other = dict(command.other)
    if command.school_id is not None:
        other = await known(work, Destination("school", command.school_id, command.other))
    child = await child_for(work, command.child_id, Permission.CHILD_OPEN)
    about = await child_files.about(await work.driver(), child.school_id, child.id)
    row = _new(work, command.id or new_id(), "made", {**about, "school": None}, other)
    row.child_id, row.other_school_id, row.note = child.id, command.school_id, command.note
    row.owner_id = work.actor.id
    await _begin(work, row, AuditEvent.FILE_REQUESTED, "made")
    if command.school_id is not None:
        work.enqueue(
            Job(
                ASK,
                {
                    "school_id": str(command.school_id),
                    "asker_id": str(row.school_id),
                    "request_id": str(row.id),
                },
            )
        )
    return row


def _new(
    work: UnitOfWork, id_: UUID, direction: str, about: dict[str, Any], other: dict[str, Any]
) -> FileRequest:
    return new(
        work, FileRequest, id=id_, direction=direction, about=about, other=other, state="open",
        made_by=None if work.actor.is_system else work.actor.id,
    )  # fmt: skip


async def _begin(work: UnitOfWork, row: FileRequest, did: AuditEvent, kind: str) -> None:
    await start_clock(work, row, rules.ANSWER)
    work.children.add(row)
    note(work, NOUN, row.id, kind, text=row.note)
    record_row(work, did, row, details={"direction": row.direction})
    await work.session.flush()


async def receive_request(work: UnitOfWork, asked: FileRequest, asker: Mapping[str, Any]) -> bool:
    """Save a request from a school on this server, and alert its owner; False if it exists.

    Raises `NobodyToOwn`.
    """
    driver, school_id = await work.driver(), work.actor.school_id
    if await stored.request_of(driver, school_id, asked.id) is not None:
        return False
    row = _new(work, new_id(), "received", dict(asked.about), dict(asker))
    row.child_id = await stored.child_by_upn(driver, school_id, asked.about.get("upn"))
    row.other_school_id, row.counterpart_id, row.note = asked.school_id, asked.id, asked.note
    row.owner_id = await owner_for(work, NOUN, row.id, row.child_id)
    await _begin(work, row, AuditEvent.FILE_REQUEST_RECEIVED, "received")
    tell(work, row.owner_id, REQUESTED, about=(NOUN, row.id))
    return True


async def answer_request(
    work: UnitOfWork, request_id: UUID, version: int, body: FileRequestAnswerIn
) -> FileRequest:
    """Answer another school's request, or end one made to a school elsewhere.

    Raises `PermissionMissing`, `FileRequestNotFound`, `VersionStale`, `StateConflict`,
    `ValidationFailed`.
    """
    row = await request_for(work, request_id, Permission.TRANSFER_WRITE, lock=True)
    check_version(row, version)
    if row.state != "open":
        raise StateConflict
    if (body.transfer_id is None) == (body.reason is None):
        problem = FieldProblem(
            "/transfer_id", "missing", "Name a transfer, or say why there is none."
        )
        raise ValidationFailed(problems=[problem])
    if body.transfer_id is not None:
        await _check_transfer(work, row, body.transfer_id)
        row.transfer_id = body.transfer_id
    ended = "cancelled" if row.direction == "made" else "refused"
    end_request(work, row, "answered" if body.transfer_id else ended, body.reason)
    if row.direction == "received" and row.counterpart_id is not None:
        work.enqueue(
            Job(
                ANSWERED,
                {
                    "school_id": str(row.other_school_id),
                    "asked_id": str(row.school_id),
                    "answer_id": str(row.id),
                    "request_id": str(row.counterpart_id),
                },
            )
        )
    return row


async def _check_transfer(work: UnitOfWork, row: FileRequest, transfer_id: UUID) -> None:
    transfer = await work.children.find(Transfer, transfer_id)
    fits = (
        transfer is not None
        and row.direction == "received"
        and (
            transfer.destination_school_id == row.other_school_id
            and row.child_id in (None, transfer.child_id)
        )
    )
    if not fits or transfer is None or transfer.child_id in work.actor.conflicts.children:
        problem = FieldProblem(
            "/transfer_id", "unknown_transfer", "Cairn cannot find this transfer."
        )
        raise ValidationFailed(problems=[problem])


def end_request(work: UnitOfWork, row: FileRequest, state: str, text: str | None = None) -> None:
    """End a request, and stop its clock."""
    row.state, row.answer, row.ended_at = state, text, work.now
    row.answered_at = work.now
    row.answered_by = None if work.actor.is_system else work.actor.id
    stop_clock(work, row, state)
    touch(work, row)
    note(work, NOUN, row.id, state, text=text)
    record_row(
        work, AuditEvent.FILE_REQUEST_ANSWERED, row,
        details={"state": state, "direction": row.direction},
    )  # fmt: skip


async def take_answer(work: UnitOfWork, request_id: UUID, state: str, text: str | None) -> None:
    """Take an answer from a school on this server: only a refusal ends the request."""
    row = await work.children.lock(FileRequest, request_id)
    if row is None or row.state != "open":
        return
    if state == "refused":
        end_request(work, row, "refused", text)
        tell(work, row.owner_id, REQUESTED, about=(NOUN, row.id))
        return
    note(work, NOUN, row.id, "on_its_way")
    touch(work, row)
    record_row(work, AuditEvent.FILE_REQUEST_ANSWERED, row, details={"state": "on_its_way"})


async def end_awaited(work: UnitOfWork, incoming: IncomingTransfer) -> None:
    """End the request, because the file has arrived."""
    driver = await work.driver()
    for id_ in await stored.ids_of(
        driver, stored.AWAITED, work.actor.school_id, incoming.child_id, incoming.source_school_id
    ):
        row = await work.children.lock(FileRequest, id_)
        if row is not None and row.state == "open":
            end_request(work, row, "answered")


async def open_request(work: UnitOfWork, request_id: UUID) -> FileRequest:
    """Look at a request. Raises `PermissionMissing`, `FileRequestNotFound`."""
    row = await request_for(work, request_id, Permission.TRANSFER_READ)
    record_row(work, AuditEvent.TRANSFER_OPENED, row)
    return row
