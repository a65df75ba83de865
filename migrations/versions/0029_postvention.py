"""The time after a death."""

revision = "0029"
down_revision = "0028"


def upgrade() -> None:
    """Apply."""


def downgrade() -> None:
    """Undo."""
