"""Database addresses in libpq's form, as the API, the worker and the migrations take them.

`postgresql://role:password@host:5432,other:5432/cairn?target_session_attrs=read-write` may name
several servers and any libpq option, such as `sslmode`.
"""

import asyncio
import random
import re
from collections.abc import Awaitable, Callable
from typing import TypeVar
from urllib.parse import unquote

import asyncpg

T = TypeVar("T")

CONNECT_SECONDS = 5.0
EACH_HOST_SECONDS = 3.0
"""Time allowed for each of several servers, so that a frozen one does not hide the others."""
SCHEME = re.compile(r"^postgres(?:ql)?(?:\+[a-z]+)?://")
SERVER = r"(?:\[[^]@]+\]|[^][:,/?@]*)(?::[^,/?@]*)?"
OPTION = "[^=&]+=[^=&]*"
ADDRESS = re.compile(
    r"postgresql://(?:(?P<user>[^:@/]*)(?::(?P<password>[^@/]*))?@)?"
    rf"(?P<servers>{SERVER}(?:,{SERVER})*)(?:/(?P<dbname>[^?]*))?"
    rf"(?:\?(?P<options>(?:{OPTION}(?:&{OPTION})*)?))?"
)
PORT = re.compile(":(?=[^]:]*$)")
NOT_ENCODED = re.compile("%(?![0-9A-Fa-f]{2})|%00")


class AddressMalformed(ValueError):
    """A text is not a database address. The error never repeats the text."""


class DatabaseAway(Exception):
    """The database does not answer, or refuses us."""


def plain(url: str) -> str:
    """Strip the driver's name from the address. Raises `AddressMalformed`."""
    if not SCHEME.match(url):
        raise AddressMalformed("an address of a database begins with postgresql://")
    return SCHEME.sub("postgresql://", url)


def parts_of(url: str) -> dict[str, str]:
    """Split the address into libpq's parts: `user`, `password`, `host`, `port`, `dbname`...

    Raises `AddressMalformed`.
    """
    address = ADDRESS.fullmatch(plain(url))
    if address is None or NOT_ENCODED.search(url):
        raise AddressMalformed("this is no address of a database")
    written = address.groupdict(default="")
    servers = [PORT.split(server) for server in written.pop("servers").split(",")]
    written["host"] = ",".join(host.strip("[]") for host, *_ in servers)
    written["port"] = ",".join("".join(port) for _, *port in servers)
    options = (option.split("=") for option in written.pop("options").split("&") if option)
    written |= {name: value for name, value in options}
    parts = {unquote(name): unquote(value) for name, value in written.items() if value}
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


def ask(url: str, question: Callable[["asyncpg.Connection"], Awaitable[T]]) -> T:
    """The answer of a database to a program that has no loop yet. Raises `DatabaseAway`.

    By the driver that serves: Psycopg would take 9 MiB of every server.
    """

    async def asked() -> T:
        connection = await connect(url)
        try:
            return await question(connection)
        finally:
            await connection.close()

    try:
        return asyncio.run(asked())
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise DatabaseAway from error
