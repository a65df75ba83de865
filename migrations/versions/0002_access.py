"""Access: who may do what, and the proof of it."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from migrations.protection import drop_functions
from migrations.sealing import list_schools
from migrations.tables import (
    BYTES,
    JSON,
    LONG,
    MOMENT,
    NUMBER,
    SHORT,
    TEXT,
    TEXTS,
    UUID,
    UUIDS,
    Xid8,
    check,
    column,
    drop_tables,
    index,
    school_table,
    unique,
    version,
)

revision = "0002"
down_revision = "0001"

TABLES = (
    "access_grant",
    "conflict",
    "reading_notice",
    "reading_scan",
    "child_search",
    "trail_leaf",
    "trail_node",
    "trail_checkpoint",
)


def upgrade() -> None:
    """Apply."""
    grants()
    sealed_log()


def grants() -> None:
    """Exceptions to what a role sees, and notices of unusual reading."""
    school_table(
        "access_grant",
        column("kind", TEXT),
        column("staff_id", UUID),
        column("concern_id", UUID, empty=True),
        column("child_id", UUID, empty=True),
        column("classes", TEXTS),
        column("reason", TEXT),
        column("granted_by", UUID),
        column("valid_from", MOMENT),
        column("valid_to", MOMENT),
        column("created_at", MOMENT),
        column("ended_at", MOMENT, empty=True, changes=True),
        column("ended_by", UUID, empty=True, changes=True),
        column("reviewed_at", MOMENT, empty=True, changes=True),
        column("reviewed_by", UUID, empty=True, changes=True),
        column("review_outcome", TEXT, empty=True, changes=True),
        column("review_note", TEXT, empty=True, changes=True),
        column("owner_id", UUID, empty=True, changes=True),
        column("due_at", MOMENT, empty=True, changes=True),
        version(),
        check("kind", "kind in ('grant', 'break_glass')"),
        check(
            "never_without_owner_or_due_time",
            "kind = 'grant' or (owner_id is not null and due_at is not null)",
        ),
        check("one_record", "num_nonnulls(concern_id, child_id) = 1"),
        check("interval", "valid_to > valid_from"),
        index("ix_access_grant_school_id_staff_id_valid_to", "school_id", "staff_id", "valid_to"),
        index("ix_access_grant_list", "school_id", "kind", "created_at", "id"),
        index(
            "ix_access_grant_unreviewed",
            "school_id",
            "due_at",
            "id",
            where="kind = 'break_glass' and reviewed_at is null",
        ),
    )
    school_table(
        "conflict",
        column("staff_id", UUID),
        column("child_id", UUID, empty=True),
        column("concern_id", UUID, empty=True),
        column("kind", TEXT),
        column("reason", TEXT, empty=True),
        column("contact_id", UUID, empty=True),
        column("created_by", UUID),
        column("created_at", MOMENT),
        column("ended_at", MOMENT, empty=True, changes=True),
        column("ended_by", UUID, empty=True, changes=True),
        column("end_reason", TEXT, empty=True, changes=True),
        column("state", TEXT, changes=True, default="'in_force'"),
        column("typed_by", UUIDS, default="'{}'"),
        column("import_id", UUID, empty=True),
        column("ground_gone_at", MOMENT, empty=True, changes=True),
        version(),
        check("state", "state in ('in_force', 'to_confirm', 'suggested')"),
        check("kind", "kind in ('roster_parent', 'roster_relative', 'named', 'declared')"),
        check("one_record", "num_nonnulls(concern_id, child_id) = 1"),
        index("ix_conflict_live", "school_id", "staff_id", where="ended_at is null"),
        index("ix_conflict_child", "school_id", "child_id"),
        index("ix_conflict_concern", "school_id", "concern_id"),
        unique(
            "uq_conflict_child_id",
            "school_id",
            "staff_id",
            "child_id",
            "kind",
            where="ended_at is null and child_id is not null",
        ),
        unique(
            "uq_conflict_concern_id",
            "school_id",
            "staff_id",
            "concern_id",
            "kind",
            "created_by",
            where="ended_at is null and concern_id is not null",
        ),
    )
    school_table(
        "reading_notice",
        column("rule", TEXT),
        column("rule_version", TEXT),
        column("reader_id", UUID),
        column("child_id", UUID, empty=True, changes=True),
        column("since", MOMENT, changes=True),
        column("until", MOMENT, changes=True),
        column("measured", JSON, changes=True),
        column("entries", UUIDS, changes=True),
        column("dedupe", TEXT),
        column("owner_id", UUID, changes=True),
        column("due_at", MOMENT, changes=True),
        column("created_at", MOMENT),
        column("reviewed_at", MOMENT, empty=True, changes=True),
        column("reviewed_by", UUID, empty=True, changes=True),
        column("review_outcome", TEXT, empty=True, changes=True),
        column("review_note", TEXT, empty=True, changes=True),
        version(),
        unique("uq_reading_notice_dedupe", "school_id", "rule", "dedupe"),
        index("ix_reading_notice_list", "school_id", "created_at", "id"),
        index(
            "ix_reading_notice_unreviewed", "school_id", "due_at", "id", where="reviewed_at is null"
        ),
    )
    school_table(
        "reading_scan",
        column("xid", Xid8(), changes=True),
        column("seq", LONG, changes=True),
        key=(),
    )
    school_table(
        "child_search",
        column("actor_id", UUID),
        column("actor_role", TEXT),
        column("session_id", UUID, empty=True),
        column("request_id", TEXT, empty=True, changes=True),
        column("typed", TEXT, changes=True),
        column("words_hash", TEXT, empty=True, changes=True),
        column("filters", JSON),
        column("searches", NUMBER, changes=True),
        column("children", UUIDS, changes=True),
        column("began_at", MOMENT),
        column("last_at", MOMENT, changes=True),
        index("ix_child_search_school_id_actor_id", "school_id", "actor_id"),
        delete=True,
    )
    list_schools("child_search")


def sealed_log() -> None:
    """The sealed log over the trail: leaves, the hashes of complete blocks, signed checkpoints."""
    school_table(
        "trail_leaf",
        column("log", TEXT),
        column("index", LONG),
        column("entry_id", UUID),
        column("hash", BYTES),
        sa.UniqueConstraint(
            "school_id", "log", "entry_id", name="uq_trail_leaf_school_id_log_entry_id"
        ),
        key=("log", "index"),
    )
    school_table(
        "trail_node",
        column("log", TEXT),
        column("level", SHORT),
        column("index", LONG),
        column("hash", BYTES),
        key=("log", "level", "index"),
    )
    school_table(
        "trail_checkpoint",
        column("log", TEXT),
        column("number", LONG),
        column("size", LONG),
        column("root", BYTES),
        column("previous", BYTES),
        column("peaks", postgresql.ARRAY(postgresql.BYTEA())),
        column("sealed_at", MOMENT),
        column("epoch", LONG),
        column("horizon", Xid8()),
        column("next_xid", Xid8()),
        column("not_before", MOMENT, empty=True),
        column("key_name", TEXT),
        column("note", TEXT),
        sa.UniqueConstraint(
            "school_id", "log", "size", name="uq_trail_checkpoint_school_id_log_size"
        ),
        key=("log", "number"),
    )
    list_schools("trail_checkpoint")


def downgrade() -> None:
    """Undo."""
    drop_functions("schools_in_trail_checkpoint", "schools_in_child_search")
    drop_tables(*TABLES)
