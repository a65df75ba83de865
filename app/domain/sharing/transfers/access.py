"""Who reaches transfers, what came in, and requests; and the steps they have in common."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from app.core.ids import new_id
from app.core.words import Permission
from app.db.models import FileRequest, IncomingTransfer, Transfer, TransferEvent
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.duty.owners.rules import OwnedResource, next_owner
from app.domain.duty.owners.settling import people_here
from app.domain.kinds import Kind
from app.domain.sharing.transfers.kind import FILE_REQUEST, INCOMING_TRANSFER, TRANSFER
from app.domain.steps import find_target

Row = TypeVar("Row", Transfer, IncomingTransfer, FileRequest)


class NobodyToOwn(RuntimeError):
    """A school without anybody who could look after a file; tried again until there is."""


async def transfer_for(
    work: UnitOfWork, transfer_id: UUID, permission: Permission, *, lock: bool = False
) -> Transfer:
    """The transfer. Raises `PermissionMissing`, `TransferNotFound` (also for a conflict)."""
    return await _reach(work, TRANSFER, transfer_id, permission, lock=lock)


async def incoming_for(
    work: UnitOfWork, incoming_id: UUID, permission: Permission, *, lock: bool = False
) -> IncomingTransfer:
    """What came in. Raises `PermissionMissing`, `IncomingTransferNotFound`."""
    return await _reach(work, INCOMING_TRANSFER, incoming_id, permission, lock=lock)


async def request_for(
    work: UnitOfWork, request_id: UUID, permission: Permission, *, lock: bool = False
) -> FileRequest:
    """The request. Raises `PermissionMissing`, `FileRequestNotFound`."""
    return await _reach(work, FILE_REQUEST, request_id, permission, lock=lock)


async def _reach(
    work: UnitOfWork, kind: Kind[Row], id_: UUID, permission: Permission, *, lock: bool
) -> Row:
    policy.require(work.actor, permission)
    return (await find_target(work, kind, id_, lock=lock)).row


def touch(work: UnitOfWork, row: Transfer | IncomingTransfer | FileRequest) -> None:
    """Give it a new version, since something of it is new."""
    row.version += 1
    row.changed_at = work.now


async def owner_for(
    work: UnitOfWork, noun: str, id_: UUID, child_id: UUID | None, *, also: Sequence[UUID] = ()
) -> UUID:
    """Who looks after it by the usual rule; without anybody who could, `NobodyToOwn`.

    Nobody who is related to the child, or to one of `also`.
    """
    about = frozenset([*also, *([child_id] if child_id is not None else [])])
    found = next_owner(await people_here(work), OwnedResource(noun, id_, None, about=about))
    if found is None:
        raise NobodyToOwn
    return found


def note(  # noqa: PLR0913 - what an event says, by name
    work: UnitOfWork,
    noun: str,
    thing_id: UUID,
    kind: str,
    *,
    at: datetime | None = None,
    by_id: UUID | None = None,
    route: str | None = None,
    text: str | None = None,
    details: dict[str, Any] | None = None,
) -> None:
    """Keep one step; by the actor unless that is Cairn itself."""
    by_id = by_id or (None if work.actor.is_system else work.actor.id)
    work.children.add(
        TransferEvent(
            school_id=work.actor.school_id,
            id=new_id(),
            noun=noun,
            thing_id=thing_id,
            kind=kind,
            at=at or work.now,
            recorded_at=work.now,
            by_id=by_id,
            route=route,
            text=text,
            details=details or {},
        )
    )
