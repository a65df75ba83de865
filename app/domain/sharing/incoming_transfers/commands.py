"""Files from other schools: kept closed until someone matches the child or rejects the file."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from app.core.ids import new_id
from app.core.words import AuditEvent, Permission
from app.db.models import Child, Conflict, IncomingTransfer
from app.db.repositories.sharing import transfers as stored
from app.db.unit_of_work import Job, UnitOfWork
from app.domain import policy
from app.domain.access.child_access.queries import child_for
from app.domain.access.conflicts.commands import begin_conflict, move_work
from app.domain.common.alerts.commands import tell
from app.domain.common.deadlines.commands import start_clock, stop_clock
from app.domain.errors import FieldProblem, StateConflict
from app.domain.etags import check_version
from app.domain.people.second_factors.rules import Vault
from app.domain.record.children.commands import add_child
from app.domain.record.children.schemas import IdentifierIn
from app.domain.sharing.incoming_transfers.queries import incoming_for
from app.domain.sharing.incoming_transfers.schemas import AcceptanceIn
from app.domain.sharing.packets.rules import Arrived
from app.domain.sharing.transfer_receipts.schemas import RejectionIn
from app.domain.sharing.transfers import rules
from app.domain.sharing.transfers.errors import (
    ChildKnown,
    MatchNeeded,
    PacketKnown,
    PacketRefused,
    SignerUnchecked,
    UpnMismatch,
)
from app.domain.sharing.transfers.queries import note, owner_for
from app.domain.steps import new, record_row, touch
from app.formats.identifiers import CheckedIdentifier, check_upn

NOUN = rules.INCOMING
ARRIVED = "transfer_arrived"
UNPACK, REJECT = "incoming.unpack", "transfer.reject"
BY_INSTANCE, KNOWN, UNKNOWN = "instance", "known", "unknown"
OWN_PACKET = FieldProblem(
    "/file", "own_packet", "This school made this packet: its record is in the child's file here."
)


@dataclass(frozen=True, slots=True)
class Packet:
    """A packet in the store, proved to the last byte."""

    key: str
    size: int
    sha256: str
    arrived: Arrived


@dataclass(frozen=True, slots=True)
class Source:
    """The school of this server that sent it, and the transfer there."""

    school_id: UUID
    transfer_id: UUID
    sent_at: datetime
    trusted: bool


async def receive_packet(
    work: UnitOfWork,
    packet: Packet,
    vault: Vault,
    *,
    source: Source | None = None,
    passphrase: str | None = None,
) -> IncomingTransfer:
    """Save a packet for review, and alert its owner.

    Raises `PacketKnown`, `PacketRefused` for one that this school made, `NobodyToOwn`.
    """
    policy.require(work.actor, Permission.TRANSFER_ACCEPT)
    own = {row.signing["kid"] for row in await stored.all_keys(work.session, work.actor.school_id)}
    if packet.arrived.signer in own:
        raise PacketRefused(problems=[OWN_PACKET])
    if await stored.has_packet(
        await work.driver(),
        work.actor.school_id,
        packet.sha256,
        packet.arrived.packet_id,
        packet.arrived.manifest_sha256,
    ):
        raise PacketKnown
    row = await _row_of(work, packet, vault, source, passphrase)
    await start_clock(work, row, rules.LOOK)
    record_row(
        work, AuditEvent.INCOMING_RECEIVED, row,
        details={
            "sha256": row.sha256, "manifest_sha256": row.manifest_sha256,
            "signer": row.signer["thumbprint"], "trust": row.signer["trust"],
        },
    )  # fmt: skip
    row.reference = await work.sharing.next_reference("I", work.now.year)
    work.children.add(row)
    note(work, NOUN, row.id, "received")
    await work.session.flush()
    if row.owner_id != work.actor.id:
        tell(work, row.owner_id, ARRIVED, about=(NOUN, row.id))
    return row


async def _row_of(
    work: UnitOfWork,
    packet: Packet,
    vault: Vault,
    source: Source | None,
    passphrase: str | None,
) -> IncomingTransfer:
    """Make the row of a saved packet; only the UPN suggests its child."""
    school_id, cover = work.actor.school_id, packet.arrived.cover
    id_, about = new_id(), _about(cover)
    driver = await work.driver()
    child_id = await stored.child_by_upn(driver, school_id, about["upn"])
    alike = await stored.children_like(driver, school_id, about)
    return IncomingTransfer(
        school_id=school_id,
        id=id_,
        source_school_id=source and source.school_id,
        source_transfer_id=source and source.transfer_id,
        is_addendum=bool(cover.get("addendum_to")),
        sender=_sender(cover),
        signer={
            "thumbprint": packet.arrived.signer,
            "packet_id": packet.arrived.packet_id,
            "trust": await _trust(work, packet, source),
        },
        about=about,
        key=packet.key,
        size=packet.size,
        sha256=packet.sha256,
        manifest_sha256=packet.arrived.manifest_sha256,
        sealed_passphrase=vault.seal(passphrase.encode(), id_.bytes) if passphrase else None,
        sent_at=source.sent_at if source else datetime.fromisoformat(cover["made_at"]),
        received_at=work.now,
        received_by=None if work.actor.is_system else work.actor.id,
        state="waiting",
        child_id=child_id,
        owner_id=await owner_for(work, NOUN, id_, child_id, also=alike),
        version=1,
        changed_at=work.now,
    )


async def _trust(work: UnitOfWork, packet: Packet, source: Source | None) -> str:
    """Why the signing key is trusted for that school, or that nobody here knows it."""
    if source is not None and source.trusted:
        return BY_INSTANCE
    known = await stored.knows_signer(
        await work.driver(),
        work.actor.school_id,
        packet.arrived.signer,
        _sender(packet.arrived.cover),
    )
    return KNOWN if known else UNKNOWN


def _about(cover: Mapping[str, Any]) -> dict[str, Any]:
    child = cover["child"]
    upn = child.get("upn")
    return {
        "name": f"{child['legal_given_name']} {child['legal_family_name']}",
        "legal_given_name": child["legal_given_name"],
        "legal_family_name": child["legal_family_name"],
        "date_of_birth": child.get("date_of_birth"),
        "upn": upn if isinstance(upn, str) and len(upn) <= 20 else None,
    }


def _sender(cover: Mapping[str, Any]) -> dict[str, Any]:
    school = cover["school"]
    facts = {name: school.get(name) for name in ("name", "urn", "local_authority")}
    texts = {name: value for name, value in facts.items() if isinstance(value, str)}
    more = {name: cover.get(name) for name in ("reference", "reason", "addendum_to")}
    return {**texts, **{name: item for name, item in more.items() if isinstance(item, str)}}


async def accept_incoming(
    work: UnitOfWork, incoming_id: UUID, version: int, body: AcceptanceIn
) -> IncomingTransfer:
    """Accept a file for a child; a job unpacks it, and then the receipt is sent back.

    Raises `PermissionMissing`, `IncomingTransferNotFound`, `VersionStale`, `StateConflict`,
    `SignerUnchecked`, `MatchNeeded`, `ChildKnown`, `UpnMismatch`, `ChildNotFound`,
    `ConflictOfInterest`, `IdentifierTaken`.
    """
    row = await _waiting(work, incoming_id, version)
    if row.signer["trust"] == UNKNOWN and not body.signer_checked:
        problem = FieldProblem(
            "/signer_checked", "missing", "Nobody here knows who signed it: say how you checked."
        )
        raise SignerUnchecked(problems=[problem])
    row.child_id = await _child(work, row, body)
    await _carry_conflicts(work, row, row.child_id)
    row.state, row.decided_by, row.decided_at = "accepting", work.actor.id, work.now
    if row.signer["trust"] == UNKNOWN:
        row.signer_accepted_by = work.actor.id
    touch(work, row)
    note(
        work, NOUN, row.id, "accepted", text=body.signer_checked,
        details={"new_child": body.new_child, "trust": row.signer["trust"]},
    )  # fmt: skip
    record_row(
        work, AuditEvent.INCOMING_ACCEPTED, row, reason=body.signer_checked,
        details={"signer": row.signer["thumbprint"], "trust": row.signer["trust"]},
    )  # fmt: skip
    work.enqueue(Job(UNPACK, {"incoming_id": str(row.id)}, lock=f"incoming-{row.id}"))
    return row


async def _child(work: UnitOfWork, row: IncomingTransfer, body: AcceptanceIn) -> UUID:
    """The child it is accepted for: never one that was merely found by name."""
    known = row.child_id or await stored.child_by_upn(
        await work.driver(), row.school_id, row.about["upn"]
    )
    if body.new_child:
        _check_new(body, known)
        return await _new_child(work, row)
    if known is not None and body.child_id not in (None, known):
        text = "The UPN in the file belongs to another child of this school."
        raise UpnMismatch(problems=[FieldProblem("/child_id", "upn_mismatch", text)])
    child_id = body.child_id or known
    if child_id is None:
        problem = FieldProblem(
            "/child_id", "missing", "No child here has this UPN: say which child it is."
        )
        raise MatchNeeded(problems=[problem])
    child: Child = await child_for(work, child_id, Permission.CHILD_OPEN)
    return child.id


async def _carry_conflicts(work: UnitOfWork, row: IncomingTransfer, child_id: UUID) -> None:
    """Lock people who are locked out of a matching child out of the accepted one too."""
    conflicts = await stored.conflicts_of(await work.driver(), row.school_id, row.id, child_id)
    for item in conflicts:
        conflict = new(
            work, Conflict, staff_id=item["staff_id"], child_id=child_id, concern_id=None,
            kind="declared", reason=item["reason"], contact_id=None, state=item["state"],
        )  # fmt: skip
        await begin_conflict(work, conflict)
        record_row(
            work, AuditEvent.CONFLICT_DECLARED, conflict, child_id=child_id,
            details={"staff_id": str(item["staff_id"]), "kind": "declared", "from": NOUN},
        )  # fmt: skip
    if conflicts:
        await move_work(work, [item["staff_id"] for item in conflicts])


def _check_new(body: AcceptanceIn, known: UUID | None) -> None:
    if known is not None:
        text = "The UPN in the file belongs to a child of this school."
        raise ChildKnown(problems=[FieldProblem("/new_child", "upn_known", text)])
    if body.child_id is not None:
        text = "Choose a child or ask for a new one, not both."
        raise MatchNeeded(problems=[FieldProblem("/new_child", "both", text)])


async def _new_child(work: UnitOfWork, row: IncomingTransfer) -> UUID:
    """The child that the file names. What cannot be a UPN or a birthday stays with the file."""
    about = row.about
    upn = check_upn(about["upn"] or "")
    text = about["date_of_birth"]
    born = datetime.fromisoformat(text).date() if text else None
    numbers = (
        [IdentifierIn(system="upn", value=upn.text)] if isinstance(upn, CheckedIdentifier) else []
    )
    record, _ = await add_child(
        work,
        {
            "legal_given_name": about["legal_given_name"],
            "legal_family_name": about["legal_family_name"],
            "date_of_birth": born if born is None or born <= work.today else None,
        },
        numbers,
    )
    await work.session.flush()
    return UUID(str(record["id"]))


async def reject_incoming(
    work: UnitOfWork, incoming_id: UUID, version: int, body: RejectionIn
) -> IncomingTransfer:
    """Reject a file: the other school learns of it, and still has the file.

    Raises `PermissionMissing`, `IncomingTransferNotFound`, `VersionStale`, `StateConflict`.
    """
    row = await _waiting(work, incoming_id, version)
    row.state, row.decided_by, row.decided_at = "rejected", work.actor.id, work.now
    row.reason_code, row.ended_at, row.sealed_passphrase = body.reason_code, work.now, None
    stop_clock(work, row, "rejected")
    touch(work, row)
    note(work, NOUN, row.id, "rejected", text=body.note, details={"reason_code": body.reason_code})
    record_row(work, AuditEvent.INCOMING_REJECTED, row, details={"reason_code": body.reason_code})
    if row.source_school_id is not None:
        work.enqueue(back_to_source(row, REJECT))
    return row


def back_to_source(row: IncomingTransfer, task: str) -> Job:
    """A job of the school that sent it."""
    return Job(
        task,
        {
            "school_id": str(row.source_school_id),
            "transfer_id": str(row.source_transfer_id),
            "receiver_id": str(row.school_id),
            "incoming_id": str(row.id),
        },
    )


async def _waiting(work: UnitOfWork, incoming_id: UUID, version: int) -> IncomingTransfer:
    row = await incoming_for(work, incoming_id, Permission.TRANSFER_ACCEPT, lock=True)
    check_version(row, version)
    if row.state != "waiting":
        raise StateConflict
    return row


async def open_incoming(work: UnitOfWork, incoming_id: UUID) -> IncomingTransfer:
    """Open an incoming file. Raises `PermissionMissing`, `IncomingTransferNotFound`."""
    row = await incoming_for(work, incoming_id, Permission.TRANSFER_READ)
    record_row(work, AuditEvent.INCOMING_OPENED, row)
    return row
