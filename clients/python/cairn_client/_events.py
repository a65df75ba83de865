"""The event stream: what happens, as it happens, over every break of the connection."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx

from cairn_client._problems import NoAnswer, Problem
from cairn_client._wire import Call, Wire

if TYPE_CHECKING:
    from cairn_client import models


@dataclass(frozen=True)
class Told:
    """An event: ids and a kind, never content. Ignore kinds that you do not know."""

    place: str | None
    """Where to go on after this event: keep it once you have dealt with the event."""
    event: "models.Event | Mapping[str, Any]"
    """Its `kind` may be `reset`: something may be missing; read your lists again."""


class Following:
    """The stream of one reader: where it is, and how long to wait after a break."""

    def __init__(
        self, wire: Wire, place: str | None, kinds: Iterable[str], on_ready: Callable[[], None]
    ) -> None:
        self._wire, self._place, self._kinds, self._on_ready = wire, place, list(kinds), on_ready
        self._wait = 3.0

    async def events(self) -> AsyncIterator[Told]:
        """Follow what happens. Raises the problem where the stream is refused."""
        while True:
            try:
                async for told in self._until_it_breaks():
                    yield told
            except (httpx.TransportError, NoAnswer):
                pass
            except Problem as problem:
                if problem.status == 422 and self._place is not None:
                    self._place = None  # the server does not know this place
                    yield Told(None, {"kind": "reset", "because": "place_unknown"})
                    continue
                if problem.status not in {429, 503}:
                    raise
            await asyncio.sleep(self._wait)

    async def _until_it_breaks(self) -> AsyncIterator[Told]:
        headers = {"Accept": "text/event-stream", "Last-Event-ID": self._place}
        call = Call("GET", "/v1/events", {"kind": self._kinds}, headers)
        async with AsyncExitStack() as stack:
            async for frame in _frames(await self._wire.stream(call, stack)):
                self._wait = float(frame.get("retry", self._wait * 1000)) / 1000
                kind = frame.get("event")
                if kind == "ready":
                    self._on_ready()
                elif "data" in frame and kind != "bye":
                    yield Told(frame.get("id", self._place), json.loads(frame["data"]))
                self._place = frame.get("id", self._place)  # only now: it has been dealt with


async def _frames(answer: httpx.Response) -> AsyncIterator[dict[str, str]]:
    """The frames of a stream; one that was cut off is left out."""
    fields: dict[str, str] = {}
    async for line in answer.aiter_lines():
        if not line:
            if fields:
                yield fields
            fields = {}
            continue
        name, colon, value = line.partition(":")
        if not name or not colon:
            continue
        value = value.removeprefix(" ")
        is_more = name == "data" and name in fields
        fields[name] = f"{fields[name]}\n{value}" if is_more else value
