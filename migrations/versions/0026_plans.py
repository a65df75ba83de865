"""Safety plans: versions, holders, reviews."""

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    """Apply."""


def downgrade() -> None:
    """Undo."""
