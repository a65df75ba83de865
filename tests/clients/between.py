"""Something between a client and the server that loses answers and cuts connections."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

CUT = b"GET /cut "
ANSWER = b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"


class Between:
    """Passes bytes on. `GET /cut` breaks every connection, on a new one or on one that is open."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._open: set[asyncio.StreamWriter] = set()
        self._lose: dict[bytes, int] = {}
        self.lost: list[str] = []
        """The first lines of the requests whose answers were lost."""
        self.cuts = 0
        self.origin = ""

    def lose(self, request: str, number: int = 1) -> None:
        """Lose the answer to one request that begins like this: the first, or a later one."""
        self._lose[request.encode()] = number

    def _is_lost(self, content: bytes) -> bool:
        for begins in self._lose:
            if content.startswith(begins):
                self._lose[begins] -= 1
                if self._lose[begins] == 0:
                    self.lost.append(content.split(b"\r\n")[0].decode())
                    return True
        return False

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection of a client."""
        first = await reader.read(65_536)
        if first.startswith(CUT):
            self.hang_up()
            writer.write(ANSWER)
            writer.close()
            return
        from_server, to_server = await asyncio.open_connection("127.0.0.1", self._port)
        self._open |= {writer, to_server}
        is_lost = asyncio.Event()
        ways = [
            asyncio.create_task(self._forth(first, reader, to_server, is_lost)),
            asyncio.create_task(self._back(from_server, writer, is_lost)),
        ]
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        for way in ways:
            way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)
        for one in (writer, to_server):
            self._open.discard(one)
            one.transport.abort()

    async def _forth(
        self,
        content: bytes,
        reader: asyncio.StreamReader,
        to_server: asyncio.StreamWriter,
        is_lost: asyncio.Event,
    ) -> None:
        while content:
            if content.startswith(CUT):
                return self.hang_up()
            if self._is_lost(content):
                is_lost.set()
            to_server.write(content)
            await to_server.drain()
            content = await reader.read(65_536)

    async def _back(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, is_lost: asyncio.Event
    ) -> None:
        while content := await reader.read(65_536):
            if is_lost.is_set():
                return  # the server has done it, and nobody hears of it
            writer.write(content)
            await writer.drain()

    def hang_up(self) -> None:
        """Break every connection."""
        self.cuts += 1
        for one in self._open:
            one.transport.abort()


@asynccontextmanager
async def between(origin: str) -> AsyncIterator[Between]:
    """Stand between clients and a server of this machine."""
    middle = Between(int(origin.rpartition(":")[2]))
    listening = await asyncio.start_server(middle.serve, "127.0.0.1", 0)
    middle.origin = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    try:
        yield middle
    finally:
        middle.hang_up()
        listening.close()
