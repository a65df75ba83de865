"""Kills whoever writes to the database, at a chosen statement."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from app.db.session import Driver


class Crash(BaseException):
    """A worker that dies between two statements."""


@contextmanager
def crashing_after(statements: int) -> Iterator[None]:
    """Die at the statement after so many that write."""
    left, write = statements, Driver.write

    async def dying(self: Driver, statement: str, *values: Any) -> Any:
        nonlocal left
        left -= 1
        if left < 0:
            raise Crash
        return await write(self, statement, *values)

    Driver.write = dying  # type: ignore[method-assign]
    try:
        yield
    finally:
        Driver.write = write  # type: ignore[method-assign]
