"""Sends requests: who asks, retries, idempotency keys, ETags."""

import asyncio
import json
import random
import re
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any, Protocol
from urllib.parse import quote

import httpx

from cairn_client._ids import new_id
from cairn_client._operations import VERSIONED
from cairn_client._problems import Conflict, NoAnswer, Problem, body_of, seconds_in
from cairn_client._session import Session, Tokens, owner_of

REMEMBERED = 1000
MERGE_PATCH = "application/merge-patch+json"


@dataclass(frozen=True)
class Retries:
    """How patient a client is."""

    attempts: int = 5
    """How often a request is sent at most."""
    pause: float = 0.5
    """The first pause in seconds where the server names none; it doubles each time."""
    longest: float = 30.0
    """The longest pause. Where the server asks for more, the problem is raised."""


@dataclass(frozen=True)
class Call:
    """One call of an operation."""

    method: str
    path: str
    """With its parameters filled in, from `/v1` on."""
    query: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str | None] = field(default_factory=dict)
    body: Any = None
    """JSON; with a content type that is no JSON, bytes or (of a form) names and values."""
    content_type: str | None = None

    @property
    def said(self) -> dict[str, str]:
        """The headers that have a value."""
        return {name: value for name, value in self.headers.items() if value is not None}

    @property
    def is_json(self) -> bool:
        """Whether the body is JSON."""
        return self.content_type is not None and "json" in self.content_type.removesuffix("ndjson")


class Caller(Protocol):
    """Whoever a generated operation can be called with."""

    async def call(self, call: Call) -> Any:
        """Make a call; the JSON of the answer, else its bytes, None where it is empty."""


@dataclass(frozen=True)
class Aim:
    """Where a call goes, and of which record it changes a version."""

    path: str
    record: str | None = None
    """None: no version is asked."""
    readable: bool = False


def pattern_of(path: str) -> re.Pattern[str]:
    """What matches the filled-in form of a path."""
    parts = re.split(r"\{[^}]+\}", path)
    return re.compile("[^/]+".join(map(re.escape, parts)))


OPERATIONS = [
    (method, pattern_of(path), record.count("/") + 1, bool(read))
    for method, path, record, read in VERSIONED
]


class Wire:
    """One server and one person."""

    def __init__(
        self,
        base_url: str,
        retries: Retries,
        on_tokens: Callable[[Tokens | None], None],
        http: httpx.AsyncClient | None,
    ) -> None:
        self._base = base_url.rstrip("/")
        self._retries = retries
        self.http = http or httpx.AsyncClient(timeout=60)
        self._on_tokens = on_tokens
        self.session = Session(self._granted, self._changed)
        self._etags: dict[str, str] = {}
        self._reader: str | None = None
        """Who read what `_etags` has."""

    def etag(self, path: str) -> str | None:
        """The ETag of a record as it was last read or changed here."""
        return self._etags.get(path)

    def remember(self, path: str | None, etag: str | None) -> None:
        """Keep the version of a record."""
        if not path or not etag:
            return
        self._etags.pop(path, None)
        self._etags[path] = etag
        if len(self._etags) > REMEMBERED:
            del self._etags[next(iter(self._etags))]

    def _changed(self, tokens: Tokens | None) -> None:
        if tokens is not None and self.session.owner != self._reader:
            self._etags.clear()  # a version that somebody else read was never seen by this person
            self._reader = self.session.owner
        self._on_tokens(tokens)

    def aim(self, method: str, path: str) -> Aim:
        """Where a call goes, and of which record it changes a version."""
        path = path.removeprefix(self._base).split("?")[0]
        for one, pattern, parts, readable in OPERATIONS:
            if one == method and pattern.fullmatch(path):
                return Aim(path, "/".join(path.split("/")[:parts]), readable)
        return Aim(path)

    async def send(self, call: Call, owner: str | None = None) -> httpx.Response:
        """Make a call as its owner (None: who is signed in now), and never as somebody else.

        Raises `Problem`, `Conflict`, `NoAnswer`.
        """
        owner = owner or self.session.owner
        aim, headers = self.aim(call.method, call.path), httpx.Headers(call.said)
        if call.method == "POST":
            headers.setdefault("Idempotency-Key", new_id())
        if aim.record is not None and (etag := self.etag(aim.record)) is not None:
            headers.setdefault("If-Match", etag)
        answer = await self._answered(replace(call, headers=dict(headers)), owner)
        if answer.is_success or answer.status_code == 304:
            if owner == self.session.owner:
                self._learn(call.method, aim, answer)
            return answer
        if answer.status_code != 412:
            raise Problem(answer)
        raise Conflict(answer, call.body, *await self._theirs(aim, owner))

    async def stream(self, call: Call, stack: AsyncExitStack) -> httpx.Response:
        """Open a stream until the stack ends. Raises `Problem`, `NoAnswer`."""

        async def opened(request: httpx.Request) -> httpx.Response:
            answer = await self.http.send(request, stream=True)
            stack.push_async_callback(answer.aclose)
            if not answer.is_success:
                await answer.aread()
            return answer

        answer = await self._answered(call, self.session.owner, opened)
        if not answer.is_success:
            raise Problem(answer)
        return answer

    async def _answered(self, call: Call, owner: str | None, send: Any = None) -> httpx.Response:
        repeatable = call.method in {"GET", "POST"}
        attempt, renewed = 0, False
        while True:
            attempt += 1
            token = await self._token_of(owner)
            request = self._request(call, token)
            wait = self._wait(attempt)
            try:
                answer: httpx.Response = await (send or self.http.send)(request)
            except httpx.TransportError as error:
                if not repeatable or attempt >= self._retries.attempts:
                    raise NoAnswer from error
            else:
                if answer.status_code == 401 and token is not None and not renewed:
                    renewed = True
                    if not await self._renewed(answer, token):
                        return answer
                    attempt -= 1
                    continue
                asked = self._again(answer, wait)
                if asked is None or attempt >= self._retries.attempts:
                    return answer
                wait = asked
            await asyncio.sleep(wait)

    async def _token_of(self, owner: str | None) -> str | None:
        token = await self.session.token()
        if token is not None and owner_of(token) != owner:
            raise NoAnswer("The person who asked is no longer signed in.")
        return token

    def _wait(self, attempt: int) -> float:
        wait: float = min(self._retries.pause * 2 ** (attempt - 1), self._retries.longest)
        return wait * random.uniform(0.5, 1)  # noqa: S311

    async def _renewed(self, answer: httpx.Response, token: str) -> bool:
        if body_of(answer).get("code") != "token_invalid":
            return False
        return await self.session.renew(token) is not None

    def _again(self, answer: httpx.Response, wait: float) -> float | None:
        """How long to wait before the same request is sent again; None: it is answered."""
        asked = seconds_in(answer)
        if answer.status_code in {429, 503}:
            if asked is None:
                return wait
            return None if asked > self._retries.longest else asked
        if answer.status_code == 409:
            running = body_of(answer).get("code") == "idempotency_key_in_progress"
            return (wait if asked is None else asked) if running else None
        return None

    def _request(self, call: Call, token: str | None) -> httpx.Request:
        headers = httpx.Headers(call.said)
        if token is not None:
            headers.setdefault("Authorization", f"Bearer {token}")
        said: dict[str, Any] = {}
        if call.content_type == "application/x-www-form-urlencoded":
            said["data"] = call.body
        elif call.body is not None:
            headers["Content-Type"] = call.content_type or "application/json"
            said["content"] = json.dumps(call.body).encode() if call.is_json else call.body
        query = {name: value for name, value in call.query.items() if value is not None}
        return self.http.build_request(
            call.method,
            self._base + call.path,
            params=_plain(query) or None,
            headers=headers,
            **said,
        )

    def _learn(self, method: str, aim: Aim, answer: httpx.Response) -> None:
        """Remember the versions that an answer tells: of a record, a new one, cards in a list."""
        etag, made = answer.headers.get("ETag"), answer.headers.get("Location")
        if made is not None and answer.status_code == 201:
            self.remember(made.removeprefix(self._base), etag)
        else:
            self.remember(aim.path if method == "GET" else aim.record, etag)
        listed = method == "GET" and "json" in answer.headers.get("Content-Type", "")
        if listed and b'"etag"' in answer.content:
            for one in body_of(answer).get("items") or ():
                self.remember(f"{aim.path}/{one.get('id')}", one.get("etag"))

    async def _theirs(self, aim: Aim, owner: str | None) -> tuple[object, str | None]:
        if aim.record is None or not aim.readable:
            return None, None
        try:
            answer = await self.send(Call("GET", aim.record), owner)
        except (Problem, NoAnswer):
            return None, None  # it may be gone, or the reader may not open it any more
        return answer.json(), self.etag(aim.record)

    async def _granted(
        self, path: str, form: dict[str, str], basic: tuple[str, str] | None
    ) -> httpx.Response:
        auth = httpx.USE_CLIENT_DEFAULT if basic is None else basic
        for attempt in count(1):
            answer = await self.http.post(self._base + path, data=form, auth=auth)
            wait = self._again(answer, self._wait(attempt))
            if wait is None or attempt >= self._retries.attempts:
                break
            await asyncio.sleep(wait)
        return answer


def filled(path: str, **parameters: object) -> str:
    """A path with its parameters."""
    return path.format(**{name: quote(str(one), safe="") for name, one in parameters.items()})


def _plain(query: Mapping[str, Any]) -> httpx.QueryParams:
    pairs: list[tuple[str, str | int | float | bool | None]] = []
    for name, value in query.items():
        for one in value if isinstance(value, (list, tuple)) else (value,):
            pairs.append((name, str(one).lower() if isinstance(one, bool) else str(one)))
    return httpx.QueryParams(pairs)
