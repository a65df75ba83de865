"""What access needs: grants for one record, conflicts of interest, notices of unusual reading."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.protection import allow, protect

revision = "0005"
down_revision = "0004"


class Xid8(sa.types.UserDefinedType[int]):
    """PostgreSQL's 64-bit transaction id."""

    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        """The column's type as DDL."""
        return "xid8"


GRANT_CHANGES = (
    "ended_at", "ended_by", "reviewed_at", "reviewed_by", "review_outcome", "review_note",
    "owner_id", "version",
)  # fmt: skip


def _within_school(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["school_id", column],
        [f"{other}.school_id", f"{other}.id"],
        name=f"fk_{table}_school_id_{column}",
    )


def upgrade() -> None:
    """Apply."""
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "access_grant",
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("concern_id", sa.Uuid(), nullable=True),
        sa.Column("child_id", sa.Uuid(), nullable=True),
        sa.Column("classes", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("granted_by", sa.Uuid(), nullable=False),
        sa.Column("valid_from", moment, nullable=False),
        sa.Column("valid_to", moment, nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("ended_at", moment, nullable=True),
        sa.Column("ended_by", sa.Uuid(), nullable=True),
        sa.Column("reviewed_at", moment, nullable=True),
        sa.Column("reviewed_by", sa.Uuid(), nullable=True),
        sa.Column("review_outcome", sa.Text(), nullable=True),
        sa.Column("review_note", sa.Text(), nullable=True),
        sa.Column("owner_id", sa.Uuid(), nullable=True),
        sa.Column("due_at", moment, nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.CheckConstraint("kind in ('grant', 'break_glass')", name="ck_access_grant_kind"),
        sa.CheckConstraint(
            "num_nonnulls(concern_id, child_id) = 1", name="ck_access_grant_one_record"
        ),
        sa.CheckConstraint("valid_to > valid_from", name="ck_access_grant_interval"),
        sa.CheckConstraint(
            "kind = 'grant' or (owner_id is not null and due_at is not null)",
            name="ck_access_grant_never_without_owner_or_due_time",
        ),
        _within_school("access_grant", "staff_id", "staff"),
        _within_school("access_grant", "concern_id", "concern"),
        _within_school("access_grant", "child_id", "child"),
        _within_school("access_grant", "owner_id", "staff"),
        sa.PrimaryKeyConstraint("school_id", "id", name="pk_access_grant"),
    )
    op.create_index(
        "ix_access_grant_school_id_staff_id_valid_to",
        "access_grant",
        ["school_id", "staff_id", "valid_to"],
    )
    op.create_index(
        "ix_access_grant_list", "access_grant", ["school_id", "kind", "created_at", "id"]
    )
    op.create_table(
        "conflict",
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("staff_id", sa.Uuid(), nullable=False),
        sa.Column("child_id", sa.Uuid(), nullable=True),
        sa.Column("concern_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("contact_id", sa.Uuid(), nullable=True),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("ended_at", moment, nullable=True),
        sa.Column("ended_by", sa.Uuid(), nullable=True),
        sa.Column("end_reason", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), server_default=sa.text("'in_force'"), nullable=False),
        sa.CheckConstraint(
            "kind in ('roster_parent', 'roster_relative', 'named', 'declared')",
            name="ck_conflict_kind",
        ),
        sa.CheckConstraint(
            "state in ('in_force', 'to_confirm', 'suggested')", name="ck_conflict_state"
        ),
        sa.CheckConstraint("num_nonnulls(concern_id, child_id) = 1", name="ck_conflict_one_record"),
        _within_school("conflict", "staff_id", "staff"),
        _within_school("conflict", "child_id", "child"),
        _within_school("conflict", "concern_id", "concern"),
        sa.PrimaryKeyConstraint("school_id", "id", name="pk_conflict"),
    )
    op.create_index(
        "ix_conflict_live",
        "conflict",
        ["school_id", "staff_id"],
        postgresql_where=sa.text("ended_at is null"),
    )
    op.create_index("ix_conflict_child", "conflict", ["school_id", "child_id"])
    op.create_index("ix_conflict_concern", "conflict", ["school_id", "concern_id"])
    for column in ("child_id", "concern_id"):
        op.create_index(
            f"uq_conflict_{column}",
            "conflict",
            ["school_id", "staff_id", column, "kind"],
            unique=True,
            postgresql_where=sa.text(f"ended_at is null and {column} is not null"),
        )
    _notices(moment)
    # What one child's access log reads; most entries are about no child and stay out of it.
    op.create_index(
        "ix_trail_child",
        "trail",
        ["school_id", "child_id", sa.text("at desc"), sa.text("id desc")],
        postgresql_where=sa.text("child_id is not null"),
    )
    op.create_index(
        "ix_concern_duplicate_of",
        "concern",
        ["school_id", "duplicate_of"],
        postgresql_where=sa.text("duplicate_of is not null"),
    )
    protect("access_grant")
    allow("access_grant", update=GRANT_CHANGES)
    protect("conflict")
    allow("conflict", update=("ended_at", "ended_by", "end_reason", "state"))


def _notices(moment: sa.DateTime) -> None:
    op.create_table(
        "reading_notice",
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("rule_version", sa.Text(), nullable=False),
        sa.Column("reader_id", sa.Uuid(), nullable=False),
        sa.Column("child_id", sa.Uuid(), nullable=True),
        sa.Column("since", moment, nullable=False),
        sa.Column("until", moment, nullable=False),
        sa.Column("measured", postgresql.JSONB(), nullable=False),
        sa.Column("entries", postgresql.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("dedupe", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("due_at", moment, nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("reviewed_at", moment, nullable=True),
        sa.Column("reviewed_by", sa.Uuid(), nullable=True),
        sa.Column("review_outcome", sa.Text(), nullable=True),
        sa.Column("review_note", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        _within_school("reading_notice", "reader_id", "staff"),
        _within_school("reading_notice", "owner_id", "staff"),
        _within_school("reading_notice", "child_id", "child"),
        sa.PrimaryKeyConstraint("school_id", "id", name="pk_reading_notice"),
    )
    op.create_index(
        "uq_reading_notice_dedupe", "reading_notice", ["school_id", "rule", "dedupe"], unique=True
    )
    op.create_index("ix_reading_notice_list", "reading_notice", ["school_id", "created_at", "id"])
    op.create_table(
        "reading_scan",
        sa.Column("school_id", sa.Uuid(), nullable=False),
        sa.Column("xid", Xid8(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("school_id", name="pk_reading_scan"),
    )
    protect("reading_notice")
    allow(
        "reading_notice",
        update=(
            "child_id", "since", "until", "measured", "entries", "owner_id", "reviewed_at",
            "reviewed_by", "review_outcome", "review_note", "version",
        ),
    )  # fmt: skip
    protect("reading_scan")
    allow("reading_scan", update=("xid", "seq"))


def downgrade() -> None:
    """Undo."""
    op.drop_table("reading_scan")
    op.drop_table("reading_notice")
    op.drop_index("ix_concern_duplicate_of", "concern")
    op.drop_index("ix_trail_child", "trail")
    op.drop_table("conflict")
    op.drop_table("access_grant")
