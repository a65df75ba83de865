"""How far each pupil of a pathway is, and whom each step was about."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.protection import APP, column

revision = "0034"
down_revision = "0033"


def upgrade() -> None:
    """Apply."""
    nobody = sa.text("'{}'::jsonb")
    op.add_column("self_harm", column("pupils", postgresql.JSONB(), server_default=nobody))
    op.add_column("self_harm_step", column("child_ids", postgresql.ARRAY(sa.Uuid()), empty=True))
    op.execute(f"grant update (pupils) on self_harm to {APP}")


def downgrade() -> None:
    """Undo."""
    op.drop_column("self_harm_step", "child_ids")
    op.drop_column("self_harm", "pupils")
