"""What readers are shown of transfers, of what came in, and of requests; each look is traced."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from app.core.words import Actor, AuditEvent, Permission
from app.db.models import FileLock, FileRequest, IncomingTransfer, Transfer, TransferPacket
from app.db.repositories.sharing import transfers as stored
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.access.checks.children import child_for
from app.domain.errors import StateConflict
from app.domain.sharing.transfers import rules
from app.domain.sharing.transfers.access import transfer_for
from app.domain.sharing.transfers.errors import NotLocked
from app.domain.sharing.transfers.keys import receiver_thumbprint
from app.domain.sharing.transfers.material import Part
from app.domain.sharing.transfers.receipts import packet_ready
from app.domain.sharing.transfers.whole import check_whole, file_of, seen_parts

P = Permission
NEEDS: Mapping[str, Permission] = {
    "change_transfer": P.TRANSFER_WRITE,
    "approve_transfer": P.TRANSFER_APPROVE,
    "cancel_transfer": P.TRANSFER_WRITE,
    "send_transfer": P.TRANSFER_WRITE,
    "record_receipt": P.TRANSFER_WRITE,
    "record_rejection": P.TRANSFER_WRITE,
    "download_packet": P.TRANSFER_WRITE,
    "reveal_passphrase": P.TRANSFER_APPROVE,
}
ELSEWHERE = ("send_transfer", "record_rejection", "download_packet")
SHOWN = (
    "id", "reference", "child_id", "addendum_to", "reason", "destination_kind",
    "destination_school_id", "destination", "route", "receiver_key", "items", "note", "state",
    "approved_at", "decision_id", "packed_at", "sent_at", "delivered_at", "receipted_at",
    "receipt", "ended_at", "due_at", "due_rule", "prepared_at", "changed_at",
)  # fmt: skip
INCOMING_SHOWN = (
    "id", "reference", "is_addendum", "sender", "signer", "about", "size", "sha256",
    "manifest_sha256", "sent_at", "received_at", "state", "child_id", "decided_at", "reason",
    "receipt", "ended_at", "due_at", "due_rule", "changed_at",
)  # fmt: skip
REQUEST_SHOWN = (
    "id", "direction", "child_id", "other_school_id", "other", "about", "note", "transfer_id",
    "state", "answer", "made_at", "answered_at", "ended_at", "due_at", "due_rule", "changed_at",
)  # fmt: skip


async def open_transfer(work: UnitOfWork, transfer_id: UUID) -> Transfer:
    """Open a transfer. Raises `PermissionMissing`, `TransferNotFound`."""
    transfer = await transfer_for(work, transfer_id, P.TRANSFER_READ)
    work.record(AuditEvent.TRANSFER_OPENED, rules.TRANSFER, transfer.id, child_id=transfer.child_id)
    return transfer


async def transfer_shown(work: UnitOfWork, transfer: Transfer) -> dict[str, Any]:
    """The whole of a transfer, with siblings whose files may have to follow, too."""
    await work.session.flush()
    driver = await work.driver()
    events, names = await _events(work, transfer.id, [transfer.owner_id, transfer.approved_by])
    packet = await stored.packet_of(work.session, transfer) if transfer.packet_id else None
    siblings = await stored.siblings(driver, transfer.school_id, transfer.child_id, work.now)
    return {
        **{name: getattr(transfer, name) for name in SHOWN},
        "items": _items_seen(work.actor, transfer),
        "receiver_thumbprint": receiver_thumbprint(transfer),
        "owner": _person(transfer.owner_id, names),
        "approved_by": _person(transfer.approved_by, names),
        "packet": packet and _packet(packet),
        "siblings": _siblings(work.actor, siblings),
        "events": events,
        "permissions": [
            step
            for step, needed in NEEDS.items()
            if rules.possible(step, transfer.state)
            and policy.may(work.actor, needed)
            and _is_for(work.actor, step, transfer)
        ],
    }


def _is_for(actor: Actor, step: str, transfer: Transfer) -> bool:
    within = transfer.destination_kind == "school"
    if transfer.state == "locked" and not policy.may(actor, P.TRANSFER_APPROVE):
        return False
    if step in ELSEWHERE:
        return not within and transfer.packed_at is not None
    if step == "record_receipt":
        return not within and transfer.packed_at is not None
    if step == "reveal_passphrase":
        return transfer.sealed_passphrase is not None
    return True


def _items_seen(actor: Actor, transfer: Transfer) -> list[dict[str, Any]]:
    """What a lead chose: told to whoever reads the sealed class, since that it is there is told."""
    if not policy.may_see_class(actor, "K5", transfer.child_id):
        return [one for one in transfer.items if one["kind"] == "attachment"]
    return transfer.items


def _packet(packet: TransferPacket) -> dict[str, Any]:
    return {
        name: getattr(packet, name)
        for name in ("id", "size", "sha256", "manifest_sha256", "made_at", "counts")
    }


def _siblings(actor: Actor, rows: Sequence[Any]) -> list[dict[str, Any]]:
    return [
        {name: value for name, value in row.items() if name != "has_file"}
        for row in rows
        if row["has_file"] and row["child_id"] not in actor.conflicts.children
    ]


def _person(id_: UUID | None, names: Mapping[UUID, str]) -> dict[str, Any] | None:
    return {"id": id_, "name": names.get(id_, "")} if id_ is not None else None


async def _events(
    work: UnitOfWork, thing_id: UUID, more: Sequence[UUID | None]
) -> tuple[list[dict[str, Any]], dict[UUID, str]]:
    rows = await stored.events_of(work.session, work.actor.school_id, thing_id)
    people = {row.by_id for row in rows} | set(more)
    names = await stored.names_of(
        await work.driver(), work.actor.school_id, [one for one in people if one]
    )
    shown = [
        {"kind": row.kind, "at": row.at, "recorded_at": row.recorded_at, "route": row.route,
         "text": row.text, "by": _person(row.by_id, names)}
        for row in rows
    ]  # fmt: skip
    return shown, names


async def preview_contents(work: UnitOfWork, transfer_id: UUID) -> dict[str, Any]:
    """What would travel now, and what stays and why; of what this reader may see.

    Raises `PermissionMissing`, `TransferNotFound`.
    """
    transfer = await transfer_for(work, transfer_id, P.TRANSFER_READ)
    work.record(
        AuditEvent.TRANSFER_OPENED, rules.TRANSFER, transfer.id, child_id=transfer.child_id,
        details={"part": "contents"},
    )  # fmt: skip
    found = await file_of(work, transfer)
    parts = await seen_parts(work, transfer.child_id, found.parts)
    going = [one for one in parts if one.why is None]
    return {
        "whole": len(going) == sum(one.why is None for one in found.parts),
        "counts": _counted(one.item.kind for one in going),
        "classes": _counted(one.item.confidentiality for one in going),
        "attachments": {
            "count": sum(one.item.kind == "attachment" for one in going),
            "bytes": sum(one.size for one in going),
        },
        "open": [_told(one) for one in going if one.is_open],
        "stays": [{**_told(one), "why": one.why} for one in parts if one.why is not None],
        "never": ["adult_register", "names_of_other_children"],
    }


def _told(part: Part) -> dict[str, Any]:
    return {
        "kind": part.item.kind, "id": part.item.id, "reference": part.reference,
        "confidentiality": part.item.confidentiality, "concern_id": part.concern_id,
    }  # fmt: skip


def _counted(names: Any) -> dict[str, int]:
    found: dict[str, int] = {}
    for name in names:
        found[name] = found.get(name, 0) + 1
    return dict(sorted(found.items()))


async def open_packet(work: UnitOfWork, transfer_id: UUID) -> tuple[Transfer, TransferPacket]:
    """The packet, to be carried to a school elsewhere; that leaves a trace.

    Raises `PermissionMissing`, `TransferNotFound`, `StateConflict`, `PacketNotReady`,
    `ItemsHidden`.
    """
    transfer = await transfer_for(work, transfer_id, P.TRANSFER_WRITE)
    if not rules.possible("download_packet", transfer.state):
        raise StateConflict
    packet = await packet_ready(work, transfer)
    await check_whole(work, transfer)
    work.record(
        AuditEvent.TRANSFER_OPENED, rules.TRANSFER, transfer.id, child_id=transfer.child_id,
        details={"part": "packet", "sha256": packet.sha256},
    )  # fmt: skip
    return transfer, packet


async def incoming_shown(work: UnitOfWork, row: IncomingTransfer) -> dict[str, Any]:
    """What is told of a file before anybody has accepted it, and what became of it."""
    await work.session.flush()
    events, names = await _events(work, row.id, [row.owner_id, row.decided_by])
    waits = row.state == "waiting" and policy.may(work.actor, P.TRANSFER_ACCEPT)
    return {
        **{name: getattr(row, name) for name in INCOMING_SHOWN},
        "about": {name: row.about.get(name) for name in ("name", "date_of_birth", "upn")},
        "signer": {name: row.signer[name] for name in ("thumbprint", "trust")},
        "owner": _person(row.owner_id, names),
        "decided_by": _person(row.decided_by, names),
        "events": events,
        "permissions": ["accept_incoming", "reject_incoming"] if waits else [],
    }


async def request_shown(work: UnitOfWork, row: FileRequest) -> dict[str, Any]:
    """A request, as the school that asks or the one that is asked sees it."""
    await work.session.flush()
    events, names = await _events(work, row.id, [row.owner_id, row.answered_by])
    theirs = row.direction == "made" and row.other_school_id is not None
    waits = row.state == "open" and not theirs and policy.may(work.actor, P.TRANSFER_WRITE)
    return {
        **{name: getattr(row, name) for name in REQUEST_SHOWN},
        "about": {name: row.about.get(name) for name in ("name", "date_of_birth", "upn")},
        "owner": _person(row.owner_id, names),
        "answered_by": _person(row.answered_by, names),
        "events": events,
        "permissions": ["answer_file_request"] if waits else [],
    }


async def open_lock(work: UnitOfWork, child_id: UUID) -> FileLock:
    """The lock of a child's file. Raises `PermissionMissing`, `ChildNotFound`,

    `ConflictOfInterest`, `OutsideCohort`, `NotLocked`.
    """
    child = await child_for(work, child_id, P.TRANSFER_READ)
    lock = await stored.lock_seen(work.session, child.school_id, child.id)
    if lock is None:
        raise NotLocked
    work.record(
        AuditEvent.CHILD_OPENED, "child", child.id, child_id=child.id, details={"part": "file_lock"}
    )
    return lock


async def lock_shown(work: UnitOfWork, lock: FileLock) -> dict[str, Any]:
    """A lock, and who has asked for its end."""
    asked = [lock.asked_by] if lock.asked_by else []
    names = await stored.names_of(await work.driver(), work.actor.school_id, asked)
    kept = (
        "id", "child_id", "transfer_id", "locked_at", "asked_at", "reason", "unlocked_at"
    )  # fmt: skip
    return {
        **{name: getattr(lock, name) for name in kept},
        "asked_by": _person(lock.asked_by, names),
    }
