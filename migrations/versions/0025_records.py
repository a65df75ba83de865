"""Two people's word that somebody may be told all the same."""

import sqlalchemy as sa
from alembic import op

from migrations.protection import allow, column, protect, within_school

revision = "0025"
down_revision = "0024"

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "sharing_exception",
        column("school_id", sa.Uuid()),
        column("id", sa.Uuid()),
        column("child_id", sa.Uuid()),
        column("contact_id", sa.Uuid()),
        column("mark", sa.Text()),
        column("asked_by", sa.Uuid()),
        column("asked_at", MOMENT),
        column("asked_reason", sa.Text()),
        column("agreed_by", sa.Uuid(), empty=True),
        column("agreed_at", MOMENT, empty=True),
        column("agreed_reason", sa.Text(), empty=True),
        column("until", MOMENT),
        column("ended_at", MOMENT, empty=True),
        column("ended_by", sa.Uuid(), empty=True),
        column("end_reason", sa.Text(), empty=True),
        column("version", sa.Integer(), server_default=sa.text("1")),
        column("changed_at", MOMENT),
        *(
            within_school("sharing_exception", name, table)
            for name, table in (
                ("child_id", "child"), ("contact_id", "contact"), ("asked_by", "staff"),
                ("agreed_by", "staff"), ("ended_by", "staff"),
            )
        ),
        sa.CheckConstraint("agreed_by <> asked_by", name="ck_sharing_exception_two_people"),
        sa.CheckConstraint(
            "(agreed_by is null) = (agreed_at is null) "
            "and (agreed_by is null) = (agreed_reason is null)",
            name="ck_sharing_exception_agreed",
        ),
        sa.CheckConstraint(
            "(ended_at is null) = (ended_by is null) and (ended_at is null) = (end_reason is null)",
            name="ck_sharing_exception_ended",
        ),
        sa.PrimaryKeyConstraint("school_id", "id", name="pk_sharing_exception"),
    )  # fmt: skip
    op.create_index("ix_sharing_exception_child", "sharing_exception", ["school_id", "child_id"])
    protect("sharing_exception")
    allow(
        "sharing_exception",
        update=(
            "agreed_by", "agreed_at", "agreed_reason", "until", "ended_at", "ended_by",
            "end_reason", "version", "changed_at",
        ),
    )  # fmt: skip


def downgrade() -> None:
    """Undo."""
    op.drop_table("sharing_exception")
