"""Reports that could not be taken: by which operation, about which record, and who sent them."""

import sqlalchemy as sa
from alembic import op

from migrations.protection import column

revision = "0037"
down_revision = "0036"

TABLE = "incomplete_report"


def upgrade() -> None:
    """Apply. What was kept before was meant to raise a concern, by somebody who was signed in."""
    op.add_column(TABLE, column("operation", sa.Text(), server_default=sa.text("'raise_concern'")))
    op.add_column(TABLE, column("thing_id", sa.Uuid(), empty=True))
    op.add_column(TABLE, column("signed_in", sa.Boolean(), server_default=sa.text("true")))
    for name in ("operation", "signed_in"):
        op.alter_column(TABLE, name, server_default=None)


def downgrade() -> None:
    """Undo."""
    for name in ("signed_in", "thing_id", "operation"):
        op.drop_column(TABLE, name)
