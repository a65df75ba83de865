"""Receives bodies: bounded, of the declared content type, with JSON read strictly."""

import json
import math
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, NoReturn, get_args, get_origin
from urllib.parse import unquote_plus

from fastapi import params
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.requests import Request

from app.api.problems import BodyMalformed, BodyTooLarge, MediaTypeUnsupported
from app.domain.errors import FieldProblem, ValidationFailed

DEEPEST = 20
"""Maximum depth of nested arrays and objects."""
MOST_VALUES = 20_000
"""Maximum number of values in a body, names not counted."""
LONGEST_NUMBER = 40
MOST_NAMED = 20
"""Maximum number of fields that a refusal names."""
FORM = "application/x-www-form-urlencoded"


async def read_body(request: Request, limit: int) -> bytes:
    """Read the whole body; refuse it as soon as it is known to be too large."""
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > limit:
        raise BodyTooLarge
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > limit:
            request._body = b"".join(chunks)  # what came, for a report that is kept
            raise BodyTooLarge
        chunks.append(chunk)
    body = b"".join(chunks)
    request._body = body
    return body


def read_fields(request: Request, route: APIRoute, body: bytes) -> None:
    """Check the body against the route's types before the framework reads it.

    Raises `MediaTypeUnsupported`, `BodyMalformed`, `ValidationFailed` for a repeated field.
    """
    if route.body_field is None or not body:
        return
    kind = _kind_of(request.headers.getlist("content-type"))
    if isinstance(route.body_field.field_info, params.Form):
        if kind != FORM:
            raise MediaTypeUnsupported(f"Send it as {FORM}.")
        _refuse_fields_twice(body)
    elif kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json")):
        request._json = strict_json(body)
    else:
        raise MediaTypeUnsupported("Send it as application/json, in UTF-8.")


def _refuse_fields_twice(body: bytes) -> None:
    """Refuse repeated form fields (RFC 6749, section 3.2). Raises `ValidationFailed`."""
    parts = (part.partition(b"=")[0] for part in body.split(b"&") if part)
    names = Counter(unquote_plus(name.decode("latin-1")) for name in parts)
    if twice := [name for name, times in names.items() if times > 1]:
        raise given_twice(twice)


def given_twice(names: Sequence[str]) -> ValidationFailed:
    """A refusal that points at each repeated form field.

    It does not repeat a name that could be no field of ours.
    """
    known = sorted(name if name.isidentifier() else "" for name in names)[:MOST_NAMED]
    return ValidationFailed(
        problems=[
            FieldProblem(f"/{name}" if name else "", "repeated", "This field is given twice.")
            for name in known
        ]
    )


def _kind_of(given: list[str]) -> str:
    """The media type alone. Raises `MediaTypeUnsupported` for two, or for text not in UTF-8."""
    if len(given) != 1:
        raise MediaTypeUnsupported
    kind, *parameters = given[0].split(";")
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        charset = value.strip().strip('"').lower()
        if name.strip().lower() == "charset" and charset not in ("utf-8", "utf8"):
            raise MediaTypeUnsupported
    return kind.strip().lower()


def strict_json(body: bytes) -> Any:
    """Read UTF-8 JSON without repeated names, with finite numbers only, and bounded in shape.

    Raises `BodyMalformed`, `BodyTooLarge`.
    """
    try:
        content = json.loads(
            body.decode(),
            object_pairs_hook=_only_unique,
            parse_constant=_refuse_constant,
            parse_float=_finite,
            parse_int=_bounded,
        )
    except (ValueError, RecursionError) as error:
        raise BodyMalformed from error
    check_shape(content)
    return content


def check_shape(value: Any) -> None:
    """Raises `BodyMalformed` for too deep a body, `BodyTooLarge` for too many values."""
    level, seen = [value], 0
    for _ in range(DEEPEST + 1):
        seen += len(level)
        if seen > MOST_VALUES:
            raise BodyTooLarge
        level = [inner for outer in level for inner in _inside(outer)]
        if not level:
            return
    raise BodyMalformed


def _inside(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        yield from value.values()
    elif isinstance(value, list):
        yield from value


def _finite(text: str) -> float:
    number = float(text)
    if len(text) > LONGEST_NUMBER or not math.isfinite(number):
        raise ValueError("not a number that can be kept")
    return number


def _bounded(text: str) -> int:
    if len(text) > LONGEST_NUMBER:
        raise ValueError("not a number that can be kept")
    return int(text)


def _only_unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = dict(pairs)
    if len(names) != len(pairs):
        raise ValueError("a name comes twice")
    return names


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)


def refuse_repeated(request: Request, route: APIRoute) -> None:
    """Refuse a query parameter sent twice if it takes one value.

    The framework would take the last one, and a filter before it another. Raises
    `ValidationFailed`.
    """
    given = request.query_params
    if len(given.multi_items()) == len(given):
        return
    twice = {name for name in given if len(given.getlist(name)) > 1}
    problems = [
        FieldProblem(f"/query/{name}", "repeated", "This parameter is given more than once.")
        for name in sorted(twice & _single(route))
    ]
    if problems:
        raise ValidationFailed(problems=problems)


def _single(route: APIRoute) -> frozenset[str]:
    """The query parameters of a route that take one value."""
    fields = [
        (name, inner.annotation)
        for field in _query_of(route.dependant)
        for name, inner in _fields_of(field.alias, field.field_info)
    ]
    return frozenset(name for name, kind in fields if not takes_several(kind))


def _query_of(dependant: Dependant) -> Iterator[Any]:
    yield from dependant.query_params
    for inner in dependant.dependencies:
        yield from _query_of(inner)


def _fields_of(name: str, info: Any) -> list[tuple[str, Any]]:
    """The field itself, or the fields of the model it stands for."""
    kind = info.annotation
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return [(inner.alias or known, inner) for known, inner in kind.model_fields.items()]
    return [(name, info)]


def takes_several(kind: Any) -> bool:
    """Whether a parameter of this type may be given more than once."""
    return (
        kind in (list, set, tuple)
        or get_origin(kind) in (list, set, tuple, frozenset)
        or any(takes_several(part) for part in get_args(kind) if part is not type(None))
    )
