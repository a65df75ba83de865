"""Asks a scanner whether a file is malware: a ClamAV daemon by its socket, or one in memory.

The file goes through in pieces, so that the largest needs no more memory than the smallest.
"""

import asyncio
import re
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Literal, Protocol
from urllib.parse import unquote, urlsplit

Outcome = Literal["clean", "found", "too_large", "failed"]
Address = tuple[socket.AddressFamily, str | tuple[str, int]]

PORT = 3310
PIECE_BYTES = 128 * 1024
MOST_REPLY_BYTES = 4_096
LONGEST_WORDS = 200
_STRANGE = re.compile(r"[^ -~]")


class AntivirusUnavailable(Exception):
    """The scanner does not answer, or not in its own words: nothing is known of the file."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the scanner says; `signature` names what it found or could not look into.

    `too_large` is more than it takes, `failed` a file that it cannot cope with.
    """

    outcome: Outcome
    signature: str | None = None


class Antivirus(Protocol):
    """A scanner. Each operation raises `AntivirusUnavailable`."""

    async def scan(self, chunks: AsyncIterator[bytes]) -> Verdict:
        """Look at a file; what `chunks` raises is raised."""
        ...

    async def version(self) -> str:
        """The program and its signatures, as it names them: another text after every update."""
        ...


@dataclass(frozen=True, slots=True)
class Limits:
    """How many seconds the steps of a scan may take."""

    connect: float = 5.0
    step: float = 30.0
    """For one piece to be taken, and for a short answer."""
    verdict: float = 180.0
    """From the last piece to the verdict; clamd's own MaxScanTime is two minutes."""
    whole: float = 600.0
    alive: float = 2.0
    """For a daemon that did not just begin again: reading its signatures takes it far longer."""


@dataclass(slots=True)
class Clamd:
    """A ClamAV daemon, spoken to in its INSTREAM protocol, one connection for each question."""

    place: str | tuple[str, int]
    """The path of a Unix socket, or host and port."""
    limits: Limits = field(default_factory=Limits)

    async def version(self) -> str:
        """Such as `ClamAV 1.4.3/27800/Tue Nov 25 09:11:36 2026`."""
        return _plain(await self._ask(b"zVERSION\0"))

    async def scan(self, chunks: AsyncIterator[bytes]) -> Verdict:
        """Send a file and wait for the verdict."""
        try:
            async with asyncio.timeout(self.limits.whole):
                return await self._scan(chunks)
        except TimeoutError:
            raise AntivirusUnavailable("the scanner took too long") from None

    async def _scan(self, chunks: AsyncIterator[bytes]) -> Verdict:
        connection = await self._connect()
        try:
            async with asyncio.timeout(self.limits.step):
                await connection.send(b"zINSTREAM\0")
            cut = not await self._send_all(connection, chunks)
            async with asyncio.timeout(self.limits.verdict):
                reply = await connection.reply()
        finally:
            connection.close()
        if reply:
            return verdict_of(reply)
        if cut and not isinstance(self.place, str) and await self._lives():
            # Over TCP a break takes the words about it along: a daemon that closed on us and
            # lives on has met StreamMaxLength. A Unix socket keeps them, so there it has died.
            return Verdict("too_large")
        raise AntivirusUnavailable("the scanner went away in the middle of a file")

    async def _send_all(self, connection: "_Connection", chunks: AsyncIterator[bytes]) -> bool:
        """Whether the daemon took all of it."""
        async for chunk in chunks:
            for start in range(0, len(chunk), PIECE_BYTES):
                piece = chunk[start : start + PIECE_BYTES]
                if not await self._give(connection, len(piece).to_bytes(4, "big") + piece):
                    return False
        return await self._give(connection, bytes(4))

    async def _give(self, connection: "_Connection", piece: bytes) -> bool:
        try:
            async with asyncio.timeout(self.limits.step):
                await connection.send(piece)
        except (ConnectionError, AntivirusUnavailable):
            return False
        return True

    async def _lives(self) -> bool:
        try:
            async with asyncio.timeout(self.limits.alive):
                return await self._ask(b"zPING\0") == "PONG"
        except (AntivirusUnavailable, TimeoutError):
            return False

    async def _ask(self, question: bytes) -> str:
        connection = await self._connect()
        try:
            async with asyncio.timeout(self.limits.step):
                await connection.send(question)
                reply = await connection.reply()
        except TimeoutError:
            raise AntivirusUnavailable("the scanner does not answer") from None
        finally:
            connection.close()
        if not reply:
            raise AntivirusUnavailable("the scanner says nothing")
        return reply

    async def _connect(self) -> "_Connection":
        error: OSError | None = None
        try:
            async with asyncio.timeout(self.limits.connect):
                for family, address in await self._addresses():
                    try:
                        return await _Connection.to(family, address)
                    except OSError as refused:
                        error = refused
        except (OSError, TimeoutError) as away:
            raise AntivirusUnavailable("the scanner cannot be reached") from away
        raise AntivirusUnavailable("the scanner cannot be reached") from error

    async def _addresses(self) -> list[Address]:
        if isinstance(self.place, str):
            return [(socket.AF_UNIX, self.place)]
        loop = asyncio.get_running_loop()
        getaddrinfo = await loop.getaddrinfo(*self.place, type=socket.SOCK_STREAM)
        inside = [(family, (str(at[0]), int(at[1]))) for family, _, _, _, at in getaddrinfo]
        addresses: list[Address] = [item for item in inside if _is_inside(item[1][0])]
        if not addresses:
            raise AntivirusUnavailable("the scanner's address is a public one: files go unsealed")
        return addresses


def _is_inside(address: str) -> bool:
    """The protocol has no TLS: files may cross this machine and its own network, no other."""
    result = ip_address(address.partition("%")[0])
    return result.is_private or result.is_loopback or result.is_link_local


class _Connection:
    """A socket without buffers of ours, so that an answer given before a break can be read."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._loop = asyncio.get_running_loop()

    @classmethod
    async def to(
        cls, family: socket.AddressFamily, address: str | tuple[str, int]
    ) -> "_Connection":
        """Raises OSError."""
        sock = socket.socket(family, socket.SOCK_STREAM)
        try:
            sock.setblocking(False)
            await asyncio.get_running_loop().sock_connect(sock, address)
        except BaseException:
            sock.close()
            raise
        return cls(sock)

    async def send(self, piece: bytes) -> None:
        """Raises ConnectionError."""
        await self._loop.sock_sendall(self._socket, piece)

    async def reply(self) -> str:
        """The answer up to its end; empty where the daemon is gone without one."""
        text = b""
        while b"\0" not in text and len(text) < MOST_REPLY_BYTES:
            try:
                piece = await self._loop.sock_recv(self._socket, MOST_REPLY_BYTES)
            except ConnectionError:
                return ""
            if not piece:
                break
            text += piece
        return text.partition(b"\0")[0].decode("utf-8", "replace").strip()

    def close(self) -> None:
        self._socket.close()


def verdict_of(reply: str) -> Verdict:
    """The verdict in clamd's words. Raises `AntivirusUnavailable` for words it does not have."""
    if reply == "INSTREAM size limit exceeded. ERROR":
        return Verdict("too_large")
    if reply == "stream: OK":
        return Verdict("clean")
    if reply.startswith("stream: ") and reply.endswith(" FOUND"):
        signature = _plain(reply.removeprefix("stream: ").removesuffix(" FOUND"))
        if signature.startswith("Heuristics.Limits.Exceeded"):
            return Verdict("too_large", signature)
        return Verdict("found", signature)
    if reply.startswith("stream: ") and reply.endswith(" ERROR"):
        return Verdict("failed")
    raise AntivirusUnavailable("the scanner answers in words we do not know")


def _plain(words: str) -> str:
    return _STRANGE.sub("?", words)[:LONGEST_WORDS]


def antivirus_from_url(url: str) -> Antivirus | None:
    """`clamd:///run/clamav/clamd.ctl`, `clamd://host:3310`; None where the URL is empty.

    Raises ValueError for a URL of no known kind.
    """
    if not url:
        return None
    parts = urlsplit(url)
    if parts.scheme != "clamd" or parts.query or parts.fragment or parts.username:
        raise ValueError("a scanner is written clamd:///path/of/socket or clamd://host:3310")
    if parts.hostname:
        if parts.path.strip("/"):
            raise ValueError("a scanner has either a path or a host, not both")
        return Clamd((parts.hostname, parts.port or PORT))
    if not parts.path.startswith("/") or parts.path == "/":
        raise ValueError("the path of the scanner's socket has to begin with a slash")
    return Clamd(unquote(parts.path))
