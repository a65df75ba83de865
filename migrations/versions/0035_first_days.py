"""Check-ins of the first days of a reintegration, which may have no support plan behind them."""

import sqlalchemy as sa
from alembic import op

from migrations.protection import column

revision = "0035"
down_revision = "0034"

KEY = "fk_check_in_school_id_reintegration_id"
INDEX = "uq_check_in_first_days"


def upgrade() -> None:
    """Apply."""
    op.add_column("check_in", column("reintegration_id", sa.Uuid(), empty=True))
    op.create_foreign_key(
        KEY, "check_in", "reintegration", ["school_id", "reintegration_id"], ["school_id", "id"]
    )
    op.create_index(
        INDEX, "check_in", ["school_id", "reintegration_id", "opens_at"], unique=True,
        postgresql_where=sa.text("reintegration_id is not null and state <> 'dropped'"),
    )  # fmt: skip


def downgrade() -> None:
    """Undo."""
    op.drop_index(INDEX, "check_in")
    op.drop_constraint(KEY, "check_in")
    op.drop_column("check_in", "reintegration_id")
