"""Receives and sends the bytes of attachments, checked against their hash on the way out."""

import asyncio
import base64
import hashlib
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, fields
from typing import Annotated, BinaryIO, Final, cast

import structlog
from fastapi import Path
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from app.api.runtime import Runtime
from app.api.uploads import Received, receive
from app.core.ids import new_id
from app.core.words import Actor
from app.db.models import Attachment, PastFile, SnapshotFile
from app.domain.errors import CairnError, FieldProblem, ServiceUnavailable
from app.domain.record.attachments.errors import WHY_REFUSED, FileRefused
from app.domain.record.attachments.rules import Bytes, bytes_of
from app.domain.sharing.recipient_links.errors import (
    SharedFileLost,
    SharedFileNotFound,
    SharedFileStopped,
)
from app.formats.sniffing import content_disposition, safe_file_name
from app.integrations.images import Pictures
from app.integrations.intake import Unfit, look_into
from app.integrations.storage import ObjectNotFound, Storage, StorageError, StorageUnavailable

log = structlog.get_logger()
LOOK_EVERY_SECONDS = 5.0
"""How often we check whether a slow recipient may still read."""
IsOpen = Callable[[], Awaitable[bool]]
FROZEN_FILE: Final = (SharedFileNotFound, SharedFileStopped, SharedFileLost)
"""Refusals of a file that was sent."""
FileNumber = Annotated[
    int, Path(ge=1, le=500, description="Number of the file in the frozen content.")
]
RAW_TYPES = (
    "application/pdf", "image/png", "image/jpeg", "image/webp", "image/gif", "image/heic",
    "text/plain", "text/csv", "audio/mpeg", "audio/mp4", "audio/wav", "video/mp4",
    "video/quicktime", "application/octet-stream",
)  # fmt: skip


@dataclass(slots=True)
class ReceivedFile(Received):
    """A stored upload that was inspected, and the copy of a picture without its metadata."""

    flags: tuple[str, ...] = ()
    stripped: Bytes | None = None

    async def discard(self) -> None:
        """Remove the file and its copy."""
        await Received.discard(self)
        if self.stripped is not None:
            try:
                await self.storage.delete(self.stripped.key)
            except StorageUnavailable:
                return


async def take_in(request: Request, runtime: Runtime, actor: Actor) -> ReceivedFile:
    """Store an upload, check it against the allow-list, inspect it and strip a picture.

    Raises `FileRefused`, `ServiceUnavailable`.
    """
    plain = await receive(
        request,
        runtime,
        actor,
        limit=runtime.settings.max_attachment_bytes,
        folder="attachments",
        raw=RAW_TYPES,
    )
    received = ReceivedFile(**{item.name: getattr(plain, item.name) for item in fields(plain)})
    try:
        await _look_at(received, runtime.storage, runtime.pictures, actor)
    except (OSError, StorageError) as away:
        await received.discard()
        raise ServiceUnavailable from away
    except BaseException:
        await received.discard()
        raise
    received.file_name = safe_file_name(received.file_name)
    return received


async def _look_at(
    received: ReceivedFile, storage: Storage, pictures: Pictures, actor: Actor
) -> None:
    """Inspect an upload.

    Raises `FileRefused`, OSError if this machine has no room for a copy, StorageError.
    """
    with tempfile.TemporaryFile(prefix="cairn-file-") as opened:
        copy = cast(BinaryIO, opened)
        async for chunk in await storage.get(received.key):
            await asyncio.to_thread(copy.write, chunk)
        key = f"attachments/{actor.school_id}/{new_id()}"
        try:
            result = await look_into(
                copy, received.file_name, received.content_type, bare=key, storage=storage,
                pictures=pictures,
            )  # fmt: skip
        except Unfit as unfit:
            problem = FieldProblem("/file", unfit.code, WHY_REFUSED[unfit.code])
            raise FileRefused(problems=[problem]) from None
    received.content_type, received.flags = result.content_type, result.flags
    if result.stripped is not None:
        received.stripped = Bytes(key, result.stripped.size, result.stripped.sha256)


async def give_out(
    storage: Storage, attachment: Attachment | PastFile, *, original: bool = False
) -> Response:
    """Send the bytes as a download that no browser runs or shows in place.

    A picture goes as its copy without metadata, unless `original`.
    """
    meant = bytes_of(attachment, original=original)
    chunks = await _chunks_of(storage, meant.key)
    headers = _headers(attachment.file_name, meant.size, meant.sha256)
    return StreamingResponse(
        check_digest(chunks, meant.sha256), 200, headers, attachment.content_type
    )


async def give_out_frozen(
    storage: Storage, file: SnapshotFile, *, while_open: IsOpen | None = None
) -> Response:
    """Send a frozen file, byte for byte as frozen; never any other bytes.

    Checks `while_open` repeatedly during a slow read, and cuts the answer off once it is false.
    Raises `SharedFileLost`, `ServiceUnavailable`.
    """
    chunks = await _chunks_of(storage, file.key, lost=SharedFileLost)
    if while_open is not None:
        chunks = cut_off(chunks, while_open)
    headers = _headers(file.name, file.size, file.sha256) | {"Cache-Control": "no-store"}
    return StreamingResponse(check_digest(chunks, file.sha256), 200, headers, file.content_type)


async def _chunks_of(
    storage: Storage, key: str, *, lost: type[CairnError] | None = None
) -> AsyncIterator[bytes]:
    """The stored bytes. Raises `ServiceUnavailable`, and `lost` if they do not exist."""
    try:
        return await storage.get(key)
    except StorageError as away:
        log.error("attachment.not_readable", kind=type(away).__name__)
        if lost is not None and isinstance(away, ObjectNotFound):
            raise lost from away
        raise ServiceUnavailable("The file cannot be read at the moment.") from away


def _headers(name: str, size: int, sha256: str) -> dict[str, str]:
    return {
        "Content-Disposition": content_disposition(name),
        "Content-Length": str(size),
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Repr-Digest": f"sha-256=:{_base64_of(sha256)}:",
    }


async def cut_off(chunks: AsyncIterator[bytes], is_open: IsOpen) -> AsyncIterator[bytes]:
    """The chunks, for as long as the client may read them. Raises `NoLongerOpen`."""
    looked = time.monotonic()
    async for chunk in chunks:
        if time.monotonic() - looked >= LOOK_EVERY_SECONDS:
            if not await is_open():
                log.warning("attachment.stopped_while_read")
                raise NoLongerOpen
            looked = time.monotonic()
        yield chunk


class NoLongerOpen(RuntimeError):
    """Access ended during the read."""


def _base64_of(sha256: str) -> str:
    return base64.b64encode(bytes.fromhex(sha256)).decode()


async def check_digest(chunks: AsyncIterator[bytes], sha256: str) -> AsyncIterator[bytes]:
    """The chunks, one behind, so that a damaged file is cut off and never looks whole."""
    digest = hashlib.sha256()
    waiting: bytes | None = None
    async for chunk in chunks:
        digest.update(chunk)
        if waiting is not None:
            yield waiting
        waiting = chunk
    if digest.hexdigest() != sha256:
        log.error("attachment.damaged")
        raise AttachmentDamaged
    if waiting is not None:
        yield waiting


class AttachmentDamaged(RuntimeError):
    """The stored bytes are not those that were uploaded."""
