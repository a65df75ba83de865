"""One life of a program with a queue: it may be killed (SIGKILL) at one of its steps.

tests/clients/test_queues.py runs it. Words: the folder, the name of the entry, the step at which it
ends (0: none), and what to do: `add` and send, or only `send`.
"""

import asyncio
import os
import signal
import sys
from typing import TYPE_CHECKING, Any

import httpx
from cairn_client import Cairn, FolderStore, Retries
from cairn_client.api import raise_concern

if TYPE_CHECKING:
    from cairn_client.models import ConcernIn

FOLDER, NAME, AT, ACT = sys.argv[1:]
steps = 0
calls: list[str] = []


def step() -> None:
    """One more moment at which everything may end."""
    global steps  # noqa: PLW0603
    steps += 1
    if steps == int(AT):
        os.kill(os.getpid(), signal.SIGKILL)


def counted(holder: Any, name: str) -> None:
    """Count the moments before and after each call."""
    before = getattr(holder, name)

    def call(*said: Any, **more: Any) -> Any:
        step()
        calls.append(name)
        found = before(*said, **more)
        step()
        return found

    setattr(holder, name, call)


class Counted(httpx.AsyncHTTPTransport):
    """Sends, and counts the moments before and after."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request."""
        step()
        answer = await super().handle_async_request(request)
        step()
        return answer


async def main() -> None:
    """One life."""
    for name in ("open", "fsync", "replace", "rename", "unlink", "scandir", "close"):
        counted(os, name)
    http = httpx.AsyncClient(transport=Counted())
    async with Cairn(os.environ["CAIRN_URL"], retries=Retries(pause=0.02), http=http) as cairn:
        cairn.adopt({"access_token": os.environ["TOKEN"], "expires_in": 900})
        queue = cairn.queue(FolderStore(FOLDER), bytes([7] * 32))
        if ACT == "add":
            child = os.environ["CHILD"]
            body: ConcernIn = {
                "children": [{"child_id": child}],
                "account": [{"text": "He would not eat."}],
            }
            await queue.add(raise_concern, NAME, body=body)
            # On the disk before it is said to be kept: the file, then its name.
            assert calls == ["open", "fsync", "replace", "open", "fsync", "close"], calls
            print("added", flush=True)
        outcomes = await queue.flush()
        assert all(one.state == "sent" for one in outcomes), outcomes
        assert await queue.entries() == []
    print(f"done after {steps} steps")


asyncio.run(main())
