"""Takes in and gives out the bytes of attachments, held against their hash on the way out."""

import asyncio
import base64
import hashlib
import tempfile
from collections.abc import AsyncIterator
from typing import BinaryIO, cast

import structlog
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from app.api.runtime import Runtime
from app.api.uploads import Received, receive
from app.core.words import Actor
from app.db.models import Attachment
from app.domain.attachments.errors import FileRefused
from app.domain.errors import FieldProblem, ServiceUnavailable
from app.formats.sniffing import (
    Refused,
    Sniffed,
    check_whole,
    content_disposition,
    safe_file_name,
    sniff,
)
from app.integrations.storage import Storage, StorageError

log = structlog.get_logger()
HEAD_BYTES = 8_192
IN_MEMORY_BYTES = 1_000_000
RAW_TYPES = (
    "application/pdf", "image/png", "image/jpeg", "image/webp", "image/gif", "image/heic",
    "text/plain", "text/csv", "audio/mpeg", "audio/mp4", "audio/wav", "video/mp4",
    "video/quicktime", "application/octet-stream",
)  # fmt: skip


async def take_in(request: Request, runtime: Runtime, actor: Actor) -> Received:
    """Store an upload and hold it against the allow-list. Raises `FileRefused`."""
    received = await receive(
        request,
        runtime,
        actor,
        limit=runtime.settings.max_attachment_bytes,
        folder="attachments",
        raw=RAW_TYPES,
    )
    try:
        found = await _judged(runtime.storage, received)
    except BaseException:
        await received.discard()
        raise
    received.content_type = found.content_type
    received.file_name = safe_file_name(received.file_name)
    return received


async def _judged(storage: Storage, received: Received) -> Sniffed:
    with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY_BYTES) as copy:
        async for chunk in await storage.get(received.key):
            await asyncio.to_thread(copy.write, chunk)
        copy.seek(0)
        head = copy.read(HEAD_BYTES)
        found = sniff(head, declared_type=received.content_type, file_name=received.file_name)
        if isinstance(found, Sniffed):
            refused = await asyncio.to_thread(check_whole, cast(BinaryIO, copy), found)
            if refused is None:
                return found
            found = refused
    raise FileRefused(problems=[_problem(found)])


def _problem(refused: Refused) -> FieldProblem:
    return FieldProblem("/file", refused.code, f"{refused.code.replace('_', ' ').capitalize()}.")


async def give_out(storage: Storage, attachment: Attachment) -> Response:
    """The bytes as a download that no browser runs or shows in place."""
    try:
        chunks = await storage.get(attachment.key)
    except StorageError as away:
        log.error("attachment.not_readable", kind=type(away).__name__)
        raise ServiceUnavailable("The file cannot be read at the moment.") from away
    headers = {
        "Content-Disposition": content_disposition(attachment.file_name),
        "Content-Length": str(attachment.size),
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Repr-Digest": f"sha-256=:{_base64_of(attachment.sha256)}:",
    }
    return StreamingResponse(
        _held_against(chunks, attachment.sha256), 200, headers, attachment.content_type
    )


def _base64_of(sha256: str) -> str:
    return base64.b64encode(bytes.fromhex(sha256)).decode()


async def _held_against(chunks: AsyncIterator[bytes], sha256: str) -> AsyncIterator[bytes]:
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
