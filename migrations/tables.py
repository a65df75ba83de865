"""How a migration writes a table: a column a line, with its key and whether it may change."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import SchemaItem

from migrations.protection import allow, protect

BYTES = sa.LargeBinary()
DAY = sa.Date()
JSON = postgresql.JSONB()
MOMENT = sa.DateTime(timezone=True)
NUMBER = sa.Integer()
LONG = sa.BigInteger()
SHORT = sa.SmallInteger()
SORTED = sa.Text(collation="C")
TEXT = sa.Text()
TEXTS = postgresql.ARRAY(sa.Text())
UUID = sa.Uuid()
UUIDS = postgresql.ARRAY(sa.Uuid())
YES_OR_NO = sa.Boolean()


class Xid8(sa.types.UserDefinedType[int]):
    """PostgreSQL's 64-bit transaction id."""

    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        """The column's type as DDL."""
        return "xid8"


def column(
    name: str,
    kind: sa.types.TypeEngine[object],
    *more: SchemaItem,
    empty: bool = False,
    to: str = "",
    changes: bool = False,
    default: str = "",
) -> sa.Column[object]:
    """A column that is never empty and never changes, unless it says so.

    `to` is the table whose row it names; `default` is SQL.
    """
    return sa.Column(
        name,
        kind,
        *more,
        nullable=empty,
        server_default=sa.text(default) if default else None,
        autoincrement="auto" if more else False,
        info={"to": to, "changes": changes},
    )


def version() -> sa.Column[object]:
    """How often a row was changed: what `If-Match` compares."""
    return column("version", NUMBER, default="1", changes=True)


def check(name: str, rule: str) -> sa.CheckConstraint:
    """A rule for each row of the table, which gives it its full name."""
    return sa.CheckConstraint(rule, name=name)


@dataclass(frozen=True, slots=True)
class Index:
    """An index of a table that is being made.

    Of two that suit a statement equally well the planner takes the one that was made last.
    """

    name: str
    columns: Sequence[str]
    options: Mapping[str, Any]

    def make(self, table: str) -> None:
        """Make it, after those that stand before it."""
        parts = [part if part.isidentifier() else sa.text(part) for part in self.columns]
        op.create_index(self.name, table, parts, **self.options)


def index(name: str, *columns: str, where: str = "", **options: object) -> Index:
    """An index over columns or expressions of them."""
    condition = sa.text(where) if where else None
    return Index(name, columns, {**options, "postgresql_where": condition})


def unique(name: str, *columns: str, where: str = "", **options: object) -> Index:
    """An index of what no two rows may share."""
    return index(name, *columns, where=where, unique=True, **options)


def table(
    name: str,
    *parts: SchemaItem | Index,
    key: Sequence[str],
    delete: bool = False,
    prefixes: Sequence[str] = (),
) -> None:
    """A table of no school. The application reads and adds rows, and changes what may change."""
    columns = [part for part in parts if isinstance(part, sa.Column)]
    of_school = any(one.name == "school_id" for one in columns)
    for part in parts:
        if isinstance(part, sa.CheckConstraint):
            part.name = op.f(f"ck_{name}_{part.name}")
    op.create_table(
        name,
        *parts,
        *(
            _reference(name, one.name, one.info["to"], of_school)
            for one in columns
            if one.info["to"]
        ),
        sa.PrimaryKeyConstraint(*key, name=op.f(f"pk_{name}")),
        prefixes=list(prefixes),
    )
    for part in parts:
        if isinstance(part, Index):
            part.make(name)
    allow(name, update=[one.name for one in columns if one.info["changes"]], delete=delete)


def school_table(
    name: str,
    *parts: SchemaItem | Index,
    key: Sequence[str] = ("id",),
    delete: bool = False,
    visible: str = "",
) -> None:
    """A table whose rows belong to one school each: forced row-level security, two-part keys."""
    named = {part.name for part in parts if isinstance(part, sa.Column)}
    first = [column(one, UUID) for one in ("school_id", "id") if one not in named]
    table(
        name,
        *(one for one in first if one.name in ("school_id", *key)),
        *parts,
        key=("school_id", *key),
        delete=delete,
    )
    protect(name, visible=visible)


def refer(table: str, **columns: str) -> None:
    """Keys of a table that stands before the tables it names, by column."""
    for name, other in columns.items():
        key = _reference(table, name, other, of_school=True)
        names = ", ".join(key.column_keys)
        op.execute(
            f"alter table {table} add constraint {key.name} "
            f"foreign key ({names}) references {other} (school_id, id)"
        )


def drop_tables(*names: str) -> None:
    """Undo tables, and the policies and keys of other tables that name them."""
    for name in reversed(names):
        op.execute(f"drop table {name} cascade")


def _reference(table: str, column: str, other: str, of_school: bool) -> sa.ForeignKeyConstraint:
    """A key to another row, of the same school where rows have one."""
    columns, keys = [column], ["id"]
    if of_school:
        columns, keys = ["school_id", column], ["school_id", "id"]
    name = op.f(f"fk_{table}_{'_'.join(columns)}")
    return sa.ForeignKeyConstraint(columns, [f"{other}.{one}" for one in keys], name=name)
