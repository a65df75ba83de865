"""Reviews, reminders of actions, and indexes over what is open."""

import sqlalchemy as sa
from alembic import op

from migrations.protection import APP, allow, column, protect, within_school

revision = "0014"
down_revision = "0013"

MOMENT = sa.DateTime(timezone=True)
OPEN = {
    "ix_action_open": ("action", ["school_id", "due_at", "id"], "state = 'open'"),
    "ix_action_set_by": ("action", ["school_id", "set_by", "due_at", "id"], "state = 'open'"),
    "ix_share_open": ("share", ["school_id", "due_at", "id"], "ended_at is null"),
    "ix_referral_open": ("referral", ["school_id", "due_at", "id"], "ended_at is null"),
    "ix_access_grant_unreviewed": (
        "access_grant", ["school_id", "due_at", "id"],
        "kind = 'break_glass' and reviewed_at is null",
    ),
    "ix_reading_notice_unreviewed": (
        "reading_notice", ["school_id", "due_at", "id"], "reviewed_at is null",
    ),
    "ix_alert_unacknowledged": (
        "alert", ["school_id", "recipient_id", "created_at", "id"], "acknowledged_at is null",
    ),
    "ix_alert_action": ("alert", ["school_id", "action_id"], "action_id is not null"),
}  # fmt: skip
"""What is open is read every minute: its cost must not grow with what is closed."""


def upgrade() -> None:
    """Apply."""
    _make_reviews()
    _make_notes()
    op.add_column("action", column("remind_at", MOMENT, empty=True))
    op.execute(f"grant update (remind_at) on action to {APP}")
    for name, (table, columns, where) in OPEN.items():
        op.create_index(name, table, columns, postgresql_where=sa.text(where))


def _make_reviews() -> None:
    op.create_table(
        "review",
        column("school_id", sa.Uuid()),
        column("id", sa.Uuid()),
        column("child_id", sa.Uuid(), empty=True),
        column("concern_id", sa.Uuid(), empty=True),
        column("decision_id", sa.Uuid(), empty=True),
        column("what", sa.Text()),
        column("confidentiality", sa.Text()),
        column("owner_id", sa.Uuid()),
        column("due_at", MOMENT),
        column("due_rule", sa.Text(), empty=True),
        column("every_count", sa.Integer(), empty=True),
        column("every_unit", sa.Text(), empty=True),
        column("set_by", sa.Uuid()),
        column("set_at", MOMENT),
        column("done_at", MOMENT, empty=True),
        column("ended_at", MOMENT, empty=True),
        column("ended_by", sa.Uuid(), empty=True),
        column("end_reason", sa.Text(), empty=True),
        column("version", sa.Integer(), server_default=sa.text("1")),
        column("changed_at", MOMENT),
        *(
            within_school("review", column, table)
            for column, table in (
                ("child_id", "child"), ("concern_id", "concern"), ("decision_id", "decision"),
                ("owner_id", "staff"), ("set_by", "staff"), ("ended_by", "staff"),
            )
        ),
        sa.CheckConstraint("num_nonnulls(child_id, concern_id) = 1", name="ck_review_one_record"),
        sa.CheckConstraint("confidentiality ~ '^K[2-5]$'", name="ck_review_confidentiality"),
        sa.CheckConstraint(
            "(every_count is null) = (every_unit is null) and every_count >= 1",
            name="ck_review_every",
        ),
        sa.CheckConstraint("(ended_at is null) = (ended_by is null)", name="ck_review_ended"),
        sa.PrimaryKeyConstraint("school_id", "id", name="pk_review"),
    )  # fmt: skip
    op.create_index(
        "ix_review_due", "review", ["school_id", "due_at", "id"],
        postgresql_where=sa.text("ended_at is null"),
    )  # fmt: skip
    op.create_index(
        "ix_review_newest", "review", ["school_id", sa.text("set_at desc"), sa.text("id desc")]
    )
    op.create_index("ix_review_child", "review", ["school_id", "child_id"])
    op.create_index("ix_review_concern", "review", ["school_id", "concern_id"])
    op.create_index(
        "uq_review_decision", "review", ["school_id", "decision_id"], unique=True,
        postgresql_where=sa.text("decision_id is not null"),
    )  # fmt: skip
    protect("review")
    allow(
        "review",
        update=(
            "what", "confidentiality", "owner_id", "due_at", "due_rule", "every_count",
            "every_unit", "done_at", "ended_at", "ended_by", "end_reason", "version", "changed_at",
        ),
    )  # fmt: skip


def _make_notes() -> None:
    op.create_table(
        "review_note",
        column("school_id", sa.Uuid()),
        column("id", sa.Uuid()),
        column("review_id", sa.Uuid()),
        column("note", sa.Text()),
        column("outcome", sa.Text()),
        column("was_due_at", MOMENT),
        column("next_due_at", MOMENT, empty=True),
        column("by_id", sa.Uuid()),
        column("at", MOMENT),
        within_school("review_note", "review_id", "review"),
        within_school("review_note", "by_id", "staff"),
        sa.CheckConstraint(
            "outcome in ('continue', 'change', 'end')", name="ck_review_note_outcome"
        ),
        sa.CheckConstraint("(outcome = 'end') = (next_due_at is null)", name="ck_review_note_next"),
        sa.PrimaryKeyConstraint("school_id", "id", name="pk_review_note"),
    )
    op.create_index("ix_review_note_review", "review_note", ["school_id", "review_id", "at"])
    protect("review_note")
    allow("review_note")


def downgrade() -> None:
    """Undo."""
    for name, (table, _, _) in OPEN.items():
        op.drop_index(name, table)
    op.execute(f"revoke update (remind_at) on action from {APP}")
    op.drop_column("action", "remind_at")
    op.drop_table("review_note")
    op.drop_table("review")
