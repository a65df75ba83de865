"""Sends a stored file from a given byte, so that a cut download can resume (RFC 9110)."""

import base64
import re
from collections.abc import AsyncIterator
from typing import Any, Final, Protocol

import structlog
from fastapi import APIRouter
from starlette.responses import Response, StreamingResponse

from app.api.attachments import check_digest
from app.domain.errors import ServiceUnavailable
from app.formats.sniffing import content_disposition
from app.integrations.storage import Storage, StorageError

log = structlog.get_logger()
FROM: Final = re.compile(r"bytes=([0-9]{1,18})-")


class StoredFile(Protocol):
    """A file in the store; its bytes never change."""

    id: Any
    key: Any
    size: Any
    sha256: Any


def span_of(header: str | None) -> int:
    """The first requested byte. Other forms of Range are ignored, as RFC 9110 allows."""
    asked = FROM.fullmatch((header or "").strip())
    return int(asked[1]) if asked else 0


async def give_out_span(storage: Storage, file: StoredFile, first: int) -> Response:
    """Send the file, or the rest of it from a byte. Raises `ServiceUnavailable`."""
    partly = 0 < first < file.size
    try:
        chunks = await storage.get(file.key, (first, file.size) if partly else None)
    except StorageError as away:
        log.error("file.not_readable", kind=type(away).__name__)
        raise ServiceUnavailable("The file cannot be read at the moment.") from away
    headers = {
        "Accept-Ranges": "bytes",
        "Cache-Control": "no-store",
        "Content-Disposition": content_disposition(f"{file.id}.cairn"),
        "Content-Length": str(file.size - first if partly else file.size),
        "ETag": f'"{file.sha256}"',
        "Repr-Digest": f"sha-256=:{base64.b64encode(bytes.fromhex(file.sha256)).decode()}:",
    }
    if not partly:
        return _answer(check_digest(chunks, file.sha256), 200, headers)
    headers["Content-Range"] = f"bytes {first}-{file.size - 1}/{file.size}"
    return _answer(chunks, 206, headers)


def _answer(chunks: AsyncIterator[bytes], status: int, headers: dict[str, str]) -> Response:
    return StreamingResponse(chunks, status, headers, "application/octet-stream")


def describe_ranges(router: APIRouter, operation: str, media_type: str) -> None:
    """Describe that the operation can also answer part of a file."""
    content = {media_type: {"schema": {"type": "string", "format": "binary"}}}
    for route in router.routes:
        if getattr(route, "name", None) == operation:
            route.responses[206] = {"description": "The rest of the file.", "content": content}  # type: ignore[attr-defined]
