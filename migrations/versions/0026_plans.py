"""Safety plans: versions of a pupil's plan, and who has a copy."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.protection import allow, column, protect, within_school

revision = "0026"
down_revision = "0025"

MOMENT = sa.DateTime(timezone=True)
IN_FORCE = sa.text("state in ('in_use', 'under_review')")


def upgrade() -> None:
    """Apply."""
    _make_plans()
    _make_holders()


def _make_plans() -> None:
    op.create_table(
        "safety_plan",
        column("school_id", sa.Uuid()),
        column("id", sa.Uuid()),
        column("child_id", sa.Uuid()),
        column("concern_id", sa.Uuid(), empty=True),
        column("number", sa.Integer()),
        column("state", sa.Text()),
        column("confidentiality", sa.Text()),
        column("content", postgresql.JSONB()),
        column("lead_id", sa.Uuid()),
        column("chosen_adult_id", sa.Uuid(), empty=True),
        column("cover_adult_id", sa.Uuid(), empty=True),
        column("holiday_arrangement", sa.Text(), empty=True),
        column("seen_by_health", postgresql.JSONB(), empty=True),
        column("last_read_with_pupil", MOMENT, empty=True),
        column("supersedes_id", sa.Uuid(), empty=True),
        column("record_id", sa.Uuid(), empty=True),
        column("made_by", sa.Uuid()),
        column("made_at", MOMENT),
        column("agreed_by", sa.Uuid(), empty=True),
        column("agreed_at", MOMENT, empty=True),
        column("used_at", MOMENT, empty=True),
        column("ended_at", MOMENT, empty=True),
        column("ended_by", sa.Uuid(), empty=True),
        column("end_reason", sa.Text(), empty=True),
        column("version", sa.Integer(), server_default=sa.text("1")),
        column("changed_at", MOMENT),
        *(
            within_school("safety_plan", name, table)
            for name, table in (
                ("child_id", "child"), ("concern_id", "concern"), ("lead_id", "staff"),
                ("chosen_adult_id", "staff"), ("cover_adult_id", "staff"),
                ("supersedes_id", "safety_plan"), ("record_id", "safety_record"),
                ("made_by", "staff"), ("agreed_by", "staff"), ("ended_by", "staff"),
            )
        ),
        sa.CheckConstraint("confidentiality ~ '^K[2-5]$'", name="ck_safety_plan_confidentiality"),
        sa.CheckConstraint(
            "state in ('draft', 'agreed', 'in_use', 'under_review', 'replaced', 'ended')",
            name="ck_safety_plan_state",
        ),
        sa.CheckConstraint(
            "(state in ('replaced', 'ended')) = (ended_at is not null)", name="ck_safety_plan_ended"
        ),
        sa.CheckConstraint(
            "agreed_at is null or (record_id is not null and "
            "coalesce(content->>'made_with', '') <> '' and (content->>'made_with' <> 'not_yet' "
            "or coalesce(content->>'made_with_reason', '') <> ''))",
            name="ck_safety_plan_made_with",
        ),
        sa.CheckConstraint(
            "state in ('draft', 'ended') or agreed_at is not null", name="ck_safety_plan_agreed"
        ),
        sa.PrimaryKeyConstraint("school_id", "id", name="pk_safety_plan"),
    )  # fmt: skip
    op.create_index(
        "uq_safety_plan_number", "safety_plan", ["school_id", "child_id", "number"], unique=True
    )
    op.create_index(
        "uq_safety_plan_in_use", "safety_plan", ["school_id", "child_id"], unique=True,
        postgresql_where=IN_FORCE,
    )  # fmt: skip
    for name in ("chosen_adult_id", "cover_adult_id"):
        op.create_index(
            f"ix_safety_plan_{name}", "safety_plan", ["school_id", name], postgresql_where=IN_FORCE
        )
    op.create_index("ix_safety_plan_concern", "safety_plan", ["school_id", "concern_id"])
    protect("safety_plan")
    allow(
        "safety_plan",
        update=(
            "concern_id", "state", "confidentiality", "content", "lead_id", "chosen_adult_id",
            "cover_adult_id", "holiday_arrangement", "seen_by_health", "last_read_with_pupil",
            "record_id", "agreed_by", "agreed_at", "used_at", "ended_at", "ended_by",
            "end_reason", "version", "changed_at",
        ),
    )  # fmt: skip


def _make_holders() -> None:
    op.create_table(
        "safety_plan_holder",
        column("school_id", sa.Uuid()),
        column("id", sa.Uuid()),
        column("plan_id", sa.Uuid()),
        column("kind", sa.Text()),
        column("person", sa.Text(), empty=True),
        column("copy", sa.Text()),
        column("given_at", MOMENT),
        column("consent", postgresql.JSONB(), empty=True),
        column("noted_by", sa.Uuid()),
        column("noted_at", MOMENT),
        column("recalled_at", MOMENT, empty=True),
        column("recalled_by", sa.Uuid(), empty=True),
        column("recall_task_id", sa.Uuid(), empty=True),
        *(
            within_school("safety_plan_holder", name, table)
            for name, table in (
                ("plan_id", "safety_plan"), ("noted_by", "staff"), ("recalled_by", "staff"),
                ("recall_task_id", "task"),
            )
        ),
        sa.CheckConstraint(
            "(recalled_at is null) = (recalled_by is null)", name="ck_safety_plan_holder_recalled"
        ),
        sa.PrimaryKeyConstraint("school_id", "id", name="pk_safety_plan_holder"),
    )  # fmt: skip
    op.create_index("ix_safety_plan_holder_plan", "safety_plan_holder", ["school_id", "plan_id"])
    protect("safety_plan_holder")
    allow("safety_plan_holder", update=("recalled_at", "recalled_by", "recall_task_id"))


def downgrade() -> None:
    """Undo."""
    op.drop_table("safety_plan_holder")
    op.drop_table("safety_plan")
