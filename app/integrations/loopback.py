"""Says whether a host is this machine, the only place where a plain connection is accepted."""

import ipaddress


def is_loopback(host: str) -> bool:
    """Looks at the name alone and resolves nothing, since a resolver's answer can change."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
