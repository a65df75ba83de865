"""The form in which one school's rows leave Cairn and come back, and which tables do.

A row is one line: the same text that the row trail hashes, so that a line can be checked against
the trail of its school. `row_trace` decides what leaves: tables that the row trail vouches for,
and the sealed logs as they are. Tables that stay are named with a reason.
"""

# ruff: noqa: S608 - names come from the mapped classes; values are always bound

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, TypeAlias
from uuid import UUID

import psycopg
from sqlalchemy import Table

from app.db.addresses import plain
from app.db.models import Base
from app.db.row_trace import (
    COVERED,
    NOT_COVERED,
    SEALED,
    SECRETS,
    columns_of,
    school_column,
    sealed_row,
)

Connection: TypeAlias = "psycopg.Connection[tuple[Any, ...]]"
RECORDS, TRAIL, SERVER, ADULTS = "records", "trail", "server", "adults"
SERVER_TABLES: Final = (
    "account", "reference_counter", "reading_scan", "name_token", "child_name_token",
)  # fmt: skip
"""Tables a server needs to continue: sign-in, the last numbers given, and search words."""
PASSWORDS: Final = ("password_hash", "password_set_at")
"""The account columns that never leave: people set a new password."""
OTHERWISE: Final = frozenset(
    {
        *SECRETS, "organisation",
        *(name for name in COVERED if name.startswith("adult_")),
    }
)  # fmt: skip
"""Tables whose rows may arrive changed.

They lose their secrets or a trust that does not exist here; rows of the adult register may have
been left behind.
"""
LOG_TABLES: Final = ("trail_leaf", "trail_node", "trail_checkpoint")
"""Tables of every log; the adult register's rows leave with it."""


@dataclass(frozen=True, slots=True)
class Leaving:
    """Rows of one table that leave together, and their part of the file."""

    table: str
    part: str
    which: str = "true"

    @property
    def member(self) -> str:
        """Their place in the file."""
        return f"{self.part}/{self.table}.ndjson"


def leaving() -> list[Leaving]:
    """What leaves: seals before the entries they cover, and parents before rows that refer to them.

    The adult register is a separate part.
    """
    tables = [str(table.name) for table in Base.metadata.sorted_tables]
    in_order = sorted(tables, key=lambda name: name not in LOG_TABLES)
    return [item for name in in_order for item in _of_table(name)]


def _of_table(name: str) -> list[Leaving]:
    if name in LOG_TABLES:
        return [
            Leaving(name, TRAIL, "t.log <> 'adults'"), Leaving(name, ADULTS, "t.log = 'adults'"),
        ]  # fmt: skip
    if name.startswith("adult_"):
        return [Leaving(name, ADULTS)]
    if name in COVERED:
        return [Leaving(name, RECORDS)]
    if NOT_COVERED[name] == SEALED:
        return [Leaving(name, TRAIL)]
    return [Leaving(name, SERVER)] if name in SERVER_TABLES else []


def staying() -> dict[str, str]:
    """Tables that stay here, each with the reason."""
    return {name: why for name, why in NOT_COVERED.items() if not _of_table(name)}


def columns_leaving(name: str) -> list[str]:
    """The columns of a table that leave: all except passwords."""
    hidden = PASSWORDS if name == "account" else ()
    return [str(column.name) for column in _table(name).columns if column.name not in hidden]


def columns() -> dict[str, list[str]]:
    """The columns that leave, by table. A school can come in only where they are the same."""
    return {item.table: columns_leaving(item.table) for item in leaving()}


def select_leaving(item: Leaving) -> str:
    """SQL for every row that leaves, as a line, in order of its key or as written."""
    name = item.table
    hidden = PASSWORDS if name == "account" else ()
    without = ", ".join(f"{column!r}" for column in hidden)
    row = f"({sealed_row(name, 't')}) - array[{without}]::text[]"
    keyed = ("seq",) if _identity(name) else columns_of(name) or ("school_id",)
    order = ", ".join(f"t.{column}" for column in keyed)
    return f"""
      select (select jsonb_object_agg(c.key, c.value) from jsonb_each({row}) c
              where c.value <> 'null'::jsonb)::text
      from {name} t where {_of_school(name)} and {item.which} order by {order}"""


STAGE: Final = """
create temporary table arriving (number bigint generated always as identity, line jsonb)
on commit drop
"""
ARRIVING: Final = "copy arriving (line) from stdin"
EMPTY: Final = "truncate arriving restart identity"


def arriving(name: str) -> str:
    """SQL that adds the staged rows to a table. Secrets get random bytes that nobody knows."""
    made = {column.name for column in _table(name).columns if column.computed is not None}
    columns, secrets = (
        [item for item in columns_leaving(name) if item not in made],
        SECRETS.get(name),
    )
    named = ", ".join(f'"{column}"' for column in columns)
    values = ", ".join(
        BLANK.format(column) if column in (secrets or ()) else f'r."{column}"' for column in columns
    )
    own = " overriding system value" if _identity(name) else ""
    known = " on conflict (id) do nothing" if name == "account" else ""
    return f"""
      insert into {name} ({named}){own}
      select {values} from arriving a
      cross join lateral jsonb_populate_record(null::{name}, a.line) r order by a.number{known}"""


def strangers(item: Leaving) -> str:
    """SQL that counts staged rows of another school."""
    if item.table == "account":
        return "select 0 where %s::uuid is null"
    own = school_column(item.table)
    return f"select count(*) from arriving a where a.line->>'{own}' is distinct from %s::text"


BLANK: Final = """case when r.{} is not null then
  sha256(convert_to(gen_random_uuid()::text || gen_random_uuid()::text, 'UTF8')) end"""
TAKEN: Final = """
select a.email from arriving s
join account a on a.email_key = lower(s.line->>'email')
where a.id <> (s.line->>'id')::uuid order by 1
"""
"""People in the file that this installation has under another id."""
UNSEALED: Final = """
update arriving a set line = a.line - 'xid' - 'seq' || jsonb_build_object(
  'xid', pg_current_xact_id()::text, 'seq', nextval(pg_get_serial_sequence('{table}', 'seq')))
where not exists (select from trail_leaf l where l.school_id = (a.line->>'school_id')::uuid
                  and l.log = '{log}' and l.entry_id = (a.line->>'id')::uuid)
"""
"""Entries without a seal yet get the new server's numbers."""
GO_ON: Final = """
select setval(pg_get_serial_sequence('{table}', 'seq'),
              greatest((select coalesce(max(seq), 0) from {table}), last_value) + 1)
from {sequence}
"""
"""New entries come after those that arrived."""


def schema(name: str) -> dict[str, Any]:
    """JSON Schema of a table's line."""
    table = _table(name)
    mapped = next(mapper.class_ for mapper in Base.registry.mappers if mapper.local_table is table)
    columns = [table.columns[item] for item in columns_leaving(name)]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": name,
        "description": " ".join((mapped.__doc__ or "").split()),
        "type": "object",
        "properties": {column.name: _kind(column.type) | _points(column) for column in columns},
        "required": [column.name for column in columns if not column.nullable],
        "additionalProperties": False,
    }


TYPES: Final[Mapping[str, Mapping[str, Any]]] = {
    "Text": {"type": "string"}, "String": {"type": "string"}, "CHAR": {"type": "string"},
    "Uuid": {"type": "string", "format": "uuid"},
    "UUID": {"type": "string", "format": "uuid"},
    "DateTime": {"type": "string", "format": "date-time"},
    "Date": {"type": "string", "format": "date"},
    "Time": {"type": "string", "format": "time"},
    "Integer": {"type": "integer"}, "BigInteger": {"type": "integer"},
    "SmallInteger": {"type": "integer"}, "Boolean": {"type": "boolean"},
    "Float": {"type": "number"}, "Double": {"type": "number"}, "Numeric": {"type": "number"},
    "LargeBinary": {"type": "string", "pattern": r"^\\x([0-9a-f]{2})*$"},
    "BYTEA": {"type": "string", "pattern": r"^\\x([0-9a-f]{2})*$"},
    "Xid8": {"type": "string", "pattern": "^[0-9]+$"},
    "JSONB": {}, "INET": {"type": "string"}, "CIDR": {"type": "string"},
}  # fmt: skip


def _kind(of: Any) -> dict[str, Any]:
    name = type(of).__name__
    if name == "ARRAY":
        return {"type": "array", "items": _kind(of.item_type)}
    return dict(TYPES[name])


def _points(column: Any) -> dict[str, Any]:
    """The file whose `id` a column names."""
    tables = {foreign_key.column.table.name for foreign_key in column.foreign_keys} - {
        "organisation"
    }
    return {"$comment": f"id of {'/'.join(sorted(tables))}"} if tables else {}


def _of_school(name: str) -> str:
    if name == "account":
        return "t.id in (select s.id from staff s where s.school_id = %(school)s)"
    return f"t.{school_column(name)} = %(school)s"


def _identity(name: str) -> bool:
    return any(column.identity is not None for column in _table(name).columns)


def _table(name: str) -> Table:
    return Base.metadata.tables[name]


@contextmanager
def one_moment(url: str, school_id: UUID) -> Iterator[Connection]:
    """A transaction that sees this school alone, at one moment."""
    with psycopg.connect(plain(url), connect_timeout=5, options="-c timezone=UTC") as connection:
        connection.execute("set transaction isolation level repeatable read read only")
        connection.execute("select set_config('app.school_id', %s, true)", [str(school_id)])
        connection.execute("set local statement_timeout = 0")
        connection.execute("set local idle_in_transaction_session_timeout = 0")
        yield connection


def name_of(connection: Connection, school_id: UUID) -> tuple[str, str | None, str]:
    """The name, unique reference number and nation of a school that must exist."""
    row = connection.execute(
        "select name, urn, nation from organisation where id = %s", [school_id]
    ).fetchone()
    assert row is not None  # noqa: S101 - it was looked for before
    name, urn, nation = row
    return name, urn, nation
