"""How soon somebody must act may become sooner; what was told stays beside it."""

from alembic import op

from migrations.protection import APP

revision = "0032"
down_revision = "0031"


def upgrade() -> None:
    """Apply."""
    op.execute(f"grant update (immediacy) on concern to {APP}")


def downgrade() -> None:
    """Undo."""
    op.execute(f"revoke update (immediacy) on concern from {APP}")
