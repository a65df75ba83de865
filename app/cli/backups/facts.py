"""What a backup says about the database it was made of, and what a restored one is held against."""

from collections.abc import Mapping
from typing import Any, TypeAlias

import psycopg
from psycopg import sql
from sqlalchemy.engine import make_url

Connection: TypeAlias = "psycopg.Connection[tuple[Any, ...]]"

TABLES = """
select c.relname from pg_class c
where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') order by 1
"""
HIDDEN = """
select c.relname from pg_class c, pg_roles r
where r.rolname = current_user and not (r.rolsuper or r.rolbypassrls)
  and c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and c.relrowsecurity
  and (c.relforcerowsecurity or c.relowner <> r.oid)
  and not exists (
    select from pg_policy p
    where p.polrelid = c.oid and p.polpermissive and p.polcmd in ('r', '*')
      and pg_get_expr(p.polqual, p.polrelid) = 'true'
      and exists (select from unnest(p.polroles) m
                  where m = 0 or pg_has_role(r.oid, m, 'usage')))
order by 1
"""
"""Tables of which the role would see only part, without anybody being told."""
OWNER = "select pg_get_userbyid(relowner) from pg_class where oid = 'organisation'::regclass"
SUPERUSER = "select pg_get_userbyid(10)"
"""The role that made the server: always number 10."""
OWNERS = """
select p.oid::regprocedure::text, pg_get_userbyid(p.proowner)
from pg_proc p
where p.pronamespace = 'public'::regnamespace
  and pg_get_userbyid(p.proowner) in
    ('cairn_search', 'cairn_sealer', 'cairn_remover', 'cairn_merger')
order by 1
"""


def connect(url: str, **options: Any) -> Connection:
    """A connection by one of our URLs; times in UTC."""
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    return psycopg.connect(plain, connect_timeout=5, options="-c timezone=UTC", **options)


def counts_of(connection: Connection) -> dict[str, int]:
    """How many rows every table has."""
    result: dict[str, int] = {}
    for (table,) in connection.execute(TABLES).fetchall():
        counted = sql.SQL("select count(*) from {}").format(sql.Identifier(table))
        row = connection.execute(counted).fetchone()
        result[table] = row[0] if row else 0
    return result


def differences(expected: Mapping[str, int], counted: Mapping[str, int]) -> list[str]:
    """What was counted otherwise, in words."""
    return [
        f"{table}: {expected.get(table, 0)} rows were saved, {counted.get(table, 0)} are there"
        for table in sorted(expected.keys() | counted.keys())
        if expected.get(table, 0) != counted.get(table, 0)
    ]
