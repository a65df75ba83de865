"""The row trail, which is sealed like the trail, and the hold of a restored copy."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.protection import allow, column, protect
from migrations.sealing import forget_schools, list_schools

revision = "0040"
down_revision = "0039"

TABLE = "row_trail"
MOMENT = sa.DateTime(timezone=True)


class Xid8(sa.types.UserDefinedType[int]):
    """PostgreSQL's 64-bit transaction id."""

    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        """The column's type as DDL."""
        return "xid8"


def upgrade() -> None:
    """Apply. Column for column what `trail` is, so that one sealer serves all three."""
    op.create_table(
        TABLE,
        column("school_id", sa.Uuid()),
        column("id", sa.Uuid()),
        sa.Column("seq", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("xid", Xid8(), server_default=sa.text("pg_current_xact_id()"), nullable=False),
        column("at", MOMENT),
        column("actor_id", sa.Uuid()),
        column("actor_role", sa.Text()),
        column("session_id", sa.Uuid(), empty=True),
        column("request_id", sa.Text(), empty=True),
        column("verb", sa.Text()),
        column("noun", sa.Text()),
        column("noun_id", sa.Uuid(), empty=True),
        column("child_id", sa.Uuid(), empty=True),
        column("reason", sa.Text(), empty=True),
        column("before_hash", sa.Text(), empty=True),
        column("after_hash", sa.Text(), empty=True),
        sa.Column(
            "details", postgresql.JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
        sa.PrimaryKeyConstraint("school_id", "id", name="pk_row_trail"),
    )
    op.create_index("ix_row_trail_order", TABLE, ["school_id", "xid", "seq"])
    op.create_index("ix_row_trail_seq", TABLE, ["school_id", "seq"])
    protect(TABLE)
    allow(TABLE)
    list_schools(TABLE, newer=True)
    op.create_table(
        "restore_hold",
        column("id", sa.Uuid()),
        column("kind", sa.Text()),
        column("at", MOMENT),
        column("reason", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="pk_restore_hold"),
        sa.CheckConstraint("kind in ('held', 'released')", name="ck_restore_hold_kind"),
    )
    allow("restore_hold")


def downgrade() -> None:
    """Undo."""
    op.drop_table("restore_hold")
    forget_schools(TABLE, newer=True)
    op.drop_table(TABLE)
