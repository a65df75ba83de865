"""One device and two people: nothing of one goes out as the other.

tests/clients/test_people.py runs it, with the name of a case.
"""

import asyncio
import base64
import json
import sys
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import httpx
from cairn_client import Cairn, MemoryStore, NoAnswer, Outcome, Problem, Retries, new_id
from cairn_client.api import open_child, raise_concern, update_child

if TYPE_CHECKING:
    from cairn_client.models import ConcernIn

T = TypeVar("T")
BODY: "ConcernIn" = {
    "children": [{"child_id": "c1"}],
    "account": [{"text": "He would not eat."}],
}
CHILD, CONCERNS, TOKEN = "/v1/children/c1", "/v1/concerns", "/v1/auth/token"


class Asked(NamedTuple):
    """One request."""

    path: str
    as_: str | None
    """Whose token came with it."""
    if_match: str | None


class Server:
    """Answers as a case says, and knows what it was asked."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.answer: Callable[[Asked], Awaitable[httpx.Response]] = always(said({}))

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        token = request.headers.get("Authorization")
        as_ = token.split(".")[2] if token else None
        self.asked.append(Asked(request.url.path, as_, request.headers.get("If-Match")))
        return await self.answer(self.asked[-1])

    def concerns(self) -> list[str | None]:
        """As whom concerns were raised."""
        return [one.as_ for one in self.asked if one.path == CONCERNS]

    def versions(self) -> int:
        """How many requests named a version of the child."""
        return len([one for one in self.asked if one.path == CHILD and one.if_match])

    async def during(
        self,
        held: str,
        answered: httpx.Response,
        begun: Awaitable[T],
        meanwhile: Callable[[], Awaitable[object]],
    ) -> T:
        """Hold the first request to a path until somebody has done something, then answer it."""
        arrived, go = asyncio.Event(), asyncio.Event()

        async def answer(one: Asked) -> httpx.Response:
            if one.path != held or arrived.is_set():
                return said({"id": "new"})
            arrived.set()
            await go.wait()
            return answered

        self.answer = answer
        running = asyncio.ensure_future(begun)
        await arrived.wait()
        await meanwhile()
        go.set()
        return await running


def said(content: object, status: int = 200, **headers: str) -> httpx.Response:
    """An answer."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.Response(status, json=content, headers=named)


def always(response: httpx.Response) -> Callable[[Asked], Awaitable[httpx.Response]]:
    """Whatever is asked."""

    async def answer(_: Asked) -> httpx.Response:
        return response

    return answer


def tokens(sub: str, **more: Any) -> dict[str, Any]:
    """What the token endpoint answers for somebody."""
    claims = base64.urlsafe_b64encode(json.dumps({"sub": sub, "org": "school"}).encode())
    access = f"x.{claims.decode().rstrip('=')}.{sub}"
    return {
        "access_token": access, "expires_in": 900, "refresh_token": f"refresh-{sub}", **more
    }  # fmt: skip


server = Server()
http = httpx.AsyncClient(transport=httpx.MockTransport(server))
cairn = Cairn("http://cairn", retries=Retries(pause=0.001, longest=1.0), http=http)
session = cairn.wire.session
busy = said({}, 503, Retry_After="0")


async def refused(call: Awaitable[object]) -> Problem:
    """The problem a call ends with."""
    try:
        await call
    except Problem as problem:
        return problem
    raise AssertionError("It was not refused.")


async def ben_signs_in() -> None:
    """Another person takes the device."""
    await cairn.sign_out()
    cairn.adopt(tokens("ben"))


async def queued(answered: httpx.Response) -> None:
    """What waits in the queue of one person is never sent as another."""
    queue = cairn.queue(MemoryStore(), bytes([7] * 32))
    cairn.adopt(tokens("anna"))
    for _ in range(2):
        await queue.add(raise_concern, new_id(), body=BODY)
    bens: list[asyncio.Task[list[Outcome]]] = []

    async def ben_flushes() -> None:
        await ben_signs_in()
        bens.append(asyncio.create_task(queue.flush()))

    await server.during(CONCERNS, answered, queue.flush(), ben_flushes)
    assert await bens[0] == []
    assert server.concerns() == ["anna"]
    left = await queue.entries()
    assert {one.state for one in left} == {"waiting"}
    assert left[-1].tries == 0
    cairn.adopt(tokens("anna"))
    assert [one.state for one in await queue.flush()] == ["sent"] * len(left)
    assert set(server.concerns()) == {"anna"}


async def queued_and_busy() -> None:
    """The server is busy at the first attempt."""
    await queued(busy)


async def queued_and_refused() -> None:
    """The first attempt is refused, since the token was ended."""
    await queued(said({"code": "token_invalid"}, 401))


async def queued_and_sent() -> None:
    """The first entry is sent."""
    await queued(said({"id": "new"}, 201))


async def queued_and_kept() -> None:
    """The next person signs in just before the first entry is sent."""

    class Slow(MemoryStore):
        def put(self, name: str, content: bytes) -> None:
            super().put(name, content)
            if leaving.is_set():
                cairn.adopt(tokens("ben"))

    leaving = asyncio.Event()
    queue = cairn.queue(Slow(), bytes([7] * 32))
    cairn.adopt(tokens("anna"))
    await queue.add(raise_concern, new_id(), body=BODY)
    leaving.set()
    assert [one.state for one in await queue.flush()] == ["waiting"]
    assert server.concerns() == []


async def called() -> None:
    """A call is not repeated as somebody else."""
    cairn.adopt(tokens("anna"))
    try:
        await server.during(CONCERNS, busy, raise_concern(cairn, body=BODY), ben_signs_in)
    except NoAnswer:
        assert server.concerns() == ["anna"]
        return
    raise AssertionError("It was answered.")


async def signed_out_while_renewing() -> None:
    """Who signed out stays signed out."""
    cairn.adopt(tokens("anna", expires_in=1))
    await server.during(TOKEN, said(tokens("anna")), session.token(), cairn.sign_out)
    assert session.tokens is None


async def replaced_while_renewing() -> None:
    """Another person does not wait for late tokens, and keeps their own."""
    cairn.adopt(tokens("anna", expires_in=1))

    async def ben_goes_on() -> None:
        await ben_signs_in()
        assert await session.token() == tokens("ben")["access_token"]

    await server.during(TOKEN, said(tokens("anna")), session.token(), ben_goes_on)
    assert session.owner == "ben@school"


async def replaced_while_refused() -> None:
    """A late refusal of one does not sign another out."""
    cairn.adopt(tokens("anna", expires_in=1))
    late = server.during(TOKEN, said({}, 401), session.token(), ben_signs_in)
    assert (await refused(late)).status == 401
    assert session.owner == "ben@school"


async def without_a_refresh_token() -> None:
    """A refresh token is kept for the same person only."""
    cairn.adopt(tokens("anna"))
    bens = {name: value for name, value in tokens("ben").items() if name != "refresh_token"}
    assert "refresh_token" not in cairn.adopt(bens)
    full = cairn.adopt(tokens("ben"))
    assert cairn.adopt(bens) == full


async def with_versions() -> None:
    """A version that one person read is not named by another."""

    async def change() -> None:
        await update_child(cairn, child_id="c1", body={"year_group": "8"})

    read = said({}, ETag='"7"')
    server.answer = always(read)
    cairn.adopt(tokens("anna"))
    await open_child(cairn, child_id="c1")
    await cairn.sign_out()
    cairn.adopt(tokens("anna"))
    await change()
    assert server.versions() == 1  # the same person goes on
    await ben_signs_in()
    server.answer = always(said({}))
    await change()
    cairn.adopt(tokens("anna"))
    await server.during(CHILD, read, open_child(cairn, child_id="c1"), ben_signs_in)
    await change()
    assert server.versions() == 1


async def at_a_busy_token_endpoint() -> None:
    """The token endpoint is asked again after the time that it names."""

    async def answer(_: Asked) -> httpx.Response:
        return busy if len(server.asked) < 3 else said(tokens("anna"))

    server.answer = answer
    await cairn.sign_in("anna", "secret")
    assert len(server.asked) == 3
    server.answer = always(said({}, 429, Retry_After="2"))
    assert (await refused(cairn.sign_in("anna", "secret"))).retry_after == 2
    assert len(server.asked) == 4  # it asks for more than the client is ready to wait


CASES = (
    queued_and_busy, queued_and_refused, queued_and_sent, queued_and_kept, called,
    signed_out_while_renewing, replaced_while_renewing, replaced_while_refused,
    without_a_refresh_token, with_versions,
    at_a_busy_token_endpoint,
)  # fmt: skip
asyncio.run({case.__name__: case for case in CASES}[sys.argv[1]]())
print("done")
