"""Answers as ready bytes: one record, one page, a whole list."""

import base64
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from typing import Any
from urllib.parse import urlencode
from zlib import crc32

import orjson
from starlette.requests import Request
from starlette.responses import Response

from app.core import moments
from app.db.paging import Page


def to_json_bytes(content: Any) -> bytes:
    """JSON bytes: moments in Cairn's one form, UUIDs as strings."""
    return orjson.dumps(content, default=_plain, option=moments.OPTIONS)


def _plain(value: Any) -> Any:
    if isinstance(value, date | time):
        return moments.plain(value)
    if isinstance(value, frozenset | set):
        return sorted(value)
    if isinstance(value, Mapping):
        return dict(value)
    if type(value).__module__.startswith("asyncpg"):
        return str(value)
    raise TypeError(type(value).__name__)


def record(
    content: Mapping[str, Any],
    *,
    status: int = 200,
    version: int | str | None = None,
    location: str | None = None,
    request: Request | None = None,
) -> Response:
    """Answer one record with its ETag; 304 if the `request` already has this answer.

    The content depends on more than the row: on its reader, and on the files and people that
    `permissions` ask about. So the tag identifies the answer, too; `If-Match` compares only the
    version.
    """
    headers: dict[str, str] = {}
    body = to_json_bytes(content)
    if version is not None:
        tag = str(version)
        if request is not None and isinstance(version, int):
            tag += f"-{crc32(body):08x}"
        headers["ETag"] = f'"{tag}"'
        known = None if request is None else request.headers.get("if-none-match")
        if has_tag(known, headers["ETag"]):
            return Response(status_code=304, headers=headers)
    if location is not None:
        headers["Location"] = location
    return Response(body, status, headers, "application/json")


def versioned(content: Mapping[str, Any], **more: Any) -> Response:
    """Answer one record that shows its `etag`; the header ETag begins with it."""
    return record(content, version=int(content["etag"].strip('"')), **more)


def has_tag(header: str | None, tag: str) -> bool:
    """Whether a list of entity tags contains this one; compares weakly (RFC 9110, 8.8.3.2)."""
    known = {part.strip().removeprefix("W/") for part in (header or "").split(",")}
    return tag.removeprefix("W/") in known or "*" in known


def page(request: Request, page_: Page[Any]) -> Response:
    """One page of rows."""
    return _paged(request, to_json_bytes(list(page_.items)), page_.next)


def ready_page(request: Request, page_: Page[str]) -> Response:
    """Answer one page whose rows the database already made into JSON."""
    return _paged(request, b"[" + ",".join(page_.items).encode() + b"]", page_.next)


def _paged(request: Request, items: bytes, following: str | None) -> Response:
    cursor = b"null" if following is None else orjson.dumps(following)
    headers = {}
    if following is not None and "q" not in request.query_params:
        # A link would repeat the searched name; `next` is in the body.
        headers["Link"] = f'<{_next_address(request, following)}>; rel="next"'
    body = b'{"items":' + items + b',"next":' + cursor + b"}"
    return Response(body, 200, headers, "application/json")


def _next_address(request: Request, following: str) -> str:
    saved = [
        (name, value) for name, value in request.query_params.multi_items() if name != "cursor"
    ]
    return f"{request.scope['path']}?{urlencode([*saved, ('cursor', following)])}"


def overview(sections: Mapping[str, tuple[int, str]], *, at: datetime, mine: bool) -> Response:
    """Answer the sections of a day, whose cards the database already made into JSON."""
    head = to_json_bytes({"at": at, "mine": mine})[:-1]
    parts = [
        to_json_bytes(name)
        + b':{"count":'
        + str(number).encode()
        + b',"items":'
        + items.encode()
        + b"}"
        for name, (number, items) in sections.items()
    ]
    return Response(head + b"," + b",".join(parts) + b"}", 200, {}, "application/json")


def frozen_bytes(content: bytes, sha256: str, request: Request | None = None) -> Response:
    """Answer frozen JSON; `sha256` (hex) becomes the ETag and the Content-Digest (RFC 9530).

    304 if the `request` already has it.
    """
    digest = base64.b64encode(bytes.fromhex(sha256)).decode()
    headers = {
        "ETag": f'"{sha256}"', "Content-Digest": f"sha-256=:{digest}:", "Cache-Control": "no-store",
    }  # fmt: skip
    if request is not None and has_tag(request.headers.get("if-none-match"), headers["ETag"]):
        return Response(status_code=304, headers=headers)
    return Response(content, 200, headers, "application/json")


def listing(items: Sequence[Any]) -> Response:
    """Answer a whole short list, in the shape of a page."""
    return Response(
        to_json_bytes({"items": list(items), "next": None}), 200, {}, "application/json"
    )
