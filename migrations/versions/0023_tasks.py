"""What somebody has to do by a time, and the records of keeping a child safe."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.protection import allow, column, protect, within_school

revision = "0023"
down_revision = "0022"

MOMENT = sa.DateTime(timezone=True)
OPEN = sa.text("ended_at is null")


def upgrade() -> None:
    """Apply."""
    _make_tasks()
    _make_records()


def _make_tasks() -> None:
    op.create_table(
        "task",
        column("school_id", sa.Uuid()),
        column("id", sa.Uuid()),
        column("kind", sa.Text()),
        column("child_id", sa.Uuid(), empty=True),
        column("concern_id", sa.Uuid(), empty=True),
        column("about_noun", sa.Text(), empty=True),
        column("about_id", sa.Uuid(), empty=True),
        column("confidentiality", sa.Text()),
        column("owner_id", sa.Uuid()),
        column("cover_id", sa.Uuid(), empty=True),
        column("due_at", MOMENT),
        column("due_rule", sa.Text(), empty=True),
        column("urgent", sa.Boolean()),
        column("barred", postgresql.ARRAY(sa.Uuid())),
        column("facts", postgresql.JSONB()),
        column("dedupe", sa.Text(), empty=True),
        column("set_by", sa.Uuid(), empty=True),
        column("set_at", MOMENT),
        column("state", sa.Text()),
        column("outcome", sa.Text(), empty=True),
        column("note", sa.Text(), empty=True),
        column("ended_at", MOMENT, empty=True),
        column("ended_by", sa.Uuid(), empty=True),
        column("version", sa.Integer(), server_default=sa.text("1")),
        column("changed_at", MOMENT),
        *(
            within_school("task", name, table)
            for name, table in (
                ("child_id", "child"), ("concern_id", "concern"), ("owner_id", "staff"),
                ("cover_id", "staff"), ("set_by", "staff"), ("ended_by", "staff"),
            )
        ),
        sa.CheckConstraint(
            "confidentiality ~ '^(anyone|K[2-5])$'", name="ck_task_confidentiality"
        ),
        sa.CheckConstraint("state in ('open', 'done', 'not_needed')", name="ck_task_state"),
        sa.CheckConstraint("(state = 'open') = (ended_at is null)", name="ck_task_ended"),
        sa.CheckConstraint("(about_noun is null) = (about_id is null)", name="ck_task_about"),
        sa.PrimaryKeyConstraint("school_id", "id", name="pk_task"),
    )  # fmt: skip
    op.create_index("ix_task_due", "task", ["school_id", "due_at", "id"], postgresql_where=OPEN)
    op.create_index(
        "ix_task_owner", "task", ["school_id", "owner_id", "due_at"], postgresql_where=OPEN
    )
    op.create_index(
        "ix_task_newest", "task", ["school_id", sa.text("set_at desc"), sa.text("id desc")]
    )
    op.create_index("ix_task_child", "task", ["school_id", "child_id"])
    op.create_index("ix_task_concern", "task", ["school_id", "concern_id"])
    op.create_index("ix_task_about", "task", ["school_id", "about_id"])
    op.create_index(
        "uq_task_dedupe", "task", ["school_id", "dedupe"], unique=True,
        postgresql_where=sa.text("dedupe is not null"),
    )  # fmt: skip
    protect("task")
    allow(
        "task",
        update=(
            "confidentiality", "owner_id", "cover_id", "due_at", "due_rule", "urgent", "barred",
            "facts", "child_id", "concern_id", "state", "outcome", "note", "ended_at", "ended_by",
            "version", "changed_at",
        ),
    )  # fmt: skip


def _make_records() -> None:
    op.create_table(
        "safety_record",
        column("school_id", sa.Uuid()),
        column("id", sa.Uuid()),
        column("child_id", sa.Uuid()),
        column("concern_id", sa.Uuid(), empty=True),
        column("kind", sa.Text()),
        column("content", postgresql.JSONB()),
        column("summary", sa.Text()),
        column("occurred_at", MOMENT),
        column("occurred_precision", sa.Text()),
        column("recorded_at", MOMENT),
        column("late", sa.Boolean()),
        column("confidentiality", sa.Text()),
        column("by_id", sa.Uuid()),
        column("by_role", sa.Text()),
        column("supersedes_id", sa.Uuid(), empty=True),
        column("reason", sa.Text(), empty=True),
        column("post_event", sa.Boolean()),
        *(
            within_school("safety_record", name, table)
            for name, table in (
                ("child_id", "child"), ("concern_id", "concern"), ("by_id", "staff"),
                ("supersedes_id", "safety_record"),
            )
        ),
        sa.CheckConstraint(
            "confidentiality ~ '^K[2-5]$'", name="ck_safety_record_confidentiality"
        ),
        sa.CheckConstraint(
            "(supersedes_id is null) = (reason is null)", name="ck_safety_record_amended"
        ),
        sa.PrimaryKeyConstraint("school_id", "id", name="pk_safety_record"),
    )  # fmt: skip
    op.create_index(
        "ix_safety_record_child", "safety_record",
        ["school_id", "child_id", "kind", sa.text("recorded_at desc"), sa.text("id desc")],
    )  # fmt: skip
    op.create_index("ix_safety_record_concern", "safety_record", ["school_id", "concern_id"])
    op.create_index(
        "uq_safety_record_supersedes", "safety_record", ["school_id", "supersedes_id"],
        unique=True, postgresql_where=sa.text("supersedes_id is not null"),
    )  # fmt: skip
    protect("safety_record")
    allow("safety_record")


def downgrade() -> None:
    """Undo."""
    op.drop_table("safety_record")
    op.drop_table("task")
