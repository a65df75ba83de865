"""Moves safeguarding files: packs, delivers, unpacks, brings receipts back, and forgets nobody."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO
from uuid import UUID

import structlog

from app.core.words import Actor
from app.db.models import FileRequest, IncomingTransfer, Transfer
from app.db.repositories.sharing import child_files
from app.db.repositories.sharing import transfers as stored
from app.db.unit_of_work import UnitOfWork, open_work
from app.domain.sharing.file_requests.commands import receive_request, take_answer
from app.domain.sharing.incoming_transfers.commands import Packet, Source, receive_packet
from app.domain.sharing.packets.commands import (
    FileChanged,
    FilesWait,
    Ready,
    document_of,
    gather,
    keep_packet,
    new_writer,
    write_packet,
)
from app.domain.sharing.packets.rules import Opened, look_into, open_whole
from app.domain.sharing.prepared_transfers.commands import STEPS
from app.domain.sharing.received_files.commands import (
    HEAD,
    Looked,
    attachments_in,
    keep_file,
    key_of,
    packet_id_of,
    receiver_of,
    type_of,
)
from app.domain.sharing.transfer_keys import commands as transfer_keys
from app.domain.sharing.transfer_receipts.commands import (
    Proof,
    mark_delivered,
    take_receipt,
    take_rejection,
)
from app.domain.sharing.transfers.errors import PacketKnown, PacketRefused, ReceiptRefused
from app.domain.sharing.transfers.queries import NobodyToOwn
from app.formats.documents import TEMPLATES, DocumentTooLarge, SettingBusy, SettingFailed, render
from app.formats.packets import Receipt, write_receipt
from app.integrations.antivirus import AntivirusUnavailable
from app.integrations.storage import (
    ObjectExists,
    ObjectNotFound,
    Storage,
    StorageUnavailable,
    Stored,
)
from app.integrations.vault import Vault
from app.jobs.runner import Adapters, Backoff, JobImpossible, Run, Task, TryLater
from app.jobs.schools import over_schools, with_a_record

log = structlog.get_logger()
DOCUMENT = "file"
LARGEST_PACKET = 1 << 50
"""What is packed here was taken in here: the store is the limit."""


def vault_of(adapters: Adapters) -> Vault:
    """The vault whose keys lie in the folder of the settings."""
    return Vault(adapters.settings.keys_dir)


async def pack(run: Run) -> None:
    """Make the packet of an approved transfer, once.

    What an attempt that was cut short left in the store has the same key and is made again.
    Raises `TryLater` where the store has no room or has lost a file, or the file has changed.
    """
    adapters, school_id = run.adapters, run.id("school_id")
    try:
        ready = await gather(
            adapters.database, vault_of(adapters), school_id, run.id("transfer_id")
        )
    except FilesWait as wait:
        raise TryLater("a file of the record is still being scanned") from wait
    if ready is None:
        return
    document = await asyncio.to_thread(_document, ready)
    writer = await asyncio.to_thread(new_writer, ready)
    storage = adapters.storage
    try:
        await storage.delete(ready.key)
        stored = await storage.put(
            ready.key, write_packet(writer, ready, document, storage.get), limit=LARGEST_PACKET
        )
    except ObjectExists as other:
        raise TryLater("another worker is making the packet") from other
    except ObjectNotFound as lost:
        raise TryLater("the store has lost a file of the record") from lost
    except StorageUnavailable as away:
        raise TryLater("the store cannot keep the packet") from away
    try:
        wanted = await keep_packet(
            adapters.database, school_id, ready, writer, stored.size, stored.sha256
        )
    except FileChanged as late:
        raise TryLater("a concern has moved to the adult register meanwhile") from late
    if not wanted:
        await _forget(storage, ready.key)


def _document(ready: Ready) -> bytes | None:
    """The readable document; a file that cannot be set goes without one: the record is whole.

    Raises `TryLater`.
    """
    if DOCUMENT not in TEMPLATES:
        return None
    content = document_of(ready)
    try:
        return render(DOCUMENT, content)
    except DocumentTooLarge:
        log.warning("transfer.document_too_large")
        return None
    except SettingFailed as failed:
        log.error("transfer.document_not_set", exc_info=failed)
        return None
    except SettingBusy as busy:
        raise TryLater("the document cannot be set at the moment") from busy


async def deliver(run: Run) -> None:
    """Put a packet before the school it is for; run by that school's own system actor.

    Raises `TryLater` where nobody there could own it.
    """
    adapters, here = run.adapters, run.id("school_id")
    source_id, transfer_id = run.id("source_id"), run.id("transfer_id")
    async with open_work(adapters.database, Actor.system(source_id)) as there:
        transfer = await there.children.find(Transfer, transfer_id)
        packet = await stored.packet_of(there.session, transfer) if transfer else None
        if transfer is None or packet is None:
            raise JobImpossible("there is no such packet")
        if transfer.state != "sent":
            return
        trusted = transfer_keys.published(await stored.all_keys(there.session, source_id))["keys"]
    async with open_work(adapters.database, Actor.system(here)) as work:
        opening = await transfer_keys.receiving_keys(work, vault_of(adapters))
    async with brought(adapters.storage, packet.key) as file:
        arrived = await asyncio.to_thread(look_into, file, opening, None)
    source = Source(
        source_id, transfer_id, transfer.sent_at or packet.made_at,
        trusted=arrived.signer in {key["kid"] for key in trusted},
    )  # fmt: skip
    try:
        async with open_work(adapters.database, Actor.system(here)) as work:
            await receive_packet(
                work, Packet(packet.key, packet.size, packet.sha256, arrived),
                vault_of(adapters), source=source,
            )  # fmt: skip
    except PacketKnown:
        log.info("transfer.delivered_before")
    except NobodyToOwn as nobody:
        raise TryLater("nobody in the other school could own it") from nobody
    async with open_work(adapters.database, Actor.system(source_id)) as there:
        await mark_delivered(there, transfer_id)


async def unpack(run: Run) -> None:
    """Keep an accepted file as it came, and sign its receipt. Raises `TryLater`."""
    adapters, school_id = run.adapters, run.id("school_id")
    vault = vault_of(adapters)
    async with open_work(adapters.database, Actor.system(school_id)) as work:
        row = await work.children.find(IncomingTransfer, run.id("incoming_id"))
        if row is None or row.state != "accepting":
            return
        opening = await transfer_keys.receiving_keys(work, vault)
        passphrase = _passphrase(row, vault)
    async with brought(adapters.storage, row.key) as file:
        opened = await asyncio.to_thread(open_whole, file, opening, passphrase)
        looked: dict[str, Looked] = {}
        for attachment in attachments_in(opened.record):
            await _keep_attachment(adapters.storage, row, opened, attachment)
            head = await asyncio.to_thread(opened.head, attachment["path"], HEAD)
            seen = await _look_into(adapters, key_of(row, attachment["path"]))
            looked[attachment["path"]] = replace(
                seen, content_type=type_of(head, attachment["file_name"])
            )
    async with open_work(adapters.database, Actor.system(school_id)) as work:
        locked = await work.children.lock(IncomingTransfer, row.id)
        if locked is None or locked.state != "accepting":
            return
        receipt = await _receipt(work, locked, vault)
        await keep_file(work, locked, opened.record, receipt, looked)


def _passphrase(row: IncomingTransfer, vault: Vault) -> str | None:
    if row.sealed_passphrase is None:
        return None
    return vault.open(bytes(row.sealed_passphrase), row.id.bytes).decode()


async def _receipt(work: UnitOfWork, row: IncomingTransfer, vault: Vault) -> str:
    signer = transfer_keys.signing_key(await transfer_keys.current_key(work, vault), vault)
    school: Any = await child_files.school_card(await work.driver(), row.school_id)
    return write_receipt(
        signer, Receipt(packet_id_of(row), row.manifest_sha256, work.now, receiver_of(school))
    )


async def _keep_attachment(
    storage: Storage, row: IncomingTransfer, opened: Opened, attachment: dict[str, Any]
) -> None:
    """A file of the packet, piece by piece; one that an earlier attempt kept stays."""
    key = key_of(row, attachment["path"])
    try:
        stored_: Stored = await storage.put(
            key, in_pieces(opened.pieces(attachment["path"])), limit=LARGEST_PACKET
        )
    except ObjectExists:
        return
    except StorageUnavailable as away:
        raise TryLater("the store cannot keep a file of the packet") from away
    if stored_.sha256 != attachment["sha256"]:
        await _forget(storage, key)
        raise JobImpossible("a file of the packet is not the one its record names")


async def _look_into(adapters: Adapters, key: str) -> Looked:
    """Have the scanner look at a file: nothing of the packet can be opened before that is done."""
    if adapters.antivirus is None:
        return Looked()
    try:
        verdict = await adapters.antivirus.scan(await adapters.storage.get(key))
    except AntivirusUnavailable as away:
        raise TryLater("the scanner does not answer") from away
    except StorageUnavailable as away:
        raise TryLater("the store does not answer") from away
    return Looked(verdict.outcome, verdict.signature)


async def receipt(run: Run) -> None:
    """Bring the receipt of a school of this server back to the school that sent the file."""
    adapters = run.adapters
    there, here = Actor.system(run.id("receiver_id")), Actor.system(run.id("school_id"))
    async with open_work(adapters.database, there) as work:
        row = await work.children.find(IncomingTransfer, run.id("incoming_id"))
        if row is None or row.receipt is None or row.ended_at is None:
            raise JobImpossible("there is no receipt")
        school: Any = await child_files.school_card(await work.driver(), row.school_id)
    proof = Proof(row.manifest_sha256, school["name"], row.ended_at, None, row.receipt)
    async with open_work(adapters.database, here) as work:
        transfer = await work.children.lock(Transfer, run.id("transfer_id"))
        if transfer is None or transfer.state not in ("sent", "delivered"):
            return
        packet = await stored.packet_of(work.session, transfer)
        if packet is None:
            raise JobImpossible("there is no packet")
        try:
            await take_receipt(work, transfer, packet, proof)
        except ReceiptRefused as refused:
            raise JobImpossible("the receipt is of another packet") from refused


async def reject(run: Run) -> None:
    """Tell the school that sent a file that it came back."""
    adapters = run.adapters
    there, here = Actor.system(run.id("receiver_id")), Actor.system(run.id("school_id"))
    async with open_work(adapters.database, there) as work:
        row = await work.children.find(IncomingTransfer, run.id("incoming_id"))
        if row is None or row.state != "rejected":
            raise JobImpossible("nothing was rejected")
    async with open_work(adapters.database, here) as work:
        transfer = await work.children.lock(Transfer, run.id("transfer_id"))
        if transfer is not None and transfer.state in ("sent", "delivered", "locked"):
            await take_rejection(work, transfer, row.reason_code or "other")


async def ask(run: Run) -> None:
    """Put a request before the school that is asked, by that school's own system actor."""
    adapters = run.adapters
    asker, here = Actor.system(run.id("asker_id")), Actor.system(run.id("school_id"))
    async with open_work(adapters.database, asker) as work:
        asked = await work.children.find(FileRequest, run.id("request_id"))
        school: Any = await child_files.school_card(await work.driver(), asker.school_id)
        if asked is None or asked.state != "open":
            return
    school_facts = {"name": school["name"], "urn": school["urn"]}
    try:
        async with open_work(adapters.database, here) as work:
            await receive_request(work, asked, school_facts)
    except NobodyToOwn as nobody:
        raise TryLater("nobody in the other school could own it") from nobody


async def answered(run: Run) -> None:
    """Bring the answer to a request back to the school that asked."""
    adapters = run.adapters
    async with open_work(adapters.database, Actor.system(run.id("asked_id"))) as work:
        row = await work.children.find(FileRequest, run.id("answer_id"))
        if row is None or row.state == "open":
            raise JobImpossible("there is no answer")
    async with open_work(adapters.database, Actor.system(run.id("school_id"))) as work:
        await take_answer(work, run.id("request_id"), row.state, row.answer)


async def look_for_leavers(run: Run) -> None:
    """In every school: files that have to follow, what came late, and who came back."""
    database = run.adapters.database

    async def look_here(school_id: UUID) -> None:
        for step in STEPS:
            async with open_work(database, Actor.system(school_id)) as work:
                with suppress(NobodyToOwn):
                    await step(work)

    await over_schools(run, await with_a_record(run), look_here)


@asynccontextmanager
async def brought(storage: Storage, key: str) -> AsyncIterator[BinaryIO]:
    """The packet as a file that can seek, on this machine's disk. Raises `TryLater`."""
    try:
        pieces = await storage.get(key)
    except ObjectNotFound as lost:
        raise TryLater("the store has lost the packet") from lost
    except StorageUnavailable as away:
        raise TryLater("the store does not answer") from away
    with tempfile.TemporaryDirectory(prefix="cairn-packet-") as folder:
        path = Path(folder) / "packet.zip"
        with path.open("wb") as target:
            async for piece in pieces:
                await asyncio.to_thread(target.write, piece)
        with path.open("rb") as file:
            yield file


async def in_pieces(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    """A blocking iterator read beside the event loop."""
    while (piece := await asyncio.to_thread(next, pieces, None)) is not None:
        yield piece


async def _forget(storage: Storage, key: str) -> None:
    with suppress(StorageUnavailable):
        await storage.delete(key)


def _refusing(task: Any) -> Any:
    """A packet of ours that does not open cannot be mended by trying again."""

    async def guarded(run: Run) -> None:
        try:
            await task(run)
        except PacketRefused as refused:
            raise JobImpossible("the packet cannot be opened") from refused

    return guarded


TRANSFER_TASKS = (
    Task("transfer.pack", pack, Backoff(attempts=20)),
    Task("transfer.deliver", _refusing(deliver), Backoff(attempts=30)),
    Task("transfer.receipt", receipt, Backoff(attempts=20)),
    Task("transfer.reject", reject, Backoff(attempts=20)),
    Task("incoming.unpack", _refusing(unpack), Backoff(attempts=20)),
    Task("file_request.ask", ask, Backoff(attempts=30)),
    Task("file_request.answered", answered, Backoff(attempts=20)),
    Task("transfer.look", look_for_leavers, Backoff(attempts=3), every="*/10 * * * *"),
)
