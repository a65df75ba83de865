"""What stands beneath every area: roles, trails, limits, marks of restored copies and sandboxes."""

from alembic import op

from migrations.protection import (
    APP,
    MERGER,
    REMOVER,
    SEALER,
    SEARCH,
    create_role,
    drop_functions,
    run_as,
    show,
)
from migrations.sealing import trail_table
from migrations.tables import (
    BYTES,
    JSON,
    LONG,
    MOMENT,
    NUMBER,
    TEXT,
    UUID,
    YES_OR_NO,
    Xid8,
    check,
    column,
    drop_tables,
    index,
    school_table,
    table,
)

revision = "0001"
down_revision = None

TABLES = (
    "trail",
    "row_trail",
    "late_trail",
    "idempotency_key",
    "reference_counter",
    "rate_limit",
    "restore_hold",
    "sandbox",
)
SEARCHED = "child.searched"
ROLES = (APP, SEARCH, SEALER, REMOVER, MERGER)


def upgrade() -> None:
    """Apply."""
    roles()
    time_text()
    number_text()
    trails()
    limits()
    restore_hold()
    sandbox()


def roles() -> None:
    """Roles that cannot sign in: of the application, and of functions that look wider than it."""
    for extension in ("pg_trgm", "btree_gin"):
        op.execute(f"create extension if not exists {extension}")
    for role in ROLES:
        create_role(role)
        op.execute(f"grant usage on schema public to {role}")


def time_text() -> None:
    """A moment as the contract writes it; a plain SQL function, so that it is inlined."""
    op.execute(
        """
        create function rfc3339(moment timestamptz) returns text
        language sql stable parallel safe
        return to_char(moment at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
        """
    )


def number_text() -> None:
    """A counted number as references have it: each once, in an order that only the secret knows.

    A Feistel network of two halves of three digits.
    """
    op.execute(
        """
        create function reference_number(counted integer, secret uuid) returns text
        language sql immutable parallel safe
        as $$
          with recursive shuffled(round, high, low) as (
            select 0, counted / 1000 % 1000, counted % 1000
            union all
            select round + 1, low, (high + ('x' || left(encode(sha256(
              (secret::text || ' ' || round::text || ' ' || low::text)::bytea), 'hex'), 7)
            )::bit(28)::integer) % 1000
            from shuffled where round < 6)
          select case when counted < 1000000 then lpad((high * 1000 + low)::text, 6, '0')
                 else counted::text end
          from shuffled where round = 6
        $$
        """
    )


def trails() -> None:
    """The trail, idempotency keys and reference counters: what the unit of work itself keeps."""
    # Most entries are about no child and stay out of the index of a child's access log.
    trail_table(
        "trail",
        index("ix_trail_school_id_noun_id_seq", "school_id", "noun_id", "seq"),
        index("ix_trail_order", "school_id", "xid", "seq"),
        index(
            "ix_trail_child",
            "school_id",
            "child_id",
            "at desc",
            "id desc",
            where="child_id is not null",
        ),
        index(
            "ix_trail_shown",
            "school_id",
            "(details -> 'children')",
            where=f"verb = '{SEARCHED}'",
            postgresql_using="gin",
        ),
    )
    searches_that_showed()
    trail_table(
        "row_trail",
        index("ix_row_trail_order", "school_id", "xid", "seq"),
        index("ix_row_trail_seq", "school_id", "seq"),
    )
    school_table(
        "late_trail",
        column("xid", Xid8(), default="pg_current_xact_id()"),
        column("turn", Xid8()),
        index("ix_late_trail_turn", "school_id", "turn"),
        key=("xid",),
    )
    show("late_trail", SEALER, "school_id, turn")
    school_table(
        "idempotency_key",
        column("actor_id", UUID),
        column("key", TEXT),
        column("fingerprint", BYTES),
        column("status", NUMBER, empty=True, changes=True),
        column("headers", JSON, empty=True, changes=True),
        column("body", BYTES, empty=True, changes=True),
        column("created_at", MOMENT),
        index("ix_idempotency_key_school_id_created_at", "school_id", "created_at"),
        key=("actor_id", "key"),
        delete=True,
    )
    school_table(
        "reference_counter",
        column("kind", TEXT),
        column("year", NUMBER),
        column("last", NUMBER, changes=True),
        column("secret", UUID, default="gen_random_uuid()"),
        key=("kind", "year"),
    )


def searches_that_showed() -> None:
    """A function that finds the searches which showed any of some children.

    Beneath a policy no index can answer what a list holds, so it runs as a role that sees beyond.
    """
    show("trail", SEARCH, "school_id, id, verb, details")
    op.execute(
        f"""
        create function searches_that_showed(asked uuid[]) returns setof uuid
        language sql stable security definer rows 100
        set search_path = pg_catalog, public, pg_temp
        as $$
          select id from public.trail
          where school_id = nullif(current_setting('app.school_id', true), '')::uuid
            and verb = '{SEARCHED}' and details -> 'children' ?| asked::text[]
        $$
        """
    )
    run_as(SEARCH, "searches_that_showed(uuid[])")


def limits() -> None:
    """What counts how often something was done."""
    # Room is left in the pages, since a row is written again at every question.
    table(
        "rate_limit",
        column("key", BYTES),
        column("full_at", MOMENT, changes=True),
        key=("key",),
        delete=True,
        prefixes=("UNLOGGED",),
    )
    op.execute("alter table rate_limit set (fillfactor = 70)")


def restore_hold() -> None:
    """The hold of a restored copy."""
    table(
        "restore_hold",
        column("id", UUID),
        column("kind", TEXT),
        column("at", MOMENT),
        column("reason", TEXT),
        check("kind", "kind in ('held', 'released')"),
        key=("id",),
    )


def sandbox() -> None:
    """The mark of a sandbox, which only the owner can make: the application adds none."""
    table(
        "sandbox",
        column("one", YES_OR_NO),
        column("ahead_seconds", LONG, changes=True),
        column("schools", NUMBER, changes=True),
        check("one", "one"),
        check("ahead", "ahead_seconds >= 0"),
        key=("one",),
    )
    op.execute(f"revoke insert on sandbox from {APP}")


def downgrade() -> None:
    """Undo."""
    drop_functions(
        "searches_that_showed", "schools_in_trail", "schools_in_row_trail", "rfc3339",
        "reference_number",
    )  # fmt: skip
    drop_tables(*TABLES)
    for role in ROLES:
        op.execute(f"revoke usage on schema public from {role}")
