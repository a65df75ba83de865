"""Duty: somebody always looks."""

from alembic import op

from migrations.protection import SEALER, drop_functions, run_as, show
from migrations.sealing import list_schools
from migrations.tables import (
    DAY,
    JSON,
    MOMENT,
    NUMBER,
    SHORT,
    TEXT,
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

revision = "0004"
down_revision = "0003"

GATHERED = "mail = 'digest' and sent_at is null and acknowledged_at is null and ended_at is null"
STANDING = "acknowledged_at is null and ended_at is null"
TABLES = (
    "alert",
    "school_calendar",
    "deadline",
    "drill",
    "task",
    "cover",
    "cover_person",
)


def upgrade() -> None:
    """Apply."""
    alerts()
    schools_with_digest()
    schools_alerted_in_trusts()
    clocks()
    schools_with_due()
    tasks()
    cover()


def alerts() -> None:
    """Notices to people, without content."""
    school_table(
        "alert",
        column("recipient_id", UUID, to="staff"),
        column("kind", TEXT),
        column("urgent", YES_OR_NO, changes=True),
        column("concern_id", UUID, empty=True),
        column("action_id", UUID, empty=True),
        column("created_at", MOMENT),
        column("sent_at", MOMENT, empty=True, changes=True),
        column("acknowledged_at", MOMENT, empty=True, changes=True),
        column("counts", JSON, empty=True, changes=True),
        column("deadline_id", UUID, empty=True, changes=True),
        column("round", NUMBER, empty=True, changes=True),
        column("rung", NUMBER, empty=True, changes=True),
        column("rung_at", MOMENT, empty=True, changes=True),
        column("about_id", UUID, empty=True),
        column("noun", TEXT, empty=True),
        column("thing_id", UUID, empty=True),
        column("matter_id", UUID, empty=True, changes=True),
        column("mail", TEXT, default="'digest'", changes=True),
        column("times", NUMBER, default="1", changes=True),
        column("ended_at", MOMENT, empty=True, changes=True),
        column("ended_by", UUID, empty=True, changes=True),
        column("ended_reason_code", TEXT, empty=True, changes=True),
        version(),
        check("mail", "mail in ('at_once', 'digest', 'never')"),
        index("ix_alert_inbox", "school_id", "recipient_id", "created_at desc", "id desc"),
        index("ix_alert_unsent", "school_id", "concern_id", where="sent_at is null"),
        unique(
            "uq_alert_standing",
            "school_id",
            "recipient_id",
            "kind",
            "matter_id",
            "about_id",
            where=STANDING,
            postgresql_nulls_not_distinct=True,
        ),
        index("ix_alert_gathered", "school_id", where=GATHERED),
        index("ix_alert_matter", "school_id", "matter_id", where="ended_at is null"),
        index("ix_alert_deadline", "school_id", "deadline_id", where="deadline_id is not null"),
        index(
            "ix_alert_unacknowledged",
            "school_id",
            "recipient_id",
            "created_at",
            "id",
            where=STANDING,
        ),
        index("ix_alert_action", "school_id", "action_id", where="action_id is not null"),
    )


def schools_with_digest() -> None:
    """Which schools have messages to gather: ids of schools, and nothing else of them."""
    show("alert", SEALER, "school_id, mail, sent_at, acknowledged_at, ended_at")
    op.execute(
        f"""
        create function schools_with_digest() returns setof uuid
        language sql stable security definer
        set search_path = pg_catalog, public, pg_temp
        as $$
          select distinct a.school_id from public.alert a where {GATHERED}
        $$
        """
    )
    run_as(SEALER, "schools_with_digest()")


def schools_alerted_in_trusts() -> None:
    """About which schools an alert waits in their trust: ids of schools, and nothing else."""
    op.execute(f"grant select (about_id) on alert to {SEALER}")
    op.execute(
        """
        create function schools_alerted_in_trusts() returns setof uuid
        language sql stable security definer
        set search_path = pg_catalog, public, pg_temp
        as $$
          select distinct a.about_id from public.alert a
          where a.about_id is not null and a.acknowledged_at is null and a.ended_at is null
        $$
        """
    )
    run_as(SEALER, "schools_alerted_in_trusts()")


def clocks() -> None:
    """Calendars of schools, the clocks of open records, and drills of the ladder."""
    school_table(
        "school_calendar",
        column("number", NUMBER),
        column("content", JSON),
        column("made_by", UUID),
        column("made_at", MOMENT),
        unique("uq_school_calendar_number", "school_id", "number"),
    )
    school_table(
        "deadline",
        column("noun", TEXT),
        column("thing_id", UUID),
        column("rule_id", TEXT),
        column("rule_version", TEXT),
        column("calendar", TEXT, empty=True),
        column("calendar_version", NUMBER, empty=True),
        column("ladder", TEXT),
        column("started_at", MOMENT),
        column("due_at", MOMENT),
        column("made_by", UUID),
        column("made_at", MOMENT),
        column("ended_at", MOMENT, empty=True, changes=True),
        column("ended_reason_code", TEXT, empty=True, changes=True),
        column("rung", SHORT, changes=True, default="0"),
        column("round", SHORT, changes=True, default="0"),
        column("next_at", MOMENT, empty=True, changes=True),
        column("acknowledged_at", MOMENT, empty=True, changes=True),
        column("acknowledged_by", UUID, empty=True, changes=True),
        check("ended", "(ended_at is null) = (ended_reason_code is null)"),
        check("always_rings_again", "ended_at is not null or next_at is not null"),
        unique("uq_deadline_open", "school_id", "noun", "thing_id", where="ended_at is null"),
        index("ix_deadline_thing", "school_id", "thing_id", "made_at"),
        index("ix_deadline_next", "next_at", "school_id", where="ended_at is null"),
    )
    list_schools("deadline")
    school_table(
        "drill",
        column("ladder", TEXT),
        column("reason", TEXT, empty=True),
        column("owner_id", UUID, to="staff", changes=True),
        column("due_at", MOMENT, changes=True),
        column("started_by", UUID, to="staff"),
        column("started_at", MOMENT),
        column("ended_at", MOMENT, empty=True, changes=True),
        column("ended_reason_code", TEXT, empty=True, changes=True),
        version(),
        index("ix_drill_newest", "school_id", "started_at desc", "id desc"),
    )


def schools_with_due() -> None:
    """Which schools have something that rings now: ids of schools, and nothing else of them."""
    op.execute(f"grant select (next_at, ended_at) on deadline to {SEALER}")
    op.execute(
        """
        create function schools_with_due(moment timestamptz) returns setof uuid
        language sql stable security definer
        set search_path = pg_catalog, public, pg_temp
        as $$
          select distinct d.school_id from public.deadline d
          where d.ended_at is null and d.next_at <= moment
        $$
        """
    )
    run_as(SEALER, "schools_with_due(timestamptz)")


def tasks() -> None:
    """What somebody has to do by a time."""
    school_table(
        "task",
        column("kind", TEXT),
        column("child_id", UUID, empty=True, changes=True),
        column("concern_id", UUID, empty=True, changes=True),
        column("about_noun", TEXT, empty=True),
        column("about_id", UUID, empty=True),
        column("confidentiality", TEXT, changes=True),
        column("owner_id", UUID, to="staff", changes=True),
        column("cover_id", UUID, empty=True, to="staff", changes=True),
        column("due_at", MOMENT, changes=True),
        column("due_rule", TEXT, empty=True, changes=True),
        column("urgent", YES_OR_NO, changes=True),
        column("barred", UUIDS, changes=True),
        column("facts", JSON, changes=True),
        column("dedupe", TEXT, empty=True),
        column("set_by", UUID, empty=True, to="staff"),
        column("set_at", MOMENT),
        column("state", TEXT, changes=True),
        column("outcome", TEXT, empty=True, changes=True),
        column("note", TEXT, empty=True, changes=True),
        column("ended_at", MOMENT, empty=True, changes=True),
        column("ended_by", UUID, empty=True, to="staff", changes=True),
        version(),
        column("changed_at", MOMENT, changes=True),
        check("confidentiality", "confidentiality ~ '^(anyone|K[2-6])$'"),
        check("state", "state in ('open', 'done', 'not_needed')"),
        check("ended", "(state = 'open') = (ended_at is null)"),
        check("about", "(about_noun is null) = (about_id is null)"),
        index("ix_task_due", "school_id", "due_at", "id", where="ended_at is null"),
        index("ix_task_owner", "school_id", "owner_id", "due_at", where="ended_at is null"),
        index("ix_task_newest", "school_id", "set_at desc", "id desc"),
        index("ix_task_child", "school_id", "child_id"),
        index("ix_task_concern", "school_id", "concern_id"),
        index("ix_task_about", "school_id", "about_id"),
        unique("uq_task_dedupe", "school_id", "dedupe", where="dedupe is not null"),
        index("ix_task_owner_newest", "school_id", "owner_id", "set_at desc", "id desc"),
        index("ix_task_cover", "school_id", "cover_id", where="cover_id is not null"),
    )


def cover() -> None:
    """Who is away, and who stands in."""
    school_table(
        "cover",
        column("away_id", UUID, to="staff"),
        column("valid_from", DAY),
        column("valid_to", DAY),
        column("uncovered_reason", TEXT, empty=True),
        column("created_by", UUID),
        column("created_at", MOMENT),
        column("ended_at", MOMENT, empty=True, changes=True),
        column("ended_by", UUID, empty=True, changes=True),
        version(),
        check("interval", "valid_to > valid_from"),
        index("ix_cover_school_id_valid_to_id", "school_id", "valid_to", "id"),
    )
    school_table(
        "cover_person",
        column("cover_id", UUID, to="cover"),
        column("staff_id", UUID, to="staff"),
        column("membership_id", UUID, empty=True, to="membership"),
        column("position", NUMBER),
        unique("uq_cover_person", "school_id", "cover_id", "staff_id"),
    )


def downgrade() -> None:
    """Undo."""
    drop_functions(
        "schools_alerted_in_trusts", "schools_with_digest", "schools_with_due",
        "schools_in_deadline",
    )  # fmt: skip
    drop_tables(*TABLES)
