"""What a reporter says afterwards: who has been told, beside the words."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    """Apply."""
    op.add_column(
        "amendment",
        sa.Column(
            "told_already",
            postgresql.JSONB(),
            nullable=False,
            server_default=sa.text("'[]'::jsonb"),
        ),
    )


def downgrade() -> None:
    """Undo."""
    op.drop_column("amendment", "told_already")
