"""Whose request it is: what proxies say counts only where they are trusted."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.api.addresses import client_network, client_of
from app.core.networks import network_of

PROXIES = ("10.0.0.0/8", "fd00::/8")


def scope(peer: str | None, *forwarded: str, **more: Any) -> dict[str, Any]:
    lines = [(b"x-forwarded-for", line.encode("latin-1")) for line in forwarded]
    return {"client": (peer, 4711) if peer else None, "headers": lines, **more}


def address(found: tuple[str, int] | None) -> str | None:
    return found[0] if found else None


class TestClientOf:
    @pytest.mark.parametrize(
        ("peer", "forwarded", "client"),
        [
            ("10.0.0.1", ("203.0.113.9",), "203.0.113.9"),
            ("10.0.0.1", ("1.1.1.1, 203.0.113.9",), "203.0.113.9"),
            ("10.0.0.1", ("1.1.1.1", "203.0.113.9, 10.2.2.2"), "203.0.113.9"),
            ("10.0.0.1", ("203.0.113.9:8080",), "203.0.113.9"),
            ("10.0.0.1", ("[2001:db8::7]:443",), "2001:db8::7"),
            ("10.0.0.1", ("::ffff:203.0.113.9",), "203.0.113.9"),
            ("::ffff:10.0.0.1", ("203.0.113.9",), "203.0.113.9"),
            ("fd00::1", ("203.0.113.9",), "203.0.113.9"),
            ("10.0.0.1", ("10.3.3.3, 10.2.2.2",), "10.3.3.3"),
            ("10.0.0.1", (), "10.0.0.1"),
            ("10.0.0.1", ("unknown",), "10.0.0.1"),
            ("10.0.0.1", ("203.0.113.9, rubbish, 10.2.2.2",), "10.2.2.2"),
            ("10.0.0.1", ("",), "10.0.0.1"),
        ],
    )
    def test_believes_trusted_proxies_from_the_right(
        self, peer: str, forwarded: tuple[str, ...], client: str
    ) -> None:
        assert address(client_of(scope(peer, *forwarded), PROXIES)) == client

    @pytest.mark.parametrize("peer", ["203.0.113.1", "11.0.0.1", "2001:db8::1", "unix", ""])
    def test_ignores_what_a_stranger_says(self, peer: str) -> None:
        for said in ("198.51.100.1", "10.0.0.1", "127.0.0.1"):
            assert client_of(scope(peer, said), PROXIES) == scope(peer)["client"]

    def test_trusts_nobody_by_default(self) -> None:
        assert client_of(scope("127.0.0.1", "198.51.100.1"), ()) == ("127.0.0.1", 4711)

    def test_ignores_the_other_names_of_the_field(self) -> None:
        asked = scope("10.0.0.1")
        asked["headers"] = [
            (name, b"198.51.100.1")
            for name in (b"x-real-ip", b"forwarded", b"x-client-ip", b"x-forwarded", b"via")
        ]
        assert address(client_of(asked, PROXIES)) == "10.0.0.1"

    @given(st.text(st.characters(max_codepoint=255), max_size=80))
    def test_survives_any_text(self, said: str) -> None:
        client_of(scope("10.0.0.1", said), PROXIES)

    def test_reads_no_endless_list(self) -> None:
        line = ", ".join(["203.0.113.1", *["10.0.0.2"] * 5_000])
        assert address(client_of(scope("10.0.0.1", line), PROXIES)) == "10.0.0.2"


class TestNetworkOf:
    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9"),
            ("203.0.113.9", "::ffff:203.0.113.9"),
            ("fe80::1%eth0", "fe80::2"),
        ],
    )
    def test_is_one_for_one_customer(self, one: str, other: str) -> None:
        assert network_of(one) == network_of(other)

    @pytest.mark.parametrize(
        ("one", "other"),
        [("2001:db8:1:2::1", "2001:db8:1:3::1"), ("203.0.113.9", "203.0.113.8")],
    )
    def test_is_another_for_another(self, one: str, other: str) -> None:
        assert network_of(one) != network_of(other)

    def test_has_a_name_where_there_is_no_address(self) -> None:
        assert client_network(scope(None)) == "local"
        assert client_network(scope("203.0.113.9")) == "203.0.113.9"
