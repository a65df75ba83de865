"""Support plans, check-ins and the watch list."""

revision = "0027"
down_revision = "0026"


def upgrade() -> None:
    """Apply."""


def downgrade() -> None:
    """Undo."""
