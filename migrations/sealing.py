"""What the sealer needs to find the schools of a log, which no scope of one school can list."""

from alembic import op

from migrations.protection import APP

SEALER = "cairn_sealer"

NEXT = "select t.school_id into here from public.{table} t {where} order by t.school_id limit 1"


def list_schools(table: str, *, newer: bool) -> None:
    """A function that names the schools with rows in a table, and nothing else of them.

    It steps from school to school by the key, so that it costs as much as there are schools. With
    `newer`, it leaves out those without a row of a transaction from `since` on.
    """
    columns = "school_id, xid" if newer else "school_id"
    since = "since xid8 default null" if newer else ""
    kept = (
        f"if since is null or exists (select from public.{table} t "
        "where t.school_id = here and t.xid >= since) then return next here; end if;"
        if newer
        else "return next here;"
    )
    first = NEXT.format(table=table, where="")
    following = NEXT.format(table=table, where="where t.school_id > here")
    op.execute(f"grant select ({columns}) on {table} to {SEALER}")
    op.execute(f"create policy sealer on {table} for select to {SEALER} using (true)")
    op.execute(
        f"""
        create function schools_in_{table}({since}) returns setof uuid
        language plpgsql stable security definer
        set search_path = pg_catalog, public, pg_temp
        as $$
        declare here uuid;
        begin
          {first};
          while here is not null loop
            {kept}
            {following};
          end loop;
        end
        $$
        """
    )
    name = f"schools_in_{table}({'xid8' if newer else ''})"
    op.execute(f"revoke all on function {name} from public")
    op.execute(f"grant {SEALER} to current_user")
    op.execute(f"grant create on schema public to {SEALER}")
    op.execute(f"alter function {name} owner to {SEALER}")
    op.execute(f"revoke create on schema public from {SEALER}")
    op.execute(f"grant execute on function {name} to {APP}")


def forget_schools(table: str, *, newer: bool) -> None:
    """Undo `list_schools`; the table may stay."""
    op.execute(f"drop function schools_in_{table}({'xid8' if newer else ''})")
    op.execute(f"drop policy sealer on {table}")
    columns = "school_id, xid" if newer else "school_id"
    op.execute(f"revoke select ({columns}) on {table} from {SEALER}")
