"""Child groups, and concerns that are linked."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.protection import allow, column, protect, within_school

revision = "0030"
down_revision = "0029"

MOMENT = sa.DateTime(timezone=True)
TABLES = (
    "linked_count", "calendar_note", "concern_mark", "named_content", "linked_row",
    "linked_concern", "child_group_member", "child_group",
)  # fmt: skip


def upgrade() -> None:
    """Apply."""
    _make_child_groups()
    _make_linked_concerns()
    _make_marks()
    _make_notes()


def _newest(table: str, moment: str) -> None:
    op.create_index(
        f"ix_{table}_newest", table, ["school_id", sa.text(f"{moment} desc"), sa.text("id desc")]
    )


def _make_child_groups() -> None:
    op.create_table(
        "child_group",
        column("school_id", sa.Uuid()),
        column("id", sa.Uuid()),
        column("kind", sa.Text()),
        column("label", sa.Text(), empty=True),
        column("heard_from", sa.Text(), empty=True),
        column("source", sa.Text()),
        column("stated_by", sa.Uuid()),
        column("stated_at", MOMENT),
        column("confirmed_by", sa.Uuid(), empty=True),
        column("confirmed_at", MOMENT, empty=True),
        column("ended_by", sa.Uuid(), empty=True),
        column("ended_at", MOMENT, empty=True),
        column("end_reason", sa.Text(), empty=True),
        column("version", sa.Integer(), server_default=sa.text("1")),
        column("changed_at", MOMENT),
        *(
            within_school("child_group", name, "staff")
            for name in ("stated_by", "confirmed_by", "ended_by")
        ),
        sa.CheckConstraint(
            "(confirmed_by is null) = (confirmed_at is null)", name="ck_child_group_confirmed"
        ),
        sa.CheckConstraint("(ended_by is null) = (ended_at is null)", name="ck_child_group_ended"),
        sa.CheckConstraint(
            "(end_reason is null) = (ended_at is null)", name="ck_child_group_end_reason"
        ),
        sa.PrimaryKeyConstraint("school_id", "id", name="pk_child_group"),
    )
    _newest("child_group", "stated_at")
    protect("child_group")
    allow(
        "child_group",
        update=(
            "confirmed_by", "confirmed_at", "ended_by", "ended_at", "end_reason", "version",
            "changed_at",
        ),
    )  # fmt: skip
    op.create_table(
        "child_group_member",
        column("school_id", sa.Uuid()),
        column("id", sa.Uuid()),
        column("child_id", sa.Uuid()),
        column("added_by", sa.Uuid()),
        column("added_at", MOMENT),
        within_school("child_group_member", "id", "child_group"),
        within_school("child_group_member", "child_id", "child"),
        within_school("child_group_member", "added_by", "staff"),
        sa.PrimaryKeyConstraint("school_id", "id", "child_id", name="pk_child_group_member"),
    )
    op.create_index(
        "ix_child_group_member_school_id_child_id_id",
        "child_group_member",
        ["school_id", "child_id", "id"],
    )
    protect("child_group_member")
    allow("child_group_member")


def _make_linked_concerns() -> None:
    op.create_table(
        "linked_concern",
        column("school_id", sa.Uuid()),
        column("id", sa.Uuid()),
        column("rule_id", sa.Text()),
        column("rule_version", sa.Text()),
        column("fired_at", MOMENT),
        column("confidentiality", sa.Text()),
        column("event_ids", postgresql.ARRAY(sa.Uuid())),
        column("links", postgresql.JSONB()),
        column("state", sa.Text()),
        column("ended_by", sa.Uuid(), empty=True),
        column("ended_at", MOMENT, empty=True),
        column("reason", sa.Text(), empty=True),
        column("looked_at", MOMENT, empty=True),
        column("looked_with", sa.Text(), empty=True),
        column("follows", sa.Text(), empty=True),
        column("version", sa.Integer(), server_default=sa.text("1")),
        column("changed_at", MOMENT),
        within_school("linked_concern", "ended_by", "staff"),
        sa.CheckConstraint(
            "confidentiality ~ '^K[2-5]$'", name="ck_linked_concern_confidentiality"
        ),
        sa.CheckConstraint(
            "state in ('open', 'looked_together', 'dismissed')", name="ck_linked_concern_state"
        ),
        sa.CheckConstraint("(state = 'open') = (ended_at is null)", name="ck_linked_concern_ended"),
        sa.CheckConstraint(
            "(state = 'dismissed') = (reason is not null)", name="ck_linked_concern_reason"
        ),
        sa.PrimaryKeyConstraint("school_id", "id", name="pk_linked_concern"),
    )
    op.create_index(
        "uq_linked_concern_rows",
        "linked_concern",
        ["school_id", "rule_id", "event_ids"],
        unique=True,
    )
    _newest("linked_concern", "fired_at")
    protect("linked_concern")
    allow(
        "linked_concern",
        update=(
            "confidentiality", "state", "ended_by", "ended_at", "reason", "looked_at",
            "looked_with", "follows", "version", "changed_at",
        ),
    )  # fmt: skip
    op.create_table(
        "linked_row",
        column("school_id", sa.Uuid()),
        column("id", sa.Uuid()),
        column("concern_id", sa.Uuid()),
        column("child_id", sa.Uuid()),
        within_school("linked_row", "id", "linked_concern"),
        within_school("linked_row", "concern_id", "concern"),
        within_school("linked_row", "child_id", "child"),
        sa.PrimaryKeyConstraint("school_id", "id", "concern_id", "child_id", name="pk_linked_row"),
    )
    for name in ("concern_id", "child_id"):
        op.create_index(f"ix_linked_row_school_id_{name}", "linked_row", ["school_id", name])
    protect("linked_row")
    allow("linked_row")


def _make_marks() -> None:
    op.create_table(
        "named_content",
        column("school_id", sa.Uuid()),
        column("id", sa.Uuid()),
        column("kind", sa.Text()),
        column("label", sa.Text()),
        column("stated_by", sa.Uuid()),
        column("stated_at", MOMENT),
        within_school("named_content", "stated_by", "staff"),
        sa.PrimaryKeyConstraint("school_id", "id", name="pk_named_content"),
    )
    _newest("named_content", "stated_at")
    protect("named_content")
    allow("named_content")
    op.create_table(
        "concern_mark",
        column("school_id", sa.Uuid()),
        column("id", sa.Uuid()),
        column("concern_id", sa.Uuid()),
        column("named_content_id", sa.Uuid(), empty=True),
        column("site_request_id", sa.Uuid(), empty=True),
        column("marked_by", sa.Uuid()),
        column("marked_at", MOMENT),
        *(
            within_school("concern_mark", name, table)
            for name, table in (
                ("concern_id", "concern"), ("named_content_id", "named_content"),
                ("site_request_id", "site_request"), ("marked_by", "staff"),
            )
        ),
        sa.CheckConstraint(
            "num_nonnulls(named_content_id, site_request_id) = 1", name="ck_concern_mark_one"
        ),
        sa.PrimaryKeyConstraint("school_id", "id", name="pk_concern_mark"),
    )  # fmt: skip
    for name in ("named_content", "site_request"):
        op.create_index(
            f"uq_concern_mark_{name}", "concern_mark", ["school_id", "concern_id", f"{name}_id"],
            unique=True, postgresql_where=sa.text(f"{name}_id is not null"),
        )  # fmt: skip
    op.create_index("ix_concern_mark_named", "concern_mark", ["school_id", "named_content_id"])
    op.create_index(
        "ix_concern_mark_site_request", "concern_mark", ["school_id", "site_request_id"]
    )
    protect("concern_mark")
    allow("concern_mark")


def _make_notes() -> None:
    op.create_table(
        "calendar_note",
        column("school_id", sa.Uuid()),
        column("id", sa.Uuid()),
        column("kind", sa.Text()),
        column("label", sa.Text()),
        column("starts_on", sa.Date()),
        column("ends_on", sa.Date()),
        column("added_by", sa.Uuid()),
        column("added_at", MOMENT),
        column("ended_by", sa.Uuid(), empty=True),
        column("ended_at", MOMENT, empty=True),
        column("version", sa.Integer(), server_default=sa.text("1")),
        column("changed_at", MOMENT),
        within_school("calendar_note", "added_by", "staff"),
        within_school("calendar_note", "ended_by", "staff"),
        sa.CheckConstraint("starts_on <= ends_on", name="ck_calendar_note_days"),
        sa.PrimaryKeyConstraint("school_id", "id", name="pk_calendar_note"),
    )
    op.create_index(
        "ix_calendar_note_days", "calendar_note",
        ["school_id", sa.text("starts_on desc"), sa.text("id desc")],
    )  # fmt: skip
    protect("calendar_note")
    allow("calendar_note", update=("ended_by", "ended_at", "version", "changed_at"))
    op.create_table(
        "linked_count",
        column("school_id", sa.Uuid()),
        column("id", sa.Uuid()),
        column("month", sa.Date()),
        column("rule_id", sa.Text()),
        column("schools", sa.Text()),
        column("linked_concerns", sa.Text()),
        column("speak", sa.Boolean()),
        column("counted_at", MOMENT),
        sa.PrimaryKeyConstraint("school_id", "id", name="pk_linked_count"),
    )
    op.create_index(
        "uq_linked_count_month", "linked_count", ["school_id", "month", "rule_id"], unique=True
    )
    protect("linked_count")
    allow("linked_count", update=("schools", "linked_concerns", "speak", "counted_at"))


def downgrade() -> None:
    """Undo."""
    for table in TABLES:
        op.drop_table(table)
