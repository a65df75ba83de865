"""Who listens while everything falls: a receiver of webhooks, and a reader of the event stream."""

import asyncio
import contextlib
import json
import threading
from collections import defaultdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx

from app.api.runtime import Runtime
from bench.soak.load import Client
from bench.soak.town import Person, School, token_of

RAISED, ALERTED = "concern.raised", "alert.raised"
Heard = defaultdict[str, set[str]]
"""Id of what is told of (a concern, an alert) to the ids of events that told it."""


class Hooks:
    """Receives webhooks and keeps their ids; each school has a path of its own."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.heard: dict[str, Heard] = defaultdict(lambda: defaultdict(set))
        self.received = 0
        self._server = ThreadingHTTPServer(("127.0.0.1", port), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def start(self) -> None:
        """Listen, in a thread of its own."""
        self._thread.start()

    def stop(self) -> None:
        """Stop."""
        self._server.shutdown()
        self._server.server_close()

    async def subscribe(self, client: Client, school: School) -> None:
        """Have a school's events sent here; a lead asks for it."""
        url = f"http://127.0.0.1:{self.port}/{school.id}"
        answer = await client.post("/v1/webhooks", {"url": url, "kinds": [RAISED]})
        assert answer is not None
        assert answer.status_code == 201, answer.text

    def _take(self, path: str, event_id: str, body: bytes) -> None:
        self.received += 1
        message = json.loads(body)
        told = self.heard[path.strip("/")][message["data"]["about"]["id"]]
        told.add(event_id)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        hooks = self

        class Handler(BaseHTTPRequestHandler):
            """One request."""

            def do_POST(self) -> None:
                """Take a webhook."""
                length = int(self.headers.get("content-length", 0))
                body = self.rfile.read(length)
                if not body or len(body) < length:
                    return  # the sender was killed while it spoke
                hooks._take(self.path, self.headers["webhook-id"], body)
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_words: Any) -> None:
                """Say nothing."""

        return Handler


class Stream:
    """One lead's event stream, taken up again where it was cut."""

    def __init__(self, runtime: Runtime, person: Person, base_url: str) -> None:
        self._runtime, self._base_url = runtime, base_url
        self.person = person
        self.heard: Heard = defaultdict(set)
        self.alerted: Heard = defaultdict(set)
        self.opened = 0
        self._place: str | None = None

    async def listen(self) -> None:
        """Listen until cancelled."""
        async with httpx.AsyncClient(base_url=self._base_url, trust_env=False, timeout=40) as http:
            while True:
                with contextlib.suppress(httpx.TransportError):
                    await self._listen_once(http)
                await asyncio.sleep(0.5)

    async def _listen_once(self, http: httpx.AsyncClient) -> None:
        headers = {"Authorization": f"Bearer {token_of(self._runtime, self.person)}"}
        if self._place is not None:
            headers["Last-Event-ID"] = self._place
        async with http.stream("GET", "/v1/events", headers=headers) as answer:
            if answer.status_code != 200:
                return
            self.opened += 1
            async for line in answer.aiter_lines():
                self._take(line)

    def _take(self, line: str) -> None:
        name, _, value = line.partition(": ")
        if name == "id":
            self._place = value
        elif name == "data":
            event = json.loads(value)
            told = {RAISED: self.heard, ALERTED: self.alerted}.get(event.get("kind"))
            if told is not None:
                told[event["about"]["id"]].add(event["id"])
