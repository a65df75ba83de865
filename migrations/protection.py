"""What every school table is given: forced row-level security, its policy, narrow grants."""

from collections.abc import Sequence

from alembic import op

SCHOOL = "(select nullif(current_setting('app.school_id', true), '')::uuid)"
ACCOUNT = "(select nullif(current_setting('app.account_id', true), '')::uuid)"
OWN_SCHOOL = f"school_id = {SCHOOL}"
APP = "cairn_app"
SEARCH = "cairn_search"
SEALER = "cairn_sealer"
REMOVER = "cairn_remover"
MERGER = "cairn_merger"


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


def protect(table: str, *, visible: str = "", key: str = "school_id") -> None:
    """Force row-level security: rows of the scope's school only, for reading and writing.

    `visible` is what may be read instead; only rows of the scope's school are ever written.
    """
    mine = f"{key} = {SCHOOL}"
    op.execute(f"alter table {table} enable row level security")
    op.execute(f"alter table {table} force row level security")
    op.execute(f"create policy school on {table} using ({visible or mine}) with check ({mine})")


def allow(table: str, *, update: Sequence[str] = (), delete: bool = False) -> None:
    """Let the application read and add rows, change the named columns, and nothing else."""
    op.execute(f"grant select, insert on {table} to {APP}")
    if update:
        op.execute(f"grant update ({', '.join(update)}) on {table} to {APP}")
    if delete:
        op.execute(f"grant delete on {table} to {APP}")


def show(table: str, role: str, columns: str, *, rows: str = "true") -> None:
    """Let the owner of functions read some columns of every school's rows."""
    op.execute(f"grant select ({columns}) on {table} to {role}")
    policy = role.removeprefix("cairn_")
    op.execute(f"create policy {policy} on {table} for select to {role} using ({rows})")


def run_as(role: str, function: str) -> None:
    """Let the application, and nobody else, run a function that sees what `role` may read."""
    op.execute(f"revoke all on function {function} from public")
    op.execute(f"grant {role} to current_user")
    op.execute(f"grant create on schema public to {role}")
    op.execute(f"alter function {function} owner to {role}")
    op.execute(f"revoke create on schema public from {role}")
    op.execute(f"grant execute on function {function} to {APP}")


def drop_functions(*names: str) -> None:
    """Undo functions."""
    for name in names:
        op.execute(f"drop function {name}")
