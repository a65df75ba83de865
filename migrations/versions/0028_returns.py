"""Returns, absences, places and items."""

revision = "0028"
down_revision = "0027"


def upgrade() -> None:
    """Apply."""


def downgrade() -> None:
    """Undo."""
