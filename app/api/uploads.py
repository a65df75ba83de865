"""Receives a file as it streams in, raw or as multipart, straight into storage and bounded."""

import hashlib
from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from fastapi import APIRouter
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import Request

from app.api.problems import BodyMalformed, BodyTooLarge, MediaTypeUnsupported
from app.api.receiving import given_twice, read_body
from app.api.runtime import Runtime
from app.core.ids import new_id
from app.core.words import Actor
from app.db.reading import open_reading
from app.domain.errors import FieldProblem, ServiceUnavailable, ValidationFailed
from app.formats.rosters.opening import Handling
from app.integrations.storage import Storage, StorageUnavailable, TooLarge

MULTIPART = "multipart/form-data"
FIELDS, FIELD_BYTES, NAME_CHARS = 20, 1_000, 200
OVERHEAD = 64 * 1024
"""Maximum size of a multipart body beside its file."""


@dataclass(slots=True)
class Received:
    """A stored upload, before any transaction has begun.

    `digest` covers the content, its name and type, and the other fields; `sha256` the content
    alone. `file_name` is for display only and never a path.
    """

    digest: bytes
    key: str
    size: int
    sha256: str
    file_name: str
    content_type: str
    fields: dict[str, str]
    storage: Storage
    handling: Handling | None = None
    """How the sender wants the file read, if they can choose."""

    async def discard(self) -> None:
        """Remove the file, because nothing refers to it. A failing store keeps it."""
        try:
            await self.storage.delete(self.key)
        except StorageUnavailable:
            return


async def receive(
    request: Request,
    runtime: Runtime,
    actor: Actor,
    *,
    name: str = "file",
    limit: int,
    folder: str,
    raw: Collection[str],
) -> Received:
    """Store one file of at most `limit` bytes under `folder`, never whole in memory.

    Takes a body of one of the types in `raw`, or multipart with the file in the field `name`.
    Raises `MediaTypeUnsupported`, `BodyMalformed`, `BodyTooLarge`, `ValidationFailed`,
    `ServiceUnavailable`, `SessionEnded`, `TooManyRequests`.
    """
    async with open_reading(runtime.database, actor):
        """Refuse to store anything for an ended session."""
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > limit + OVERHEAD:
        raise BodyTooLarge
    incoming = _incoming(request, name, raw, limit + OVERHEAD)
    key = f"{folder}/{actor.school_id}/{new_id()}"
    try:
        stored = await runtime.storage.put(key, incoming.chunks(request), limit=limit)
    except TooLarge as large:
        raise BodyTooLarge from large
    except StorageUnavailable as away:
        raise ServiceUnavailable from away
    parts = [stored.sha256, incoming.file_name, incoming.content_type]
    parts += [f"{item}={text}" for item, text in sorted(incoming.fields.items())]
    received = Received(
        digest=hashlib.sha256("\n".join(parts).encode()).digest(),
        key=key,
        size=stored.size,
        sha256=stored.sha256,
        file_name=incoming.file_name,
        content_type=incoming.content_type,
        fields=incoming.fields,
        storage=runtime.storage,
    )
    try:
        await runtime.limits.check_upload(actor, stored.size)
    except BaseException:
        await received.discard()
        raise
    return received


async def receive_whole(
    request: Request, runtime: Runtime, actor: Actor, *, limit: int, media: str
) -> bytes:
    """Read a body of one media type that fits into memory.

    Raises `MediaTypeUnsupported`, `BodyTooLarge`, `SessionEnded`.
    """
    async with open_reading(runtime.database, actor):
        """Refuse to read anything for an ended session."""
    kind, _ = parse_options_header(request.headers.get("content-type", ""))
    if kind.decode("latin-1") != media:
        raise MediaTypeUnsupported(f"Send it as {media}.")
    return await read_body(request, limit)


def _incoming(request: Request, name: str, raw: Collection[str], limit: int) -> "_Raw | _Form":
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    content_type = kind.decode("latin-1")
    if content_type == MULTIPART:
        boundary = options.get(b"boundary", b"")
        if not 1 <= len(boundary) <= 70:
            raise BodyMalformed
        return _Form(name, boundary, limit)
    if content_type not in raw:
        raise MediaTypeUnsupported(f"Send it as {', '.join([MULTIPART, *sorted(raw)])}.")
    _, disposition = parse_options_header(request.headers.get("content-disposition", ""))
    return _Raw(_safe_name(disposition.get(b"filename", b"")), content_type)


def _safe_name(name: bytes) -> str:
    """Make a sent file name safe to keep and show."""
    text = name.decode("utf-8", "replace").replace("\\", "/")
    last = PurePosixPath(text).name
    return "".join(c if c.isprintable() else "?" for c in last)[:NAME_CHARS] or "file"


def _refused(pointer: str, code: str, sentence: str) -> ValidationFailed:
    return ValidationFailed(problems=[FieldProblem(pointer, code, sentence)])


@dataclass(slots=True)
class _Raw:
    file_name: str
    content_type: str
    fields: dict[str, str] = field(default_factory=dict)

    async def chunks(self, request: Request) -> AsyncIterator[bytes]:
        empty = True
        async for chunk in request.stream():
            if chunk:
                empty = False
                yield chunk
        if empty:
            raise _refused("", "file_empty", "The file is empty.")


class _Form:
    """Reads multipart as it arrives: passes the file's bytes on and keeps the other fields."""

    def __init__(self, name: str, boundary: bytes, limit: int) -> None:
        self.file_name, self.content_type = "", "application/octet-stream"
        self.fields: dict[str, str] = {}
        self._name = name
        self._limit = limit
        self._headers: dict[bytes, bytes] = {}
        self._header, self._value = b"", b""
        self._field: str | None = None
        self._text = b""
        self._pieces: list[bytes] = []
        self._names: set[str] = set()
        self._size = 0
        self._whole = False
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._begin,
                "on_header_field": self._on_header_field,
                "on_header_value": self._on_header_value,
                "on_header_end": self._on_header_end,
                "on_headers_finished": self._on_headers,
                "on_part_data": self._on_data,
                "on_part_end": self._on_part_end,
                "on_end": self._on_end,
            },
        )

    async def chunks(self, request: Request) -> AsyncIterator[bytes]:
        """The file's bytes; any fault in the form ends them."""
        received = 0
        async for chunk in request.stream():
            received += len(chunk)
            if received > self._limit:
                raise BodyTooLarge
            try:
                self._parser.write(chunk)
            except FormParserError as broken:
                raise BodyMalformed from broken
            pieces, self._pieces = self._pieces, []
            for piece in pieces:
                self._size += len(piece)
                yield piece
        if not self._whole:
            raise BodyMalformed
        if self._name not in self._names:
            raise _refused(f"/{self._name}", "missing", "This field is required.")
        if not self._size:
            raise _refused(f"/{self._name}", "file_empty", "The file is empty.")

    def _begin(self) -> None:
        self._headers, self._header, self._value = {}, b"", b""
        self._field, self._text = None, b""

    def _on_header_field(self, chunk: bytes, start: int, end: int) -> None:
        self._header += chunk[start:end]

    def _on_header_value(self, chunk: bytes, start: int, end: int) -> None:
        self._value += chunk[start:end]

    def _on_header_end(self) -> None:
        name = self._header.lower()
        if name in self._headers:
            raise BodyMalformed
        self._headers[name] = self._value
        self._header, self._value = b"", b""

    def _on_headers(self) -> None:
        _, options = parse_options_header(self._headers.get(b"content-disposition", b""))
        name = options.get(b"name", b"").decode("utf-8", "replace")
        if len(self.fields) >= FIELDS or not 1 <= len(name) <= NAME_CHARS:
            raise BodyTooLarge
        if name in self._names:
            raise given_twice([name])
        self._names.add(name)
        if name == self._name and b"filename" in options:
            self._begin_file(options[b"filename"])
        elif b"filename" in options or name == self._name:
            text = f"The form has a part that does not belong: send the file as `{self._name}`."
            raise _refused("", "unexpected_part", text)
        else:
            self._field = name

    def _begin_file(self, file_name: bytes) -> None:
        self.file_name = _safe_name(file_name)
        kind, _ = parse_options_header(self._headers.get(b"content-type", b""))
        self.content_type = kind.decode("latin-1")[:NAME_CHARS] or self.content_type

    def _on_data(self, chunk: bytes, start: int, end: int) -> None:
        if self._field is None:
            self._pieces.append(chunk[start:end])
            return
        self._text += chunk[start:end]
        if len(self._text) > FIELD_BYTES:
            raise BodyTooLarge

    def _on_part_end(self) -> None:
        if self._field is not None:
            try:
                self.fields[self._field] = self._text.decode()
            except UnicodeDecodeError as broken:
                raise BodyMalformed from broken

    def _on_end(self) -> None:
        self._whole = True


def describe_upload(
    router: APIRouter, operation: str, *, raw: Collection[str], fields: dict[str, Any]
) -> None:
    """Add an upload's request body, which no parameter shows, to the description."""
    file = {"type": "string", "format": "binary"}
    content: dict[str, Any] = {
        MULTIPART: {
            "schema": {
                "type": "object",
                "properties": {"file": file, **fields},
                "required": ["file"],
                "additionalProperties": False,
            }
        }
    }
    content.update({kind: {"schema": file} for kind in raw})
    describe_body(router, operation, content)


def describe_body(router: APIRouter, operation: str, content: dict[str, Any]) -> None:
    """Add a request body, by media type, to an operation's description."""
    for route in router.routes:
        if getattr(route, "name", None) == operation:
            route.openapi_extra["requestBody"] = {"required": True, "content": content}  # type: ignore[attr-defined]
