"""Ties, and worries that are linked."""

revision = "0030"
down_revision = "0029"


def upgrade() -> None:
    """Apply."""


def downgrade() -> None:
    """Undo."""
