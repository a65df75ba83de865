"""Speaks to another server as a program: client credentials, time limits, and patience."""

import ssl
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import Any, BinaryIO, Final
from urllib.parse import quote_plus, urlsplit

import httpx
import orjson

from app.core import clock
from app.integrations.loopback import is_loopback

WAITS: Final = (1.0, 2.0, 4.0, 8.0)
"""Seconds before each further attempt, unless the server asks for more by Retry-After."""
LONGEST_WAIT: Final = 300.0
TIMEOUT: Final = httpx.Timeout(60.0, connect=10.0)
PARTIAL: Final = 206
LATER: Final = frozenset({429, 502, 503, 504})
MOST_READ: Final = 64 * 1024 * 1024
"""Bytes of one answer."""

Content = Callable[[], Iterator[bytes]]
"""Begins a body; it is asked again for each attempt."""


class ServiceUnreachable(Exception):
    """The server did not answer, or asked for more patience than there is. It can be repeated."""


class ServiceRefused(Exception):
    """The server answered no. `status` and `code` say which no; the text is for people."""

    def __init__(self, status: int, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.status, self.code = status, code


@dataclass(frozen=True, slots=True)
class Credentials:
    """Where a program gets its token, and what it shows there. The secret is in no repr."""

    token_url: str
    client_id: str
    secret: Callable[[], str]
    scope: str


@dataclass(slots=True)
class Patience:
    """For how many seconds a client goes on asking a server that fails, from its first failure on.

    It pauses longer each time, and takes a 500 for a failure that passes: only for what may be
    asked twice.
    """

    seconds: float
    sleep: Callable[[float], None] = time.sleep
    now: Callable[[], float] = time.monotonic
    _until: float | None = None

    def pauses(self) -> Iterator[float]:
        """One second, then twice as long each time."""
        pause = 1.0
        while True:
            yield pause
            pause = min(pause * 2, LONGEST_WAIT)

    def wait(self, seconds: float) -> bool:
        """Wait, unless that would end after the window."""
        if self._until is None:
            self._until = self.now() + self.seconds
        if self.now() + seconds > self._until:
            return False
        self.sleep(seconds)
        return True


@dataclass(frozen=True, slots=True)
class Answer:
    """A success: its headers, and its body as JSON; None where it has none."""

    headers: httpx.Headers
    body: Any


class ServiceClient:
    """One program at one server. Redirects are not followed, so that no other host gets a token."""

    def __init__(
        self, credentials: Credentials, *, trust: ssl.SSLContext | None = None,
        patience: Patience | None = None,
    ) -> None:  # fmt: skip
        require_safe(credentials.token_url)
        self._patience = patience
        self._credentials = credentials
        self._http = httpx.Client(
            verify=trust or ssl.create_default_context(), timeout=TIMEOUT, follow_redirects=False
        )
        self._token: str | None = None

    def close(self) -> None:
        """Hang up."""
        self._http.close()

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str | bytes] | None = None,
        content: Content | None = None,
    ) -> Answer:
        """Send a request until it is answered: one that changes something needs a key of its own.

        Raises `ServiceRefused`, `ServiceUnreachable`.
        """
        require_safe(url)
        renewed = self._token is None
        while True:
            bearer: dict[str, str | bytes] = {"Authorization": f"Bearer {self._access_token()}"}
            try:
                return self._patiently(method, url, bearer | dict(headers or {}), content)
            except ServiceRefused as refused:
                if refused.status != 401 or renewed:
                    raise
                self._token, renewed = None, True

    def download(self, url: str, target: BinaryIO, tell: Callable[[int], None]) -> None:
        """Write a file behind what `target` has of it already, and go on where it was cut.

        `tell` is told how many bytes there are. Raises `ServiceRefused`, `ServiceUnreachable`.
        """
        require_safe(url)
        waits, renewed = iter(WAITS), self._token is None
        while True:
            start = target.tell()
            try:
                self._take_rest(url, target, tell)
                return
            except ServiceRefused as refused:
                if refused.status != 401 or renewed:
                    raise
                self._token, renewed = None, True
            except httpx.TransportError as error:
                waits = iter(WAITS) if target.tell() > start else waits
                wait = next(waits, None)
                if wait is None:
                    name = type(error).__name__
                    raise ServiceUnreachable(f"{host_of(url)} was cut off ({name}).") from error
                time.sleep(wait)

    def _take_rest(self, url: str, target: BinaryIO, tell: Callable[[int], None]) -> None:
        """Raises httpx.TransportError where it is cut, and `ServiceRefused`."""
        headers = {"Authorization": f"Bearer {self._access_token()}"}
        if target.tell():
            headers["Range"] = f"bytes={target.tell()}-"
        with self._http.stream("GET", url, headers=headers) as response:
            if not response.is_success:
                if _answer_of(response) is None:
                    raise httpx.ReadError("it asks us to wait")
                return
            if response.status_code != PARTIAL:
                target.seek(0)
                target.truncate()
            for piece in response.iter_bytes():
                target.write(piece)
                tell(target.tell())

    def _access_token(self) -> str:
        if self._token is None:
            asked = self._credentials
            basic = httpx.BasicAuth(quote_plus(asked.client_id), quote_plus(asked.secret()))
            form = f"grant_type=client_credentials&scope={quote_plus(asked.scope)}".encode()
            headers = {
                "Content-Type": "application/x-www-form-urlencoded",
                "Accept": "application/json",
            }
            answer = self._patiently(
                "POST", asked.token_url, headers, lambda: iter((form,)), auth=basic
            )
            token = answer.body.get("access_token") if isinstance(answer.body, dict) else None
            if not isinstance(token, str) or not token.isascii():
                raise ServiceRefused(200, "no_token", "The token endpoint gave no access token.")
            self._token = token
        return self._token

    def _patiently(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str | bytes],
        content: Content | None,
        *,
        auth: httpx.Auth | None = None,
    ) -> Answer:
        patience = self._patience
        waits = iter(WAITS) if patience is None else patience.pauses()
        later = LATER if patience is None else LATER | {500}
        while True:
            asked_for: float | None = None
            try:
                body = None if content is None else content()
                request = self._http.build_request(
                    method, url, headers=_encoded(headers), content=body
                )
                response = self._http.send(request, stream=True, auth=auth)
                try:
                    answer = _answer_of(response, later)
                finally:
                    response.close()
                if answer is not None:
                    return answer
                asks = "try later" if response.status_code == 500 else "it asks us to wait"
                sentence = f"{host_of(url)} answers {response.status_code}: {asks}."
                asked_for = seconds_asked(response.headers)
            except httpx.TransportError as error:
                sentence = f"{host_of(url)} cannot be reached ({type(error).__name__})."
            wait = next(waits, None)
            if patience is not None:
                if not patience.wait(max(wait or 0, asked_for or 0)):
                    window = f"It went on for {patience.seconds:g} seconds. Nothing was changed."
                    raise ServiceUnreachable(f"{sentence} {window}")
                continue
            if wait is None or (asked_for or 0) > LONGEST_WAIT:
                raise ServiceUnreachable(sentence)
            time.sleep(max(wait, asked_for or 0))


def _encoded(headers: Mapping[str, str | bytes]) -> dict[bytes, bytes]:
    return {
        name.encode(): text if isinstance(text, bytes) else text.encode()
        for name, text in headers.items()
    }


def _answer_of(response: httpx.Response, later: Collection[int] = LATER) -> Answer | None:
    """The answer; None where it has to be asked for again. Raises `ServiceRefused`."""
    content = bytearray()
    for piece in response.iter_bytes():
        content += piece
        if len(content) > MOST_READ:
            raise ServiceRefused(response.status_code, "too_large", "The answer is too large.")
    body: Any = None
    with suppress(orjson.JSONDecodeError):
        body = orjson.loads(content) if content else None
    if response.is_success:
        if content and body is None:
            raise ServiceRefused(response.status_code, "no_json", "The answer is no JSON.")
        return Answer(response.headers, body)
    problem = body if isinstance(body, dict) else {}
    code = str(problem.get("code") or problem.get("error") or response.status_code)
    if response.status_code in later or code == "idempotency_key_in_progress":
        return None
    raise ServiceRefused(response.status_code, code, _sentence(response, problem))


def _sentence(response: httpx.Response, problem: Mapping[str, Any]) -> str:
    """What the server said, in one line that does nothing to a terminal."""
    names = ("title", "detail", "advice", "error_description", "imsx_description")
    parts = list(dict.fromkeys(str(problem[name]) for name in names if problem.get(name)))
    parts += [
        str(error.get("detail", "")) for error in problem.get("errors") or () if type(error) is dict
    ]
    text = " ".join(parts) or "It gives no reason."
    plain = "".join(mark if mark.isprintable() else "?" for mark in text)[:600]
    return f"{host_of(str(response.url))} answers {response.status_code}: {plain}"


def seconds_asked(headers: httpx.Headers) -> float | None:
    """How long Retry-After asks for, as seconds or as a date; None where it does not."""
    text = headers.get("retry-after", "").strip()
    if text.isdigit():
        return float(text)
    try:
        return max(0.0, (parsedate_to_datetime(text) - clock.now()) / timedelta(seconds=1))
    except (TypeError, ValueError):
        return None


def host_of(url: str) -> str:
    """The host of an address, for a message."""
    return urlsplit(url).hostname or "the server"


def require_safe(url: str) -> None:
    """Raise `ServiceRefused` unless an address is https, or plain http to this machine."""
    parts = urlsplit(url)
    if parts.scheme == "https" and parts.hostname:
        return
    if parts.scheme == "http" and parts.hostname and is_loopback(parts.hostname):
        return
    raise ServiceRefused(0, "not_https", "The address has to begin with https://.")
