"""Safety checks, needs notes and decisions about telling parents."""

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    """Apply."""


def downgrade() -> None:
    """Undo."""
