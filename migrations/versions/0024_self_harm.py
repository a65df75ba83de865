"""The pathway after self-harm or words about dying."""

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    """Apply."""


def downgrade() -> None:
    """Undo."""
