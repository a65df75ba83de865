"""Making the packet of an approved transfer: built once, kept, and the same one sent again."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from joserfc.jwk import ECKey

from app.core.moments import written
from app.core.words import Actor, AuditEvent
from app.db.models import Transfer, TransferPacket
from app.db.repositories.sharing import child_files as stored
from app.db.repositories.sharing import transfers as rows
from app.db.session import Database
from app.db.unit_of_work import Job, UnitOfWork, open_work
from app.domain.common.deadlines.commands import start_clock
from app.domain.people.second_factors.rules import Vault
from app.domain.sharing.child_files.queries import QUARANTINED, sort_file
from app.domain.sharing.packets.queries import PacketContent, tell_file
from app.domain.sharing.packets.rules import COVER, COVER_FORMAT, DOCUMENT, RECORD, RECORD_FORMAT
from app.domain.sharing.snapshots.rules import sha256_of, to_json_bytes
from app.domain.sharing.transfer_keys import commands as transfer_keys
from app.domain.sharing.transfers import rules
from app.domain.sharing.transfers.queries import note
from app.domain.steps import record_row, touch
from app.formats.packets import PacketWriter, Passphrase, import_key

JSON, PDF = "application/json", "application/pdf"
DELIVER = "transfer.deliver"

Fetch = Callable[[str], Awaitable[AsyncIterator[bytes]]]
Lock = ECKey | Passphrase


class FilesWait(RuntimeError):
    """A file of the record is still being looked at for malware, and the packet is not ready."""


class FileChanged(RuntimeError):
    """A concern has moved to the adult register since the packet was begun."""


@dataclass(frozen=True, slots=True)
class Ready:
    """Everything a packet is made of, read in one go."""

    transfer_id: UUID
    packet_id: UUID
    key: str
    made_at: datetime
    signer: ECKey
    lock: Lock
    cover: Mapping[str, Any]
    record: PacketContent
    entries: list[UUID]
    counts: Mapping[str, int]


async def gather(
    database: Database, vault: Vault, school_id: UUID, transfer_id: UUID
) -> Ready | None:
    """Gather the packet's content; None if no packet is needed any more."""
    async with open_work(database, Actor.system(school_id)) as work:
        transfer = await work.children.find(Transfer, transfer_id)
        if transfer is None or not is_wanted(transfer):
            return None
        assert transfer.packet_id is not None  # noqa: S101 - approving chose it
        signer = transfer_keys.signing_key(await transfer_keys.current_key(work, vault), vault)
        driver = await work.driver()
        entries = await stored.rows_of(
            driver, stored.ENTRIES, school_id, transfer.child_id
        )  # first of all, so that any later entry counts as late
        result = await sort_file(driver, school_id, transfer.child_id, transfer.items)
        if any(part.why == QUARANTINED for part in result.parts):
            raise FilesWait
        if transfer.addendum_to is not None:
            earlier = await stored.earlier_entries(
                driver, school_id, transfer.addendum_to, transfer.id
            )
            result = result.only(_late(entries, earlier))
        about = await stored.about(driver, school_id, transfer.child_id)
        heading = await _heading(work, transfer, about)
        record = await tell_file(driver, school_id, transfer.child_id, result, heading)
        locked = await _lock(work, transfer, vault)
        cover = {
            "format": COVER_FORMAT,
            "content": RECORD_FORMAT,
            **heading,
            "note": record.content["note"],
            "files": len(record.files),
        }
        return Ready(
            transfer.id, transfer.packet_id, f"packets/{school_id}/{transfer.packet_id}",
            work.now, signer, locked, cover, record, [row["id"] for row in entries],
            {"records": len(record.content["records"]), "attachments": len(record.files)},
        )  # fmt: skip


def is_wanted(transfer: Transfer) -> bool:
    """Whether a packet still has to be made."""
    return transfer.state == "approved" and transfer.packed_at is None


def _late(entries: Any, earlier: frozenset[UUID]) -> frozenset[UUID]:
    """Concerns and other records of which the new school lacks something."""
    late = [row for row in entries if row["id"] not in earlier]
    return frozenset(item for row in late for item in (row["thing_id"], row["concern_id"]) if item)


async def _heading(
    work: UnitOfWork, transfer: Transfer, about: Mapping[str, Any]
) -> dict[str, Any]:
    driver = await work.driver()
    names = await rows.names_of(driver, transfer.school_id, [transfer.approved_by or transfer.id])
    first = transfer.addendum_to and await work.children.find(Transfer, transfer.addendum_to)
    front = await stored.front_of(driver, transfer.school_id, transfer.child_id)
    return {
        "reference": transfer.reference,
        "reason": transfer.reason_code,
        "addendum_to": first.reference if first else None,
        "made_at": work.now,
        "school": {
            "name": front["school"], "urn": front["urn"],
            "local_authority": front["local_authority"],
        },
        "sent_to": transfer.destination.get("name"),
        "approved_by": names.get(transfer.approved_by) if transfer.approved_by else None,
        "child": {
            "legal_given_name": front["legal_given_name"],
            "legal_family_name": front["legal_family_name"],
            "date_of_birth": front["date_of_birth"],
            "upn": about["upn"],
        },
        "note": transfer.note,
    }  # fmt: skip


async def _lock(work: UnitOfWork, transfer: Transfer, vault: Vault) -> Lock:
    """The packet's lock: the other school's key, or a passphrase."""
    if transfer.destination_school_id is not None:
        other = Actor.system(transfer.destination_school_id)
        async with open_work(work.database, other) as there:
            row = await transfer_keys.current_key(there, vault)
            return import_key({name: row.receiving[name] for name in ("kty", "crv", "x", "y")})
    if transfer.route == "key":
        return import_key(transfer.receiver_key or {}, "enc")
    sealed = bytes(transfer.sealed_passphrase or b"")
    return Passphrase(vault.open(sealed, transfer_keys.bound_passphrase(transfer.id)).decode())


async def write_packet(
    writer: PacketWriter, ready: Ready, document: bytes | None, fetch: Fetch
) -> AsyncIterator[bytes]:
    """Yield the bytes of the packet as they are made; stored files pass through in pieces.

    `fetch` gives the bytes behind a key of the store.
    """
    yield writer.add(COVER, JSON, to_json_bytes(ready.cover))
    yield await asyncio.to_thread(writer.add, RECORD, JSON, to_json_bytes(ready.record.content))
    if document is not None:
        yield await asyncio.to_thread(writer.add, DOCUMENT, PDF, document)
    for item in ready.record.files:
        yield writer.begin(item.path, _media(item.content_type))
        async for piece in await fetch(item.key):
            if made := await asyncio.to_thread(writer.write, piece):
                yield made
        yield await asyncio.to_thread(writer.end)
    yield await asyncio.to_thread(writer.finish)


def new_writer(ready: Ready) -> PacketWriter:
    """Make a writer for this packet; slow if a passphrase is stretched."""
    return PacketWriter(ready.signer, ready.lock, packet_id=ready.packet_id, made_at=ready.made_at)


def _media(content_type: str) -> str:
    return content_type.split(";", 1)[0].strip().lower() or "application/octet-stream"


def document_of(ready: Ready) -> dict[str, Any]:
    """Content of the readable document; its hash is that of the record beside it."""
    record = to_json_bytes(ready.record.content)
    content: dict[str, Any] = orjson.loads(record)
    made = written(ready.made_at)
    content["document"] = {
        "sha256": sha256_of(record), "made_at": made, "printed_at": made, "printed_by": "Cairn",
        "reference": ready.cover["reference"],
    }  # fmt: skip
    return content


async def keep_packet(
    database: Database, school_id: UUID, ready: Ready, writer: PacketWriter, size: int, sha256: str
) -> bool:
    """Freeze the packet and deliver it if the school is here; False if not wanted.

    Raises `FileChanged`.
    """
    async with open_work(database, Actor.system(school_id)) as work:
        transfer = await work.children.lock(Transfer, ready.transfer_id)
        if transfer is None or not is_wanted(transfer) or transfer.packet_id != ready.packet_id:
            return False
        if await stored.tells_of_adults(await work.driver(), school_id, None, ready.entries):
            raise FileChanged
        work.children.add(
            TransferPacket(
                school_id=school_id, id=ready.packet_id, transfer_id=transfer.id, key=ready.key,
                size=size, sha256=sha256, manifest_sha256=writer.manifest_sha256,
                counts=dict(ready.counts), entries=ready.entries, made_at=ready.made_at,
            )
        )  # fmt: skip
        transfer.packed_at = work.now
        touch(work, transfer)
        note(work, rules.TRANSFER, transfer.id, "packed")
        record_row(
            work, AuditEvent.TRANSFER_PACKED, transfer,
            details={
                "sha256": sha256, "manifest_sha256": writer.manifest_sha256, "size": size,
                **ready.counts,
            },
        )  # fmt: skip
        if transfer.destination_school_id is not None:
            await mark_sent(work, transfer, "in_system")
            work.enqueue(_delivery(transfer))
        return True


def _delivery(transfer: Transfer) -> Job:
    """Run by the receiving school's own system actor."""
    return Job(
        DELIVER,
        {
            "school_id": str(transfer.destination_school_id),
            "source_id": str(transfer.school_id),
            "transfer_id": str(transfer.id),
        },
    )


async def mark_sent(
    work: UnitOfWork,
    transfer: Transfer,
    route: str,
    *,
    at: datetime | None = None,
    by_id: UUID | None = None,
    text: str | None = None,
) -> None:
    """Mark the packet as sent, and start the clock for the receipt."""
    again = transfer.sent_at is not None
    if not again:
        transfer.state, transfer.sent_at = "sent", at or work.now
        await start_clock(work, transfer, rules.RECEIPT, since=transfer.sent_at)
    touch(work, transfer)
    note(work, rules.TRANSFER, transfer.id, "sent", at=at, by_id=by_id, route=route, text=text)
    record_row(work, AuditEvent.TRANSFER_SENT, transfer, details={"route": route, "again": again})
