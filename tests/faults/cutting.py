"""Cuts a request off at a chosen await point, wherever in its tasks that point lies."""

import asyncio
import json
from collections.abc import Collection, Coroutine, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

PLAN: ContextVar["Plan | None"] = ContextVar("plan", default=None)


class Plan:
    """Hang up when the tasks of one request have come to their await point number `at`.

    `running` are the commands under way; `was_running` says whether there was one at the cut.
    """

    def __init__(self, at: int, running: Collection[Any] = ()) -> None:
        self.at = at
        self.steps = 0
        self.was_running = False
        self._running = running
        self.request: asyncio.Task[Any] | None = None

    @property
    def was_cut(self) -> bool:
        """Whether the request lived long enough to be cut."""
        return self.steps >= self.at

    def step(self) -> None:
        """One more await point."""
        self.steps += 1
        if self.steps == self.at and self.request is not None:
            self.was_running = bool(self._running)
            self.request.cancel()


class Driven(Coroutine[Any, Any, Any]):
    """A coroutine whose await points are counted."""

    def __init__(self, inner: Coroutine[Any, Any, Any], plan: Plan) -> None:
        self._inner = inner
        self._plan = plan

    def send(self, value: Any) -> Any:
        """Go on until the next await point."""
        found = self._inner.send(value)
        self._plan.step()
        return found

    def throw(self, *error: Any) -> Any:
        """Go on with an error until the next await point."""
        found = self._inner.throw(*error)
        self._plan.step()
        return found

    def close(self) -> None:
        """Give up."""
        self._inner.close()

    def __await__(self) -> Any:
        """The coroutine itself."""
        return self._inner.__await__()


@contextmanager
def counting() -> Iterator[None]:
    """While this lasts, tasks begun under a plan are counted by it."""
    loop = asyncio.get_running_loop()
    before = loop.get_task_factory()

    def factory(loop: Any, inner: Any, **options: Any) -> asyncio.Task[Any]:
        plan = PLAN.get()
        return asyncio.Task(Driven(inner, plan) if plan else inner, loop=loop, **options)

    loop.set_task_factory(factory)
    try:
        yield
    finally:
        loop.set_task_factory(before)


class Asked:
    """One request sent to the application itself, without a client between."""

    def __init__(
        self, method: str, path: str, *, token: str, body: Any = None, key: str | None = None
    ) -> None:
        headers = [(b"authorization", f"Bearer {token}".encode()), (b"host", b"cairn.test")]
        self._body = b"" if body is None else json.dumps(body).encode()
        if body is not None:
            headers.append((b"content-type", b"application/json"))
        if key is not None:
            headers.append((b"idempotency-key", key.encode()))
        self.scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method,
            "scheme": "http", "path": path, "raw_path": path.encode(), "query_string": b"",
            "root_path": "", "headers": headers, "client": ("127.0.0.1", 1),
            "server": ("cairn.test", 80),
        }  # fmt: skip
        self.status: int | None = None
        self.headers: dict[str, str] = {}
        self.content = b""

    async def _receive(self) -> dict[str, Any]:
        await asyncio.sleep(0)
        return {"type": "http.request", "body": self._body, "more_body": False}

    async def _send(self, message: Any) -> None:
        await asyncio.sleep(0)
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {name.decode(): value.decode() for name, value in message["headers"]}
        else:
            self.content += message.get("body", b"")

    async def run(self, application: Any, plan: Plan) -> None:
        """Send it, and hang up where the plan says."""
        token = PLAN.set(plan)
        try:
            plan.request = asyncio.create_task(
                application(dict(self.scope), self._receive, self._send)
            )
        finally:
            PLAN.reset(token)
        await asyncio.wait([plan.request])
        if not plan.request.cancelled():
            plan.request.exception()
