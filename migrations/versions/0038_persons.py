"""A bar is about a person, and what was typed by hand is confirmed by a second one."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.protection import APP, column

revision = "0038"
down_revision = "0036"

KEY = "fk_contact_school_id_typed_by"


def upgrade() -> None:
    """Apply."""
    none = sa.text("'[]'::jsonb")
    op.add_column("contact", column("known_before", postgresql.JSONB(), server_default=none))
    op.add_column("contact", column("typed_by", sa.Uuid(), empty=True))
    op.create_foreign_key(KEY, "contact", "staff", ["school_id", "typed_by"], ["school_id", "id"])
    op.execute(f"grant update (known_before, typed_by) on contact to {APP}")
    nobody = sa.text("'{}'")
    op.add_column(
        "conflict", column("typed_by", postgresql.ARRAY(sa.Uuid()), server_default=nobody)
    )


def downgrade() -> None:
    """Undo."""
    op.drop_column("conflict", "typed_by")
    op.drop_constraint(KEY, "contact")
    op.drop_column("contact", "typed_by")
    op.drop_column("contact", "known_before")
