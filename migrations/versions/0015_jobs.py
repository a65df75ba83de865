"""Failed jobs, ticks of periodic tasks, and progress of tasks over all schools."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.protection import allow, column, protect
from migrations.sealing import forget_schools, list_schools

revision = "0015"
down_revision = "0014"

MOMENT = sa.DateTime(timezone=True)
NO_SCHOOL = "school_id = '00000000-0000-0000-0000-000000000000'"
SETTLED = ("ended_at", "ended_because", "ended_by", "reason", "version")


def upgrade() -> None:
    """Apply."""
    _make_failed_jobs()
    op.create_table(
        "periodic_tick",
        column("task", sa.Text()),
        column("tick_at", MOMENT),
        column("deferred_at", MOMENT),
        column("missed", sa.BigInteger(), server_default=sa.text("0")),
        sa.PrimaryKeyConstraint("task", name="pk_periodic_tick"),
    )
    allow("periodic_tick", update=("tick_at", "deferred_at", "missed"))
    op.create_table(
        "job_progress",
        column("job_id", sa.BigInteger(), autoincrement=False),
        column("after", sa.Uuid()),
        column("failed", postgresql.ARRAY(sa.Uuid())),
        sa.PrimaryKeyConstraint("job_id", name="pk_job_progress"),
    )
    allow("job_progress", update=("after", "failed"), delete=True)


def _make_failed_jobs() -> None:
    op.create_table(
        "failed_job",
        column("school_id", sa.Uuid()),
        column("id", sa.Uuid()),
        column("job_id", sa.BigInteger()),
        column("task", sa.Text()),
        column("queue", sa.Text()),
        column("priority", sa.Integer()),
        column("lock", sa.Text(), empty=True),
        column("args", postgresql.JSONB()),
        column("attempts", sa.Integer()),
        column("error", sa.Text()),
        column("message", sa.Text(), empty=True),
        column("failed_at", MOMENT),
        column("owner_id", sa.Uuid(), empty=True),
        column("due_at", MOMENT, empty=True),
        column("due_rule", sa.Text(), empty=True),
        column("ended_at", MOMENT, empty=True),
        column("ended_because", sa.Text(), empty=True),
        column("ended_by", sa.Uuid(), empty=True),
        column("reason", sa.Text(), empty=True),
        column("version", sa.Integer(), server_default=sa.text("1")),
        sa.ForeignKeyConstraint(
            ["school_id", "owner_id"], ["staff.school_id", "staff.id"],
            name="fk_failed_job_school_id_owner_id",
        ),
        sa.CheckConstraint(f"owner_id is not null or {NO_SCHOOL}", name="ck_failed_job_owned"),
        sa.CheckConstraint(f"due_at is not null or {NO_SCHOOL}", name="ck_failed_job_due"),
        sa.CheckConstraint(
            "ended_because in ('replayed', 'dropped')", name="ck_failed_job_ended_because"
        ),
        sa.CheckConstraint(
            "(ended_at is null) = (ended_because is null)", name="ck_failed_job_ended"
        ),
        sa.PrimaryKeyConstraint("school_id", "id", name="pk_failed_job"),
    )  # fmt: skip
    op.create_index("uq_failed_job_job", "failed_job", ["school_id", "job_id"], unique=True)
    op.create_index(
        "ix_failed_job_newest", "failed_job",
        ["school_id", sa.text("failed_at desc"), sa.text("id desc")],
    )  # fmt: skip
    protect("failed_job")
    allow("failed_job", update=("owner_id", "due_at", "due_rule", *SETTLED))
    list_schools("failed_job", newer=False)


def downgrade() -> None:
    """Undo."""
    op.drop_table("job_progress")
    op.drop_table("periodic_tick")
    forget_schools("failed_job", newer=False)
    op.drop_table("failed_job")
