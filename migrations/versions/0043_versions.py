"""Versions of what can be changed and had none, so that nobody changes what they have not read."""

import sqlalchemy as sa
from alembic import op

from migrations.protection import APP, column

revision = "0043"
down_revision = "0042"

TABLES = ("conflict", "cover", "membership", "staff_away", "bereavement_member")


def upgrade() -> None:
    """Apply. What is there already is at its first version."""
    for table in TABLES:
        op.add_column(table, column("version", sa.Integer(), server_default=sa.text("1")))
        op.execute(f"grant update (version) on {table} to {APP}")


def downgrade() -> None:
    """Undo."""
    for table in reversed(TABLES):
        op.drop_column(table, "version")
