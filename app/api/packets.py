"""Receives other systems' packets, proved before anything is kept, and sends packets out."""

import asyncio
import tempfile
from pathlib import Path
from uuid import UUID

import structlog
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from app.api.attachments import check_digest
from app.api.runtime import Runtime
from app.api.uploads import Received, receive
from app.core.words import Actor, Permission
from app.db.models import ReceivedAttachment, TransferPacket
from app.db.reading import open_reading
from app.db.unit_of_work import open_work
from app.domain import policy
from app.domain.errors import ServiceUnavailable
from app.domain.sharing.incoming_transfers.commands import Packet
from app.domain.sharing.packets.rules import Arrived, look_into
from app.domain.sharing.transfer_keys import commands
from app.formats.packets import MEDIA_TYPE
from app.formats.sniffing import content_disposition
from app.integrations.storage import Storage, StorageError, StorageUnavailable

log = structlog.get_logger()
RAW_TYPES = (MEDIA_TYPE, "application/zip", "application/octet-stream")
FOLDER = "packets"


async def take_in_packet(request: Request, runtime: Runtime, actor: Actor) -> Received:
    """Store a packet and prove it to the last byte; a refused one is not kept.

    Raises `PacketRefused`, and before reading anything `PermissionMissing`, `SecondFactorNeeded`.
    """
    async with open_reading(runtime.database, actor) as reading:
        policy.require(reading.actor, Permission.TRANSFER_ACCEPT)
        policy.require_second_factor(reading.actor)
    received = await receive(
        request,
        runtime,
        actor,
        limit=runtime.settings.max_packet_bytes,
        folder=FOLDER,
        raw=RAW_TYPES,
    )
    try:
        request.state.arrived = await _proved(runtime, actor.school_id, received)
    except BaseException:
        await received.discard()
        raise
    return received


async def _proved(runtime: Runtime, school_id: UUID, received: Received) -> Arrived:
    async with open_work(runtime.database, Actor.system(school_id)) as work:
        opening = await commands.receiving_keys(work, runtime.vault)
    passphrase = received.fields.get("passphrase") or None
    with tempfile.TemporaryDirectory(prefix="cairn-packet-") as folder:
        path = Path(folder) / "packet.zip"
        await _bring(runtime.storage, received.key, path)
        with path.open("rb") as file:
            return await asyncio.to_thread(look_into, file, opening, passphrase)


async def _bring(storage: Storage, key: str, path: Path) -> None:
    try:
        with path.open("wb") as target:
            async for piece in await storage.get(key):
                await asyncio.to_thread(target.write, piece)
    except StorageUnavailable as away:
        raise ServiceUnavailable from away


def packet_of(request: Request) -> Packet:
    """The packet that `take_in_packet` prepared."""
    received: Received = request.state.prepared
    return Packet(received.key, received.size, received.sha256, request.state.arrived)


def passphrase_of(request: Request) -> str | None:
    """The passphrase sent with the packet, if any."""
    received: Received = request.state.prepared
    return received.fields.get("passphrase") or None


async def give_out_packet(storage: Storage, reference: str, packet: TransferPacket) -> Response:
    """Send the packet as a streamed download."""
    name = f"{reference}.cairn-packet.zip"
    return await _stream(storage, packet.key, name, packet.size, packet.sha256, MEDIA_TYPE)


async def give_out_received(storage: Storage, received_attachment: ReceivedAttachment) -> Response:
    """Send a received record's file as a download that no browser runs."""
    return await _stream(
        storage,
        received_attachment.key,
        received_attachment.file_name,
        received_attachment.size,
        received_attachment.sha256,
        received_attachment.content_type,
    )


async def _stream(
    storage: Storage, key: str, name: str, size: int, sha256: str, media_type: str
) -> Response:
    try:
        chunks = await storage.get(key)
    except StorageError as away:
        log.error("packet.not_readable", kind=type(away).__name__)
        raise ServiceUnavailable("The file cannot be read at the moment.") from away
    headers = {
        "Content-Disposition": content_disposition(name),
        "Content-Length": str(size),
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cache-Control": "no-store",
    }
    return StreamingResponse(check_digest(chunks, sha256), 200, headers, media_type)
