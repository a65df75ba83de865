"""Database addresses in libpq's form, as the API, the worker and the migrations take them.

`postgresql://role:password@host:5432,other:5432/cairn?target_session_attrs=read-write` may name
several servers and any libpq option, such as `sslmode`.
"""

import random
import re

import asyncpg
from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

CONNECT_SECONDS = 5.0
EACH_HOST_SECONDS = 3.0
"""Time allowed for each of several servers, so that a frozen one does not hide the others."""
SCHEME = re.compile(r"^postgres(?:ql)?(?:\+[a-z]+)?://")


class AddressMalformed(ValueError):
    """A text is not a database address. The error never repeats the text."""


def plain(url: str) -> str:
    """Strip the driver's name from the address. Raises `AddressMalformed`."""
    if not SCHEME.match(url):
        raise AddressMalformed("an address of a database begins with postgresql://")
    return SCHEME.sub("postgresql://", url)


def parts_of(url: str) -> dict[str, str]:
    """Split the address into libpq's parts: `user`, `password`, `host`, `port`, `dbname`...

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
    """Host (or socket folder) and port of each server."""
    parts = parts_of(url)
    hosts, ports = parts.get("host", "").split(","), parts.get("port", "").split(",")
    if len(ports) == 1:
        ports *= len(hosts)
    return [(host, int(port or 5432)) for host, port in zip(hosts, ports, strict=True)]


async def connect(url: str, **options: object) -> "asyncpg.Connection":
    """Connect to the server; of several, to the first suitable one, in random order.

    Raises the last server's error, or `ConnectionError` if no server is suitable.
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
