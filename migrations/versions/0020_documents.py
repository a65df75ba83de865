"""Documents made from records, and the jobs that make them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.protection import allow, column, protect, within_school

revision = "0020"
down_revision = "0019"

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Apply."""
    _make_jobs()
    op.create_table(
        "document",
        column("school_id", sa.Uuid()),
        column("id", sa.Uuid()),
        column("reference", sa.Text()),
        column("kind", sa.Text()),
        column("child_id", sa.Uuid()),
        column("purpose", sa.Text()),
        column("content", sa.LargeBinary()),
        column("sha256", sa.Text()),
        column("template_version", sa.Integer()),
        column("entry_ids", postgresql.ARRAY(sa.Uuid())),
        column("made_by", sa.Uuid()),
        column("made_at", MOMENT),
        within_school("document", "id", "document_job"),
        within_school("document", "child_id", "child"),
        within_school("document", "made_by", "staff"),
        sa.CheckConstraint("kind in ('chronology')", name="ck_document_kind"),
        sa.PrimaryKeyConstraint("school_id", "id", name="pk_document"),
    )
    op.create_index("uq_document_reference", "document", ["school_id", "reference"], unique=True)
    protect("document")
    allow("document")
    op.create_table(
        "document_progress",
        column("school_id", sa.Uuid()),
        column("id", sa.Uuid()),
        column("done", sa.Integer()),
        column("total", sa.Integer(), empty=True),
        column("at", MOMENT),
        within_school("document_progress", "id", "document_job"),
        sa.PrimaryKeyConstraint("school_id", "id", name="pk_document_progress"),
    )
    protect("document_progress")
    allow("document_progress", update=("done", "total", "at"))


def _make_jobs() -> None:
    op.create_table(
        "document_job",
        column("school_id", sa.Uuid()),
        column("id", sa.Uuid()),
        column("kind", sa.Text()),
        column("child_id", sa.Uuid()),
        column("asked", postgresql.JSONB()),
        column("asked_by", sa.Uuid()),
        column("asked_role", sa.Text()),
        column("asked_at", MOMENT),
        column("state", sa.Text(), server_default=sa.text("'asked'")),
        column("problems", postgresql.JSONB(), server_default=sa.text("'[]'::jsonb")),
        column("ended_at", MOMENT, empty=True),
        column("key", sa.Text(), empty=True),
        column("sha256", sa.Text(), empty=True),
        column("size", sa.Integer(), empty=True),
        column("swept_at", MOMENT, empty=True),
        column("version", sa.Integer(), server_default=sa.text("1")),
        within_school("document_job", "child_id", "child"),
        within_school("document_job", "asked_by", "staff"),
        sa.CheckConstraint("kind in ('chronology')", name="ck_document_job_kind"),
        sa.CheckConstraint(
            "state in ('asked', 'done', 'failed', 'cancelled')", name="ck_document_job_state"
        ),
        sa.CheckConstraint("(ended_at is null) = (state = 'asked')", name="ck_document_job_ended"),
        sa.CheckConstraint("state <> 'done' or key is not null", name="ck_document_job_done"),
        sa.PrimaryKeyConstraint("school_id", "id", name="pk_document_job"),
    )
    op.create_index(
        "ix_document_job_kept", "document_job", ["school_id", "ended_at"],
        postgresql_where=sa.text("state = 'done' and swept_at is null"),
    )  # fmt: skip
    protect("document_job")
    allow(
        "document_job",
        update=("state", "problems", "ended_at", "key", "sha256", "size", "swept_at", "version"),
    )


def downgrade() -> None:
    """Undo."""
    op.drop_table("document_progress")
    op.drop_table("document")
    op.drop_table("document_job")
