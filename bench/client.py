"""A small load generator for machines without wrk: the same file of requests, the same answer."""

import asyncio
import json
import sys
import time
from collections.abc import Iterator
from functools import partial
from itertools import count, cycle
from typing import cast

import httptools
import uvloop

SEPARATOR = b"\n--next--\n"
GRACE_SECONDS = 5


def endless(text: bytes, mark: str) -> Iterator[bytes]:
    """The requests in turn; `@KEY@` becomes a key never used before."""
    numbers = count(1)
    for one in cycle(text.removesuffix(SEPARATOR).split(SEPARATOR)):
        yield one.replace(b"@KEY@", f"{mark}-{next(numbers)}".encode())


class Caller(asyncio.Protocol):
    """One connection that sends its next request as soon as it has an answer."""

    def __init__(self, requests: Iterator[bytes], until: float, times: list[float]) -> None:
        self.requests, self.until, self.times = requests, until, times
        self.failed = 0
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self.transport = cast(asyncio.Transport, transport)
        self._send()

    def _send(self) -> None:
        self.parser = httptools.HttpResponseParser(self)
        self.begun = time.perf_counter()
        self.transport.write(next(self.requests))

    def data_received(self, data: bytes) -> None:
        """Part of an answer."""
        self.parser.feed_data(data)

    def on_message_complete(self) -> None:
        """A whole answer."""
        now = time.perf_counter()
        self.times.append(now - self.begun)
        self.failed += not 200 <= self.parser.get_status_code() < 300
        if now < self.until:
            self._send()
        else:
            self.transport.close()

    def connection_lost(self, _error: Exception | None) -> None:
        """The end; before its time it is a failure."""
        self.failed += time.perf_counter() < self.until
        self.ended.set_result(None)


def _itself(caller: Caller) -> Caller:
    return caller


async def run(port: int, path: str, mark: str, connections: int, seconds: float) -> str:
    """Load the server and say how it went, as one JSON object (times in milliseconds)."""
    with open(path, "rb") as file:  # noqa: ASYNC230 - before the measurement
        requests = endless(file.read(), mark)
    loop, begun = asyncio.get_running_loop(), time.perf_counter()
    times: list[float] = []
    callers = [Caller(requests, begun + seconds, times) for _ in range(connections)]
    for caller in callers:
        await loop.create_connection(partial(_itself, caller), "127.0.0.1", port)
    await asyncio.wait([caller.ended for caller in callers], timeout=seconds + GRACE_SECONDS)
    times.sort()
    answer: dict[str, float] = {
        "requests": len(times),
        "seconds": time.perf_counter() - begun,
        "failed": sum(caller.failed + (not caller.ended.done()) for caller in callers),
    }
    for part in (50, 95, 99):
        answer[f"p{part}"] = times[len(times) * part // 100] * 1000 if times else 0.0
    return json.dumps(answer)


if __name__ == "__main__":
    port, path, mark, connections, seconds = sys.argv[1:]
    print("RESULT", uvloop.run(run(int(port), path, mark, int(connections), float(seconds))))
