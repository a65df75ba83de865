"""Sees every statement that the application sends, through SQLAlchemy and past it."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import event

from app.db.models import Base
from tests.world import World

SCHOOL_TABLES = frozenset(
    table.name for table in Base.metadata.tables.values() if "school_id" in table.columns
)
NAMED = re.compile(r'\b(?:from|join|update|into|only)\s+(?:public\.)?"?([a-z_]+)"?', re.IGNORECASE)
PREDICATE = re.compile(
    r'school_id"?\s*=\s*|school_id"?\s+in\b|=\s*(?:\w+\.)?school_id\b|\(\s*school_id\b',
    re.IGNORECASE,
)
BY_SIGNATURE = re.compile(
    r"^\s*select s\.school_id, .*\sfrom intake_source s where s\.id = \$1\s*$", re.S
)
OWN_MEMBERSHIPS = re.compile(r"\bstaff_id\s*=\s*\$", re.IGNORECASE)
HOUSEKEEPING = re.compile(r"^\s*(?:begin|commit|rollback|savepoint|release|set |show )", re.I)


def tables_of(statement: str) -> set[str]:
    """The school tables a statement names."""
    return {name.lower() for name in NAMED.findall(statement)} & SCHOOL_TABLES


def is_filtered(statement: str) -> bool:
    """Whether a statement over school tables says which school's rows it means.

    One's own memberships, at sign-in and in `/v1/me`, are seen across schools, and so is the
    source that a signature claims to be of: it names no school, and its scope shows that row alone.
    """
    if PREDICATE.search(statement) or BY_SIGNATURE.search(statement):
        return True
    return tables_of(statement) == {"membership"} and bool(OWN_MEMBERSHIPS.search(statement))


class Listening:
    """Listeners on an engine and on the connections taken from it."""

    def __init__(self, engine: Any) -> None:
        self.engine = engine
        self.found: list[str] = []
        self.listeners: tuple[tuple[str, Any], ...] = (
            ("before_cursor_execute", self.by_sqlalchemy),
            ("checkout", self.taken),
            ("checkin", self.given_back),
        )

    def note(self, statement: str) -> None:
        """Keep a statement, unless it only begins or ends a transaction."""
        if not HOUSEKEEPING.match(statement):
            self.found.append(statement)

    def by_sqlalchemy(self, _connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        """One that SQLAlchemy sends, which the driver's own logger does not see."""
        self.note(statement)

    def past_it(self, record: Any) -> None:
        """One that is sent on the driver itself."""
        self.note(record.query)

    def taken(self, connection: Any, *_rest: Any) -> None:
        """A connection leaves the pool."""
        connection.driver_connection.add_query_logger(self.past_it)

    def given_back(self, connection: Any, *_rest: Any) -> None:
        """A connection comes back, unless it is broken."""
        if connection is not None:
            connection.driver_connection.remove_query_logger(self.past_it)


@asynccontextmanager
async def captured(world: World) -> AsyncIterator[list[str]]:
    """Every statement while this lasts, but for the housekeeping of transactions."""
    listening = Listening(world.runtime.database.engine.sync_engine)
    for name, listener in listening.listeners:
        event.listen(listening.engine, name, listener)
    try:
        yield listening.found
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    finally:
        for name, listener in listening.listeners:
            event.remove(listening.engine, name, listener)
