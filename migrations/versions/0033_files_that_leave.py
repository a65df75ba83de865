"""Files that leave with a share or a referral, frozen beside its snapshot."""

import sqlalchemy as sa
from alembic import op

from migrations.protection import allow, column, protect, within_school

revision = "0033"
down_revision = "0032"


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "snapshot_file",
        column("school_id", sa.Uuid()),
        column("id", sa.Uuid()),
        column("snapshot_id", sa.Uuid()),
        column("number", sa.SmallInteger()),
        column("attachment_id", sa.Uuid()),
        column("name", sa.Text()),
        column("content_type", sa.Text()),
        column("size", sa.Integer()),
        column("sha256", sa.Text()),
        column("key", sa.Text()),
        within_school("snapshot_file", "snapshot_id", "snapshot"),
        within_school("snapshot_file", "attachment_id", "attachment"),
        sa.CheckConstraint("number >= 1", name="ck_snapshot_file_number"),
        sa.PrimaryKeyConstraint("school_id", "id", name="pk_snapshot_file"),
    )
    op.create_index(
        "uq_snapshot_file_number", "snapshot_file", ["school_id", "snapshot_id", "number"],
        unique=True,
    )  # fmt: skip
    op.create_index(
        "ix_snapshot_file_school_id_attachment_id", "snapshot_file", ["school_id", "attachment_id"]
    )
    protect("snapshot_file")
    allow("snapshot_file")


def downgrade() -> None:
    """Undo."""
    op.drop_table("snapshot_file")
