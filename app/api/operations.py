"""Adds operations to the API, each described whole: permission, failures, version, body."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from fastapi import APIRouter
from fastapi.routing import APIRoute
from starlette.responses import JSONResponse, Response

from app.api.doors import CommandDoor, Prepare, PublicDoor, QueryDoor
from app.core.words import Permission
from app.domain.errors import CairnError

SINCE = "0.1.0"
BINARY = "binary"
"""`out` of an operation that answers a file instead of JSON."""
Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])
Failures = Sequence[type[CairnError]]


class Operations:
    """The operations of one noun. `needs` None means any signed-in person."""

    def __init__(self, tag: str) -> None:
        self.router = APIRouter(tags=[tag])

    def query(
        self,
        path: str,
        *,
        out: Any,
        needs: Permission | None,
        errors: Failures = (),
        etag: bool = False,
    ) -> Callable[[Endpoint], Endpoint]:
        """Add a GET that reads and leaves no trace because it shows no narrative."""
        door = type("QueryDoor", (QueryDoor,), {"needs": needs})
        return self._add("GET", path, door, out, 200, needs, errors, etag)

    def opening(
        self,
        path: str,
        *,
        out: Any,
        needs: Permission | None,
        errors: Failures = (),
        etag: bool = True,
    ) -> Callable[[Endpoint], Endpoint]:
        """Add a GET that opens a record and therefore leaves a trace."""
        door = type("CommandDoor", (CommandDoor,), {"needs": needs})
        return self._add("GET", path, door, out, 200, needs, errors, etag)

    def public(
        self,
        method: str,
        path: str,
        *,
        out: Any,
        status: int = 200,
        errors: Failures = (),
    ) -> Callable[[Endpoint], Endpoint]:
        """Add an operation for anybody, signed in or not; it opens its own works."""
        return self._add(method, path, PublicDoor, out, status, None, errors, etag=False)

    def command(
        self,
        method: str,
        path: str,
        *,
        out: Any,
        needs: Permission | None,
        status: int = 200,
        errors: Failures = (),
        etag: bool = True,
        prepare: Prepare | None = None,
    ) -> Callable[[Endpoint], Endpoint]:
        """Add an operation that changes something."""
        kept = staticmethod(prepare) if prepare else None
        door = type("CommandDoor", (CommandDoor,), {"needs": needs, "prepare": kept})
        return self._add(method, path, door, out, status, needs, errors, etag)

    def _add(
        self,
        method: str,
        path: str,
        door: type[APIRoute],
        out: Any,
        status: int,
        needs: Permission | None,
        errors: Failures,
        etag: bool,
    ) -> Callable[[Endpoint], Endpoint]:
        headers = _headers(path, out, status, etag)

        def add(endpoint: Endpoint) -> Endpoint:
            self.router.add_api_route(
                path,
                endpoint,
                methods=[method],
                status_code=status,
                response_model=None,
                responses=_responses(out, status),
                response_class=Response if out is BINARY else JSONResponse,
                route_class_override=door,
                openapi_extra={
                    "x-since": SINCE,
                    "x-scope": _scope(door, needs),
                    "x-errors": sorted(error.code for error in errors),
                    "x-headers": headers,
                },
            )
            return endpoint

        return add


def _responses(out: Any, status: int) -> dict[int | str, dict[str, Any]]:
    if out is BINARY:
        file = {"schema": {"type": "string", "format": "binary"}}
        return {status: {"description": "The file.", "content": {"*/*": file}}}
    return {status: {"model": out, "description": "Done."}} if out else {}


def _scope(door: type[APIRoute], needs: Permission | None) -> str:
    if door is PublicDoor:
        return "public"
    return needs.value if needs else "signed_in"


def _headers(path: str, out: Any, status: int, etag: bool) -> dict[str, str]:
    """The headers a successful answer carries, with what each is for."""
    headers: dict[str, str] = {}
    if out is not None and getattr(out, "__name__", "").startswith("PageOut"):
        return {"Link": "The next page, `rel=next`, while there is one."}
    if etag:
        headers["ETag"] = "Send it back in If-Match when changing this record."
    if status == 201 or (status == 202 and etag):
        headers["Location"] = "Where the new record is."
    return headers
