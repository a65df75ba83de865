"""Check-ins of the first days of a return, which may have no support plan behind them."""

import sqlalchemy as sa
from alembic import op

from migrations.protection import column

revision = "0035"
down_revision = "0034"

KEY = "fk_check_in_school_id_return_id"
INDEX = "uq_check_in_first_days"


def upgrade() -> None:
    """Apply."""
    op.add_column("check_in", column("return_id", sa.Uuid(), empty=True))
    op.create_foreign_key(
        KEY, "check_in", "child_return", ["school_id", "return_id"], ["school_id", "id"]
    )
    op.create_index(
        INDEX, "check_in", ["school_id", "return_id", "opens_at"], unique=True,
        postgresql_where=sa.text("return_id is not null and state <> 'dropped'"),
    )  # fmt: skip


def downgrade() -> None:
    """Undo."""
    op.drop_index(INDEX, "check_in")
    op.drop_constraint(KEY, "check_in")
    op.drop_column("check_in", "return_id")
