"""Approve a transfer: a decision with a reason; then the packet is made, or the file stays."""

from uuid import UUID

from app.core.ids import new_id
from app.core.words import AuditEvent, Permission
from app.db.models import Transfer
from app.db.unit_of_work import Job, UnitOfWork
from app.domain.common.alerts.commands import tell
from app.domain.errors import FieldProblem, StateConflict
from app.domain.etags import check_version
from app.domain.people.second_factors.rules import Vault
from app.domain.record.children.queries import has_ended
from app.domain.record.chronology.commands import chronicle
from app.domain.sharing.barred_recipients.queries import barred_destination
from app.domain.sharing.child_files.queries import (
    Sorted,
    check_whole,
    file_of,
    other_leads,
    seen_parts,
)
from app.domain.sharing.prepared_transfers.commands import end
from app.domain.sharing.share_approvals.commands import decide
from app.domain.sharing.transfer_approvals.schemas import TransferApprovalIn
from app.domain.sharing.transfer_keys.commands import bound_passphrase, receiver_thumbprint
from app.domain.sharing.transfers import rules
from app.domain.sharing.transfers.errors import ApprovalMissing, PacketNotReady
from app.domain.sharing.transfers.queries import note, transfer_for
from app.domain.steps import record_row, touch
from app.formats.packets import new_passphrase

PACK = "transfer.pack"
ADULT_CONCERN = "adult_concern"
APPROVED = "transfer_approved"
SOCIAL_WORKER = "social_worker"
"""The kind of a contact who has to know if there is no school any more."""


async def approve_transfer(
    work: UnitOfWork, transfer_id: UUID, version: int, body: TransferApprovalIn, vault: Vault
) -> Transfer:
    """Let the file leave, or stay if it has no new school; the reason becomes a decision.

    One person decides; if the file leaves, every other lead and the head are alerted. Raises
    `PermissionMissing`, `TransferNotFound`, `VersionStale`, `StateConflict`, `ApprovalMissing`,
    `ItemsHidden`.
    """
    transfer = await transfer_for(work, transfer_id, Permission.TRANSFER_APPROVE, lock=True)
    check_version(transfer, version)
    if not rules.possible("approve_transfer", transfer.state):
        raise StateConflict
    file = await file_of(work, transfer)
    problems = [*_missing(transfer), *await _social_worker_unaware(work, transfer)]
    problems += await _to_somebody_barred(work, transfer)
    problems += [*_other_key(transfer, body), *_not_for(work, transfer, file)]
    if problems:
        raise ApprovalMissing(problems=problems)
    await check_whole(work, transfer, file)
    stays = transfer.destination_kind == "retained"
    transfer.decision_id = await decide(
        work, transfer.child_id, kind="transfer",
        question=f"Whether the safeguarding file leaves the school ({transfer.reference})",
        decision="Keep the file here" if stays else "Send the file to the named school",
        reason=body.reason,
    )  # fmt: skip
    transfer.approved_by, transfer.approved_at = work.actor.id, work.now
    for concern_id in sorted(file.of_adults):
        work.record(
            AuditEvent.TRANSFER_APPROVED, ADULT_CONCERN, concern_id,
            details={"transfer_id": str(transfer.id), "left_out": True}, register="adults",
        )  # fmt: skip
    chronicle(
        work, child_ids=[transfer.child_id], kind=rules.TRANSFER, resource_id=transfer.id,
        occurred_at=work.now, confidentiality="K3",
    )  # fmt: skip
    if stays:
        await end(work, transfer, "retained", AuditEvent.TRANSFER_APPROVED, text=transfer.note)
        return transfer
    transfer.state, transfer.packet_id = "approved", new_id()
    if transfer.route == "passphrase":
        sealed = vault.seal(new_passphrase().encode(), bound_passphrase(transfer.id))
        transfer.sealed_passphrase = sealed
    touch(work, transfer)
    note(work, rules.TRANSFER, transfer.id, "approved")
    record_row(
        work, AuditEvent.TRANSFER_APPROVED, transfer,
        details={"decision_id": str(transfer.decision_id), "chosen": len(transfer.items)},
    )  # fmt: skip
    others = await other_leads(work, transfer)
    for person in others:
        tell(work, person, APPROVED, about=(rules.TRANSFER, transfer.id))
    work.enqueue(Job(PACK, {"transfer_id": str(transfer.id)}, lock=f"transfer-{transfer.id}"))
    return transfer


async def reveal_passphrase(work: UnitOfWork, transfer_id: UUID, vault: Vault) -> str:
    """Reveal the passphrase, for the other school by another route, and log the view.

    Raises `PermissionMissing`, `TransferNotFound`, `StateConflict`, `PacketNotReady`,
    `ItemsHidden`.
    """
    transfer = await transfer_for(work, transfer_id, Permission.TRANSFER_APPROVE)
    if (
        not rules.possible("reveal_transfer_passphrase", transfer.state)
        or transfer.route != "passphrase"
    ):
        raise StateConflict("This transfer has no passphrase.")
    if transfer.sealed_passphrase is None:
        raise PacketNotReady
    await check_whole(work, transfer)
    record_row(work, AuditEvent.TRANSFER_OPENED, transfer, details={"part": "passphrase"})
    return vault.open(bytes(transfer.sealed_passphrase), bound_passphrase(transfer.id)).decode()


def _missing(transfer: Transfer) -> list[FieldProblem]:
    """What the destination still lacks."""
    kind = transfer.destination_kind
    if kind == "unknown":
        return [_missed("/destination", "Say where the file goes, or that it stays here.")]
    return {"elsewhere": _missing_elsewhere, "retained": _missing_kept}.get(
        kind, lambda _transfer: []
    )(transfer)


def _missing_elsewhere(transfer: Transfer) -> list[FieldProblem]:
    field_problems: list[FieldProblem] = []
    if not transfer.destination.get("name"):
        field_problems.append(_missed("/destination/name", "Name the school."))
    if transfer.route is None:
        field_problems.append(_missed("/destination/route", "Choose a key or a passphrase."))
    if transfer.route == "key" and transfer.receiver_key is None:
        field_problems.append(_missed("/destination/receiver_key", "Give the school's public key."))
    return field_problems


def _other_key(transfer: Transfer, body: TransferApprovalIn) -> list[FieldProblem]:
    """Error if the packet's key is not the one that the approver names."""
    if transfer.destination_kind != "elsewhere" or transfer.route != "key":
        return []
    if body.receiver_thumbprint is None:
        return [_missed("/receiver_thumbprint", "Name the key that you checked.")]
    if body.receiver_thumbprint == receiver_thumbprint(transfer):
        return []
    detail = "The packet would be locked to another key."
    return [FieldProblem("/receiver_thumbprint", "other_key", detail)]


def _missing_kept(transfer: Transfer) -> list[FieldProblem]:
    field_problems: list[FieldProblem] = []
    if transfer.reason_code not in rules.KEPT_REASONS:
        field_problems.append(
            FieldProblem(
                "/reason_code", "not_kept", "With this reason there is a school to send it to."
            )
        )
    if not transfer.destination.get("authority_told"):
        field_problems.append(
            _missed("/destination/authority_told", "Say which authority was told, and when.")
        )
    return field_problems


async def _social_worker_unaware(work: UnitOfWork, transfer: Transfer) -> list[FieldProblem]:
    """Error if a file stays and the child's social worker does not know that there is no school.

    The social worker continues with the child, and nobody else would tell them.
    """
    if transfer.destination_kind != "retained" or transfer.destination.get("social_worker_told"):
        return []
    today = work.today
    workers = [
        contact
        for contact in await work.children.contacts_of(transfer.child_id)
        if contact.kind == SOCIAL_WORKER and not has_ended(contact.valid_to, today)
    ]
    detail = "The child has a social worker: say who was told, and when."
    return [_missed("/destination/social_worker_told", detail)] if workers else []


async def _to_somebody_barred(work: UnitOfWork, transfer: Transfer) -> list[FieldProblem]:
    """Error if the named school or its lead may be someone barred from knowing of the child."""
    return await barred_destination(work, transfer.child_id, transfer.destination)


def _not_for(work: UnitOfWork, transfer: Transfer, result: Sorted) -> list[FieldProblem]:
    """Error for chosen items that do not exist or are hidden from this person: answered alike."""
    there = {(part.item.kind, part.item.id) for part in seen_parts(work.actor, result.parts)}
    return [
        FieldProblem(
            f"/items/{index}/id", "unknown_item", "Cairn cannot find this item in the file."
        )
        for index, item in enumerate(transfer.items)
        if (item["kind"], UUID(str(item["id"]))) not in there
    ]


def _missed(pointer: str, detail: str) -> FieldProblem:
    return FieldProblem(pointer, "missing", detail)
