"""Whom the server lets itself be sent to for keys, and what it keeps of them (ASVS 1.3.6)."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from app.core import clock
from app.integrations.id_tokens import ProviderKey, key_from
from app.integrations.oidc import (
    HttpProviderKeys,
    Issuers,
    KeyUnknown,
    ProviderUnavailable,
    find,
    lifetime_of,
)
from tests.doubles import MemoryProviderKeys
from tests.openid import Key

GOOGLE = "https://accounts.google.com"
ENTRA = "https://login.microsoftonline.com/{tid}/v2.0"
TENANT = "0f0e0d0c-0000-4000-8000-000000000001"
ISSUERS = Issuers(GOOGLE, ENTRA, ("https://idp.example/",))


@pytest.fixture
def resolve(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """Answers names as told, one after another; the names that were asked for."""

    def told(*answers: str) -> list[str]:
        asked: list[str] = []
        left = list(answers)

        async def getaddrinfo(_loop: Any, host: str, port: int, **_: Any) -> list[Any]:
            asked.append(host)
            return [(2, 1, 6, "", (left.pop(0) if len(left) > 1 else left[0], port))]

        monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", getaddrinfo)
        return asked

    return told


class TestIssuers:
    @pytest.mark.parametrize(
        "issuer",
        [GOOGLE, "https://idp.example/", f"https://login.microsoftonline.com/{TENANT}/v2.0"],
    )
    def test_include_those_of_the_operator(self, issuer: str) -> None:
        assert ISSUERS.include(issuer)

    @pytest.mark.parametrize(
        "issuer",
        [
            "", GOOGLE + "/", GOOGLE + "@evil.example", "https://idp.example", ENTRA,
            "http://accounts.google.com", "https://login.microsoftonline.com/common/v2.0",
            f"https://login.microsoftonline.com/{TENANT}/../x/v2.0",
            f"https://login.microsoftonline.com/{TENANT.upper()}/v2.0",
            f"https://evil.example/{TENANT}/v2.0", TENANT,
        ],
    )  # fmt: skip
    async def test_include_nobody_else(self, issuer: str) -> None:
        assert not ISSUERS.include(issuer)
        with pytest.raises(KeyUnknown):
            await HttpProviderKeys(ISSUERS).key_of(issuer, None, "RS256")


class TestAddresses:
    @pytest.mark.parametrize(
        "address",
        [
            "127.0.0.1", "10.0.0.8", "172.16.3.4", "192.168.1.1", "169.254.169.254", "0.0.0.0",  # noqa: S104 - refused
            "100.64.0.1", "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fc00::1",
            "::ffff:127.0.0.1", "::ffff:8.8.8.8", "ff02::1", "fe80::1%eth0", "no address",
            "64:ff9b::a9fe:a9fe", "64:ff9b::7f00:1", "::10.0.0.1",
        ],
    )  # fmt: skip
    async def test_are_never_inside(self, resolve: Callable[..., list[str]], address: str) -> None:
        asked = resolve(address)
        with pytest.raises(ProviderUnavailable):
            await HttpProviderKeys(ISSUERS).key_of(GOOGLE, None, "RS256")
        assert asked == ["accounts.google.com"]

    async def test_are_looked_up_once_and_then_connected_to(
        self, resolve: Callable[..., list[str]]
    ) -> None:
        """A name that answers differently the second time leads nowhere else."""
        asked = resolve("8.8.8.8", "127.0.0.1")
        keys = HttpProviderKeys(ISSUERS)
        assert await keys._address_of("accounts.google.com", 443) == "8.8.8.8"
        assert asked == ["accounts.google.com"]
        with pytest.raises(ProviderUnavailable):
            await keys._address_of("accounts.google.com", 443)

    @pytest.mark.parametrize(
        "address",
        [
            "http://accounts.google.com/keys", "http://127.0.0.1/keys", "ftp://a.example/keys",
            "https://a.example:8443/keys", "https://u:p@a.example/keys", "https:///keys", "keys",
            "https://[::1/keys", "https://a.example:port/keys",
        ],
    )  # fmt: skip
    async def test_are_asked_over_tls_at_its_own_port(
        self, resolve: Callable[..., list[str]], address: str
    ) -> None:
        asked = resolve("8.8.8.8")
        with pytest.raises(ProviderUnavailable):
            await HttpProviderKeys(ISSUERS)._fetch(address)
        assert asked == []

    async def test_that_fail_are_left_alone_for_a_while(
        self, resolve: Callable[..., list[str]]
    ) -> None:
        asked = resolve("127.0.0.1")
        keys = HttpProviderKeys(ISSUERS)
        for wanted, later in ((1, 0), (1, 4), (2, 6)):
            with clock.shifted(timedelta(seconds=later)), pytest.raises(ProviderUnavailable):
                await keys.key_of(GOOGLE, None, "RS256")
            assert len(asked) == wanted


class TestKeys:
    def test_are_kept_within_bounds(self) -> None:
        def kept(said: str) -> timedelta:
            return lifetime_of({"cache-control": said} if said else {})

        assert kept("") == kept("no-cache") == timedelta(hours=1)
        assert kept("public, max-age=7200, must-revalidate") == timedelta(hours=2)
        assert kept("max-age=1") == timedelta(minutes=5)
        assert kept("max-age=999999999") == timedelta(hours=24)

    def test_are_found_by_id_and_algorithm(self) -> None:
        first, second = key_from(Key("1").public()), key_from(Key("2").public())
        other = key_from(Key("1", "ec").public())
        assert first is not None and second is not None  # noqa: PT018
        assert other is not None
        assert find([first, second, other], "1", "RS256") is first
        assert find([first, second, other], "1", "ES256") is other
        assert find([first, second], None, "RS256") is None
        assert find([first, other], None, "RS256") is first
        assert find([first], "2", "RS256") is None

    def test_are_none_where_they_are_not_for_signing(self) -> None:
        good = Key("1").public()
        changes: list[dict[str, Any]] = [
            {"use": "enc"}, {"alg": "RS512"}, {"alg": "ES256"}, {"kty": "oct"}, {"n": "AQAB"},
            {"n": 7}, {"e": ""}, {"d": "secret"}, {"kid": 7},
        ]  # fmt: skip
        assert isinstance(key_from(good), ProviderKey)
        assert [change for change in changes if key_from(good | change) is not None] == []
        elliptic = Key("1", "ec").public()
        assert key_from(elliptic | {"crv": "P-384"}) is None
        assert key_from(elliptic | {"x": elliptic["y"]}) is None

    async def test_can_be_given_in_memory(self) -> None:
        key = key_from(Key("1").public())
        assert key is not None
        known = MemoryProviderKeys({GOOGLE: (key,), "https://down.example": None})
        assert await known.key_of(GOOGLE, "1", "RS256") is key
        with pytest.raises(KeyUnknown):
            await known.key_of(GOOGLE, "2", "RS256")
        with pytest.raises(ProviderUnavailable):
            await known.key_of("https://down.example", "1", "RS256")
