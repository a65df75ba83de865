"""Whether a database was created as a sandbox, and how far its clock is ahead (decision 0069)."""

from datetime import timedelta

import asyncpg

from app.core import clock
from app.db.addresses import ask
from app.db.session import Database

IS_NEW = "select to_regclass('public.organisation') is null"
MARK = (
    "insert into sandbox (one, ahead_seconds, schools) values (true, 0, 0) on conflict do nothing"
)
HAS_TABLE = "select to_regclass('public.sandbox') is not null"
IS_MARKED = "select exists (select from sandbox)"
AHEAD = "select ahead_seconds from sandbox"
MOVE = "update sandbox set ahead_seconds = ahead_seconds + $1 returning ahead_seconds"
TAKE = "update sandbox set schools = schools + 1 where schools < $1 returning schools"

NOT_EMPTY = "this database has tables already: only an empty one can become a sandbox"
NOT_A_SANDBOX = (
    "CAIRN_SANDBOX is on, and this database was not founded as a sandbox: "
    "`cairn migrate --sandbox` founds one in an empty database"
)
IS_A_SANDBOX = "this database is a sandbox: set CAIRN_SANDBOX=on, or use another database"


class WrongDatabase(ValueError):
    """The database is a sandbox and should not be, or should be and is not."""


def check_new(owner_url: str) -> None:
    """Raise `WrongDatabase` unless the database is empty or already a sandbox."""
    if not ask(owner_url, _is_new) and not ask(owner_url, _is_marked):
        raise WrongDatabase(NOT_EMPTY)


def mark(owner_url: str) -> None:
    """Make a database a sandbox, after `check_new` and the migrations."""
    ask(owner_url, lambda connection: connection.execute(MARK))


def check_mark(url: str, *, on: bool) -> None:
    """Raise `WrongDatabase` if the database does not match CAIRN_SANDBOX."""
    if ask(url, _is_marked) != on:
        raise WrongDatabase(NOT_A_SANDBOX if on else IS_A_SANDBOX)


async def _is_new(connection: "asyncpg.Connection") -> bool:
    return bool(await connection.fetchval(IS_NEW))


async def _is_marked(connection: "asyncpg.Connection") -> bool:
    return bool(await connection.fetchval(HAS_TABLE) and await connection.fetchval(IS_MARKED))


async def follow(database: Database) -> None:
    """Set this process's clock by the sandbox's. Raises `WrongDatabase` without a sandbox."""
    async with database.outside() as driver:
        ahead = await driver.fetchval(AHEAD)
    if ahead is None:
        raise WrongDatabase(NOT_A_SANDBOX)
    clock.go_ahead(timedelta(seconds=ahead))


async def move(database: Database, seconds: int) -> int:
    """Move the clock of every process forward; answers how many seconds it is now ahead."""
    async with database.outside() as driver:
        ahead: int = await driver.fetchval(MOVE, seconds)
    clock.go_ahead(timedelta(seconds=ahead))
    return ahead


async def take_number(database: Database, maximum: int) -> int | None:
    """The number of a new school; None once there are `maximum`."""
    async with database.outside() as driver:
        number: int | None = await driver.fetchval(TAKE, maximum)
    return number
