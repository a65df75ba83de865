"""Adds SCIM's operations: for service keys alone, described with SCIM's own schemas."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from fastapi import APIRouter
from fastapi.routing import APIRoute
from starlette.requests import Request
from starlette.responses import Response

from app.api.no_if_match import MARK, NoIfMatch
from app.api.operations import SINCE
from app.api.route_classes import CommandRoute, QueryRoute
from app.api.runtime import Runtime
from app.api.scim.bodies import ACCEPTED, MEDIA_TYPE
from app.core.words import Actor, Permission
from app.domain.errors import CairnError, PermissionMissing

NEEDS = Permission.STAFF_PROVISION
Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])
Failures = Sequence[type[CairnError]]


def for_keys_alone(actor: Actor) -> None:
    """Refuse people, whatever their role. Raises `PermissionMissing`."""
    if not actor.is_service:
        raise PermissionMissing


class ScimReadRoute(QueryRoute):
    """A reading transaction of a service key."""

    needs = NEEDS

    def admit(self, request: Request, actor: Actor, runtime: Runtime) -> Actor:
        """The actor, who has to be a key that may provision. Raises `PermissionMissing`."""
        for_keys_alone(actor)
        return super().admit(request, actor, runtime)


class ScimWriteRoute(CommandRoute):
    """A command of a service key."""

    needs = NEEDS

    def admit(self, request: Request, actor: Actor, runtime: Runtime) -> Actor:
        """The actor, who has to be a key that may provision. Raises `PermissionMissing`."""
        for_keys_alone(actor)
        return super().admit(request, actor, runtime)


class ScimOperations:
    """The operations of SCIM. `out` and `takes` name schemas of the description."""

    def __init__(self, tag: str) -> None:
        self.router = APIRouter(tags=[tag])

    def read(
        self, path: str, *, out: str, errors: Failures = (), etag: bool = False
    ) -> Callable[[Endpoint], Endpoint]:
        """Add a GET."""
        return self._add("GET", path, ScimReadRoute, out, 200, None, errors, etag=etag)

    def write(
        self,
        method: str,
        path: str,
        *,
        out: str | None,
        status: int = 200,
        takes: str | None = None,
        errors: Failures = (),
    ) -> Callable[[Endpoint], Endpoint]:
        """Add an operation that changes something."""
        return self._add(
            method, path, ScimWriteRoute, out, status, takes, errors, etag=out is not None
        )

    def _add(
        self,
        method: str,
        path: str,
        route: type[APIRoute],
        out: str | None,
        status: int,
        takes: str | None,
        errors: Failures,
        *,
        etag: bool,
    ) -> Callable[[Endpoint], Endpoint]:
        extra: dict[str, Any] = {
            "x-since": SINCE,
            "x-scope": NEEDS.value,
            "x-scim": True,
            "x-errors": sorted(error.code for error in errors),
            "x-headers": _headers(status, etag=etag),
        }
        if method != "GET" and status != 201:
            extra[MARK] = NoIfMatch.SCIM.value
        if takes is not None:
            schema = {"$ref": f"#/components/schemas/{takes}"}
            content = {kind: {"schema": schema} for kind in sorted(ACCEPTED)}
            extra["requestBody"] = {"required": True, "content": content}

        def add(endpoint: Endpoint) -> Endpoint:
            self.router.add_api_route(
                path,
                endpoint,
                operation_id=endpoint.__name__,
                methods=[method],
                status_code=status,
                response_model=None,
                responses=_responses(out, status),
                response_class=Response,
                route_class_override=route,
                openapi_extra=extra,
            )
            return endpoint

        return add


def _responses(out: str | None, status: int) -> dict[int | str, dict[str, Any]]:
    if out is None:
        return {status: {"description": "Done."}}
    schema = {"$ref": f"#/components/schemas/{out}"}
    return {status: {"description": "Done.", "content": {MEDIA_TYPE: {"schema": schema}}}}


def _headers(status: int, *, etag: bool) -> dict[str, str]:
    headers = {"ETag": "The version; If-Match takes it."} if etag else {}
    if status == 201:
        headers["Location"] = "Where the new resource is."
    elif etag:
        headers["Content-Location"] = "Where the resource is."
    return headers
