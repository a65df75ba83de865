"""Sends webhooks over HTTPS to addresses that are checked again each time and then connected to."""

import asyncio
import socket
import ssl
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Protocol

import httpx

from app.core import clock
from app.core.targets import Reach, Target, TargetRefused, read_target

SECONDS = 15.0
"""For everything: looking up, connecting, sending, the answer."""
MOST_READ = 65_536
"""Bytes of an answer that are read; all of them are thrown away."""
READ_SECONDS = 2.0
"""How long an answer's body is listened to; its status has said it all."""
MOST_ADDRESSES = 3
LOOK_UPS = 16
NAME = "Cairn"

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""All network addresses behind a name. Raises OSError."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one attempt: a status, or why there was none. What was said is not kept."""

    status: int | None
    code: str | None
    """None for success (2xx)."""
    milliseconds: int
    retry_after: int | None = None
    """Seconds that the receiver asks to be left alone."""


class WebhookSender(Protocol):
    """Makes one attempt."""

    async def send(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """POST once. Never raises for what is the receiver's fault."""


class _Failed(Exception):
    """The attempt ended without a status."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class HttpSender:
    """The real one.

    A name is looked up for every attempt, every address behind it has to be allowed, and the
    connection goes to what was checked, under the name's certificate: a name that changes its
    addresses meanwhile changes nothing. Redirects are not followed, proxies not used.
    """

    def __init__(
        self,
        reach: Reach,
        *,
        resolve: Resolve | None = None,
        trust: ssl.SSLContext | None = None,
        seconds: float = SECONDS,
    ) -> None:
        self._reach = reach
        self._pool = ThreadPoolExecutor(LOOK_UPS, thread_name_prefix="webhook-names")
        self._resolve = resolve or self._look_up
        self._trust = trust or ssl.create_default_context()
        self._seconds = seconds

    async def send(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """POST once."""
        began = time.monotonic()
        try:
            async with asyncio.timeout(self._seconds):
                status, retry_after = await self._post(url, headers, body)
        except (TimeoutError, httpx.TimeoutException):
            return Answer(None, "timed_out", _since(began))
        except _Failed as failed:
            return Answer(None, failed.code, _since(began))
        return Answer(status, code_of(status), _since(began), retry_after)

    def close(self) -> None:
        """Let go of the threads that look names up."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def _post(
        self, url: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, int | None]:
        try:
            target = read_target(url, self._reach)
        except TargetRefused:
            raise _Failed("target_refused") from None
        failed = _Failed("unreachable")
        for address in await self._addresses(target):
            try:
                return await self._post_to(address, target, headers, body)
            except httpx.ConnectError as error:
                failed = _Failed("tls_failed" if _is_about_tls(error) else "unreachable")
            except httpx.TimeoutException:
                raise
            except httpx.HTTPError:
                raise _Failed("connection_lost") from None
        raise failed

    async def _addresses(self, target: Target) -> Sequence[str]:
        """The addresses behind a name, all of them allowed. Raises `_Failed`."""
        try:
            result = list(dict.fromkeys(await self._resolve(target.host, target.port)))
        except (OSError, UnicodeError):
            raise _Failed("name_unknown") from None
        if not result:
            raise _Failed("name_unknown")
        if not all(self._reach.takes(address) for address in result):
            raise _Failed("target_refused")
        return result[:MOST_ADDRESSES]

    async def _look_up(self, host: str, port: int) -> Sequence[str]:
        """In threads of its own: a slow name server holds up nobody else's work."""
        loop = asyncio.get_running_loop()
        result = await loop.run_in_executor(
            self._pool, lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        )
        return [str(item[4][0]) for item in result]

    async def _post_to(
        self, address: str, target: Target, headers: Mapping[str, str], body: bytes
    ) -> tuple[int, int | None]:
        client = httpx.AsyncClient(
            timeout=self._seconds, follow_redirects=False, trust_env=False, verify=self._trust,
            limits=httpx.Limits(max_connections=1, max_keepalive_connections=0),
        )  # fmt: skip
        fixed = {
            "Host": target.netloc, "User-Agent": NAME, "Content-Type": "application/json",
            "Accept": "*/*", "Accept-Encoding": "identity", "Connection": "close",
        }  # fmt: skip
        async with (
            client,
            client.stream(
                "POST",
                httpx.URL(target.url).copy_with(host=address),
                content=body,
                headers={**fixed, **headers},
                extensions={"sni_hostname": target.host},
            ) as answer,
        ):
            await _read_away(answer)
            return answer.status_code, retry_after_of(answer.headers.get("retry-after"))


async def _read_away(answer: httpx.Response) -> None:
    """Read a little of the body, as receivers expect."""
    read = 0
    try:
        async with asyncio.timeout(READ_SECONDS):
            async for piece in answer.aiter_raw():
                read += len(piece)
                if read >= MOST_READ:
                    return
    except (TimeoutError, httpx.HTTPError):
        return


def code_of(status: int) -> str | None:
    """What a status means: only 2xx is success, and a redirect is none."""
    if 200 <= status < 300:
        return None
    if status == 410:
        return "gone"
    return "redirected" if 300 <= status < 400 else "refused_by_receiver"


def retry_after_of(text: str | None) -> int | None:
    """Seconds from now, whichever way they were written (RFC 9110, 10.2.3)."""
    if text is None:
        return None
    if text.isascii() and text.isdecimal() and len(text) <= 9:
        return int(text)
    try:
        moment: datetime = parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return None
    if moment.tzinfo is None:
        return None
    return max(0, int((moment - clock.now()).total_seconds()))


def _is_about_tls(error: BaseException) -> bool:
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, ssl.SSLError):
            return True
        seen = seen.__cause__ or seen.__context__
    return False


def _since(began: float) -> int:
    return round((time.monotonic() - began) * 1_000)
