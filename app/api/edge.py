"""The outermost layer: sets client, request id and security headers; logs and measures."""

import re
import time
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from typing import Any

import structlog
from prometheus_client import CollectorRegistry, Counter, Histogram

from app.api.addresses import client_of
from app.api.retiring import RETIRING, told_by
from app.core.ids import new_id
from app.db.unit_of_work import request_id

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
ASGIApp = Callable[[Scope, Receive, Send], Awaitable[None]]

log = structlog.get_logger()
GIVEN_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")

SECURITY_HEADERS: tuple[tuple[bytes, bytes], ...] = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'; sandbox"),
    (b"strict-transport-security", b"max-age=63072000; includeSubDomains"),
    (b"cross-origin-resource-policy", b"same-site"),
    (b"x-frame-options", b"DENY"),
    (b"vary", b"Authorization"),
)


class Metrics:
    """Counts and times by route template; never by school or person."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "cairn_http_requests", "Requests answered.", ("operation", "status"),
            registry=self.registry,
        )  # fmt: skip
        self.seconds = Histogram(
            "cairn_http_request_seconds", "Time to answer.", ("operation",),
            buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
            registry=self.registry,
        )  # fmt: skip
        self.refused = Counter(
            "cairn_http_refused", "Requests refused by a limit.", ("limit",),
            registry=self.registry,
        )  # fmt: skip
        self._children: dict[tuple[str, int], Any] = {}
        self._timers: dict[str, Any] = {}

    def observe(self, operation: str, status: int, seconds: float) -> None:
        """Count one answer."""
        counted = self._children.get((operation, status))
        if counted is None:
            counted = self.requests.labels(operation, str(status))
            self._children[operation, status] = counted
            self._timers[operation] = self.seconds.labels(operation)
        counted.inc()
        self._timers[operation].observe(seconds)


class Edge:
    """Wraps the whole application."""

    def __init__(self, app: ASGIApp, metrics: Metrics, trusted_proxies: Sequence[str] = ()) -> None:
        self.app = app
        self.metrics = metrics
        self.trusted_proxies = tuple(trusted_proxies)

    @property
    def streams_open(self) -> int:
        """Number of open event streams; they have a separate limit."""
        return self._hub.open if self._hub else 0

    def stop_streams(self) -> None:
        """End every event stream, so that the server can stop."""
        if self._hub:
            self._hub.stop()

    @property
    def _hub(self) -> Any:
        runtime = getattr(getattr(self.app, "state", None), "runtime", None)
        return runtime and runtime.hub

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = time.perf_counter()
        scope["client"] = client_of(scope, self.trusted_proxies)
        given = _given_id(scope)
        token = request_id.set(given)
        scope["request_id"] = given
        status = 499
        seconds: float | None = None

        async def answer(message: Message) -> None:
            nonlocal status, seconds
            if message["type"] == "http.response.start":
                status = message["status"]
                if _is_stream(message["headers"]):
                    seconds = time.perf_counter() - started  # to its first byte, not to its last
                message["headers"] = [
                    *message["headers"],
                    *_missing(message["headers"], given),
                    *(told_by(_operation_of(scope)) if RETIRING else ()),
                ]
            await send(message)

        try:
            await self.app(scope, receive, answer)
        finally:
            self._note(scope, status, seconds or time.perf_counter() - started, given)
            request_id.reset(token)

    def _note(self, scope: Scope, status: int, seconds: float, given: str) -> None:
        operation = _operation_of(scope)
        self.metrics.observe(operation, status, seconds)
        if limit := scope.get("refused_by"):
            self.metrics.refused.labels(limit).inc()
        log.info(
            "request",
            request_id=given,
            method=scope["method"],
            operation=operation,
            status=status,
            ms=round(seconds * 1000, 1),
        )


def _operation_of(scope: Scope) -> str:
    return getattr(scope.get("route"), "name", None) or "none"


def _given_id(scope: Scope) -> str:
    """The caller's request id if it is a plain one, or a new one."""
    for name, value in scope["headers"]:
        if name == b"x-request-id":
            given = value.decode("latin-1")
            if GIVEN_ID.fullmatch(given):
                return str(given)
    return str(new_id())


def _is_stream(headers: Any) -> bool:
    return any(
        name == b"content-type" and value.startswith(b"text/event-stream")
        for name, value in headers
    )


def _missing(headers: Any, given: str) -> list[tuple[bytes, bytes]]:
    present = {name for name, _ in headers}
    added = [pair for pair in SECURITY_HEADERS if pair[0] not in present]
    added.append((b"x-request-id", given.encode()))
    return added
