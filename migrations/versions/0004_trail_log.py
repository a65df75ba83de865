"""The sealed log over the trail."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.protection import allow, create_role, protect
from migrations.sealing import SEALER, forget_schools, list_schools

revision = "0004"
down_revision = "0003"

TABLES = ("trail_leaf", "trail_node", "trail_checkpoint")


class Xid8(sa.types.UserDefinedType[int]):
    """PostgreSQL's 64-bit transaction id."""

    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        """The column's type as DDL."""
        return "xid8"


def upgrade() -> None:
    """Apply.

    The order of the trail is asked for school by school, so its index begins with the school:
    as many indexes as before, and no one page at which all schools insert.
    """
    create_role(SEALER)
    op.execute(f"grant usage on schema public to {SEALER}")
    op.drop_index("ix_trail_order", "trail")
    op.create_index("ix_trail_order", "trail", ["school_id", "xid", "seq"])
    op.create_table(
        "trail_leaf",
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("log", sa.Text(), nullable=False),
        sa.Column("index", sa.BigInteger(), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("hash", postgresql.BYTEA(), nullable=False),
        sa.PrimaryKeyConstraint("school_id", "log", "index", name="pk_trail_leaf"),
        sa.UniqueConstraint(
            "school_id", "log", "entry_id", name="uq_trail_leaf_school_id_log_entry_id"
        ),
    )
    op.create_table(
        "trail_node",
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("log", sa.Text(), nullable=False),
        sa.Column("level", sa.SmallInteger(), nullable=False),
        sa.Column("index", sa.BigInteger(), nullable=False),
        sa.Column("hash", postgresql.BYTEA(), nullable=False),
        sa.PrimaryKeyConstraint("school_id", "log", "level", "index", name="pk_trail_node"),
    )
    op.create_table(
        "trail_checkpoint",
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("log", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("root", postgresql.BYTEA(), nullable=False),
        sa.Column("previous", postgresql.BYTEA(), nullable=False),
        sa.Column("peaks", postgresql.ARRAY(postgresql.BYTEA()), nullable=False),
        sa.Column("sealed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("horizon", Xid8(), nullable=False),
        sa.Column("next_xid", Xid8(), nullable=False),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=True),
        sa.Column("key_name", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("school_id", "log", "number", name="pk_trail_checkpoint"),
        sa.UniqueConstraint(
            "school_id", "log", "size", name="uq_trail_checkpoint_school_id_log_size"
        ),
    )
    for table in TABLES:
        protect(table)
        allow(table)
    list_schools("trail", newer=True)
    list_schools("trail_checkpoint", newer=False)


def downgrade() -> None:
    """Undo."""
    forget_schools("trail_checkpoint", newer=False)
    forget_schools("trail", newer=True)
    for table in TABLES:
        op.drop_table(table)
    op.drop_index("ix_trail_order", "trail")
    op.create_index("ix_trail_order", "trail", ["xid", "seq"])
    op.execute(f"revoke usage on schema public from {SEALER}")
