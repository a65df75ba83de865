"""Cairn, as a program sees it: one object for a server and a person."""

from collections.abc import AsyncIterator, Callable, Iterable
from typing import Any, Self

import httpx

from cairn_client._events import Following, Told
from cairn_client._session import Otp, Tokens
from cairn_client._wire import Call, Retries, Wire
from cairn_client.queue import Queue, Store


class Cairn:
    """A server and a person; every operation of `cairn_client.api` takes it."""

    def __init__(
        self,
        base_url: str,
        *,
        retries: Retries = Retries(),  # noqa: B008
        on_tokens: Callable[[Tokens | None], None] = lambda _: None,
        http: httpx.AsyncClient | None = None,
    ) -> None:
        """`on_tokens` gets new tokens, and None at the end of a session."""
        self.wire = Wire(base_url, retries, on_tokens, http)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections, where there is no `async with` to do it."""
        await self.wire.http.aclose()

    async def sign_in(
        self,
        username: str,
        password: str,
        *,
        otp: Otp | None = None,
        organisation_id: str | None = None,
        role: str | None = None,
    ) -> Tokens:
        """Sign in. `otp` is a code, or a function that asks the person for one."""
        return await self.wire.session.sign_in(
            username, password, otp=otp, organisation_id=organisation_id, role=role
        )

    async def sign_in_with_key(self, id_: str, secret: str, scope: str | None = None) -> Tokens:
        """For programs: with the id and the secret of a service key."""
        return await self.wire.session.sign_in_with_key(id_, secret, scope)

    def adopt(self, tokens: Tokens) -> Tokens:
        """Go on with tokens that were kept, or that another grant answered."""
        return self.wire.session.adopt(tokens)

    async def sign_out(self) -> None:
        """End the session, here and on the server."""
        await self.wire.session.sign_out()

    async def call(self, call: Call) -> Any:
        """Make a call; the JSON of the answer, else its bytes, None where it is empty."""
        answer = await self.wire.send(call)
        if "json" in answer.headers.get("Content-Type", "") and answer.content:
            return answer.json()
        return answer.content or None

    def events(
        self,
        *,
        after: str | None = None,
        kinds: Iterable[str] = (),
        on_ready: Callable[[], None] = lambda: None,
    ) -> AsyncIterator[Told]:
        """What happens from now on, or after a place, over every break of the connection.

        `on_ready` is called once the stream is open: read your lists then.
        """
        return Following(self.wire, after, kinds, on_ready).events()

    def queue(self, store: Store, key: bytes) -> Queue:
        """Writes kept for when there is a connection; `key` is 32 bytes."""
        return Queue(self.wire, store, key)
