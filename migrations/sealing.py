"""Trails, and what finds the schools of a log, which no scope of one school can list."""

import sqlalchemy as sa
from alembic import op

from migrations.protection import SEALER, run_as, show
from migrations.tables import JSON, LONG, MOMENT, TEXT, UUID, Index, Xid8, column, school_table

NEXT = "select t.school_id into here from public.{table} t {where} order by t.school_id limit 1"


def trail_table(name: str, *indexes: Index) -> None:
    """A trail: one sealer serves all of them, so they are equal column for column.

    The order of a trail is asked for school by school, so its index begins with the school: there
    is no one page at which all schools insert.
    """
    school_table(
        name,
        column("seq", LONG, sa.Identity(always=True)),
        column("xid", Xid8(), default="pg_current_xact_id()"),
        column("at", MOMENT),
        column("actor_id", UUID),
        column("actor_role", TEXT),
        column("session_id", UUID, empty=True),
        column("request_id", TEXT, empty=True),
        column("verb", TEXT),
        column("noun", TEXT),
        column("noun_id", UUID, empty=True),
        column("child_id", UUID, empty=True),
        column("reason", TEXT, empty=True),
        column("before_hash", TEXT, empty=True),
        column("after_hash", TEXT, empty=True),
        column("details", JSON, default="'{}'::jsonb"),
        *indexes,
    )
    list_schools(name, newer=True)


def list_schools(table: str, *, newer: bool = False) -> None:
    """A function that names the schools with rows in a table, and nothing else of them.

    It steps from school to school by the key, so that it costs as much as there are schools. With
    `newer`, it leaves out those without a row of a transaction from `since` on.
    """
    since = "since xid8 default null" if newer else ""
    kept = (
        f"if since is null or exists (select from public.{table} t "
        "where t.school_id = here and t.xid >= since) then return next here; end if;"
        if newer
        else "return next here;"
    )
    first = NEXT.format(table=table, where="")
    following = NEXT.format(table=table, where="where t.school_id > here")
    show(table, SEALER, "school_id, xid" if newer else "school_id")
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
    run_as(SEALER, f"schools_in_{table}({'xid8' if newer else ''})")
