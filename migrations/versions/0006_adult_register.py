"""The adult register: concerns about adults, with tables and a trail of their own."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import SchemaItem

from migrations.protection import allow, protect
from migrations.sealing import forget_schools, list_schools

revision = "0006"
down_revision = "0005"

MOMENT = sa.DateTime(timezone=True)
TABLES = ("adult_trail", "adult_note", "adult_event", "adult_statement", "adult_concern")
CHANGES = (
    "staff_id", "adult_name", "adult_role", "adult_employer", "about_head", "locked_out", "state",
    "threshold", "harm_tests", "owner_id", "case_manager_id", "due_at", "due_rule",
    "acknowledged_at", "acknowledged_by", "assessed_at", "assessed_by", "advised_at", "outcome",
    "ended_at", "pending", "version", "changed_at",
)  # fmt: skip


class Xid8(sa.types.UserDefinedType[int]):
    """PostgreSQL's 64-bit transaction id."""

    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        """The column's type as DDL."""
        return "xid8"


def _column(name: str, kind: Any, *, empty: bool = False) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=empty)


def _within_school(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["school_id", column],
        [f"{other}.school_id", f"{other}.id"],
        name=f"fk_{table}_school_id_{column}",
    )


def _key(table: str) -> tuple[SchemaItem, ...]:
    return (
        _column("school_id", sa.Uuid()),
        _column("id", sa.Uuid()),
        sa.PrimaryKeyConstraint("school_id", "id", name=f"pk_{table}"),
    )


def _concern() -> None:
    table = "adult_concern"
    people = (
        "reporter_id", "staff_id", "owner_id", "case_manager_id", "acknowledged_by", "assessed_by",
    )  # fmt: skip
    op.create_table(
        table,
        *_key(table),
        _column("reference", sa.Text()),
        _column("reporter_id", sa.Uuid()),
        _column("recorded_at", MOMENT),
        _column("kind", sa.Text()),
        _column("occurred_at", MOMENT),
        _column("occurred_precision", sa.Text()),
        _column("place", sa.Text(), empty=True),
        _column("children", postgresql.ARRAY(sa.Uuid())),
        _column("immediate_risk", sa.Boolean()),
        _column("anonymity_asked", sa.Boolean()),
        _column("reported_about", postgresql.JSONB()),
        _column("staff_id", sa.Uuid(), empty=True),
        _column("adult_name", sa.Text(), empty=True),
        _column("adult_role", sa.Text()),
        _column("adult_employer", sa.Text(), empty=True),
        _column("about_head", sa.Boolean()),
        _column("locked_out", postgresql.ARRAY(sa.Uuid())),
        _column("state", sa.Text()),
        _column("threshold", sa.Text(), empty=True),
        _column("harm_tests", postgresql.ARRAY(sa.Text())),
        _column("owner_id", sa.Uuid(), empty=True),
        _column("case_manager_id", sa.Uuid(), empty=True),
        _column("due_at", MOMENT, empty=True),
        _column("due_rule", sa.Text(), empty=True),
        _column("acknowledged_at", MOMENT, empty=True),
        _column("acknowledged_by", sa.Uuid(), empty=True),
        _column("assessed_at", MOMENT, empty=True),
        _column("assessed_by", sa.Uuid(), empty=True),
        _column("advised_at", MOMENT, empty=True),
        _column("outcome", sa.Text(), empty=True),
        _column("ended_at", MOMENT, empty=True),
        _column("pending", postgresql.JSONB(), empty=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        _column("changed_at", MOMENT),
        *(_within_school(table, column, "staff") for column in people),
        sa.CheckConstraint(
            "kind in ('low_level', 'allegation', 'not_sure')", name="ck_adult_concern_kind"
        ),
        sa.CheckConstraint(
            "num_nonnulls(staff_id, adult_name) = 1", name="ck_adult_concern_one_adult"
        ),
        sa.CheckConstraint(
            "(ended_at is not null) = (state in ('closed', 'entered_in_error'))",
            name="ck_adult_concern_ended",
        ),
        sa.CheckConstraint(
            "ended_at is not null or (owner_id is not null and due_at is not null)",
            name="ck_adult_concern_never_without_owner_or_due_time",
        ),
    )
    newest = [sa.text("recorded_at desc"), sa.text("id desc")]
    op.create_index("uq_adult_concern_reference", table, ["school_id", "reference"], unique=True)
    op.create_index("ix_adult_concern_newest", table, ["school_id", *newest])
    op.create_index(
        "ix_adult_concern_due",
        table,
        ["school_id", "due_at", "id"],
        postgresql_where=sa.text("ended_at is null"),
    )
    op.create_index("ix_adult_concern_staff", table, ["school_id", "staff_id"])
    op.create_index("ix_adult_concern_reporter", table, ["school_id", "reporter_id", newest[0]])


def _beside_it() -> None:
    op.create_table(
        "adult_statement",
        *_key("adult_statement"),
        _column("concern_id", sa.Uuid()),
        _column("position", sa.Integer()),
        _column("kind", sa.Text()),
        _column("text", sa.Text()),
        _column("prompted_by", sa.Text(), empty=True),
        _column("told_by", sa.Text(), empty=True),
        _column("basis", sa.Text(), empty=True),
        _within_school("adult_statement", "concern_id", "adult_concern"),
    )
    op.create_table(
        "adult_event",
        *_key("adult_event"),
        _column("concern_id", sa.Uuid()),
        _column("verb", sa.Text()),
        _column("at", MOMENT),
        _column("by_id", sa.Uuid()),
        _column("by_role", sa.Text()),
        _column("from_state", sa.Text(), empty=True),
        _column("to_state", sa.Text()),
        _column("reasons", sa.Text(), empty=True),
        sa.Column(
            "details", postgresql.JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
        _within_school("adult_event", "concern_id", "adult_concern"),
        _within_school("adult_event", "by_id", "staff"),
    )
    op.create_table(
        "adult_note",
        *_key("adult_note"),
        _column("concern_id", sa.Uuid()),
        _column("statement_id", sa.Uuid(), empty=True),
        _column("kind", sa.Text()),
        _column("text", sa.Text()),
        _column("reason", sa.Text(), empty=True),
        _column("author_id", sa.Uuid()),
        _column("recorded_at", MOMENT),
        _within_school("adult_note", "concern_id", "adult_concern"),
        _within_school("adult_note", "statement_id", "adult_statement"),
        _within_school("adult_note", "author_id", "staff"),
        sa.CheckConstraint("kind in ('note', 'correction', 'addition')", name="ck_adult_note_kind"),
    )
    for table in ("adult_statement", "adult_event", "adult_note"):
        op.create_index(f"ix_{table}_school_id_concern_id", table, ["school_id", "concern_id"])


def _trail() -> None:
    """Column for column what `trail` is, so that one sealer serves both."""
    table = "adult_trail"
    op.create_table(
        table,
        *_key(table),
        sa.Column("seq", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("xid", Xid8(), server_default=sa.text("pg_current_xact_id()"), nullable=False),
        _column("at", MOMENT),
        _column("actor_id", sa.Uuid()),
        _column("actor_role", sa.Text()),
        _column("session_id", sa.Uuid(), empty=True),
        _column("request_id", sa.Text(), empty=True),
        _column("verb", sa.Text()),
        _column("noun", sa.Text()),
        _column("noun_id", sa.Uuid(), empty=True),
        _column("child_id", sa.Uuid(), empty=True),
        _column("reason", sa.Text(), empty=True),
        _column("before_hash", sa.Text(), empty=True),
        _column("after_hash", sa.Text(), empty=True),
        sa.Column(
            "details", postgresql.JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
    )
    op.create_index("ix_adult_trail_school_id_noun_id_seq", table, ["school_id", "noun_id", "seq"])
    op.create_index("ix_adult_trail_order", table, ["school_id", "xid", "seq"])
    op.create_index(
        "ix_adult_trail_newest", table, ["school_id", sa.text("at desc"), sa.text("id desc")]
    )


def upgrade() -> None:
    """Apply."""
    _concern()
    _beside_it()
    _trail()
    for table in TABLES:
        protect(table)
        allow(table, update=CHANGES if table == "adult_concern" else ())
    list_schools("adult_trail", newer=True)


def downgrade() -> None:
    """Undo."""
    forget_schools("adult_trail", newer=True)
    for table in TABLES:
        op.drop_table(table)
