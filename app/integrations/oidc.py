"""The keys of OpenID providers: discovered and fetched over HTTPS, kept for a while."""

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import Any, Protocol
from urllib.parse import SplitResult, urlsplit

import httpx

from app.core import clock
from app.core.targets import is_public
from app.integrations.id_tokens import ProviderKey, key_from, strict_object
from app.integrations.loopback import is_loopback

LARGEST_BYTES = 262_144
MOST_KEYS = 100
SECONDS = 5.0
KEPT = timedelta(hours=1)
SHORTEST, LONGEST = timedelta(minutes=5), timedelta(hours=24)
REFRESH_AFTER = timedelta(minutes=1)
"""An unknown key id asks the provider again, this often at most: ids cost an attacker nothing."""
PAUSE = timedelta(seconds=5)
"""For so long a provider that failed is not asked again."""
MAX_AGE = re.compile(r"\bmax-age=([0-9]{1,9})\b")
DISCOVERY = "/.well-known/openid-configuration"
TENANT = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class ProviderUnavailable(Exception):
    """The provider did not give its keys; its text names no address."""


class KeyUnknown(Exception):
    """The provider has no such key, or it is not one the operator lets be asked."""


@dataclass(frozen=True, slots=True)
class Issuers:
    """Whom the operator lets be asked for keys; `entra` holds `{tid}` where the tenant stands."""

    google: str
    entra: str
    others: Sequence[str] = ()

    def include(self, issuer: str) -> bool:
        """Whether keys of this issuer may be fetched."""
        if issuer == self.google or issuer in self.others:
            return True
        before, placeholder, after = self.entra.partition("{tid}")
        if not placeholder:
            return issuer == self.entra
        tenant = issuer.removeprefix(before).removesuffix(after)
        return TENANT.fullmatch(tenant) is not None and issuer == before + tenant + after


class ProviderKeys(Protocol):
    """Finds the public key that an ID token says it was signed with."""

    async def key_of(self, issuer: str, kid: str | None, alg: str) -> ProviderKey:
        """The key. Raises `KeyUnknown`, `ProviderUnavailable`."""


@dataclass(frozen=True, slots=True)
class Kept:
    """The keys of one issuer."""

    keys: tuple[ProviderKey, ...]
    fetched_at: datetime
    expires_at: datetime


@dataclass(slots=True)
class HttpProviderKeys:
    """Asks the providers themselves.

    Only issuers of `issuers` are asked, over TLS, at public addresses, without following
    redirects. `local` also lets loopback addresses be asked, over plain HTTP: for tests.
    """

    issuers: Issuers
    local: bool = False
    _saved: dict[str, Kept] = field(default_factory=dict)
    _failed: dict[str, datetime] = field(default_factory=dict)
    _locks: dict[str, asyncio.Lock] = field(default_factory=dict)

    async def key_of(self, issuer: str, kid: str | None, alg: str) -> ProviderKey:
        """The key, from what is kept where that is fresh enough."""
        if not self.issuers.include(issuer):
            raise KeyUnknown
        fresh = await self._fresh(issuer, newer_than=None)
        result = find(fresh.keys, kid, alg)
        if result is None and clock.now() - fresh.fetched_at >= REFRESH_AFTER:
            fresh = await self._fresh(issuer, newer_than=fresh.fetched_at)
            result = find(fresh.keys, kid, alg)
        if result is None:
            raise KeyUnknown
        return result

    async def _fresh(self, issuer: str, newer_than: datetime | None) -> Kept:
        """What is kept, fetched again where it is too old; one request at a time asks."""
        async with self._locks.setdefault(issuer, asyncio.Lock()):
            now, saved = clock.now(), self._saved.get(issuer)
            usable = saved is not None and now < saved.expires_at
            if (
                saved is not None
                and usable
                and (newer_than is None or saved.fetched_at > newer_than)
            ):
                return saved
            if now < self._failed.get(issuer, now):
                raise ProviderUnavailable
            try:
                self._saved[issuer] = await self._ask(issuer, now)
            except ProviderUnavailable:
                self._failed[issuer] = now + PAUSE
                raise
            return self._saved[issuer]

    async def _ask(self, issuer: str, now: datetime) -> Kept:
        try:
            async with asyncio.timeout(2 * SECONDS):
                described, _ = await self._fetch(issuer.rstrip("/") + DISCOVERY)
                address = described.get("jwks_uri")
                if described.get("issuer") != issuer or not isinstance(address, str):
                    raise ProviderUnavailable("discovery")
                jwks, headers = await self._fetch(address)
        except TimeoutError:
            raise ProviderUnavailable("slow") from None
        listed = jwks.get("keys")
        items = [key_from(item) for item in listed[:MOST_KEYS]] if isinstance(listed, list) else []
        keys = tuple(key for key in items if key is not None)
        if not keys:
            raise ProviderUnavailable("no keys")
        return Kept(keys, now, now + lifetime_of(headers))

    async def _fetch(self, address: str) -> tuple[dict[str, Any], httpx.Headers]:
        url = self._checked(address)
        host, port = url.hostname or "", url.port or (443 if url.scheme == "https" else 80)
        pinned = httpx.URL(address).copy_with(host=await self._address_of(host, port))
        try:
            async with (
                httpx.AsyncClient(
                    timeout=SECONDS, follow_redirects=False, trust_env=False
                ) as client,
                client.stream(
                    "GET",
                    pinned,
                    headers={"Host": url.netloc, "Accept": "application/json",
                             "Accept-Encoding": "identity"},
                    extensions={"sni_hostname": host},
                ) as answer,
            ):  # fmt: skip
                return await _read(answer), answer.headers
        except (httpx.HTTPError, httpx.InvalidURL):
            raise ProviderUnavailable("transport") from None

    def _checked(self, address: str) -> SplitResult:
        """The parts of an address that may be asked. Raises `ProviderUnavailable`."""
        try:
            url = urlsplit(address)
            is_plain = url.scheme == "http" and self.local and is_loopback(url.hostname or "")
            is_strange = url.port not in (None, 443) and not self.local
        except ValueError:
            raise ProviderUnavailable("address") from None
        if not url.hostname or url.username or url.password or is_strange:
            raise ProviderUnavailable("address")
        if url.scheme != "https" and not is_plain:
            raise ProviderUnavailable("address")
        return url

    async def _address_of(self, host: str, port: int) -> str:
        """The address that is then connected to: looked up once, so that it cannot change."""
        try:
            getaddrinfo = await asyncio.get_running_loop().getaddrinfo(host, port, type=1)
        except OSError:
            raise ProviderUnavailable("name") from None
        addresses = [str(item[4][0]) for item in getaddrinfo]
        if not addresses or not all(self._may_ask(address) for address in addresses):
            raise ProviderUnavailable("address")
        return addresses[0]

    def _may_ask(self, address: str) -> bool:
        try:
            result = ip_address(address)
        except ValueError:
            return False
        if self.local and result.is_loopback:
            return True
        return is_public(result)


def find(keys: Sequence[ProviderKey], kid: str | None, alg: str) -> ProviderKey | None:
    """The key of this id and algorithm; without an id only where there is no choice."""
    fitting = [key for key in keys if key.alg == alg and kid in (None, key.kid)]
    return fitting[0] if len(fitting) == 1 else None


def lifetime_of(headers: Mapping[str, str]) -> timedelta:
    """How long keys are kept: as the provider says, within bounds."""
    match = MAX_AGE.search(headers.get("cache-control", ""))
    wanted = timedelta(seconds=int(match[1])) if match else KEPT
    return min(max(wanted, SHORTEST), LONGEST)


async def _read(answer: httpx.Response) -> dict[str, Any]:
    """One bounded JSON object. Raises `ProviderUnavailable`; a redirect is a failure too."""
    if (
        answer.status_code != 200
        or answer.headers.get("content-encoding", "identity") != "identity"
    ):
        raise ProviderUnavailable("answer")
    body = b""
    async for piece in answer.aiter_raw():
        body += piece
        if len(body) > LARGEST_BYTES:
            raise ProviderUnavailable("size")
    try:
        return strict_object(body)
    except (ValueError, RecursionError):
        raise ProviderUnavailable("json") from None
