"""Every operation of the application, as its description says, and how to send a request to it."""

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import httpx

from tests.answers import described, inlined, offered_in
from tests.security.scenes import Call
from tests.world import Api


@dataclass(frozen=True)
class Operation:
    """One operation of the description."""

    name: str
    method: str
    path: str
    described: dict[str, Any]

    @property
    def scope(self) -> str:
        """The permission it needs, `signed_in`, `public` or `recipient`."""
        return str(self.described["x-scope"])

    @property
    def is_public(self) -> bool:
        """Whether it needs no token: of a recipient it asks for a link's session."""
        return self.scope in ("public", "recipient")

    @cached_property
    def good(self) -> set[int]:
        """The statuses of success."""
        return {int(status) for status in self.described["responses"] if status[0] == "2"}

    async def send(self, api: Api, call: Call, **more: Any) -> httpx.Response:
        """Send a prepared request as somebody."""
        options: dict[str, Any] = {"headers": {**call.headers, **more.pop("headers", {})}, **more}
        for name in ("json", "data", "content", "version"):
            if (value := getattr(call, name)) is not None:
                options.setdefault(name, value)
        if call.query is not None:
            options.setdefault("params", call.query)
        return await api.request(self.method, self.path.format(**call.ids), **options)


@lru_cache
def operations() -> dict[str, Operation]:
    """Every operation by its id, from the application as it is built."""
    document = inlined(described())
    return {
        described["operationId"]: Operation(
            described["operationId"], method.upper(), path, described
        )
        for path, methods in document["paths"].items()
        for method, described in methods.items()
    }


async def promised(api: Api, operation: Operation, call: Call) -> bool:
    """Whether a record or list that the address goes through promises somebody the operation.

    Of a list only the rows that the address names count, where it names any.
    """
    parts = operation.path.split("/")
    reads = {one.path: one for one in operations().values() if one.method == "GET"}
    for length in range(3, len(parts) + 1):
        read = reads.get("/".join(parts[:length]))
        if read is None:
            continue
        answer = await api.get(read.path.format(**call.ids))
        if answer.status_code != 200 or answer.headers["content-type"] != "application/json":
            continue
        body = answer.json()
        rows = body.get("items", ()) if isinstance(body, dict) else ()
        named = [one for one in rows if one.get("id") in call.ids.values()]
        if operation.name in offered_in(named or body):
            return True
    return False
