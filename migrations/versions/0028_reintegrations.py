"""Incomplete reports, reintegrations, absences, sanctions, site requests, and offers to staff."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.protection import allow, column, protect, within_school

revision = "0028"
down_revision = "0027"

MOMENT = sa.DateTime(timezone=True)
FIRST = sa.text("1")


def upgrade() -> None:
    """Apply."""
    _make_incomplete_reports()
    _make_reintegrations()
    _make_marks()
    _make_sanctions()
    _make_site_requests()
    _make_offers()


def _make(table: str, *parts: sa.schema.SchemaItem, keys: dict[str, str]) -> None:
    op.create_table(
        table,
        column("school_id", sa.Uuid()),
        column("id", sa.Uuid()),
        *parts,
        *(within_school(table, name, other) for name, other in keys.items()),
        sa.PrimaryKeyConstraint("school_id", "id", name=f"pk_{table}"),
    )


def _make_incomplete_reports() -> None:
    _make(
        "incomplete_report",
        column("reporter_id", sa.Uuid()),
        column("body", sa.Text()),
        column("cut", sa.Boolean()),
        column("digest", sa.LargeBinary()),
        column("asks", postgresql.ARRAY(sa.Text())),
        column("urgent", sa.Boolean()),
        column("barred", postgresql.ARRAY(sa.Uuid())),
        column("received_at", MOMENT),
        column("times", sa.Integer()),
        column("last_at", MOMENT),
        column("state", sa.Text()),
        column("concern_id", sa.Uuid(), empty=True),
        column("ended_by", sa.Uuid(), empty=True),
        column("ended_at", MOMENT, empty=True),
        column("reason", sa.Text(), empty=True),
        column("version", sa.Integer(), server_default=FIRST),
        column("changed_at", MOMENT),
        sa.CheckConstraint(
            "(ended_at is null) = (state = 'open')", name="ck_incomplete_report_ended"
        ),
        keys={"reporter_id": "staff", "concern_id": "concern", "ended_by": "staff"},
    )
    op.create_index(
        "ix_incomplete_report_reporter", "incomplete_report",
        ["school_id", "reporter_id", "digest"], postgresql_where=sa.text("ended_at is null"),
    )  # fmt: skip
    op.create_index(
        "ix_incomplete_report_newest", "incomplete_report",
        ["school_id", sa.text("received_at desc"), sa.text("id desc")],
    )  # fmt: skip
    op.create_index(
        "ix_incomplete_report_concern", "incomplete_report", ["school_id", "concern_id"]
    )
    protect("incomplete_report")
    allow(
        "incomplete_report",
        update=(
            "times", "last_at", "state", "concern_id", "ended_by", "ended_at", "reason",
            "version", "changed_at",
        ),
    )  # fmt: skip


def _make_reintegrations() -> None:
    _make(
        "reintegration",
        column("child_id", sa.Uuid()),
        column("concern_id", sa.Uuid(), empty=True),
        column("record_id", sa.Uuid()),
        column("expected_on", sa.Date(), empty=True),
        column("returned_on", sa.Date(), empty=True),
        column("adult_id", sa.Uuid(), empty=True),
        column("met_at", MOMENT, empty=True),
        column("set_by", sa.Uuid()),
        column("set_at", MOMENT),
        column("ended_at", MOMENT, empty=True),
        column("version", sa.Integer(), server_default=FIRST),
        column("changed_at", MOMENT),
        keys={
            "child_id": "child", "concern_id": "concern", "record_id": "safety_record",
            "adult_id": "staff", "set_by": "staff",
        },
    )  # fmt: skip
    for name in ("child", "concern", "record"):
        op.create_index(f"ix_reintegration_{name}", "reintegration", ["school_id", f"{name}_id"])
    protect("reintegration")
    allow(
        "reintegration",
        update=(
            "record_id", "expected_on", "returned_on", "met_at", "ended_at", "version",
            "changed_at",
        ),
    )  # fmt: skip


def _make_marks() -> None:
    _make(
        "attendance_mark",
        column("child_id", sa.Uuid()),
        column("day", sa.Date()),
        column("session", sa.Text()),
        column("mark", sa.Text()),
        column("explained", sa.Boolean()),
        column("marked_at", MOMENT),
        column("received_at", MOMENT),
        keys={"child_id": "child"},
    )
    op.create_index(
        "uq_attendance_mark_session", "attendance_mark",
        ["school_id", "child_id", "day", "session"], unique=True,
    )  # fmt: skip
    protect("attendance_mark")
    allow("attendance_mark", update=("mark", "explained", "marked_at", "received_at"))


def _make_sanctions() -> None:
    _make(
        "sanction",
        column("child_id", sa.Uuid()),
        column("kind", sa.Text()),
        column("day", sa.Date()),
        column("school_reason", sa.Text()),
        column("sent_by", sa.Uuid()),
        column("sent_at", MOMENT),
        column("record_id", sa.Uuid(), empty=True),
        column("looked_at", MOMENT, empty=True),
        column("version", sa.Integer(), server_default=FIRST),
        keys={"child_id": "child", "record_id": "safety_record"},
    )
    op.create_index("ix_sanction_child", "sanction", ["school_id", "child_id"])
    op.create_index("ix_sanction_record", "sanction", ["school_id", "record_id"])
    protect("sanction")
    allow("sanction", update=("record_id", "looked_at", "version"))


def _make_site_requests() -> None:
    _make(
        "site_request",
        column("place", sa.Text()),
        column("needs", sa.Text()),
        column("reason", sa.Text(), empty=True),
        column("noted_by", sa.Uuid()),
        column("noted_at", MOMENT),
        keys={"noted_by": "staff"},
    )
    op.create_index(
        "ix_site_request_newest", "site_request",
        ["school_id", sa.text("noted_at desc"), sa.text("id desc")],
    )  # fmt: skip
    protect("site_request")
    allow("site_request")


def _make_offers() -> None:
    _make(
        "staff_support_offer",
        column("person_id", sa.Uuid()),
        column("offered_by", sa.Uuid()),
        column("words", sa.Text(), empty=True),
        column("offered_at", MOMENT),
        column("answer", sa.Text(), empty=True),
        column("answered_at", MOMENT, empty=True),
        column("version", sa.Integer(), server_default=FIRST),
        sa.CheckConstraint("person_id <> offered_by", name="ck_staff_support_offer_two"),
        sa.CheckConstraint(
            "(answer is null) = (answered_at is null)", name="ck_staff_support_offer_answered"
        ),
        keys={"person_id": "staff", "offered_by": "staff"},
    )
    op.create_index(
        "ix_staff_support_offer_person", "staff_support_offer", ["school_id", "person_id"]
    )
    op.create_index(
        "ix_staff_support_offer_offered_by", "staff_support_offer", ["school_id", "offered_by"]
    )
    protect("staff_support_offer")
    allow("staff_support_offer", update=("answer", "answered_at", "version"))


def downgrade() -> None:
    """Undo."""
    for table in (
        "staff_support_offer", "site_request", "sanction", "attendance_mark", "reintegration",
        "incomplete_report",
    ):  # fmt: skip
        op.drop_table(table)
