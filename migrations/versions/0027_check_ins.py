"""Support plans, check-ins and the support list."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.protection import allow, column, protect, within_school
from migrations.sealing import forget_schools, list_schools

revision = "0027"
down_revision = "0026"

MOMENT = sa.DateTime(timezone=True)
LISTED = ("support_plan", "support_list_entry")
"""A job looks through the schools that have rows of these."""
OPEN = sa.text("ended_at is null")
KEYS = (
    ("child_id", "child"), ("record_id", "safety_record"), ("plan_id", "support_plan"),
    ("adult_id", "staff"), ("cover_id", "staff"), ("owner_id", "staff"), ("asked_id", "staff"),
    ("made_by", "staff"), ("done_by", "staff"), ("ended_by", "staff"), ("put_by", "staff"),
    ("to_id", "staff"), ("by_id", "staff"), ("staff_id", "staff"), ("said_by", "staff"),
)  # fmt: skip


def upgrade() -> None:
    """Apply."""
    _make_plans()
    _make_check_ins()
    _make_support_list()
    _make_away()
    for name in LISTED:
        list_schools(name, newer=False)


def _table(name: str, *parts: Any) -> None:
    """A table of a school, with a key for each column of `KEYS` that it has."""
    names = [part.name for part in parts if isinstance(part, sa.Column)]
    op.create_table(
        name,
        column("school_id", sa.Uuid()),
        column("id", sa.Uuid()),
        *parts,
        *(within_school(name, key, other) for key, other in KEYS if key in names),
        sa.PrimaryKeyConstraint("school_id", "id", name=f"pk_{name}"),
    )
    protect(name)


def _ended() -> list[sa.Column[object]]:
    return [
        column("ended_at", MOMENT, empty=True),
        column("ended_by", sa.Uuid(), empty=True),
    ]


def _changed() -> list[sa.Column[object]]:
    return [
        column("version", sa.Integer(), server_default=sa.text("1")),
        column("changed_at", MOMENT),
    ]


def _make_plans() -> None:
    _table(
        "support_plan",
        column("child_id", sa.Uuid()),
        column("record_id", sa.Uuid()),
        column("adult_id", sa.Uuid()),
        column("cover_id", sa.Uuid()),
        column("place", sa.Text(), empty=True),
        column("windows", postgresql.JSONB()),
        column("cadence", postgresql.JSONB()),
        column("began_on", sa.Date()),
        column("holiday_arrangement", sa.Text(), empty=True),
        column("review_due_at", MOMENT),
        column("made_at", MOMENT),
        column("made_by", sa.Uuid()),
        *_ended(),
        *_changed(),
        sa.CheckConstraint("adult_id <> cover_id", name="ck_support_plan_two_people"),
    )
    op.create_index(
        "uq_support_plan_child", "support_plan", ["school_id", "child_id"], unique=True,
        postgresql_where=OPEN,
    )  # fmt: skip
    allow(
        "support_plan",
        update=(
            "record_id", "adult_id", "cover_id", "place", "windows", "cadence", "began_on",
            "holiday_arrangement", "review_due_at", "ended_at", "ended_by", "version",
            "changed_at",
        ),
    )  # fmt: skip


def _make_check_ins() -> None:
    _table(
        "check_in",
        column("child_id", sa.Uuid()),
        column("plan_id", sa.Uuid(), empty=True),
        column("owner_id", sa.Uuid()),
        column("cover_id", sa.Uuid()),
        column("opens_at", MOMENT),
        column("due_at", MOMENT),
        column("due_rule", sa.Text(), empty=True),
        column("place", sa.Text(), empty=True),
        column("asked_id", sa.Uuid(), empty=True),
        column("asked_at", MOMENT, empty=True),
        column("answer_by", MOMENT, empty=True),
        column("missed_at", MOMENT, empty=True),
        column("how", sa.Text(), empty=True),
        column("done_at", MOMENT, empty=True),
        column("done_by", sa.Uuid(), empty=True),
        column("outcome", sa.Text(), empty=True),
        column("worried_more", sa.Boolean(), empty=True),
        column("record_id", sa.Uuid(), empty=True),
        column("state", sa.Text()),
        *_ended(),
        column("made_at", MOMENT),
        *_changed(),
        sa.CheckConstraint(
            "state in ('open', 'done', 'declined', 'settled', 'dropped')", name="ck_check_in_state"
        ),
        sa.CheckConstraint("(state = 'open') = (ended_at is null)", name="ck_check_in_ended"),
    )
    op.create_index(
        "ix_check_in_due", "check_in", ["school_id", "due_at", "id"], postgresql_where=OPEN
    )
    op.create_index(
        "ix_check_in_owner", "check_in", ["school_id", "owner_id", "due_at"], postgresql_where=OPEN
    )
    op.create_index(
        "ix_check_in_child", "check_in", ["school_id", "child_id", sa.text("due_at desc")]
    )
    op.create_index(
        "uq_check_in_window", "check_in", ["school_id", "plan_id", "opens_at"], unique=True,
        postgresql_where=sa.text("plan_id is not null and state <> 'dropped'"),
    )  # fmt: skip
    allow(
        "check_in",
        update=(
            "owner_id", "cover_id", "opens_at", "due_at", "due_rule", "place", "asked_id",
            "asked_at", "answer_by", "missed_at", "how", "done_at", "done_by", "outcome",
            "worried_more", "record_id", "state", "ended_at", "ended_by", "version", "changed_at",
        ),
    )  # fmt: skip


def _make_support_list() -> None:
    _table(
        "support_list_entry",
        column("child_id", sa.Uuid()),
        column("reason", sa.Text()),
        column("source_noun", sa.Text()),
        column("source_id", sa.Uuid()),
        column("words", sa.Text(), empty=True),
        column("until", MOMENT),
        column("put_at", MOMENT),
        column("put_by", sa.Uuid(), empty=True),
        *_ended(),
        column("end_reason", sa.Text(), empty=True),
        *_changed(),
    )
    op.create_index("ix_support_list_entry_child", "support_list_entry", ["school_id", "child_id"])
    op.create_index(
        "uq_support_list_entry_source", "support_list_entry",
        ["school_id", "source_noun", "source_id", "child_id"], unique=True, postgresql_where=OPEN,
    )  # fmt: skip
    allow(
        "support_list_entry",
        update=(
            "reason", "until", "ended_at", "ended_by", "end_reason", "version", "changed_at",
        ),
    )  # fmt: skip
    _table(
        "support_list_hand_over",
        column("to_id", sa.Uuid()),
        column("note", sa.Text()),
        column("content", postgresql.JSONB()),
        column("by_id", sa.Uuid()),
        column("at", MOMENT),
        column("acknowledged_at", MOMENT, empty=True),
        column("version", sa.Integer(), server_default=sa.text("1")),
    )
    op.create_index(
        "ix_support_list_hand_over_at", "support_list_hand_over",
        ["school_id", sa.text("at desc"), sa.text("id desc")],
    )  # fmt: skip
    allow("support_list_hand_over", update=("acknowledged_at", "version"))


def _make_away() -> None:
    _table(
        "staff_away",
        column("staff_id", sa.Uuid()),
        column("valid_from", sa.Date()),
        column("valid_to", sa.Date()),
        column("said_by", sa.Uuid()),
        column("said_at", MOMENT),
        *_ended(),
        sa.CheckConstraint("valid_from < valid_to", name="ck_staff_away_days"),
    )
    op.create_index("ix_staff_away_days", "staff_away", ["school_id", "valid_to"])
    allow("staff_away", update=("ended_at", "ended_by"))


def downgrade() -> None:
    """Undo."""
    for name in LISTED:
        forget_schools(name, newer=False)
    for name in (
        "staff_away",
        "support_list_hand_over",
        "support_list_entry",
        "check_in",
        "support_plan",
    ):
        op.drop_table(name)
