"""Addresses of databases, in the one form that API, worker and migrations take: libpq's own.

`postgresql://role:password@host:5432,other:5432/cairn?target_session_attrs=read-write` may name
several servers, and everything that libpq knows, such as `sslmode`.
"""

import random
import re

import asyncpg
from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

CONNECT_SECONDS = 5.0
EACH_HOST_SECONDS = 3.0
"""How long one of several servers may take: a frozen one does not hide the others."""
SCHEME = re.compile(r"^postgres(?:ql)?(?:\+[a-z]+)?://")


class AddressMalformed(ValueError):
    """A text is no address of a database. What it holds is not repeated."""


def plain(url: str) -> str:
    """The address without the name of a driver. Raises `AddressMalformed`."""
    if not SCHEME.match(url):
        raise AddressMalformed("an address of a database begins with postgresql://")
    return SCHEME.sub("postgresql://", url)


def parts_of(url: str) -> dict[str, str]:
    """What the address says, by libpq's names: `user`, `password`, `host`, `port`, `dbname`...

    Raises `AddressMalformed`.
    """
    try:
        conninfo = conninfo_to_dict(plain(url))
    except ProgrammingError:
        raise AddressMalformed("this is no address of a database") from None
    parts = {name: str(value) for name, value in conninfo.items()}
    if not all(port.isdecimal() for port in parts.get("port", "5432").split(",") if port):
        raise AddressMalformed("the port of a database is a number")
    return parts


def servers_of(url: str) -> list[tuple[str, int]]:
    """Host (or folder of a socket) and port of each server."""
    parts = parts_of(url)
    hosts, ports = parts.get("host", "").split(","), parts.get("port", "").split(",")
    if len(ports) == 1:
        ports *= len(hosts)
    return [(host, int(port or 5432)) for host, port in zip(hosts, ports, strict=True)]


async def connect(url: str, **options: object) -> "asyncpg.Connection":
    """A connection to the server, or of several to the first that will do, in random order.

    Raises what the last of them raised, and `ConnectionError` where none is what was asked for.
    """
    servers = servers_of(url)
    seconds = CONNECT_SECONDS if len(servers) == 1 else EACH_HOST_SECONDS
    failed: Exception = ConnectionError("the address names no server")
    for host, port in random.sample(servers, len(servers)):
        address = {"host": host, "port": port} if host else {}
        try:
            return await asyncpg.connect(plain(url), timeout=seconds, **address, **options)
        except asyncpg.TargetServerAttributeNotMatched:
            failed = ConnectionError("no server is what target_session_attrs asks for")
        except (OSError, asyncpg.CannotConnectNowError) as error:
            failed = error
    raise failed
