"""The time after a death."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from migrations.protection import APP, allow, column, protect, within_school

revision = "0029"
down_revision = "0028"

MOMENT = sa.DateTime(timezone=True)
ONE = sa.text("1")
TABLES = (
    "frozen_file", "bereavement_date", "bereavement_entry", "affected_person",
    "bereavement_member", "bereavement_case",
)  # fmt: skip


def upgrade() -> None:
    """Apply."""
    _make_cases()
    _make_members()
    _make_people()
    _make_entries()
    _make_dates()
    _make_frozen()
    op.add_column(
        "amendment",
        column("post_event", sa.Boolean(), server_default=sa.text("false")),
    )
    op.add_column("concern", column("frozen_at", MOMENT, empty=True))
    op.execute(f"grant update (frozen_at) on concern to {APP}")
    op.add_column("recipient_link", column("paused_at", MOMENT, empty=True))
    op.execute(f"grant update (paused_at) on recipient_link to {APP}")


def _row(name: str, *parts: sa.schema.SchemaItem) -> None:
    op.create_table(
        name,
        column("school_id", sa.Uuid()),
        column("id", sa.Uuid()),
        *parts,
        sa.PrimaryKeyConstraint("school_id", "id", name=f"pk_{name}"),
    )


def _make_cases() -> None:
    _row(
        "bereavement_case",
        column("state", sa.Text()),
        column("person_died", sa.Text()),
        column("child_id", sa.Uuid(), empty=True),
        column("person", sa.Text(), empty=True),
        column("learned_from", sa.Text()),
        column("died_on", sa.Date(), empty=True),
        column("authority", sa.Text(), empty=True),
        column("confirmed_by", sa.Text(), empty=True),
        column("confirmed_with", sa.Text(), empty=True),
        column("cause_wording", sa.Text()),
        column("cause_approvals", postgresql.JSONB()),
        column("lead_id", sa.Uuid()),
        column("proposed_by", sa.Uuid()),
        column("proposed_at", MOMENT),
        column("decided_by", sa.Uuid(), empty=True),
        column("decided_at", MOMENT, empty=True),
        column("pending", postgresql.JSONB(), empty=True),
        column("ended_at", MOMENT, empty=True),
        column("version", sa.Integer(), server_default=ONE),
        column("changed_at", MOMENT),
        within_school("bereavement_case", "child_id", "child"),
        *(
            within_school("bereavement_case", name, "staff")
            for name in ("lead_id", "proposed_by", "decided_by")
        ),
        sa.CheckConstraint("num_nonnulls(child_id, person) >= 1", name="ck_bereavement_case_who"),
        sa.CheckConstraint(
            "decided_by is null or decided_by <> proposed_by", name="ck_bereavement_case_two_people"
        ),
        sa.CheckConstraint(
            "state in ('proposed', 'open', 'closed', 'taken_back', 'undone')",
            name="ck_bereavement_case_state",
        ),
        sa.CheckConstraint(
            "(ended_at is null) = (state in ('proposed', 'open'))",
            name="ck_bereavement_case_ended",
        ),
    )
    op.create_index(
        "ix_bereavement_case_newest", "bereavement_case",
        ["school_id", sa.text("proposed_at desc"), sa.text("id desc")],
    )  # fmt: skip
    op.create_index(
        "uq_bereavement_case_child", "bereavement_case", ["school_id", "child_id"], unique=True,
        postgresql_where=sa.text("child_id is not null and state not in ('taken_back', 'undone')"),
    )  # fmt: skip
    protect("bereavement_case")
    allow(
        "bereavement_case",
        update=(
            "state", "lead_id", "died_on", "confirmed_by", "confirmed_with", "cause_wording",
            "cause_approvals", "decided_by", "decided_at", "pending", "ended_at", "version",
            "changed_at",
        ),
    )  # fmt: skip


def _make_members() -> None:
    _row(
        "bereavement_member",
        column("case_id", sa.Uuid()),
        column("role", sa.Text()),
        column("staff_id", sa.Uuid()),
        column("deputy_id", sa.Uuid(), empty=True),
        column("added_by", sa.Uuid()),
        column("added_at", MOMENT),
        column("left_at", MOMENT, empty=True),
        within_school("bereavement_member", "case_id", "bereavement_case"),
        *(
            within_school("bereavement_member", name, "staff")
            for name in ("staff_id", "deputy_id", "added_by")
        ),
        sa.CheckConstraint(
            "deputy_id is null or deputy_id <> staff_id", name="ck_bereavement_member_deputy"
        ),
    )
    op.create_index("ix_bereavement_member_case", "bereavement_member", ["school_id", "case_id"])
    op.create_index(
        "ix_bereavement_member_staff", "bereavement_member", ["school_id", "staff_id"],
        postgresql_where=sa.text("left_at is null"),
    )  # fmt: skip
    protect("bereavement_member")
    allow("bereavement_member", update=("left_at",))


def _make_people() -> None:
    _row(
        "affected_person",
        column("case_id", sa.Uuid()),
        column("child_id", sa.Uuid(), empty=True),
        column("staff_id", sa.Uuid(), empty=True),
        column("reasons", postgresql.ARRAY(sa.Text())),
        column("note", sa.Text(), empty=True),
        column("offer", sa.Text()),
        column("owner_id", sa.Uuid()),
        column("next", sa.Text(), empty=True),
        column("left_alone", sa.Boolean()),
        column("moved_to", sa.Text(), empty=True),
        column("added_by", sa.Uuid()),
        column("added_at", MOMENT),
        column("ended_at", MOMENT, empty=True),
        column("version", sa.Integer(), server_default=ONE),
        column("changed_at", MOMENT),
        within_school("affected_person", "case_id", "bereavement_case"),
        within_school("affected_person", "child_id", "child"),
        *(
            within_school("affected_person", name, "staff")
            for name in ("staff_id", "owner_id", "added_by")
        ),
        sa.CheckConstraint("num_nonnulls(child_id, staff_id) = 1", name="ck_affected_person_one"),
    )
    for who in ("child", "staff"):
        op.create_index(
            f"uq_affected_person_{who}", "affected_person",
            ["school_id", "case_id", f"{who}_id"], unique=True,
            postgresql_where=sa.text(f"{who}_id is not null and ended_at is null"),
        )  # fmt: skip
    protect("affected_person")
    allow(
        "affected_person",
        update=(
            "reasons", "note", "offer", "owner_id", "next", "left_alone", "moved_to", "ended_at",
            "version", "changed_at",
        ),
    )  # fmt: skip


def _make_entries() -> None:
    _row(
        "bereavement_entry",
        column("case_id", sa.Uuid()),
        column("kind", sa.Text()),
        column("content", postgresql.JSONB()),
        column("about_id", sa.Uuid(), empty=True),
        column("amends_id", sa.Uuid(), empty=True),
        column("by_id", sa.Uuid()),
        column("at", MOMENT),
        within_school("bereavement_entry", "case_id", "bereavement_case"),
        within_school("bereavement_entry", "about_id", "bereavement_entry"),
        within_school("bereavement_entry", "amends_id", "bereavement_entry"),
        within_school("bereavement_entry", "by_id", "staff"),
    )
    op.create_index(
        "ix_bereavement_entry_case", "bereavement_entry",
        ["school_id", "case_id", sa.text("at desc"), sa.text("id desc")],
    )  # fmt: skip
    op.create_index("ix_bereavement_entry_about", "bereavement_entry", ["school_id", "about_id"])
    op.create_index(
        "uq_bereavement_entry_amends", "bereavement_entry", ["school_id", "amends_id"],
        unique=True, postgresql_where=sa.text("amends_id is not null"),
    )  # fmt: skip
    protect("bereavement_entry")
    allow("bereavement_entry")


def _make_dates() -> None:
    _row(
        "bereavement_date",
        column("case_id", sa.Uuid()),
        column("kind", sa.Text()),
        column("falls_on", sa.Date()),
        column("yearly", sa.Boolean()),
        column("owner_id", sa.Uuid()),
        column("days_before", sa.SmallInteger()),
        column("days_after", sa.SmallInteger()),
        column("set_at", MOMENT),
        column("ended_at", MOMENT, empty=True),
        column("version", sa.Integer(), server_default=ONE),
        column("changed_at", MOMENT),
        within_school("bereavement_date", "case_id", "bereavement_case"),
        within_school("bereavement_date", "owner_id", "staff"),
        sa.CheckConstraint("days_before between 0 and 60", name="ck_bereavement_date_before"),
        sa.CheckConstraint("days_after between 0 and 60", name="ck_bereavement_date_after"),
    )
    op.create_index("ix_bereavement_date_case", "bereavement_date", ["school_id", "case_id"])
    op.create_index(
        "ix_bereavement_date_live", "bereavement_date", ["school_id", "falls_on"],
        postgresql_where=sa.text("ended_at is null"),
    )  # fmt: skip
    protect("bereavement_date")
    allow(
        "bereavement_date",
        update=(
            "falls_on", "yearly", "owner_id", "days_before", "days_after", "ended_at", "version",
            "changed_at",
        ),
    )  # fmt: skip


def _make_frozen() -> None:
    _row(
        "frozen_file",
        column("child_id", sa.Uuid()),
        column("case_id", sa.Uuid()),
        column("frozen_at", MOMENT),
        column("frozen_by", sa.Uuid()),
        column("undone_at", MOMENT, empty=True),
        column("undone_by", sa.Uuid(), empty=True),
        column("reason", sa.Text(), empty=True),
        within_school("frozen_file", "child_id", "child"),
        within_school("frozen_file", "case_id", "bereavement_case"),
        within_school("frozen_file", "frozen_by", "staff"),
        within_school("frozen_file", "undone_by", "staff"),
        sa.CheckConstraint(
            "num_nonnulls(undone_at, undone_by, reason) in (0, 3)", name="ck_frozen_file_undone"
        ),
    )
    op.create_index(
        "uq_frozen_file_child", "frozen_file", ["school_id", "child_id"], unique=True,
        postgresql_where=sa.text("undone_at is null"),
    )  # fmt: skip
    protect("frozen_file")
    allow("frozen_file", update=("undone_at", "undone_by", "reason"))


def downgrade() -> None:
    """Undo."""
    op.drop_column("recipient_link", "paused_at")
    op.drop_column("concern", "frozen_at")
    op.drop_column("amendment", "post_event")
    for table in TABLES:
        op.drop_table(table)
