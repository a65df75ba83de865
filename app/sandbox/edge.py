"""The outermost layer of a sandbox: it follows the clock, rehearses, and brings about faults."""

import asyncio
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import structlog
from starlette.datastructures import Headers
from starlette.responses import Response

from app.api.edge import SECURITY_HEADERS, ASGIApp, Edge, Message, Metrics, Receive, Scope, Send
from app.api.gate import REHEARSE
from app.api.problems import problem_response
from app.core.ids import new_id
from app.core.limits import Policy
from app.db import sandbox
from app.db.lending import rehearsing
from app.domain.errors import ServiceUnavailable, TooManyRequests
from app.integrations.tokens import TokenRefused
from app.sandbox.faults import Fault, Faults

log = structlog.get_logger()
OWN = "/v1/sandbox/"
ASKED_FOR = Policy("sandbox_fault", 1, 60.0, burst=1)
MARK = (b"cairn-sandbox", b"on")
REHEARSED = (b"cairn-rehearsed", b"true")


class SandboxEdge(Edge):
    """Wraps the whole application of a sandbox."""

    def __init__(self, app: ASGIApp, metrics: Metrics, trusted_proxies: Sequence[str] = ()) -> None:
        super().__init__(app, metrics, trusted_proxies)
        self._state: Any = app.state  # type: ignore[attr-defined]
        self._state.faults = Faults()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await super().__call__(scope, receive, send)
            return
        await self._follow()
        named = Headers(scope=dict(scope)).get(REHEARSE.decode()) == "true"
        asked = named and not scope["path"].startswith(OWN)  # the gate refuses what is left
        added = [MARK, REHEARSED] if asked else [MARK]

        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *added]
            await send(message)

        token = rehearsing.set(asked)
        try:
            await self._meet(self._fault_of(scope), scope, receive, marked, send)
        finally:
            rehearsing.reset(token)

    async def _follow(self) -> None:
        """Keep to the sandbox's clock. A database that is away fails what asks it next."""
        try:
            await sandbox.follow(self._state.runtime.database)
        except sandbox.WrongDatabase:
            raise
        except Exception as error:
            log.error("sandbox.clock_unknown", exc_info=error)

    def _fault_of(self, scope: Scope) -> Fault | None:
        """What this request meets: requests that carry an access token are of its school."""
        scheme, _, token = Headers(scope=dict(scope)).get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or scope["path"].startswith(OWN):
            return None
        try:
            school_id: UUID = self._state.runtime.tokens.verify(token.strip()).org
        except TokenRefused:
            return None
        faults: Faults = self._state.faults
        return faults.take(school_id)

    async def _meet(
        self, fault: Fault | None, scope: Scope, receive: Receive, marked: Send, send: Send
    ) -> None:
        kind = fault.kind if fault else None
        seconds = fault.seconds if fault else 0
        if kind == "unavailable":
            await _refusal(seconds, ServiceUnavailable())(scope, receive, marked)
        elif kind == "too_many_requests":
            refusal = TooManyRequests(ASKED_FOR, seconds)
            await _refusal(seconds, refusal)(scope, receive, marked)
        elif kind == "cut":
            await super().__call__(scope, receive, _unsent)
            await _cut(send)
        else:
            await asyncio.sleep(seconds)
            await super().__call__(scope, receive, marked)


def _refusal(seconds: int, error: ServiceUnavailable | TooManyRequests) -> Response:
    """A refusal before any work, as a server under load or in an upgrade gives it."""
    name = str(new_id())
    response = problem_response(error, instance=name, headers={"Retry-After": str(seconds)})
    response.raw_headers.extend((*SECURITY_HEADERS, (b"x-request-id", name.encode())))
    return response


async def _unsent(_message: Message) -> None:
    """Take an answer that nobody gets."""


async def _cut(send: Send) -> None:
    """Hang up without an answer. Raises `ConnectionResetError` where no connection can be reached.

    The server's `send` is a method of its request cycle, which holds the connection.
    """
    cycle: Any = getattr(send, "__self__", None)
    transport = getattr(cycle, "transport", None)
    if transport is None:
        raise ConnectionResetError
    transport.abort()
    await asyncio.sleep(0)  # the loop tells the cycle, which then asks for no answer
