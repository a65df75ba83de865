"""Says why a line of a school's file cannot become a row here: which line, and what to do."""

# ruff: noqa: S608 - names come from the database's own catalogue; values are always bound

from collections.abc import Sequence
from typing import Any, Final

import psycopg

from app.cli.backups.facts import Connection
from app.db.school_rows import Leaving

AGAIN: Final = "ask for the file again"
SHOWN: Final = 10
UNIQUE: Final = """
select array_agg(a.attname::text order by k.place)
from pg_index x
cross join unnest(x.indkey::int[]) with ordinality k(number, place)
join pg_attribute a on a.attrelid = x.indrelid and a.attnum = k.number
where x.indexrelid = to_regclass(%s)
"""
POINTS: Final = """
select k.confrelid::regclass::text, array_agg(a.attname::text order by n.place),
       array_agg(b.attname::text order by n.place)
from pg_constraint k
cross join unnest(k.conkey, k.confkey) with ordinality n(own, other, place)
join pg_attribute a on a.attrelid = k.conrelid and a.attnum = n.own
join pg_attribute b on b.attrelid = k.confrelid and b.attnum = n.other
where k.conrelid = to_regclass(%s) and k.conname = %s and k.contype = 'f'
group by k.confrelid
"""


def said_of(connection: Connection, leaving: Leaving, error: psycopg.Error) -> str:
    """What stands against a staged row: its like in the file or here, or what it names is missing.

    PostgreSQL itself says no key of a table with policies.
    """
    rule = error.diag.constraint_name or error.diag.column_name
    if isinstance(error, psycopg.DataError):
        schema = f"schemas/{leaving.table}.json"
        return f"{leaving.member} has a value that its field cannot hold ({schema}): {AGAIN}"
    if isinstance(error, psycopg.errors.UniqueViolation):
        return _twice(connection, leaving, str(rule))
    if isinstance(error, psycopg.errors.ForeignKeyViolation):
        return _pointing_nowhere(connection, leaving, str(rule))
    return f"{leaving.member} has a line that breaks the rule {rule}: {AGAIN}"


def _twice(connection: Connection, leaving: Leaving, rule: str) -> str:
    row = connection.execute(UNIQUE, [rule]).fetchone()
    columns: Sequence[str] = [name for name in (row and row[0]) or ("id",) if name != "school_id"]
    if not columns:
        columns = ["school_id"]
    values = ", ".join(f"line->>'{name}'" for name in columns)
    result = connection.execute(
        f"select array_agg(number order by number) from arriving group by {values} "
        "having count(*) > 1 order by 1 limit 1".encode()
    ).fetchone()
    text = ", ".join(columns)
    if result is not None:
        lines = " and ".join(str(number) for number in result[0][:SHOWN])
        return f"{leaving.member} lines {lines} have the same {text}: {AGAIN}"
    same = " and ".join(f"t.{name}::text = a.line->>'{name}'" for name in columns)
    where = _where(
        connection,
        leaving,
        "select a.number from arriving a where exists "
        f"(select from {leaving.table} t where {same})",
    )
    return (
        f"{where} has the {text} of a row that is here already: use an installation that has "
        "nothing of this school"
    )


def _pointing_nowhere(connection: Connection, leaving: Leaving, rule: str) -> str:
    row = connection.execute(POINTS, [leaving.table, rule]).fetchone()
    if row is None:
        return f"{leaving.member} has a line that breaks the rule {rule}: {AGAIN}"
    target, own, other = row
    same = " and ".join(
        f"t.{there}::text = a.line->>'{here}'" for here, there in zip(own, other, strict=True)
    )
    given = " and ".join(f"a.line->>'{here}' is not null" for here in own)
    where = _where(
        connection, leaving,
        f"select a.number from arriving a where {given} "
        f"and not exists (select from {target} t where {same})",
    )  # fmt: skip
    return f"{where} has a {own[-1]} that is no row of {target} in the file: {AGAIN}"


def _where(connection: Connection, leaving: Leaving, statement: str) -> str:
    """The first line that a statement finds."""
    row: Any = connection.execute(f"{statement} order by a.number limit 1".encode()).fetchone()
    return leaving.member if row is None else f"{leaving.member} line {row[0]}"
