"""Connections of `cairn serve` that cannot be held open: bounded heads, bodies and answers.

The server library knows no time-out but that of an idle connection, so this adds one look a
moment at every connection: how long the head, the body or the answer has been under way.
"""

import asyncio
from dataclasses import dataclass
from typing import Any

from uvicorn._types import ASGIReceiveCallable, ASGISendCallable, Scope
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from app.api.edge import SECURITY_HEADERS
from app.api.problems import (
    BodyMalformed,
    HeadTooLarge,
    RequestTooSlow,
    problem_response,
    status_of,
)
from app.core.ids import new_id
from app.core.settings import Settings
from app.domain.errors import CairnError, ServiceUnavailable

MOST_FIELDS = 100
MOST_IGNORED_BYTES = 1_000_000
"""What a client may go on sending after it was answered."""
PHRASES = {400: b"Bad Request", 408: b"Request Timeout", 431: b"Request Header Fields Too Large"}


@dataclass(frozen=True, slots=True)
class Bounds:
    """How long a connection may take, in seconds, and how much its head may hold."""

    head_seconds: float
    body_seconds: float
    body_bytes_per_second: int
    answer_seconds: float
    head_bytes: int
    at_once: int
    """Requests that are worked on, event streams left out."""
    connections: int

    @property
    def tick(self) -> float:
        """Seconds between two looks at a connection."""
        return min(1.0, self.head_seconds / 4, self.body_seconds / 4, self.answer_seconds / 4)


class HeadRefused(Exception):
    """Ends the parser's work; what is answered is kept on the connection."""


class BoundedConnection(HttpToolsProtocol):
    """One connection with its bounds. Anything unclear in a head is refused, never guessed."""

    bounds: Bounds

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._refusal: CairnError = BodyMalformed()
        self._head_bytes = 0
        self._head_since: float | None = None
        self._body_since: float | None = None
        self._body_bytes = 0
        self._ignored_bytes = 0
        self._unsent = 0
        self._unsent_since = 0.0
        self._looking: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client has connected: its first head is awaited."""
        super().connection_made(transport)
        self._head_since = self.loop.time()
        self._looking = self.loop.call_later(self.bounds.tick, self._check)

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone."""
        if self._looking is not None:
            self._looking.cancel()
        super().connection_lost(exc)

    def shutdown(self) -> None:
        """The server ends: what is under way may finish, event streams are ended."""
        super().shutdown()
        stop_streams = getattr(self.config.loaded_app, "stop_streams", None)
        if stop_streams is not None:
            stop_streams()

    def data_received(self, data: bytes) -> None:
        """Bytes have come."""
        if self.transport.is_closing():
            return
        if self._body_since is None:
            if self._head_since is None:
                self._head_since = self.loop.time()
            self._head_bytes += len(data)
        super().data_received(data)
        if self._head_since is not None and self._head_bytes > self.bounds.head_bytes:
            self._refuse(HeadTooLarge())

    def on_message_begin(self) -> None:
        """A request line begins."""
        super().on_message_begin()
        if self._head_since is None:
            self._head_since = self.loop.time()

    def on_headers_complete(self) -> None:
        """A head is whole: refuse what is unclear, answer 503 where too much is under way."""
        self._check_head()
        self._head_since, self._head_bytes = None, 0
        self._body_since, self._body_bytes = self.loop.time(), 0
        streams = getattr(self.config.loaded_app, "streams_open", 0)
        crowded = len(self.connections) >= self.bounds.connections
        busy = crowded or len(self.tasks) - streams >= self.bounds.at_once
        self.app = answer_busy if busy else self.config.loaded_app
        super().on_headers_complete()
        if self.parser.should_upgrade():
            self.cycle.keep_alive = False

    def _check_head(self) -> None:
        """Raises `HeadRefused` for what two readers could understand differently."""
        sizes = [len(name) + len(value) for name, value in self.headers]
        if sum(sizes) + len(self.url) > self.bounds.head_bytes or len(sizes) > MOST_FIELDS:
            self._refusal = HeadTooLarge()
            raise HeadRefused
        version = self.parser.get_http_version()
        codings = [value for name, value in self.headers if name == b"transfer-encoding"]
        hosts = sum(name == b"host" for name, _ in self.headers)
        coded = codings and (
            version != "1.1" or [coding.lower() for coding in codings] != [b"chunked"]
        )
        unclear = version not in ("1.0", "1.1") or hosts > 1 or (version == "1.1" and not hosts)
        if coded or unclear or self.parser.get_method() == b"CONNECT":
            raise HeadRefused

    def on_body(self, body: bytes) -> None:
        """A part of the body."""
        self._body_bytes += len(body)
        if self.cycle.response_complete:
            self._ignored_bytes += len(body)
            if self._ignored_bytes > MOST_IGNORED_BYTES:
                self.transport.abort()
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The body is whole."""
        self._body_since = None
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """Answer what the parser refused, and close; `msg` is not told."""
        self._refuse(self._refusal)

    def _refuse(self, refusal: CairnError) -> None:
        """Answer, unless an answer has begun, and close."""
        self._count(refusal.code)
        cycle: RequestResponseCycle | None = self.cycle
        under_way = cycle is not None and not cycle.response_complete
        if cycle is None or cycle.response_complete or not cycle.response_started:
            self.transport.write(raw_answer(refusal))
        if cycle is not None and under_way:
            cycle.disconnected = True
            cycle.message_event.set()
        self.transport.close()

    def _count(self, limit: str) -> None:
        metrics = getattr(self.config.loaded_app, "metrics", None)
        if metrics is not None:
            metrics.refused.labels(limit).inc()

    def _check(self) -> None:
        """Refuse or cut what takes too long."""
        now = self.loop.time()
        self._looking = self.loop.call_later(self.bounds.tick, self._check)
        if self._is_stalled(now):
            self._count("reader_too_slow")
            self.transport.abort()
        elif self.transport.is_closing():
            return
        elif self._head_since is not None and now - self._head_since > self.bounds.head_seconds:
            self._end_slow_head()
        elif self._body_since is not None and self._is_slow_body(now):
            self._refuse(RequestTooSlow())

    def _end_slow_head(self) -> None:
        """Who has sent nothing is only hung up on."""
        if self._head_bytes:
            self._refuse(RequestTooSlow())
        else:
            self.transport.close()

    def _is_slow_body(self, now: float) -> bool:
        """Time in which the server itself was not reading is not the client's."""
        assert self._body_since is not None  # noqa: S101 - the caller looked
        if self.flow.read_paused or self.cycle.waiting_for_100_continue:
            self._body_since += self.bounds.tick
            return False
        earned = self._body_bytes / self.bounds.body_bytes_per_second
        return now - self._body_since > self.bounds.body_seconds + earned

    def _is_stalled(self, now: float) -> bool:
        """Whether the client has taken nothing of an answer for too long."""
        unsent = self.transport.get_write_buffer_size()
        if unsent == 0 or unsent != self._unsent:
            self._unsent, self._unsent_since = unsent, now
            return False
        return now - self._unsent_since > self.bounds.answer_seconds


def raw_answer(refusal: CairnError) -> bytes:
    """A whole answer as bytes, for requests that never reached the application."""
    status = status_of(type(refusal))
    name = str(new_id())
    response = problem_response(refusal, instance=name)
    fields = [*response.raw_headers, *SECURITY_HEADERS]
    fields += [(b"x-request-id", name.encode()), (b"connection", b"close")]
    head = [b"HTTP/1.1 %d %s" % (status, PHRASES[status]), *(b"%s: %s" % field for field in fields)]
    return b"\r\n".join(head) + b"\r\n\r\n" + bytes(response.body)


async def answer_busy(scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
    """Answer 503 where too many requests or connections are under way."""
    name = str(new_id())
    response = problem_response(ServiceUnavailable(), instance=name)
    fields = [(b"x-request-id", name.encode()), (b"connection", b"close")]
    response.raw_headers.extend((*SECURITY_HEADERS, *fields))
    await response(scope, receive, send)  # type: ignore[arg-type]


def bounded(settings: Settings, *, at_once: int, streams: int = 0) -> type[HttpToolsProtocol]:
    """The kind of connection the settings ask for; `streams` are allowed besides `at_once`."""
    bounds = Bounds(
        head_seconds=settings.head_seconds,
        body_seconds=settings.body_seconds,
        body_bytes_per_second=settings.body_bytes_per_second,
        answer_seconds=settings.answer_seconds,
        head_bytes=settings.max_head_bytes,
        at_once=at_once,
        connections=at_once + streams,
    )
    return type("Connection", (BoundedConnection,), {"bounds": bounds})
