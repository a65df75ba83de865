"""The meaning of a database error, so that a caller need not read its text."""

from collections.abc import Iterator
from enum import StrEnum

import asyncpg
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

READ_ONLY = "25006"
LOCKED = "55P03"


class NotConfirmed(Exception):
    """A commit is on one disk, but its standby may not have it: neither confirmed nor failed."""


class ReadOnlyServer(Exception):
    """The server answers but accepts no changes: it was demoted, or is a standby."""


class AnswerForgotten(Exception):
    """A kept answer expired after its key was found taken: the key is free at the next attempt."""

    sqlstate = "40001"
    """Stands for a transaction that is to be run again."""


class Fault(StrEnum):
    """The kinds of failure that a caller can tell apart."""

    BUSY = "busy"
    UNAVAILABLE = "unavailable"
    RETRY = "retry"
    OUTSIDE_SCHOOL = "outside_school"
    ALREADY_EXISTS = "already_exists"
    UNKNOWN_REFERENCE = "unknown_reference"
    REFUSED_VALUE = "refused_value"
    UNKNOWN = "unknown"


BY_STATE = {
    "40001": Fault.RETRY,
    "40P01": Fault.RETRY,
    LOCKED: Fault.BUSY,
    "57014": Fault.BUSY,
    "25P03": Fault.BUSY,
    "25P04": Fault.BUSY,
    READ_ONLY: Fault.UNAVAILABLE,
    "42501": Fault.OUTSIDE_SCHOOL,
    "23505": Fault.ALREADY_EXISTS,
    "23503": Fault.UNKNOWN_REFERENCE,
    "23514": Fault.REFUSED_VALUE,
    "23502": Fault.REFUSED_VALUE,
    "22P05": Fault.REFUSED_VALUE,
    "22021": Fault.REFUSED_VALUE,
    "22003": Fault.REFUSED_VALUE,
    "22008": Fault.REFUSED_VALUE,
}
BY_CLASS = {
    "08": Fault.UNAVAILABLE,
    "53": Fault.UNAVAILABLE,
    "57": Fault.UNAVAILABLE,
    "58": Fault.UNAVAILABLE,
}


AWAY = (
    asyncpg.InterfaceError, asyncpg.InternalClientError, NotConfirmed, ReadOnlyServer, OSError,
)  # fmt: skip
"""Connections and time-outs are OSErrors; a half-read goodbye confuses the driver."""


def causes_of(error: BaseException) -> Iterator[BaseException]:
    """The error and its causes, each once: a chain of causes can be a circle."""
    seen: set[int] = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        yield cause
        cause = getattr(cause, "orig", None) or cause.__cause__


def sqlstate_of(error: BaseException) -> str | None:
    """The SQLSTATE behind an error of SQLAlchemy or the driver, or None."""
    for cause in causes_of(error):
        state = getattr(cause, "sqlstate", None)
        if isinstance(state, str):
            return state
    return None


def is_read_only(error: BaseException) -> bool:
    """Whether a server refused to write because it is not, or is no longer, the primary."""
    return sqlstate_of(error) == READ_ONLY


def fault_of(error: BaseException) -> Fault | None:
    """The kind of a database error; None for any other error."""
    if isinstance(error, PoolTimeout):
        return Fault.BUSY
    state = sqlstate_of(error)
    if state is not None:
        return BY_STATE.get(state) or BY_CLASS.get(state[:2]) or Fault.UNKNOWN
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return Fault.UNAVAILABLE
    if isinstance(error, AWAY):
        return Fault.UNAVAILABLE
    if isinstance(error, SQLAlchemyError | asyncpg.PostgresError):
        return Fault.UNKNOWN
    return None


def constraint_of(error: BaseException) -> str | None:
    """The name of the constraint that refused a row, or None."""
    for cause in causes_of(error):
        name = getattr(cause, "constraint_name", None)
        if isinstance(name, str) and name:
            return name
    return None


class UntimedChange(RuntimeError):
    """A command changed a due time without updating its clock: our fault, never committed."""


class UntracedChange(RuntimeError):
    """A command changed a school's rows and recorded nothing: our fault, never committed."""
