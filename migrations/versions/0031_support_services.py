"""Support services and authority contacts."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.protection import allow, column, protect, within_school

revision = "0031"
down_revision = "0030"

MOMENT = sa.DateTime(timezone=True)
SHOWN = sa.text("ended_at is null")


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "support_service",
        column("school_id", sa.Uuid()),
        column("id", sa.Uuid()),
        column("national", sa.Text(), empty=True),
        *_checked(),
        column("ended_at", MOMENT, empty=True),
        column("ended_by", sa.Uuid(), empty=True),
        column("end_reason", sa.Text(), empty=True),
        within_school("support_service", "checked_by", "staff"),
        within_school("support_service", "ended_by", "staff"),
        sa.CheckConstraint("check_by >= checked_on", name="ck_support_service_check_by"),
        sa.CheckConstraint(
            "(ended_at is null) = (ended_by is null)", name="ck_support_service_ended"
        ),
        sa.PrimaryKeyConstraint("school_id", "id", name="pk_support_service"),
    )
    op.create_index(
        "uq_support_service_national", "support_service", ["school_id", "national"], unique=True,
        postgresql_where=sa.text("national is not null and ended_at is null"),
    )  # fmt: skip
    op.create_index(
        "ix_support_service_check_by",
        "support_service",
        ["school_id", "check_by"],
        postgresql_where=SHOWN,
    )
    protect("support_service")
    allow(
        "support_service",
        update=(
            "content", "checked_on", "check_by", "checked_by", "version", "changed_at",
            "ended_at", "ended_by", "end_reason",
        ),
    )  # fmt: skip
    op.create_table(
        "authority_contacts",
        column("school_id", sa.Uuid()),
        column("id", sa.Uuid()),
        column("authority", sa.Text()),
        *_checked(),
        within_school("authority_contacts", "checked_by", "staff"),
        sa.CheckConstraint("check_by >= checked_on", name="ck_authority_contacts_check_by"),
        sa.UniqueConstraint(
            "school_id", "authority", name="uq_authority_contacts_school_id_authority"
        ),
        sa.PrimaryKeyConstraint("school_id", "id", name="pk_authority_contacts"),
    )
    op.create_index(
        "ix_authority_contacts_check_by", "authority_contacts", ["school_id", "check_by"]
    )
    protect("authority_contacts")
    allow(
        "authority_contacts",
        update=("content", "checked_on", "check_by", "checked_by", "version", "changed_at"),
    )


def _checked() -> list[sa.Column[object]]:
    """What both have: what is shown, and who looked it up when."""
    return [
        column("content", postgresql.JSONB()),
        column("checked_on", sa.Date()),
        column("check_by", sa.Date()),
        column("checked_by", sa.Uuid()),
        column("version", sa.Integer(), server_default=sa.text("1")),
        column("added_at", MOMENT),
        column("changed_at", MOMENT),
    ]


def downgrade() -> None:
    """Undo."""
    op.drop_table("authority_contacts")
    op.drop_table("support_service")
