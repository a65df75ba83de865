"""Answers to the sending school: a receipt that locks the file, or a rejection."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from app.core.moments import written
from app.core.words import AuditEvent, Permission
from app.db.models import Transfer, TransferPacket
from app.db.repositories.sharing import transfers as stored
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.common.alerts.commands import tell
from app.domain.common.deadlines.commands import start_clock, stop_clock
from app.domain.errors import FieldProblem, StateConflict, ValidationFailed
from app.domain.etags import check_version
from app.domain.people.staff.queries import member_of_staff
from app.domain.sharing.barred_recipients.queries import barred_destination
from app.domain.sharing.child_files.queries import check_whole, other_leads
from app.domain.sharing.file_locks.commands import lock_file, take_up_again, unlock
from app.domain.sharing.packets.commands import mark_sent
from app.domain.sharing.prepared_transfers.queries import packet_ready
from app.domain.sharing.shares.commands import check_moment
from app.domain.sharing.transfer_receipts.schemas import (
    RejectionIn,
    TransferReceiptIn,
    TransferSendingIn,
)
from app.domain.sharing.transfers import rules
from app.domain.sharing.transfers.errors import ReceiptRefused, TransferExists
from app.domain.sharing.transfers.queries import note, transfer_for
from app.domain.steps import record_row, touch
from app.formats.packets import ReceiptInvalid, read_receipt

NOUN = rules.TRANSFER
KNOWN, UNKNOWN = "known", "unknown"


@dataclass(frozen=True, slots=True)
class Proof:
    """Content of a receipt."""

    manifest_sha256: str
    received_by: str
    received_at: datetime
    signer: str | None
    text: str | None
    trust: str | None = None
    """`known` by the key named with the destination or an accepted file, otherwise `unknown`."""


async def record_receipt(
    work: UnitOfWork, transfer_id: UUID, version: int, body: TransferReceiptIn
) -> Transfer:
    """Save another school's receipt of a packet, and lock the child's file here.

    A receipt without the signature of a known key proves little: someone who may approve answers
    for it. Raises `PermissionMissing`, `TransferNotFound`, `VersionStale`, `StateConflict`,
    `PacketNotReady`, `ReceiptRefused`.
    """
    transfer = await transfer_for(work, transfer_id, Permission.TRANSFER_WRITE, lock=True)
    check_version(transfer, version)
    within = transfer.destination_kind == "school"
    if within or not rules.possible("record_transfer_receipt", transfer.state):
        raise StateConflict
    packet = await packet_ready(work, transfer)
    proof = _proof_of(body, packet)
    if proof.signer is not None:
        driver = await work.driver()
        known = proof.signer == transfer.destination.get("signer") or (
            await stored.knows_signer(
                driver, transfer.school_id, proof.signer, transfer.destination
            )
        )
        proof = replace(proof, trust=KNOWN if known else UNKNOWN)
    if proof.trust != KNOWN:
        policy.require(work.actor, Permission.TRANSFER_APPROVE)
    await take_receipt(work, transfer, packet, proof)
    return transfer


def _proof_of(body: TransferReceiptIn, packet: TransferPacket) -> Proof:
    if body.receipt is None:
        if not (body.manifest_sha256 and body.received_by and body.received_at):
            raise _refused(
                "missing", "Give the signed receipt, or its hash, who received it and when."
            )
        return Proof(
            body.manifest_sha256.strip().lower(), body.received_by, body.received_at, None, None
        )
    try:
        receipt = read_receipt(body.receipt)
    except ReceiptInvalid as invalid:
        text = str(invalid)
        raise _refused("unreadable", f"{text[:1].upper()}{text[1:]}.") from invalid
    if receipt.packet_id != packet.id:
        raise _refused("other_packet", "It is the receipt of another packet.")
    return Proof(
        receipt.manifest_sha256,
        receipt.received_by,
        receipt.received_at,
        receipt.signer,
        body.receipt,
    )


async def take_receipt(
    work: UnitOfWork, transfer: Transfer, packet: TransferPacket, proof: Proof
) -> None:
    """Save a receipt whose hash is that of the packet, and lock the file.

    A child registered at both schools stays one of this school: nothing is locked. Raises
    `ReceiptRefused`.
    """
    if proof.manifest_sha256 != packet.manifest_sha256:
        where = "/receipt" if proof.text is not None else "/manifest_sha256"
        raise _refused("other_hash", "Its hash does not match the packet that was sent.", where)
    check_moment(work, proof.received_at, packet.made_at)
    locks = transfer.reason_code not in ("dual_registration", rules.LATE)
    before = transfer.state
    transfer.receipt = {
        "manifest_sha256": proof.manifest_sha256, "received_by": proof.received_by,
        "received_at": written(proof.received_at), "signer": proof.signer,
        "signer_trust": proof.trust, "receipt": proof.text,
    }  # fmt: skip
    transfer.receipted_at = transfer.ended_at = work.now
    transfer.delivered_at = transfer.delivered_at or proof.received_at
    transfer.sealed_passphrase = None
    transfer.state = "locked" if locks else "accepted"
    stop_clock(work, transfer, transfer.state)
    touch(work, transfer)
    note(
        work, NOUN, transfer.id, "receipted", at=proof.received_at,
        details={"received_by": proof.received_by, "signer": proof.signer},
    )  # fmt: skip
    record_row(
        work, AuditEvent.TRANSFER_RECEIPTED, transfer, before={"state": before},
        after={"state": transfer.state},
        details={
            "manifest_sha256": proof.manifest_sha256, "signer": proof.signer,
            "trust": proof.trust,
        },
    )  # fmt: skip
    if locks:
        await lock_file(work, transfer)


async def mark_delivered(work: UnitOfWork, transfer_id: UUID) -> None:
    """Mark the packet as delivered, before anyone at the other school has opened it."""
    transfer = await work.children.lock(Transfer, transfer_id)
    if transfer is None or transfer.state != "sent":
        return
    transfer.state, transfer.delivered_at = "delivered", work.now
    touch(work, transfer)
    note(work, NOUN, transfer.id, "delivered")
    record_row(work, AuditEvent.TRANSFER_DELIVERED, transfer)


async def take_rejection(
    work: UnitOfWork, transfer: Transfer, reason_code: str, text: str | None = None
) -> None:
    """Take a rejection: its owner has to find the right school; a locked file is unlocked.

    Raises `TransferExists` if another transfer of the child is already under way.
    """
    before = transfer.state
    if before == "locked":
        await _back_from_lock(work, transfer)
    transfer.state = "rejected"
    await start_clock(work, transfer, rules.leaving_rule(transfer.reason_code))
    touch(work, transfer)
    note(work, NOUN, transfer.id, "rejected", text=text, details={"reason_code": reason_code})
    record_row(
        work, AuditEvent.TRANSFER_REJECTED, transfer, before={"state": before},
        after={"state": "rejected"}, details={"reason_code": reason_code},
    )  # fmt: skip
    if before == "locked":
        await take_up_again(work, transfer)
    others = await other_leads(work, transfer) if before == "locked" else []
    for person in {transfer.owner_id, *others} - {work.actor.id}:
        tell(work, person, "transfer_rejected", about=(NOUN, transfer.id))


async def _back_from_lock(work: UnitOfWork, transfer: Transfer) -> None:
    """Undo a receipt: the other school has the file no longer."""
    if await stored.open_transfer(work.session, transfer.school_id, transfer.child_id):
        raise TransferExists
    transfer.ended_at = transfer.receipted_at = transfer.receipt = None
    lock = await stored.lock_row(work.session, transfer.school_id, transfer.child_id)
    if lock is not None and lock.transfer_id == transfer.id:
        unlock(work, lock, "rejected")


async def record_rejection(
    work: UnitOfWork, transfer_id: UUID, version: int, body: RejectionIn
) -> Transfer:
    """Record that a school elsewhere sent the file back.

    Raises `PermissionMissing`, `TransferNotFound`, `VersionStale`, `StateConflict`,
    `TransferExists`.
    """
    transfer = await transfer_for(work, transfer_id, Permission.TRANSFER_WRITE, lock=True)
    check_version(transfer, version)
    within = transfer.destination_kind == "school"
    if within or not rules.possible("record_transfer_rejection", transfer.state):
        raise StateConflict
    if transfer.state == "locked":
        policy.require(work.actor, Permission.TRANSFER_APPROVE)
    await take_rejection(work, transfer, body.reason_code, body.note)
    return transfer


async def record_transfer_sent(
    work: UnitOfWork, transfer_id: UUID, version: int, body: TransferSendingIn
) -> Transfer:
    """Record how the packet was sent.

    Raises `PermissionMissing`, `TransferNotFound`, `VersionStale`, `StateConflict`,
    `PacketNotReady`, `ItemsHidden`, `ValidationFailed`.
    """
    by_id = await member_of_staff(work, body.by_id)
    transfer = await transfer_for(work, transfer_id, Permission.TRANSFER_WRITE, lock=True)
    check_version(transfer, version)
    within = transfer.destination_kind == "school"
    if within or not rules.possible("record_transfer_sent", transfer.state):
        raise StateConflict
    packet = await packet_ready(work, transfer)
    await check_whole(work, transfer)
    check_moment(work, body.at, packet.made_at)
    if problems := await barred_destination(work, transfer.child_id, transfer.destination, body.to):
        raise ValidationFailed(problems=problems)
    text = f"{body.to}\n{body.note}" if body.note else body.to
    await mark_sent(work, transfer, body.route, at=body.at, by_id=by_id, text=text)
    return transfer


def _refused(code: str, detail: str, pointer: str = "/receipt") -> ReceiptRefused:
    return ReceiptRefused(problems=[FieldProblem(pointer, code, detail)])
