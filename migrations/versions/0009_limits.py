"""What counts how often something was done, and wrong passwords by address and network."""

import sqlalchemy as sa
from alembic import op

from migrations.protection import APP, allow

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Apply. Room is left in the pages, since a row is written again at every question."""
    op.create_table(
        "rate_limit",
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("full_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_rate_limit")),
        prefixes=["UNLOGGED"],
    )
    op.execute("alter table rate_limit set (fillfactor = 70)")
    allow("rate_limit", update=("full_at",), delete=True)
    _guard_pairs()


def _guard_pairs() -> None:
    """Wrong passwords count for an e-mail address and a network together, and are forgotten."""
    op.execute("delete from sign_in_guard")
    op.alter_column("sign_in_guard", "email_hash", new_column_name="key")
    op.add_column(
        "sign_in_guard", sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False)
    )
    op.add_column("sign_in_guard", sa.Column("proved_at", sa.DateTime(timezone=True)))
    op.execute(f"grant update (changed_at, proved_at), delete on sign_in_guard to {APP}")


def downgrade() -> None:
    """Undo."""
    op.execute(f"revoke delete on sign_in_guard from {APP}")
    op.drop_column("sign_in_guard", "proved_at")
    op.drop_column("sign_in_guard", "changed_at")
    op.alter_column("sign_in_guard", "key", new_column_name="email_hash")
    op.drop_table("rate_limit")
