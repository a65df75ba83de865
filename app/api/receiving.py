"""Receives bodies: bounded, of the declared content type, and JSON read strictly."""

import json
from typing import Any, NoReturn

from fastapi import params
from fastapi.routing import APIRoute
from starlette.requests import Request

from app.api.problems import BodyMalformed, BodyTooLarge, MediaTypeUnsupported

FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


async def read_body(request: Request, limit: int) -> bytes:
    """The whole body, refused as soon as it is known to be too large."""
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > limit:
        raise BodyTooLarge
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > limit:
            raise BodyTooLarge
        chunks.append(chunk)
    body = b"".join(chunks)
    request._body = body
    return body


def read_fields(request: Request, route: APIRoute, body: bytes) -> None:
    """Hold the body against what the route takes, before the framework reads it.

    Raises `MediaTypeUnsupported`, `BodyMalformed`.
    """
    if route.body_field is None or not body:
        return
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if isinstance(route.body_field.field_info, params.Form):
        if kind not in FORMS:
            raise MediaTypeUnsupported
    elif kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json")):
        request._json = strict_json(body)
    else:
        raise MediaTypeUnsupported


def strict_json(body: bytes) -> Any:
    """JSON in UTF-8 with no name twice and no NaN or Infinity. Raises `BodyMalformed`."""
    try:
        return json.loads(
            body.decode(), object_pairs_hook=_only_unique, parse_constant=_refuse_constant
        )
    except (ValueError, RecursionError) as error:
        raise BodyMalformed from error


def _only_unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = dict(pairs)
    if len(names) != len(pairs):
        raise ValueError("a name comes twice")
    return names


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)
