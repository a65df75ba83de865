"""Event streams of the application in this process, read as a client reads them."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import orjson

from app.core.settings import Settings
from app.main import build_app, build_runtime
from tests.world import World

PATIENCE = 10.0
"""Seconds after which a test no longer believes that anything will come."""


@dataclass(frozen=True)
class Event:
    """One server-sent event."""

    id: str | None
    kind: str
    data: dict[str, Any]


@dataclass
class Stream:
    """One open stream: what has come, and ways to wait for more."""

    sent: asyncio.Queue[dict[str, Any]] = field(default_factory=asyncio.Queue)
    gone: asyncio.Event = field(default_factory=asyncio.Event)
    may_send: asyncio.Event = field(default_factory=asyncio.Event)
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    text: str = ""
    last_id: str | None = None
    is_over: bool = False

    async def receive(self) -> dict[str, Any]:
        """The application asks: is the client still there?"""
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: dict[str, Any]) -> None:
        """The application sends; it waits while the client does not read."""
        await self.may_send.wait()
        await self.sent.put(message)

    async def more(self, patience: float = PATIENCE) -> bool:
        """Wait for the next part; False at the end."""
        async with asyncio.timeout(patience):
            message = await self.sent.get()
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {name.decode(): value.decode() for name, value in message["headers"]}
            return True
        self.text += message.get("body", b"").decode()
        self.is_over = not message.get("more_body", False)
        return not self.is_over

    async def next(self, patience: float = PATIENCE) -> Event:
        """The next event; heartbeats are skipped. Raises TimeoutError, EOFError."""
        while True:
            block, end, rest = self.text.partition("\n\n")
            if end:
                self.text = rest
                if (event := self._read(block)) is not None:
                    return event
            elif self.is_over:
                raise EOFError
            else:
                await self.more(patience)

    async def events(self, number: int) -> list[Event]:
        """So many events."""
        return [await self.next() for _ in range(number)]

    async def all(self) -> list[Event]:
        """Everything until the server ends the stream."""
        found: list[Event] = []
        with suppress(EOFError):
            while True:
                found.append(await self.next())
        return found

    async def nothing(self, within: float = 0.4) -> bool:
        """Whether no event comes for a while."""
        try:
            await self.next(within)
        except TimeoutError:
            return True
        return False

    def _read(self, block: str) -> Event | None:
        fields = dict(
            line.split(": ", 1) for line in block.splitlines() if not line.startswith(":")
        )
        self.last_id = fields.get("id", self.last_id)
        if "data" not in fields:
            return None
        return Event(fields.get("id"), fields["event"], orjson.loads(fields["data"]))


class Streams:
    """Opens streams of one application."""

    def __init__(self, application: Any, runtime: Any) -> None:
        self.application = application
        self.runtime = runtime
        self.hub = runtime.hub

    @asynccontextmanager
    async def open(
        self,
        token: str,
        *kinds: str,
        last_id: str | None = None,
        by_query: bool = False,
        reads: bool = True,
    ) -> AsyncIterator[Stream]:
        """One stream until the block ends; without `reads` the client takes nothing."""
        stream = Stream()
        if reads:
            stream.may_send.set()
        task = asyncio.create_task(
            self.application(_scope(token, kinds, last_id, by_query), stream.receive, stream.send)
        )
        try:
            if reads:
                await stream.more()
            yield stream
        finally:
            stream.gone.set()
            stream.may_send.set()
            await asyncio.wait_for(task, PATIENCE)

    @asynccontextmanager
    async def ready(self, token: str, *kinds: str, **options: Any) -> AsyncIterator[Stream]:
        """A stream that has begun: its `ready` event is read."""
        async with self.open(token, *kinds, **options) as stream:
            assert stream.status == 200, await problem_of(stream)
            assert (await stream.next()).kind == "ready"
            yield stream


async def until(test: Callable[[], bool], patience: float = PATIENCE) -> None:
    """Wait until something is so. Raises AssertionError where it is not so in time."""
    for _ in range(round(patience / 0.02)):
        if test():
            return
        await asyncio.sleep(0.02)
    assert test()


async def problem_of(stream: Stream) -> dict[str, Any]:
    """The problem that was answered instead of a stream."""
    while not stream.is_over:
        await stream.more()
    found: dict[str, Any] = orjson.loads(stream.text)
    return found


def _scope(
    token: str, kinds: tuple[str, ...], last_id: str | None, by_query: bool
) -> dict[str, Any]:
    query = [("kind", kind) for kind in kinds]
    headers = [(b"host", b"cairn.test"), (b"authorization", f"Bearer {token}".encode())]
    if last_id is not None and by_query:
        query.append(("last_event_id", last_id))
    elif last_id is not None:
        headers.append((b"last-event-id", last_id.encode()))
    return {
        "type": "http", "asgi": {"version": "3.0", "spec_version": "2.3"}, "http_version": "1.1",
        "method": "GET", "scheme": "http", "path": "/v1/events", "raw_path": b"/v1/events",
        "query_string": urlencode(query).encode(), "root_path": "", "headers": headers,
        "client": ("127.0.0.1", 1), "server": ("cairn.test", 80), "state": {},
    }  # fmt: skip


@asynccontextmanager
async def streaming(world: World, settings: Settings, **changes: Any) -> AsyncIterator[Streams]:
    """The application once more on the same database, quick to look for news."""
    quick = {"events_poll_ms": 30, "events_stream_seconds": 3_600.0, "database_pool": 4}
    settings = settings.model_copy(update={**quick, **changes})
    runtime = build_runtime(settings)
    try:
        yield Streams(build_app(settings, runtime), runtime)
    finally:
        await runtime.hub.close()
        await runtime.drain()
        await runtime.database.close()
