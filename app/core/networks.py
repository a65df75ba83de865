"""Addresses of clients, and what of them counts as one client."""

from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import TypeAlias

Address: TypeAlias = IPv4Address | IPv6Address
NETWORK_BITS = 64
"""One customer of an access provider is given at least this much of IPv6."""
NOWHERE = "local"
"""The network of a peer without an address, such as a proxy at a socket of this machine."""


def address_from(text: str) -> Address | None:
    """An address as proxies write it (a port and brackets are dropped), or None."""
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        result = ip_address(text)
    except ValueError:
        return None
    if isinstance(result, IPv6Address) and result.ipv4_mapped is not None:
        return result.ipv4_mapped
    return result


@lru_cache(maxsize=4096)
def network_of(address: str | None) -> str:
    """What counts as one client: an IPv4 address, or the /64 an IPv6 address is in."""
    result = address_from(address or "")
    if isinstance(result, IPv6Address):
        return str(IPv6Network((int(result), NETWORK_BITS), strict=False))
    return str(result) if result else NOWHERE
