"""Prepare, change and cancel a transfer, also for a leaver without one."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Any
from uuid import UUID

from app.core.ids import new_id
from app.core.schemas import ReasonIn, fields_of
from app.core.words import Actor, AuditEvent, Permission
from app.db.models import Child, Transfer
from app.db.reading import open_reading
from app.db.repositories.sharing import child_files, file_locks
from app.db.repositories.sharing import transfers as stored
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.access.child_access.queries import child_for
from app.domain.access.closed_files.queries import check_unfrozen
from app.domain.common.alerts.commands import tell
from app.domain.common.deadlines.commands import calendar_of, start_clock, stop_clock
from app.domain.errors import FieldProblem, FileLocked, StateConflict, ValidationFailed
from app.domain.etags import check_version
from app.domain.safety.support_list.commands import call_next_school
from app.domain.sharing.child_files.queries import tell_who_sees
from app.domain.sharing.file_locks.commands import unlock_returned
from app.domain.sharing.prepared_transfers.schemas import DestinationIn, TransferIn
from app.domain.sharing.transfers import rules
from app.domain.sharing.transfers.errors import DestinationUnknown, TransferExists
from app.domain.sharing.transfers.queries import note, owner_for, transfer_for
from app.domain.steps import new, record_row, touch
from app.formats.packets import KeyRefused, import_key, thumbprint
from app.formats.packets.keys import Use

NOUN = rules.TRANSFER
DUE = "transfer_due"


@dataclass(frozen=True, slots=True)
class Destination:
    """The destination: a school on this server by its ID, elsewhere, unknown, or none.

    `facts` are name, urn, lead, email, local_authority; for a retained file: the authority
    informed, when and by which person.
    """

    kind: str
    school_id: UUID | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    route: str | None = None
    receiver_key: Mapping[str, Any] | None = None


def destination_of(destination_in: DestinationIn) -> Destination:
    """The destination as given."""
    content = destination_in.model_dump(mode="json", exclude_none=True)
    kind, school_id = content.pop("kind"), content.pop("school_id", None)
    route, key = content.pop("route", None), content.pop("receiver_key", None)
    return Destination(kind, school_id and UUID(school_id), content, route, key)


async def prepare_transfer(work: UnitOfWork, body: TransferIn) -> Transfer:
    """Prepare a transfer. Raises `PermissionMissing`, `ChildNotFound`, `ConflictOfInterest`,

    `TransferExists`, `FileLocked`, `DestinationUnknown`, `ValidationFailed`.
    """
    policy.require(work.actor, Permission.TRANSFER_WRITE)
    destination = destination_of(body.destination)
    facts = await known(work, destination)
    child = await child_for(work, body.child_id, Permission.CHILD_OPEN, lock=True)
    await check_unfrozen(work, [child.id])
    if await stored.open_transfer(work.session, child.school_id, child.id) is not None:
        raise TransferExists
    await _check_not_gone(work, child.id)
    transfer = new_transfer(work, body.id or new_id(), child.id, body.reason_code, work.actor.id)
    transfer.items, transfer.note = fields_of(body)["items"], body.note
    _send_to(transfer, destination, facts)
    await begin(work, transfer, await _since(work, child, body))
    if body.reason_code not in rules.KEPT_REASONS:
        await call_next_school(work, child.id)
    return transfer


async def _check_not_gone(work: UnitOfWork, child_id: UUID) -> None:
    """Raise `FileLocked` if another school has confirmed that it has the file.

    To send it again, or elsewhere, two people have to unlock it first.
    """
    lock = await stored.lock_seen(work.session, work.actor.school_id, child_id)
    first = await work.children.find(Transfer, lock.transfer_id) if lock else None
    if first is None:
        return
    detail = f"The file has gone with {first.reference} (transfer {first.id})."
    raise FileLocked(problems=[FieldProblem("/child_id", "file_locked", detail)])


def new_transfer(
    work: UnitOfWork, id_: UUID, child_id: UUID, reason_code: str, owner_id: UUID
) -> Transfer:
    """Make a transfer without a known destination."""
    return new(
        work, Transfer, id=id_, child_id=child_id, reason_code=reason_code,
        destination_kind="unknown", destination={}, items=[], state="prepared", owner_id=owner_id,
        prepared_by=None if work.actor.is_system else work.actor.id, prepared_at=work.now,
    )  # fmt: skip


async def begin(work: UnitOfWork, transfer: Transfer, since: datetime) -> None:
    """Start its clock, save it, and log it."""
    await start_clock(work, transfer, rules.leaving_rule(transfer.reason_code), since=since)
    record_row(
        work, AuditEvent.TRANSFER_PREPARED, transfer, after=facts_of(transfer),
        details={"reason_code": transfer.reason_code, "destination": transfer.destination_kind},
    )  # fmt: skip
    transfer.reference = await work.sharing.next_reference("T", work.now.year)
    work.children.add(transfer)
    note(work, NOUN, transfer.id, "prepared")
    await work.session.flush()
    await tell_who_sees(work, transfer)


async def update_transfer(
    work: UnitOfWork,
    transfer_id: UUID,
    version: int,
    changes: Mapping[str, Any],
    destination: Destination | None,
) -> Transfer:
    """Change a prepared transfer.

    Raises `PermissionMissing`, `TransferNotFound`, `VersionStale`, `StateConflict`,
    `DestinationUnknown`, `ValidationFailed`.
    """
    facts = await known(work, destination) if destination is not None else {}
    transfer = await transfer_for(work, transfer_id, Permission.TRANSFER_WRITE, lock=True)
    check_version(transfer, version)
    if not rules.possible("update_transfer", transfer.state):
        raise StateConflict
    before = facts_of(transfer)
    for name, value in changes.items():
        setattr(transfer, name, value)
    if destination is not None:
        _send_to(transfer, destination, facts)
    if transfer.state == "rejected":
        await _take_up_again(work, transfer)
    touch(work, transfer)
    record_row(
        work, AuditEvent.TRANSFER_CHANGED, transfer, before=before, after=facts_of(transfer),
        details={"fields": sorted([*changes,
        *(["destination"] if destination else [])])},
    )  # fmt: skip
    return transfer


async def _take_up_again(work: UnitOfWork, transfer: Transfer) -> None:
    """Prepare a rejected transfer again: it is approved and packed again for its receiver."""
    transfer.state = "prepared"
    transfer.approved_by = transfer.approved_at = transfer.packet_id = transfer.packed_at = None
    transfer.sent_at = transfer.delivered_at = transfer.sealed_passphrase = None
    await start_clock(work, transfer, rules.leaving_rule(transfer.reason_code))


async def cancel_transfer(
    work: UnitOfWork, transfer_id: UUID, version: int, body: ReasonIn
) -> Transfer:
    """End a transfer that has not left. Raises as `update_transfer`."""
    transfer = await transfer_for(work, transfer_id, Permission.TRANSFER_WRITE, lock=True)
    check_version(transfer, version)
    if not rules.possible("cancel_transfer", transfer.state):
        raise StateConflict
    await end(work, transfer, "cancelled", AuditEvent.TRANSFER_CANCELLED, text=body.reason)
    return transfer


async def end(
    work: UnitOfWork, transfer: Transfer, state: str, did: AuditEvent, *, text: str | None = None
) -> None:
    """End a transfer, and stop its clock."""
    before = transfer.state
    transfer.state, transfer.ended_at = state, work.now
    stop_clock(work, transfer, state)
    touch(work, transfer)
    note(work, NOUN, transfer.id, state, text=text)
    record_row(
        work, did, transfer, before={"state": before}, after={"state": state},
        details={"from": before},
    )  # fmt: skip


async def prepare_for_leavers(work: UnitOfWork) -> int:
    """Prepare a transfer for each leaver with a file but no transfer; alert its owner.

    Repeating it changes nothing. Raises `NobodyToOwn`.
    """
    rows = await stored.leavers(await work.driver(), work.actor.school_id, work.today)
    for row in rows:
        id_ = new_id()
        await work.children.lock(Child, row["child_id"])
        if await stored.open_transfer(work.session, work.actor.school_id, row["child_id"]):
            continue
        owner = await owner_for(work, NOUN, id_, row["child_id"])
        transfer = new_transfer(work, id_, row["child_id"], "left_in_year", owner)
        await begin(work, transfer, _midnight(row["left_on"]))
        tell(work, owner, DUE, about=(NOUN, id_))
    return len(rows)


async def prepare_late_addenda(work: UnitOfWork) -> int:
    """Prepare an addendum to each sent file that has newer entries."""
    rows = await file_locks.late(await work.driver(), work.actor.school_id)
    for row in rows:
        lock = await stored.lock_row(work.session, work.actor.school_id, row["child_id"])
        first = lock and await work.children.lock(Transfer, lock.transfer_id)
        if first is None:
            continue
        id_ = new_id()
        owner = await owner_for(work, NOUN, id_, row["child_id"])
        transfer = new_transfer(work, id_, row["child_id"], rules.LATE, owner)
        transfer.addendum_to = first.id
        for name in ("destination_kind", "destination_school_id", "destination", "route",
                     "receiver_key"):  # fmt: skip
            setattr(transfer, name, getattr(first, name))
        await begin(work, transfer, row["since"])
        tell(work, owner, DUE, about=(NOUN, id_))
    return len(rows)


async def known(work: UnitOfWork, destination: Destination) -> dict[str, Any]:
    """Load what is known of the destination. Raises `DestinationUnknown`, `ValidationFailed`."""
    if destination.receiver_key is not None:
        _thumbprint("receiver_key", destination.receiver_key, "enc")
    if destination.kind != "school":
        facts = dict(destination.facts)
        if (key := facts.pop("signing_key", None)) is not None:
            facts["signer"] = _thumbprint("signing_key", key, "sig")
        return facts
    if destination.school_id is None or destination.school_id == work.actor.school_id:
        raise DestinationUnknown
    async with open_reading(work.database, Actor.system(destination.school_id)) as reading:
        school = await child_files.school_card(reading.driver, destination.school_id)
    if school is None:
        raise DestinationUnknown
    return {**destination.facts, "name": school["name"], "urn": school["urn"]}


def _thumbprint(name: str, key: Mapping[str, Any], use: Use) -> str:
    """The thumbprint of a key that was given. Raises `ValidationFailed`."""
    try:
        return thumbprint(import_key(key, use))
    except KeyRefused as refused:
        problem = FieldProblem(f"/destination/{name}", "key_refused", f"{refused}.")
        raise ValidationFailed(problems=[problem]) from refused


def _send_to(transfer: Transfer, destination: Destination, facts: Mapping[str, Any]) -> None:
    transfer.destination_kind = destination.kind
    transfer.destination_school_id = destination.school_id
    transfer.destination = dict(facts)
    transfer.route = destination.route
    transfer.receiver_key = dict(destination.receiver_key) if destination.receiver_key else None


async def _since(work: UnitOfWork, child: Child, body: TransferIn) -> datetime:
    """The moment its clock counts from."""
    stays = [
        enrolment.valid_to
        for enrolment in await work.children.enrolments_of(child.id)
        if enrolment.valid_to
    ]
    left_on = body.left_on or max(stays, default=work.today)
    if rules.leaving_rule(body.reason_code) != rules.NEW_TERM:
        return _midnight(left_on)
    calendar = await calendar_of(work)
    starts = [term.starts_on for term in calendar.terms]
    return _midnight(rules.term_start(starts, left_on) or left_on)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def facts_of(transfer: Transfer) -> dict[str, Any]:
    """Facts whose hash the audit log keeps."""
    return {
        "reason_code": transfer.reason_code,
        "destination_kind": transfer.destination_kind,
        "destination_school_id": transfer.destination_school_id,
        "destination": transfer.destination,
        "route": transfer.route,
        "items": transfer.items,
        "note": transfer.note,
        "state": transfer.state,
    }


STEPS: tuple[Callable[[UnitOfWork], Awaitable[int]], ...] = (
    unlock_returned,
    prepare_for_leavers,
    prepare_late_addenda,
)
"""Each runs in its own transaction; repeating it changes nothing."""
