"""The pathway after self-harm or words about dying."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.protection import allow, column, protect, within_school

revision = "0024"
down_revision = "0023"

MOMENT = sa.DateTime(timezone=True)
JSON = postgresql.JSONB()


def upgrade() -> None:
    """Apply."""
    _make_pathway()
    _make_steps()
    _make_unmatched()


def _make_pathway() -> None:
    op.create_table(
        "self_harm",
        column("school_id", sa.Uuid()),
        column("id", sa.Uuid()),
        column("kind_told", sa.Text()),
        column("told", JSON),
        column("reported_immediacy", sa.Text()),
        column("begun_by", sa.Uuid()),
        column("begun_at", MOMENT),
        column("kind", sa.Text()),
        column("state", sa.Text()),
        column("last_event_at", MOMENT),
        column("settled_at", MOMENT, empty=True),
        column("changed_at", MOMENT),
        within_school("self_harm", "id", "concern"),
        within_school("self_harm", "begun_by", "staff"),
        sa.CheckConstraint(
            "(settled_at is not null) = (state = 'settled')", name="ck_self_harm_settled"
        ),
        sa.PrimaryKeyConstraint("school_id", "id", name="pk_self_harm"),
    )
    op.create_index(
        "ix_self_harm_open", "self_harm", ["school_id"],
        postgresql_where=sa.text("state <> 'closed'"),
    )  # fmt: skip
    protect("self_harm")
    allow("self_harm", update=("kind", "state", "last_event_at", "settled_at", "changed_at"))


def _make_steps() -> None:
    op.create_table(
        "self_harm_step",
        column("school_id", sa.Uuid()),
        column("id", sa.Uuid()),
        column("concern_id", sa.Uuid()),
        column("verb", sa.Text()),
        column("at", MOMENT),
        column("recorded_at", MOMENT),
        column("by_id", sa.Uuid(), empty=True),
        column("by_role", sa.Text()),
        column("from_state", sa.Text(), empty=True),
        column("to_state", sa.Text()),
        column("details", JSON),
        within_school("self_harm_step", "concern_id", "self_harm"),
        within_school("self_harm_step", "by_id", "staff"),
        sa.PrimaryKeyConstraint("school_id", "id", name="pk_self_harm_step"),
    )
    op.create_index(
        "ix_self_harm_step_school_id_concern_id", "self_harm_step", ["school_id", "concern_id"]
    )
    protect("self_harm_step")
    allow("self_harm_step")


def _make_unmatched() -> None:
    op.create_table(
        "unmatched_child",
        column("school_id", sa.Uuid()),
        column("id", sa.Uuid()),
        column("told", JSON),
        column("marks", JSON),
        column("matched_at", MOMENT, empty=True),
        column("matched_by", sa.Uuid(), empty=True),
        within_school("unmatched_child", "id", "concern"),
        within_school("unmatched_child", "matched_by", "staff"),
        sa.CheckConstraint(
            "(matched_at is null) = (matched_by is null)", name="ck_unmatched_child_matched"
        ),
        sa.PrimaryKeyConstraint("school_id", "id", name="pk_unmatched_child"),
    )
    protect("unmatched_child")
    allow("unmatched_child", update=("matched_at", "matched_by"))


def downgrade() -> None:
    """Undo."""
    op.drop_table("unmatched_child")
    op.drop_table("self_harm_step")
    op.drop_table("self_harm")
