"""Adults: concerns about staff, apart."""

from migrations.protection import drop_functions
from migrations.sealing import trail_table
from migrations.tables import (
    JSON,
    MOMENT,
    NUMBER,
    TEXT,
    TEXTS,
    UUID,
    UUIDS,
    YES_OR_NO,
    check,
    column,
    drop_tables,
    index,
    school_table,
    unique,
    version,
)

revision = "0007"
down_revision = "0006"

TABLES = (
    "adult_concern",
    "adult_statement",
    "adult_event",
    "adult_note",
    "adult_trail",
)


def upgrade() -> None:
    """Apply."""
    adult_register()


def adult_register() -> None:
    """The adult register: concerns and allegations about adults, apart from children's records."""
    school_table(
        "adult_concern",
        column("reference", TEXT),
        column("reporter_id", UUID, to="staff"),
        column("recorded_at", MOMENT),
        column("kind", TEXT),
        column("occurred_at", MOMENT),
        column("occurred_precision", TEXT),
        column("place", TEXT, empty=True),
        column("children", UUIDS),
        column("immediate_risk", YES_OR_NO),
        column("anonymity_asked", YES_OR_NO),
        column("reported_about", JSON),
        column("child_report", JSON, empty=True),
        column("staff_id", UUID, empty=True, to="staff", changes=True),
        column("adult_name", TEXT, empty=True, changes=True),
        column("adult_role", TEXT, changes=True),
        column("adult_employer", TEXT, empty=True, changes=True),
        column("about_head", YES_OR_NO, changes=True),
        column("locked_out", UUIDS, changes=True),
        column("namesakes", UUIDS, changes=True),
        column("state", TEXT, changes=True),
        column("threshold", TEXT, empty=True, changes=True),
        column("harm_tests", TEXTS, changes=True),
        column("owner_id", UUID, empty=True, to="staff", changes=True),
        column("case_manager_id", UUID, empty=True, to="staff", changes=True),
        column("due_at", MOMENT, empty=True, changes=True),
        column("due_rule", TEXT, empty=True, changes=True),
        column("acknowledged_at", MOMENT, empty=True, changes=True),
        column("acknowledged_by", UUID, empty=True, to="staff", changes=True),
        column("assessed_at", MOMENT, empty=True, changes=True),
        column("assessed_by", UUID, empty=True, to="staff", changes=True),
        column("advised_at", MOMENT, empty=True, changes=True),
        column("outcome", TEXT, empty=True, changes=True),
        column("ended_at", MOMENT, empty=True, changes=True),
        column("pending", JSON, empty=True, changes=True),
        version(),
        column("changed_at", MOMENT, changes=True),
        check("kind", "kind in ('low_level', 'allegation', 'not_sure')"),
        check("one_adult", "num_nonnulls(staff_id, adult_name) = 1"),
        check("ended", "(ended_at is not null) = (state in ('closed', 'entered_in_error'))"),
        check(
            "never_without_owner_or_due_time",
            "ended_at is not null or (owner_id is not null and due_at is not null)",
        ),
        unique("uq_adult_concern_reference", "school_id", "reference"),
        index("ix_adult_concern_newest", "school_id", "recorded_at desc", "id desc"),
        index("ix_adult_concern_due", "school_id", "due_at", "id", where="ended_at is null"),
        index("ix_adult_concern_staff", "school_id", "staff_id"),
        index("ix_adult_concern_reporter", "school_id", "reporter_id", "recorded_at desc"),
    )
    school_table(
        "adult_statement",
        column("concern_id", UUID, to="adult_concern"),
        column("position", NUMBER),
        column("kind", TEXT),
        column("text", TEXT),
        column("prompted_by", TEXT, empty=True),
        column("told_by", TEXT, empty=True),
        column("basis", TEXT, empty=True),
        index("ix_adult_statement_school_id_concern_id", "school_id", "concern_id"),
    )
    school_table(
        "adult_event",
        column("concern_id", UUID, to="adult_concern"),
        column("verb", TEXT),
        column("at", MOMENT),
        column("by_id", UUID, to="staff"),
        column("by_role", TEXT),
        column("from_state", TEXT, empty=True),
        column("to_state", TEXT),
        column("reason", TEXT, empty=True),
        column("details", JSON, default="'{}'::jsonb"),
        index("ix_adult_event_school_id_concern_id", "school_id", "concern_id"),
    )
    school_table(
        "adult_note",
        column("concern_id", UUID, to="adult_concern"),
        column("statement_id", UUID, empty=True, to="adult_statement"),
        column("kind", TEXT),
        column("text", TEXT),
        column("reason", TEXT, empty=True),
        column("author_id", UUID, to="staff"),
        column("recorded_at", MOMENT),
        check("kind", "kind in ('note', 'correction', 'addition')"),
        index("ix_adult_note_school_id_concern_id", "school_id", "concern_id"),
    )
    trail_table(
        "adult_trail",
        index("ix_adult_trail_school_id_noun_id_seq", "school_id", "noun_id", "seq"),
        index("ix_adult_trail_order", "school_id", "xid", "seq"),
        index("ix_adult_trail_newest", "school_id", "at desc", "id desc"),
    )


def downgrade() -> None:
    """Undo."""
    drop_functions("schools_in_adult_trail")
    drop_tables(*TABLES)
