"""Looking at files for malware before anybody opens them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.protection import APP, allow
from migrations.sealing import forget_schools, list_schools

revision = "0019"
down_revision = "0018"

MOMENT = sa.DateTime(timezone=True)
CHECKS = {
    "ck_attachment_state": "state in ('quarantined', 'available', 'held')",
    "ck_attachment_scan_result": (
        "scan_result in ('not_scanned', 'clean', 'found', 'failed', 'too_large')"
    ),
    "ck_attachment_never_served_unless_clean": (
        "state <> 'available' or scan_result in ('not_scanned', 'clean')"
    ),
    "ck_attachment_stripped": (
        "num_nonnulls(stripped_key, stripped_size, stripped_sha256) in (0, 3)"
    ),
}
CHANGES = ("state", "scan_result", "scanned_at", "signature", "signature_version", "flags")
ADDED = (*CHANGES, "stripped_key", "stripped_size", "stripped_sha256")


def upgrade() -> None:
    """Apply. Files of before were looked at by nobody: they stay to be had, and say so."""
    for column in (
        sa.Column("state", sa.Text(), nullable=False, server_default="available"),
        sa.Column("scan_result", sa.Text(), nullable=False, server_default="not_scanned"),
        sa.Column("scanned_at", MOMENT, nullable=True),
        sa.Column("signature", sa.Text(), nullable=True),
        sa.Column("signature_version", sa.Text(), nullable=True),
        sa.Column("flags", postgresql.ARRAY(sa.Text()), nullable=False, server_default="{}"),
        sa.Column("stripped_key", sa.Text(), nullable=True),
        sa.Column("stripped_size", sa.Integer(), nullable=True),
        sa.Column("stripped_sha256", sa.Text(), nullable=True),
    ):
        op.add_column("attachment", column)
    for name, condition in CHECKS.items():
        op.execute(f"alter table attachment add constraint {name} check ({condition})")
    op.create_index(
        "ix_attachment_quarantined", "attachment", ["school_id", "recorded_at", "id"],
        postgresql_where=sa.text("state = 'quarantined'"),
    )  # fmt: skip
    op.execute(f"grant update ({', '.join(CHANGES)}) on attachment to {APP}")
    list_schools("attachment", newer=False)
    op.create_table(
        "scan_round",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("signature_version", sa.Text(), nullable=False),
        sa.Column("begun_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("after_school", sa.Uuid(), nullable=False),
        sa.Column("after_file", sa.Uuid(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_scan_round"),
    )
    op.create_index(
        "ix_scan_round_running", "scan_round", ["begun_at"],
        postgresql_where=sa.text("ended_at is null"),
    )  # fmt: skip
    allow("scan_round", update=("ended_at", "after_school", "after_file", "done", "failed"))


def downgrade() -> None:
    """Undo."""
    op.drop_table("scan_round")
    forget_schools("attachment", newer=False)
    op.drop_index("ix_attachment_quarantined", "attachment")
    for name in CHECKS:
        op.execute(f"alter table attachment drop constraint {name}")
    for name in ADDED:
        op.drop_column("attachment", name)
