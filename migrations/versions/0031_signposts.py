"""Signposts and local packs."""

revision = "0031"
down_revision = "0030"


def upgrade() -> None:
    """Apply."""


def downgrade() -> None:
    """Undo."""
