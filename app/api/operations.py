"""Adds operations to the API with a complete description: permission, failures, version, body."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from fastapi import APIRouter
from fastapi.routing import APIRoute
from starlette.responses import JSONResponse, Response

from app.api.drafts import HEADER, SAYS, serves_drafts
from app.api.no_if_match import MARK, NoIfMatch
from app.api.recipients import RecipientRoute
from app.api.route_classes import CommandRoute, Prepare, PublicRoute, QueryRoute
from app.api.seen_again import OPENINGS
from app.core.schemas import PageOut
from app.core.words import Permission
from app.db.trails import Register
from app.domain.errors import CairnError, ChildMerged, ChildNotFound
from app.domain.record.incomplete_reports.rules import Urgent
from app.domain.sharing.recipient_links.errors import RecipientSessionOver

SINCE = "0.1.0"
JSON = "application/json"
Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])
Failures = Sequence[type[CairnError]]


@dataclass(frozen=True, slots=True)
class File:
    """The `out` of an operation that answers a file, with its media type."""

    media_type: str
    drafts: bool = False
    """Whether it prints draft words: the answer says so, since the file does not."""


BINARY = File("*/*")
"""A file of any type, as uploaded."""
PDF = File("application/pdf")


class Operations:
    """The operations of one noun. `needs` None means any signed-in person.

    `register` is the trail that records their refusals.
    """

    def __init__(self, tag: str, *, register: Register = "children") -> None:
        self.router = APIRouter(tags=[tag])
        self.register = register

    def query(
        self,
        path: str,
        *,
        out: Any,
        needs: Permission | None,
        errors: Failures = (),
        etag: bool = False,
        enrolling: bool = False,
        by_password: bool = False,
        media: str = JSON,
    ) -> Callable[[Endpoint], Endpoint]:
        """Add a GET that reads and leaves no trace because it shows no narrative."""
        traits = {
            "needs": needs, "enrolling": enrolling, "by_password": by_password,
            "register": self.register, "media": media,
        }  # fmt: skip
        route = type("QueryRoute", (QueryRoute,), traits)
        return self._add("GET", path, route, out, 200, needs, errors, etag)

    def opening(
        self,
        path: str,
        *,
        out: Any,
        needs: Permission | None,
        errors: Failures = (),
        etag: bool = True,
        recent: bool = False,
        by_password: bool = False,
    ) -> Callable[[Endpoint], Endpoint]:
        """Add a GET that opens a record and therefore leaves a trace."""
        traits = {
            "needs": needs, "recent": recent, "by_password": by_password, "register": self.register,
        }  # fmt: skip
        route = type("CommandRoute", (CommandRoute,), traits)
        register = self._add("GET", path, route, out, 200, needs, errors, etag)

        def add_opening(endpoint: Endpoint) -> Endpoint:
            register(endpoint)
            OPENINGS[path] = cast(CommandRoute, self.router.routes[-1])
            return endpoint

        return add_opening

    def public(
        self,
        method: str,
        path: str,
        *,
        out: Any,
        status: int = 200,
        errors: Failures = (),
        etag: bool = False,
        no_if_match: NoIfMatch | None = None,
    ) -> Callable[[Endpoint], Endpoint]:
        """Add an operation for anyone, signed in or not; it opens its own works."""
        route = type("PublicRoute", (PublicRoute,), {"no_if_match": no_if_match})
        return self._add(method, path, route, out, status, None, errors, etag)

    def recipient(
        self,
        method: str,
        path: str,
        *,
        out: Any,
        status: int = 200,
        errors: Failures = (),
        no_if_match: NoIfMatch | None = None,
    ) -> Callable[[Endpoint], Endpoint]:
        """Add an operation for a link's recipient, in a session that a code began."""
        failures = (*errors, RecipientSessionOver)
        route = type("RecipientRoute", (RecipientRoute,), {"no_if_match": no_if_match})
        return self._add(method, path, route, out, status, None, failures, etag=False)

    def command(  # noqa: PLR0913 - the traits of an operation, by name
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
        recent: bool = False,
        enrolling: bool = False,
        by_password: bool = False,
        secret: bool = False,
        never_lost: Urgent | None = None,
        media: str = JSON,
        no_if_match: NoIfMatch | None = None,
    ) -> Callable[[Endpoint], Endpoint]:
        """Add an operation that changes something.

        `recent` requires a recent proof of identity. `enrolling` opens it to a session that still
        lacks its second factor; so does `by_password`, with the permissions of every member of
        staff. `secret` keeps no answer for replays. `never_lost` says which bodies are urgent: any
        refusal saves them and alerts a lead. `no_if_match` says why a change needs no version.
        """
        preparation = staticmethod(prepare) if prepare else None
        urgent = staticmethod(never_lost) if never_lost else None
        traits = {
            "needs": needs, "prepare": preparation, "recent": recent, "enrolling": enrolling,
            "by_password": by_password,
            "secret": secret or no_if_match is NoIfMatch.READS, "register": self.register,
            "never_lost": urgent, "media": media, "no_if_match": no_if_match,
        }  # fmt: skip
        route = type("CommandRoute", (CommandRoute,), traits)
        return self._add(method, path, route, out, status, needs, errors, etag)

    def _add(
        self,
        method: str,
        path: str,
        route: type[APIRoute],
        out: Any,
        status: int,
        needs: Permission | None,
        errors: Failures,
        etag: bool,
    ) -> Callable[[Endpoint], Endpoint]:
        drafts = out.drafts if isinstance(out, File) else serves_drafts(out)
        headers = _headers(out, status, etag) | ({HEADER: SAYS} if drafts else {})
        if etag and issubclass(route, PublicRoute):
            headers["ETag"] = "Send it as If-None-Match to learn whether anything changed."
        route = type(route.__name__, (route,), {"drafts": drafts})

        def add(endpoint: Endpoint) -> Endpoint:
            self.router.add_api_route(
                path,
                endpoint,
                operation_id=endpoint.__name__,
                methods=[method],
                status_code=status,
                response_model=None,
                responses=_responses(out, status),
                response_class=Response
                if isinstance(out, File)
                else _sends(getattr(route, "media", JSON)),
                route_class_override=route,
                openapi_extra={
                    "x-since": SINCE,
                    "x-scope": _scope(route, needs),
                    **_marks(route),
                    "x-errors": sorted({error.code for error in _whole(errors)}),
                    "x-refusal": _refusal(route),
                    "x-headers": headers,
                },
            )
            return endpoint

        return add


def _whole(errors: Failures) -> Failures:
    """Add `ChildMerged` to `ChildNotFound`: the child may have been merged into another."""
    return (*errors, ChildMerged) if ChildNotFound in errors else errors


def _sends(media: str) -> type[Response]:
    """The response class of a media type, for the description."""
    if media == JSON:
        return JSONResponse
    return type("OtherResponse", (JSONResponse,), {"media_type": media})


def _responses(out: Any, status: int) -> dict[int | str, dict[str, Any]]:
    if isinstance(out, File):
        file = {"schema": {"type": "string", "format": "binary"}}
        return {status: {"description": "The file.", "content": {out.media_type: file}}}
    return {status: {"description": "Done.", **({"model": out} if out else {})}}


def _refusal(route: type[APIRoute]) -> str:
    """The schema of its refusals."""
    return "ReportRefused" if getattr(route, "never_lost", None) else "Problem"


def _marks(route: type[APIRoute]) -> dict[str, bool | str]:
    """Marks for unusual callers, and the reason why it needs no version."""
    traits = {"recent": "x-step-up", "enrolling": "x-enrolling", "by_password": "x-by-password"}
    marks = {mark: True for trait, mark in traits.items() if getattr(route, trait, False)}
    reason: NoIfMatch | None = getattr(route, "no_if_match", None)
    return {**marks, **({MARK: reason.value} if reason else {})}


def _scope(route: type[APIRoute], needs: Permission | None) -> str:
    if issubclass(route, PublicRoute):
        return "public"
    if issubclass(route, RecipientRoute):
        return "recipient"
    return needs.value if needs else "signed_in"


def _headers(out: Any, status: int, etag: bool) -> dict[str, str]:
    """The headers of a successful answer, with the purpose of each."""
    headers: dict[str, str] = {}
    if isinstance(out, type) and issubclass(out, PageOut):
        return {}
    if etag:
        headers["ETag"] = "Send it back in If-Match when changing this record."
    if status == 201 or (status == 202 and etag):
        headers["Location"] = "Where the new record is."
    return headers
