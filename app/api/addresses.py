"""A request's origin: the peer, or the client that trusted proxies name."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from ipaddress import ip_network
from typing import Any

from app.core.networks import Address, address_from, network_of

Scope = Any
FORWARDED = b"x-forwarded-for"
MOST_HOPS = 20


def client_of(scope: Scope, trusted: Sequence[str]) -> tuple[str, int] | None:
    """Address and port of the client; port 0 if a proxy named it.

    Only `X-Forwarded-For` entries that trusted proxies added count: it reads from the right up to
    the first untrusted address. The client could have invented everything further left.
    """
    peer: tuple[str, int] | None = scope.get("client")
    if peer is None or not trusted:
        return peer
    known = address_from(peer[0])
    if known is None or not _is_trusted(known, tuple(trusted)):
        return peer
    result = known
    for hop in _hops(scope["headers"]):
        address = address_from(hop)
        if address is None:
            break
        result = address
        if not _is_trusted(address, tuple(trusted)):
            break
    return (str(result), 0) if result != known else peer


def _hops(headers: Iterable[tuple[bytes, bytes]]) -> list[str]:
    """The forwarded addresses, the last hop first."""
    lines = [value.decode("latin-1") for name, value in headers if name == FORWARDED]
    return [hop.strip() for hop in reversed(",".join(lines).split(","))][:MOST_HOPS]


@lru_cache(maxsize=4096)
def _is_trusted(address: Address, trusted: tuple[str, ...]) -> bool:
    return any(address in ip_network(network, strict=False) for network in trusted)


def client_network(scope: Scope) -> str:
    """The network a request comes from."""
    client: tuple[str, int] | None = scope.get("client")
    return network_of(client[0] if client else None)
