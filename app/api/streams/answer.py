"""The answer that does not end: what was missed is read first, then the hub tells what comes."""

import asyncio
from collections.abc import Mapping
from typing import Any

import structlog
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from app.api.streams import frames
from app.api.streams.client import Client
from app.api.streams.hub import LEAF, Frames, Hub
from app.db.faults import fault_of
from app.db.reading import open_reading
from app.db.repositories.exchange.events import Place
from app.db.scope import SessionEnded
from app.db.session import Database
from app.domain import policy
from app.domain.exchange.events import queries as events
from app.domain.exchange.events.errors import PlaceUnknown

log = structlog.get_logger()
MOST_BEHIND = 50_000
"""Entries of the trail that are read for one client that comes back; further back is a reset."""
HEADERS: Mapping[str, str] = {"X-Accel-Buffering": "no"}
"""A proxy that collected the answer before passing it on would pass on nothing."""


class EventStream(Response):
    """One stream. `resumes` says whether the client names a place it has read up to."""

    media_type = "text/event-stream"

    def __init__(
        self, hub: Hub, database: Database, client: Client, place: Place, *, resumes: bool
    ) -> None:
        super().__init__(headers=dict(HEADERS))
        del self.headers["content-length"]
        self._hub = hub
        self._database = database
        self._client = client
        self._place = place
        self._resumes = resumes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send until the client is gone, or everything has been said."""
        client = self._client
        self._hub.enter(client)
        watching = asyncio.create_task(_watch(receive, client))
        try:
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            await _send(send, self._opening())
            await self._begin(send)
            while not client.is_over or client.waiting:
                await client.wake.wait()
                await _send(send, client.take())
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            watching.cancel()
            self._hub.leave(client)

    def _opening(self) -> bytes:
        if self._resumes:
            return frames.opening()
        cursor = self._client.cursor(self._place)
        return frames.opening() + frames.about_stream("ready", cursor=cursor)

    async def _begin(self, send: Send) -> None:
        """Read what was missed, then join those who are told what comes."""
        if not self._resumes and self._hub.join(self._client, self._place):
            return
        try:
            await self._catch_up(send)
        except SessionEnded:
            self._client.end(frames.about_stream("bye", reason_code="session_ended"))
        except Exception as error:
            if fault_of(error) is None:
                log.error("events.catching_up_failed", exc_info=error)
            self._client.end(frames.about_stream("bye", reason_code="unavailable"))

    async def _catch_up(self, send: Send) -> None:
        """Read on until the others have been told no more than this client."""
        behind = 0
        while not self._client.is_over:
            try:
                leaf = await self._leaf()
            except PlaceUnknown:
                await self._reset(send, "place_unknown")
                continue
            if behind >= MOST_BEHIND:
                await self._reset(send, "too_far_behind")
                behind = 0
                continue
            made = Frames(self._hub.cursors, self._client.school_id, leaf)
            for_reader = made.for_reader(self._client.actor, self._client.kinds)
            await _send(send, b"".join(item for _, item in for_reader))
            self._place = leaf.place
            if leaf.is_complete and self._hub.join(self._client, self._place):
                return
            behind += LEAF

    async def _leaf(self) -> events.Leaf:
        """The next events, with the reader's rights as they are now."""
        client = self._client
        async with open_reading(self._database, client.actor) as reading:
            client.know(policy.proved(reading.actor), asyncio.get_running_loop().time())
            return await events.read_leaf(reading.driver, client.school_id, self._place, LEAF)

    async def _reset(self, send: Send, reason_code: str) -> None:
        """Tell the client to read everything again, and go on from now."""
        async with open_reading(self._database, self._client.actor) as reading:
            self._place = await events.start_now(reading.driver)
        cursor = self._client.cursor(self._place)
        await _send(send, frames.about_stream("reset", cursor=cursor, reason_code=reason_code))


async def _watch(receive: Receive, client: Client) -> None:
    """End the stream when its client hangs up."""
    while (await receive())["type"] != "http.disconnect":
        pass
    client.end()


async def _send(send: Send, content: bytes) -> None:
    if content:
        message: dict[str, Any] = {
            "type": "http.response.body", "body": content, "more_body": True
        }  # fmt: skip
        await send(message)
