"""Readers' view of a transfer and its packet; every view is logged."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from app.core.pointers import pointer
from app.core.words import Actor, AuditEvent, Permission
from app.db.models import Transfer, TransferPacket
from app.db.repositories.sharing import transfers as stored
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.access.relationship_access.queries import sees_relationship
from app.domain.errors import StateConflict
from app.domain.kinds import KINDS, facts_by_key
from app.domain.sharing.child_files.queries import (
    Part,
    check_whole,
    file_of,
    seen_parts,
    sees_whole,
)
from app.domain.sharing.transfer_keys.commands import receiver_thumbprint
from app.domain.sharing.transfers import rules
from app.domain.sharing.transfers.errors import PacketNotReady
from app.domain.sharing.transfers.queries import events_of, person, transfer_for
from app.domain.steps import record_row

NEEDS: Mapping[str, Permission] = {
    "update_transfer": Permission.TRANSFER_WRITE,
    "approve_transfer": Permission.TRANSFER_APPROVE,
    "cancel_transfer": Permission.TRANSFER_WRITE,
    "record_transfer_sent": Permission.TRANSFER_WRITE,
    "record_transfer_receipt": Permission.TRANSFER_WRITE,
    "record_transfer_rejection": Permission.TRANSFER_WRITE,
    "download_packet": Permission.TRANSFER_WRITE,
    "reveal_transfer_passphrase": Permission.TRANSFER_APPROVE,
}
ELSEWHERE = ("record_transfer_sent", "record_transfer_rejection", "download_packet")
SHOWN = (
    "id", "reference", "child_id", "addendum_to", "reason_code", "destination_kind",
    "destination_school_id", "destination", "route", "receiver_key", "items", "note", "state",
    "approved_at", "decision_id", "packed_at", "sent_at", "delivered_at", "receipted_at",
    "receipt", "ended_at", "due_at", "due_rule", "prepared_at", "changed_at",
)  # fmt: skip


async def open_transfer(work: UnitOfWork, transfer_id: UUID) -> Transfer:
    """Open a transfer. Raises `PermissionMissing`, `TransferNotFound`."""
    transfer = await transfer_for(work, transfer_id, Permission.TRANSFER_READ)
    record_row(work, AuditEvent.TRANSFER_OPENED, transfer)
    return transfer


async def transfer_shown(work: UnitOfWork, transfer: Transfer) -> dict[str, Any]:
    """The whole of a transfer, with siblings whose files may have to follow, too."""
    await work.session.flush()
    driver = await work.driver()
    events, names = await events_of(work, transfer.id, [transfer.owner_id, transfer.approved_by])
    packet = await stored.packet_of(work.session, transfer) if transfer.packet_id else None
    siblings = await stored.siblings(driver, transfer.school_id, transfer.child_id, work.now)
    return {
        **{name: getattr(transfer, name) for name in SHOWN},
        "items": await _items_seen(work, transfer),
        "receiver_thumbprint": receiver_thumbprint(transfer),
        "owner": person(transfer.owner_id, names),
        "approved_by": person(transfer.approved_by, names),
        "packet": packet and _packet(packet, whole=await sees_whole(work, transfer)),
        "siblings": _siblings(work.actor, transfer, siblings),
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
    if transfer.state == "locked" and not policy.may(actor, Permission.TRANSFER_APPROVE):
        return False
    if step in ELSEWHERE:
        return not within and transfer.packed_at is not None
    if step == "record_transfer_receipt":
        return not within and transfer.packed_at is not None
    if step == "reveal_transfer_passphrase":
        return transfer.sealed_passphrase is not None
    return True


async def _items_seen(work: UnitOfWork, transfer: Transfer) -> list[dict[str, Any]]:
    """A lead's chosen items, each for people who may open it: they reveal its class, and why."""
    keys = {(item["kind"], UUID(item["id"])) for item in transfer.items}
    facts = await facts_by_key(await work.driver(), transfer.school_id, keys)
    shown = {str(id_) for (kind, id_), of in facts.items() if KINDS[kind].shows(work.actor, of)}
    return [_chosen(item) for item in transfer.items if item["id"] in shown]


def _chosen(item: Mapping[str, Any]) -> dict[str, Any]:
    return pointer(item["kind"], item["id"]) | {"reason": item["reason"]}


def _packet(packet: TransferPacket, *, whole: bool) -> dict[str, Any]:
    """The packet; how much it holds only for people who see all of it."""
    facts = {name: getattr(packet, name) for name in ("id", "sha256", "manifest_sha256", "made_at")}
    return facts | {name: getattr(packet, name) if whole else None for name in ("size", "counts")}


def _siblings(actor: Actor, transfer: Transfer, rows: Sequence[Any]) -> list[dict[str, Any]]:
    return [
        {name: value for name, value in row.items() if name != "has_file"}
        for row in rows
        if row["has_file"]
        and sees_relationship(actor, row["relationship"], transfer.child_id, row["child_id"])
    ]


async def preview_contents(work: UnitOfWork, transfer_id: UUID) -> dict[str, Any]:
    """List what would travel now, and what stays and why, as far as this reader may see.

    Raises `PermissionMissing`, `TransferNotFound`.
    """
    transfer = await transfer_for(work, transfer_id, Permission.TRANSFER_READ)
    record_row(work, AuditEvent.TRANSFER_OPENED, transfer, details={"part": "contents"})
    file = await file_of(work, transfer)
    parts = seen_parts(work.actor, file.parts)
    going = [part for part in parts if part.why is None]
    return {
        "whole": len(going) == len(file.going),
        "counts": _counted(item.item.kind for item in going),
        "classes": _counted(item.item.confidentiality for item in going),
        "attachments": {
            "count": sum(item.item.kind == "attachment" for item in going),
            "bytes": sum(item.size for item in going),
        },
        "open": [_rendered(item) for item in going if item.is_open],
        "stays": [
            {**_rendered(part), "reason_code": part.why} for part in parts if part.why is not None
        ],
        "never": ["adult_register", "names_of_other_children"],
    }


def _rendered(part: Part) -> dict[str, Any]:
    return {
        **pointer(part.item.kind, part.item.id), "reference": part.reference,
        "confidentiality": part.item.confidentiality, "concern_id": part.concern_id,
    }  # fmt: skip


def _counted(names: Any) -> dict[str, int]:
    result: dict[str, int] = {}
    for name in names:
        result[name] = result.get(name, 0) + 1
    return dict(sorted(result.items()))


async def open_packet(work: UnitOfWork, transfer_id: UUID) -> tuple[Transfer, TransferPacket]:
    """Open the packet, to be carried to a school elsewhere; logs the view.

    Raises `PermissionMissing`, `TransferNotFound`, `StateConflict`, `PacketNotReady`,
    `ItemsHidden`.
    """
    transfer = await transfer_for(work, transfer_id, Permission.TRANSFER_WRITE)
    if not rules.possible("download_packet", transfer.state):
        raise StateConflict
    packet = await packet_ready(work, transfer)
    await check_whole(work, transfer)
    record_row(
        work, AuditEvent.TRANSFER_OPENED, transfer,
        details={"part": "packet", "sha256": packet.sha256},
    )  # fmt: skip
    return transfer, packet


async def packet_ready(work: UnitOfWork, transfer: Transfer) -> TransferPacket:
    """The packet of a transfer. Raises `PacketNotReady`."""
    packet = await stored.packet_of(work.session, transfer) if transfer.packet_id else None
    if packet is None:
        raise PacketNotReady
    return packet
