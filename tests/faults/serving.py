"""The application behind real sockets in this very loop, and clients that speak bytes."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from uvicorn.server import ServerState

from app.cli.connections import bounded
from app.core.settings import Settings

PATIENCE = 8.0
"""Seconds after which a test no longer believes that anything will come."""


@dataclass
class Listening:
    """A server that listens at a port of loopback."""

    port: int
    state: ServerState
    opened: list["Wire"] = field(default_factory=list)

    async def open(self, *, receive_buffer: int | None = None) -> "Wire":
        """A new connection; a small receive buffer makes a reader that stalls early."""
        sock = socket.socket()
        if receive_buffer:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        sock.setblocking(False)
        loop = asyncio.get_running_loop()
        await loop.sock_connect(sock, ("127.0.0.1", self.port))
        self.opened.append(Wire(sock))
        return self.opened[-1]

    def hang_up(self) -> None:
        """Close every connection of this test."""
        for wire in self.opened:
            wire.close()

    async def ask(self, content: bytes) -> bytes:
        """Send bytes, and everything that came until the server closed or nothing more came."""
        wire = await self.open()
        try:
            await wire.send(content)
            return await wire.rest(patience=0.5)
        finally:
            wire.close()


@dataclass
class Wire:
    """One end of a connection.

    What was asked of the socket is kept until it comes: a wait that ends as bytes arrive would
    otherwise lose them.
    """

    sock: socket.socket
    coming: asyncio.Task[bytes] | None = None

    async def send(self, content: bytes) -> None:
        """Send all of it."""
        await asyncio.get_running_loop().sock_sendall(self.sock, content)

    async def some(self, patience: float = PATIENCE) -> bytes:
        """What comes next; nothing where the server has closed or was silent for so long."""
        try:
            return await self._received(patience) or b""
        except ConnectionResetError:
            return b""

    async def rest(self, patience: float = PATIENCE) -> bytes:
        """Everything until the server closes, or is silent for so long."""
        parts: list[bytes] = []
        while part := await self.some(patience):
            parts.append(part)
        return b"".join(parts)

    async def is_closed(self, within: float) -> bool:
        """Whether the server closes within so many seconds."""
        try:
            async with asyncio.timeout(within):
                while await self._received(within) != b"":
                    pass
        except TimeoutError:
            return False
        except ConnectionResetError:
            return True
        return True

    async def _received(self, patience: float) -> bytes | None:
        """What came, empty where the server closed; None where it was silent for so long."""
        loop = asyncio.get_running_loop()
        coming = self.coming or loop.create_task(loop.sock_recv(self.sock, 65_536))
        self.coming = coming
        await asyncio.wait({coming}, timeout=patience)
        if not coming.done():
            return None
        self.coming = None
        return coming.result()

    def close(self) -> None:
        """Hang up."""
        if self.coming is not None:
            self.coming.cancel()
        self.sock.close()


@asynccontextmanager
async def listening(
    application: Any, settings: Settings, at_once: int = 64
) -> AsyncIterator[Listening]:
    """Serve with the connections of `cairn serve`."""
    config = uvicorn.Config(
        application,
        http=bounded(settings, at_once=at_once),
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=settings.idle_seconds,
    )
    config.load()
    state = ServerState()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: config.http_protocol_class(config=config, server_state=state, app_state={}),  # type: ignore[call-arg]
        "127.0.0.1",
        0,
    )
    try:
        yield (found := Listening(server.sockets[0].getsockname()[1], state))
    finally:
        found.hang_up()
        server.close()
        for connection in tuple(state.connections):
            connection.transport.abort()
        await server.wait_closed()
        await asyncio.sleep(0)
