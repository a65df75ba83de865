"""A suggested conflict says when what it rests on is gone: only a person ends it."""

import sqlalchemy as sa
from alembic import op

from migrations.protection import APP, column

revision = "0041"
down_revision = "0040"


def upgrade() -> None:
    """Apply."""
    op.add_column("conflict", column("ground_gone_at", sa.DateTime(timezone=True), empty=True))
    op.execute(f"grant update (ground_gone_at) on conflict to {APP}")


def downgrade() -> None:
    """Undo."""
    op.drop_column("conflict", "ground_gone_at")
