"""Which addresses may be called: a table of every way there is to write a private one."""

import pytest

from app.core.targets import Reach, Target, TargetRefused, read_target

OUTSIDE = Reach()
HERE = Reach.of(("127.0.0.0/8", "fd00:5::/64"), (8443,), local=False)
NOT_PUBLIC = """
0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.1 100.100.100.200 127.0.0.1 127.9.9.9
168.63.129.16 169.254.0.1 169.254.169.254 169.254.170.2 172.16.0.1 172.31.255.255 192.0.0.192
192.0.2.1 192.88.99.1 192.168.1.1 198.18.0.1 198.51.100.7 203.0.113.9 224.0.0.1 239.255.255.250
240.0.0.1 255.255.255.255
:: ::1 ::7f00:1 ::ffff:127.0.0.1 ::ffff:8.8.8.8 ::ffff:a9fe:a9fe 64:ff9b::7f00:1 64:ff9b::808:808
64:ff9b:1::1 100::1 2001::1 2001:0:7f00:1:: 2001:2::1 2001:10::1 2001:20::1 2001:db8::1
2002:7f00:1:: 2002:a9fe:a9fe::1
2002:808:808::1 3fff::1 4000::1 5f00::1 fc00::1 fd00:ec2::254 fe80::1 fe80::1%eth0
fec0::1 ff02::1 ff0e::1
"""
PUBLIC = "8.8.8.8 1.1.1.1 100.63.255.255 100.128.0.1 172.15.0.1 172.32.0.1 192.0.1.1 192.167.1.1 " \
    "169.253.1.1 198.17.1.1 223.255.255.254 2606:4700:4700::1111 2a00:1450:4009::1"  # fmt: skip


def refusal(url: str, reach: Reach = OUTSIDE) -> str:
    """Why an address is refused."""
    with pytest.raises(TargetRefused) as refused:
        read_target(url, reach)
    return refused.value.reason


class TestANetworkAddress:
    @pytest.mark.parametrize("address", NOT_PUBLIC.split())
    def test_that_is_not_public_is_refused(self, address: str) -> None:
        assert not OUTSIDE.takes(address)
        written = f"[{address}]" if ":" in address else address
        assert refusal(f"https://{written}/") in ("address", "unreadable")

    @pytest.mark.parametrize("address", PUBLIC.split())
    def test_that_is_public_is_taken(self, address: str) -> None:
        assert OUTSIDE.takes(address)
        written = f"[{address}]" if ":" in address else address
        assert read_target(f"https://{written}/", OUTSIDE).host == address

    @pytest.mark.parametrize("address", ["127.0.0.1", "127.3.2.1", "fd00:5::9"])
    def test_of_the_own_house_is_taken_where_the_operator_says_so(self, address: str) -> None:
        assert HERE.takes(address)

    @pytest.mark.parametrize(
        "address", ["::ffff:127.0.0.1", "10.0.0.1", "fd00:6::1", "169.254.169.254", "::1", "x", ""]
    )
    def test_beside_the_own_house_is_refused(self, address: str) -> None:
        assert not HERE.takes(address)


class TestAWayToWriteIt:
    @pytest.mark.parametrize(
        "host",
        [
            "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "127.1", "127.0.1", "010.0.0.1",
            "0x7f.0.0.0x1", "127.0.0.1.", "1.2.3.4.5", "256.1.1.1", "１２７.0.0.1", "127。0。0。1",
            "②⑤④.1", "[::ffff:7f00:1]", "0",
        ],
    )  # fmt: skip
    def test_of_a_number_is_refused(self, host: str) -> None:
        assert refusal(f"https://{host}/") in ("host", "address", "unreadable")

    @pytest.mark.parametrize(
        ("url", "reason"),
        [
            ("http://receiver.example/", "scheme"),
            ("ftp://receiver.example/", "scheme"),
            ("file:///etc/passwd", "scheme"),
            ("//receiver.example/", "scheme"),
            ("receiver.example", "scheme"),
            ("https://user@receiver.example/", "credentials"),
            ("https://user:word@receiver.example/", "credentials"),
            ("https://@receiver.example/", "credentials"),
            ("https://receiver.example:22/", "port"),
            ("https://receiver.example:80/", "port"),
            ("https://receiver.example:8443/", "port"),
            ("https://receiver.example:99999/", "unreadable"),
            ("https://receiver.example:x/", "unreadable"),
            ("https://receiver.example/#part", "unreadable"),
            ("https://receiver.example/ä", "unreadable"),
            ("https://receiver.example\\@127.0.0.1/", "unreadable"),
            ("https://receiver.example/a b", "unreadable"),
            ("https://receiver.example/\r\nHost: x", "unreadable"),
            (" https://receiver.example/", "unreadable"),
            ("https:///path", "host"),
            ("https://", "host"),
            ("https://-a.example/", "host"),
            ("https://a..example/", "host"),
            ("https://a_b.example/", "host"),
            ("https://%31%32%37.0.0.1/", "host"),
            (f"https://{'a' * 64}.example/", "host"),
            (f"https://receiver.example/{'a' * 2_000}", "unreadable"),
        ],
    )
    def test_that_is_not_plain_is_refused(self, url: str, reason: str) -> None:
        assert refusal(url) == reason

    @pytest.mark.parametrize(
        ("written", "kept"),
        [
            ("https://Receiver.Example", "https://receiver.example/"),
            ("HTTPS://receiver.example:443/Hook?a=1", "https://receiver.example/Hook?a=1"),
            ("https://receiver.example./", "https://receiver.example/"),
            ("https://schüle.example/x", "https://xn--schle-mva.example/x"),
            ("https://[2606:4700::0001]/", "https://[2606:4700::1]/"),
        ],
    )
    def test_is_brought_into_one_form(self, written: str, kept: str) -> None:
        target = read_target(written, OUTSIDE)
        assert target.url == kept
        assert read_target(kept, OUTSIDE) == target


class TestWhatTheOperatorLets:
    def test_is_a_port_of_the_list(self) -> None:
        found = read_target("https://receiver.example:8443/", HERE)
        assert found == Target("https", "receiver.example", 8443, "/")
        assert found.netloc == "receiver.example:8443"
        assert refusal("https://receiver.example:9443/", HERE) == "port"

    def test_is_never_a_port_of_the_system(self) -> None:
        reach = Reach.of((), (22, 25), local=True)
        assert refusal("https://receiver.example:22/", reach) == "port"

    def test_is_plain_http_in_development_alone(self) -> None:
        local = Reach.of((), (), local=True)
        assert read_target("http://receiver.example:8000/", local).port == 8000
        assert refusal("http://receiver.example:8443/", HERE) == "scheme"
        assert refusal("http://127.0.0.1:8000/", local) == "address"
