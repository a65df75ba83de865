"""What every school table is given: forced row-level security, both policies, narrow grants."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

SCHOOL = "(select nullif(current_setting('app.school_id', true), '')::uuid)"
ACCOUNT = "(select nullif(current_setting('app.account_id', true), '')::uuid)"
APP = "cairn_app"
SEARCH = "cairn_search"


def create_role(name: str) -> None:
    """Create a role that cannot sign in and owns nothing, unless the server has it."""
    op.execute(
        f"""
        do $$ begin
          if not exists (select from pg_roles where rolname = '{name}') then
            create role {name} nologin noinherit;
          end if;
        exception when duplicate_object or unique_violation then null;
        end $$
        """
    )


def column(name: str, kind: sa.types.TypeEngine[object], **options: object) -> sa.Column[object]:
    """A column that is never empty, unless `empty=True` says so."""
    return sa.Column(name, kind, nullable=bool(options.pop("empty", False)), **options)  # type: ignore[arg-type]


def within_school(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    """A key to another row of the same school."""
    return sa.ForeignKeyConstraint(
        ["school_id", column],
        [f"{other}.school_id", f"{other}.id"],
        name=f"fk_{table}_school_id_{column}",
    )


def protect(table: str, *, visible_also: str = "false", key: str = "school_id") -> None:
    """Force row-level security: rows of the scope's school only, for reading and writing."""
    mine = f"{key} = {SCHOOL}"
    visible = mine if visible_also == "false" else f"{mine} or {visible_also}"
    op.execute(f"alter table {table} enable row level security")
    op.execute(f"alter table {table} force row level security")
    op.execute(f"create policy school on {table} using ({visible}) with check ({mine})")


def allow(table: str, *, update: Sequence[str] = (), delete: bool = False) -> None:
    """Let the application read and add rows, change the named columns, and nothing else."""
    op.execute(f"grant select, insert on {table} to {APP}")
    if update:
        op.execute(f"grant update ({', '.join(update)}) on {table} to {APP}")
    if delete:
        op.execute(f"grant delete on {table} to {APP}")
