"""Addresses outside that Cairn may call: how they are written, and which of them are public.

Whoever names an address that a server calls could make it call its own network. So an address is
read in one strict way, and every network address behind it has to be public.
"""

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TypeAlias
from urllib.parse import urlsplit

import idna

Network: TypeAlias = IPv4Network | IPv6Network
LONGEST = 2_000
HTTPS_PORT, FIRST_FREE_PORT = 443, 1_024

NOT_PUBLIC_V4 = tuple(
    IPv4Network(item)
    for item in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "168.63.129.16/32",
        "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24",
        "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4",
        "240.0.0.0/4",
    )
)  # fmt: skip
"""Of the IANA registry of special addresses; 168.63.129.16 tells Azure's machines their secrets."""
PUBLIC_V6 = IPv6Network("2000::/3")
NOT_PUBLIC_V6 = tuple(
    IPv6Network(item) for item in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")
)
"""Within what is given out: Teredo and other tunnels, 6to4, and examples. Whatever else embeds an
IPv4 address (::ffff:0:0/96, 64:ff9b::/96, ::/96) is outside of it."""


class TargetRefused(ValueError):
    """Cairn does not call this address; `reason` is a word that says why."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Reach:
    """What the operator lets be called beside public addresses at port 443."""

    ports: frozenset[int] = frozenset()
    networks: tuple[Network, ...] = ()
    """Networks of the house that may be called although they are not public."""
    local: bool = False
    """Plain HTTP, and every port from 1024 on: for tests and development."""

    @classmethod
    def of(cls, networks: tuple[str, ...], ports: tuple[int, ...], *, local: bool) -> "Reach":
        """From settings. Raises ValueError for what is no network."""
        return cls(frozenset(ports), tuple(ip_network(network) for network in networks), local)

    def takes_port(self, port: int) -> bool:
        """Whether a port may be called."""
        free = port >= FIRST_FREE_PORT and (self.local or port in self.ports)
        return port == HTTPS_PORT or free

    def takes(self, address: str) -> bool:
        """Whether a network address may be called: a public one, or one of the house's networks."""
        try:
            result = ip_address(address)
        except ValueError:
            return False
        if getattr(result, "scope_id", None) is not None:
            return False
        return any(result in network for network in self.networks) or is_public(result)


@dataclass(frozen=True, slots=True)
class Target:
    """An address to call, in its one written form."""

    scheme: str
    host: str
    """A name in ASCII, or a network address without brackets."""
    port: int
    path: str
    """With its query."""

    @property
    def netloc(self) -> str:
        """Host and port as in a URL and in the field `Host`."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        usual = self.port == (HTTPS_PORT if self.scheme == "https" else 80)
        return host if usual else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        """The whole."""
        return f"{self.scheme}://{self.netloc}{self.path}"


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether anybody on the internet could be behind an address, and nobody of this network."""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in NOT_PUBLIC_V4)
    return address in PUBLIC_V6 and not any(address in network for network in NOT_PUBLIC_V6)


def read_target(url: str, reach: Reach) -> Target:
    """An address as somebody wrote it. Raises `TargetRefused`.

    A name is not looked up here: what is behind it has to be asked each time it is called.
    """
    if len(url) > LONGEST or any(sign <= " " or sign in "\\\x7f" for sign in url):
        raise TargetRefused("unreadable")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise TargetRefused("unreadable") from None
    if parts.scheme not in ("https", "http") or (parts.scheme == "http" and not reach.local):
        raise TargetRefused("scheme")
    if "@" in parts.netloc:
        raise TargetRefused("credentials")
    if "#" in url or not (parts.path + parts.query).isascii():
        raise TargetRefused("unreadable")
    port = port if port is not None else HTTPS_PORT if parts.scheme == "https" else 80
    if not reach.takes_port(port):
        raise TargetRefused("port")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme, _host(parts.hostname or "", reach), port, path)


def _host(written: str, reach: Reach) -> str:
    """A name in ASCII, or an address written plainly: other ways to write one are refused."""
    if ":" in written:
        return _address(written, reach)
    try:
        host = idna.encode(written, uts46=True).decode().lower().rstrip(".")
    except idna.IDNAError:
        raise TargetRefused("host") from None
    last = host.rpartition(".")[2]
    if last == "localhost":  # RFC 6761: every name under it is this machine
        _address("127.0.0.1", reach)
    if last.isdecimal() or last.startswith("0x"):
        return _address(host, reach)
    return host


def _address(written: str, reach: Reach) -> str:
    try:
        result = ip_address(written)
    except ValueError:
        raise TargetRefused("host") from None
    if not reach.takes(str(result)):
        raise TargetRefused("address")
    return str(result)
