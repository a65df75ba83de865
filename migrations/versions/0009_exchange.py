"""Exchange: other programs."""

from typing import Any

from alembic import op

from migrations.merging import moving_children
from migrations.protection import (
    ACCOUNT,
    OWN_SCHOOL,
    REMOVER,
    SCHOOL,
    SEALER,
    drop_functions,
    run_as,
    show,
)
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
    YES_OR_NO,
    Xid8,
    check,
    column,
    drop_tables,
    index,
    school_table,
    table,
    unique,
    version,
)

revision = "0009"
down_revision = "0008"

TABLES = (
    "failed_job",
    "periodic_tick",
    "job_progress",
    "intake_source",
    "monitoring_alert",
    "monitoring_body",
    "roster_import",
    "roster_problem",
    "roster_change",
    "roster_link",
    "past_import",
    "past_problem",
    "past_row",
    "past_child",
    "past_mapping",
    "past_author",
    "past_entry",
    "past_file",
    "school_export",
    "school_export_progress",
    "webhook",
    "webhook_progress",
    "webhook_delivery",
    "webhook_attempt",
)
IN_TRAIL = """
    exists (select from public.{trail} t
            where t.school_id = g.id and t.xid >= g.since
              and t.xid < until)
"""
LATE = """
    exists (select from public.late_trail l
            where l.school_id = g.id and l.turn >= g.since and l.turn < until)
"""


def upgrade() -> None:
    """Apply."""
    jobs()
    monitoring()
    rosters()
    past_imports()
    past_entries()
    removing_past_entries()
    removing_roster_rows()
    moving_children()
    school_exports()
    webhooks()
    schools_with_news()
    schools_with_webhooks()


def jobs() -> None:
    """Failed jobs, ticks of periodic tasks, and how far a task over all schools is."""
    school_table(
        "failed_job",
        column("job_id", LONG),
        column("task", TEXT),
        column("queue", TEXT),
        column("priority", NUMBER),
        column("lock", TEXT, empty=True),
        column("args", JSON),
        column("attempts", NUMBER),
        column("error", TEXT),
        column("message", TEXT, empty=True),
        column("failed_at", MOMENT),
        column("owner_id", UUID, empty=True, to="staff", changes=True),
        column("due_at", MOMENT, empty=True, changes=True),
        column("due_rule", TEXT, empty=True, changes=True),
        column("ended_at", MOMENT, empty=True, changes=True),
        column("ended_reason_code", TEXT, empty=True, changes=True),
        column("ended_by", UUID, empty=True, changes=True),
        column("reason", TEXT, empty=True, changes=True),
        version(),
        check("ended_reason_code", "ended_reason_code in ('replayed', 'dropped')"),
        check(
            "owned", "owner_id is not null or school_id = '00000000-0000-0000-0000-000000000000'"
        ),
        check("due", "due_at is not null or school_id = '00000000-0000-0000-0000-000000000000'"),
        check("ended", "(ended_at is null) = (ended_reason_code is null)"),
        unique("uq_failed_job_job", "school_id", "job_id"),
        index("ix_failed_job_newest", "school_id", "failed_at desc", "id desc"),
    )
    list_schools("failed_job")
    table(
        "periodic_tick",
        column("task", TEXT),
        column("tick_at", MOMENT, changes=True),
        column("deferred_at", MOMENT, changes=True),
        column("missed", LONG, changes=True, default="0"),
        key=("task",),
    )
    table(
        "job_progress",
        column("job_id", LONG),
        column("after", UUID, changes=True),
        column("failed", UUIDS, changes=True),
        key=("job_id",),
        delete=True,
    )


def monitoring() -> None:
    """Tools that watch devices and the web, what they send, and where people look at it."""
    # Whoever signs names the source alone: it is seen through a scope of its own id.
    school_table(
        "intake_source",
        column("name", TEXT, changes=True),
        column("kind", TEXT, changes=True),
        column("severities", JSON, changes=True),
        column("categories", JSON, changes=True),
        column("identifiers", TEXTS, changes=True),
        column("sealed", BYTES, changes=True),
        column("former_sealed", BYTES, empty=True, changes=True),
        column("former_until", MOMENT, empty=True, changes=True),
        column("rotated_at", MOMENT, empty=True, changes=True),
        column("service_key_id", UUID, empty=True, to="service_key", changes=True),
        column("created_by", UUID, to="staff"),
        column("created_at", MOMENT),
        column("changed_at", MOMENT, changes=True),
        column("ended_at", MOMENT, empty=True, changes=True),
        column("ended_by", UUID, empty=True, changes=True),
        version(),
        unique("uq_intake_source_name", "school_id", "lower(name)", where="ended_at is null"),
        index("ix_intake_source_newest", "school_id", "created_at desc", "id desc"),
        index("ix_intake_source_claimed", "id"),
        visible=f"{OWN_SCHOOL} or id = {ACCOUNT}",
    )
    school_table(
        "monitoring_alert",
        column("source_id", UUID, to="intake_source"),
        column("external_id", TEXT),
        column("occurred_at", MOMENT),
        column("detected_at", MOMENT, empty=True),
        column("received_at", MOMENT),
        column("severity", TEXT, changes=True),
        column("source_severity", TEXT, empty=True),
        column("severity_known", YES_OR_NO),
        column("category", TEXT, empty=True),
        column("source_category", TEXT, empty=True),
        column("own_category", JSON, empty=True),
        column("child_id", UUID, empty=True, to="child", changes=True),
        column("confidence", TEXT, changes=True),
        column("hits", JSON, changes=True, default="'[]'::jsonb"),
        column("candidates", UUIDS, changes=True, default="'{}'"),
        column("matched_by", UUID, empty=True, to="staff", changes=True),
        column("burst_key", TEXT, empty=True),
        column("state", TEXT, changes=True),
        column("collapsed_into", UUID, empty=True, to="monitoring_alert", changes=True),
        column("count", NUMBER, changes=True, default="1"),
        column("last_at", MOMENT, changes=True),
        column("confidentiality", TEXT, default="'K3'"),
        column("owner_id", UUID, empty=True, to="staff", changes=True),
        column("due_at", MOMENT, empty=True, changes=True),
        column("due_rule", TEXT, empty=True, changes=True),
        column("concern_id", UUID, empty=True, to="concern", changes=True),
        column("outcome", TEXT, empty=True, changes=True),
        column("reason", TEXT, empty=True, changes=True),
        column("decided_by", UUID, empty=True, to="staff", changes=True),
        column("ended_at", MOMENT, empty=True, changes=True),
        version(),
        column("changed_at", MOMENT, changes=True),
        check("owned", "state <> 'open' or (owner_id is not null and due_at is not null)"),
        check("collapsed", "(state = 'collapsed') = (collapsed_into is not null)"),
        check("ended", "(state in ('taken_up', 'dismissed')) = (ended_at is not null)"),
        unique("uq_monitoring_alert_external", "school_id", "source_id", "external_id"),
        index(
            "ix_monitoring_alert_burst",
            "school_id",
            "source_id",
            "burst_key",
            where="state = 'open'",
        ),
        index("ix_monitoring_alert_inbox", "school_id", "state", "received_at desc", "id desc"),
        index("ix_monitoring_alert_child", "school_id", "child_id"),
        index("ix_monitoring_alert_owner", "school_id", "owner_id"),
        index("ix_monitoring_alert_burst_of", "school_id", "collapsed_into"),
        index("ix_monitoring_alert_ended", "school_id", "ended_at", "id"),
        index("ix_monitoring_alert_concern", "school_id", "concern_id"),
    )
    school_table(
        "monitoring_body",
        column("alert_id", UUID, to="monitoring_alert"),
        column("number", NUMBER),
        column("body", BYTES),
        column("sha256", BYTES),
        column("content", JSON),
        column("severity", TEXT),
        column("webhook_id", TEXT, empty=True),
        column("received_by", UUID),
        column("received_at", MOMENT),
        unique("uq_monitoring_body_number", "school_id", "alert_id", "number"),
    )


def file_import() -> tuple[Any, ...]:
    """What every import keeps of its file."""
    return (
        column("file_name", TEXT),
        column("plan_only", YES_OR_NO, default="false"),
        column("state", TEXT, changes=True),
        column("because", TEXT, empty=True, changes=True),
        column("done", NUMBER, changes=True, default="0"),
        column("total", NUMBER, changes=True, default="0"),
        column("counts", JSON, changes=True, default="'{}'::jsonb"),
        column("started_by", UUID, empty=True),
        column("created_at", MOMENT),
        column("ended_at", MOMENT, empty=True, changes=True),
        version(),
        column("changed_at", MOMENT, changes=True),
    )


def file_problem(of: str) -> tuple[Any, ...]:
    """What the report of every import has."""
    return (
        column("import_id", UUID, to=of),
        column("position", NUMBER),
        column("line", NUMBER),
        column("column", TEXT, empty=True),
        column("code", TEXT),
    )


def rosters() -> None:
    """Roster imports: what was received, what it would change, and what was wrong with it."""
    school_table(
        "roster_import",
        *file_import(),
        column("source", TEXT),
        column("format", TEXT, changes=True),
        column("key", TEXT, empty=True, changes=True),
        column("organisation_source_id", TEXT, empty=True),
        column("handling", TEXT, default="'lenient'"),
        column("digest", TEXT, empty=True, changes=True),
        column("standing", JSON, empty=True, changes=True),
        column("source_version", TEXT, empty=True, changes=True),
        index("ix_roster_import_newest", "school_id", "created_at desc", "id desc"),
    )
    school_table(
        "roster_problem",
        *file_problem("roster_import"),
        column("file", TEXT),
        column("severity", TEXT),
        column("detail", TEXT),
        index("ix_roster_problem_position", "school_id", "import_id", "position"),
    )
    school_table(
        "roster_change",
        column("import_id", UUID, to="roster_import"),
        column("position", NUMBER),
        column("kind", TEXT),
        column("change", TEXT),
        column("record_id", UUID, empty=True),
        column("pupil_id", UUID, empty=True),
        column("source_id", TEXT, empty=True),
        column("line", NUMBER, empty=True),
        column("year_group", TEXT, empty=True),
        column("reason_code", TEXT),
        column("fields", JSON),
        column("undone_at", MOMENT, empty=True, changes=True),
        column("kept", TEXTS, empty=True, changes=True),
        unique("uq_roster_change_position", "school_id", "import_id", "position"),
        delete=True,
    )
    school_table(
        "roster_link",
        column("source", TEXT),
        column("kind", TEXT),
        column("source_id", TEXT),
        column("local_id", UUID),
        column("row_hash", TEXT, changes=True),
        column("also_at", TEXTS, changes=True, default="'{}'"),
        column("import_id", UUID, to="roster_import", changes=True),
        column("gone_at", MOMENT, empty=True, changes=True),
        index("ix_roster_link_school_id_local_id", "school_id", "local_id"),
        unique("uq_roster_link_source", "school_id", "source", "kind", "source_id"),
    )


def past_imports() -> None:
    """Files of what another system kept: plan, problems, and which child a reference means."""
    school_table(
        "past_import",
        *file_import(),
        column("kind", TEXT),
        column("source", TEXT),
        column("key", TEXT),
        column("sha256", TEXT),
        column("size", LONG),
        column("confidentiality", TEXT, changes=True),
        column("categories", JSON, changes=True, default="'[]'::jsonb"),
        column("highest_class", TEXT, empty=True, changes=True),
        column("approved_by", UUID, empty=True, to="staff", changes=True),
        column("approved_at", MOMENT, empty=True, changes=True),
        column("seconded_by", UUID, empty=True, to="staff", changes=True),
        column("seconded_at", MOMENT, empty=True, changes=True),
        column("add_changed", YES_OR_NO, changes=True, default="false"),
        column("mapping", JSON, empty=True, changes=True),
        column("reason", TEXT, empty=True, changes=True),
        column("undone_by", UUID, empty=True, to="staff", changes=True),
        column("undone_at", MOMENT, empty=True, changes=True),
        column("undo_reason", TEXT, empty=True, changes=True),
        check("confidentiality", "confidentiality ~ '^K[2-5]$'"),
        check("highest_class", "highest_class ~ '^K[2-5]$'"),
        check("two_people", "seconded_by <> approved_by"),
        index("ix_past_import_newest", "school_id", "created_at desc", "id desc"),
    )
    school_table(
        "past_problem",
        *file_problem("past_import"),
        index("ix_past_problem_position", "school_id", "import_id", "position"),
        delete=True,
    )
    school_table(
        "past_row",
        column("import_id", UUID, to="past_import"),
        column("position", NUMBER),
        column("line", NUMBER),
        column("source_id", TEXT),
        column("sha256", TEXT),
        column("fate", TEXT, changes=True),
        column("codes", TEXTS, changes=True),
        column("confidentiality", TEXT, changes=True),
        column("is_open", YES_OR_NO),
        column("children", JSON),
        column("unmatched", TEXTS),
        column("content", JSON, empty=True),
        column("cells", JSON),
        column("applied", YES_OR_NO, changes=True, default="false"),
        column("amends", YES_OR_NO, changes=True, default="false"),
        unique("uq_past_row_position", "school_id", "import_id", "position"),
        index("ix_past_row_source", "school_id", "import_id", "source_id"),
        delete=True,
    )
    school_table(
        "past_child",
        column("source", TEXT),
        column("reference", TEXT),
        column("child_id", UUID, empty=True, to="child", changes=True),
        column("decided_by", UUID, empty=True, to="staff", changes=True),
        column("decided_at", MOMENT, empty=True, changes=True),
        check("decided", "(child_id is null) = (decided_by is null)"),
        unique("uq_past_child_reference", "school_id", "source", "reference"),
    )
    school_table(
        "past_author",
        column("import_id", UUID, to="past_import"),
        column("source", TEXT),
        column("source_id", TEXT),
        column("sha256", TEXT),
        column("name", TEXT),
        column("staff_code", TEXT, empty=True),
        column("staff_id", UUID, empty=True, to="staff"),
        unique("uq_past_author_source", "school_id", "source", "source_id"),
        index("ix_past_author_import", "school_id", "import_id"),
        delete=True,
    )
    school_table(
        "past_mapping",
        column("source", TEXT),
        column("kind", TEXT),
        column("header", TEXT),
        column("mapping", JSON, changes=True),
        column("confirmed_by", UUID, changes=True),
        column("confirmed_at", MOMENT, changes=True),
        unique("uq_past_mapping_header", "school_id", "source", "kind", "header"),
    )


def past_entries() -> None:
    """What another system kept about a child."""
    school_table(
        "past_entry",
        column("child_id", UUID, to="child"),
        column("child_role", TEXT),
        column("together_id", UUID, empty=True),
        column("import_id", UUID, to="past_import"),
        column("source", TEXT),
        column("kind", TEXT),
        column("source_id", TEXT),
        column("occurred_at", MOMENT),
        column("occurred_unit", TEXT),
        column("occurred_about", YES_OR_NO),
        column("recorded_at", MOMENT, empty=True),
        column("author_name", TEXT, empty=True),
        column("author_role", TEXT, empty=True),
        column("confidentiality", TEXT),
        column("source_categories", TEXTS),
        column("categories", TEXTS),
        column("text", TEXT),
        column("details", JSON),
        column("open", YES_OR_NO),
        column("significant", YES_OR_NO),
        column("links", TEXTS),
        column("withdrawn", JSON, empty=True),
        column("redacted", YES_OR_NO),
        column("line", NUMBER),
        column("row_sha256", TEXT),
        column("cells", JSON),
        column("imported_at", MOMENT),
        column("followed_by", UUID, empty=True, to="concern", changes=True),
        column("taken_up_by", UUID, empty=True, to="staff", changes=True),
        column("taken_up_at", MOMENT, empty=True, changes=True),
        version(),
        column("changed_at", MOMENT, changes=True),
        check("confidentiality", "confidentiality ~ '^K[2-5]$'"),
        check("taken_up", "(taken_up_at is null) = (taken_up_by is null)"),
        index("ix_past_entry_child", "school_id", "child_id", "occurred_at desc"),
        index("ix_past_entry_import", "school_id", "import_id", "id"),
        index("ix_past_entry_source", "school_id", "source", "kind", "source_id"),
        index(
            "ix_past_entry_together",
            "school_id",
            "together_id",
            where="together_id is not null",
        ),
        index("ix_past_entry_newest", "school_id", "occurred_at desc", "id desc"),
        index("ix_past_entry_followed", "school_id", "followed_by"),
    )
    school_table(
        "past_file",
        column("id", UUID, to="past_entry"),
        column("file_name", TEXT),
        column("content_type", TEXT),
        column("size", LONG),
        column("sha256", TEXT),
        column("key", TEXT),
        column("recorded_at", MOMENT),
        column("state", TEXT, changes=True),
        column("scan_result", TEXT, changes=True),
        column("signature", TEXT, empty=True, changes=True),
        column("flags", TEXTS, changes=True),
        column("stripped_key", TEXT, empty=True),
        column("stripped_size", LONG, empty=True),
        column("stripped_sha256", TEXT, empty=True),
        check("state", "state in ('quarantined', 'available', 'held')"),
        check(
            "never_served_unless_clean",
            "state <> 'available' or scan_result in ('not_scanned', 'clean')",
        ),
        check(
            "stripped", "num_nonnulls(stripped_key, stripped_size, stripped_sha256) in (0, 3)"
        ),
        index(
            "ix_past_file_quarantined", "school_id", "recorded_at", "id",
            where="state = 'quarantined'",
        ),
    )  # fmt: skip
    list_schools("past_file")


def removing_past_entries() -> None:
    """What undoing an import removes: its own entries that nobody has taken up, and no more.

    The application may not delete them. The function's owner may delete past entries, and of the
    chronology, of statuses and of contacts what came of one; the school's own policy holds for it.
    """
    own = "school_id, id, import_id, taken_up_at"
    op.execute(f"grant select ({own}), delete on past_entry to {REMOVER}")
    op.execute(f"grant select (school_id, id), delete on past_file to {REMOVER}")
    op.execute(f"grant select (school_id, id, version), delete on child_status to {REMOVER}")
    op.execute(f"grant select (school_id, id, version), delete on contact to {REMOVER}")
    told = "school_id, id, kind, thing_id"
    op.execute(f"grant select ({told}), delete on chronology_entry to {REMOVER}")
    op.execute(
        f"create policy remover on chronology_entry as restrictive for delete to {REMOVER} "
        "using (kind in ('past_entry', 'status'))"
    )
    op.execute(
        f"""
        create function remove_past_entries(import uuid, entries uuid[])
        returns table (tab text, id uuid)
        language sql security definer
        set search_path = pg_catalog, public, pg_temp
        as $$
          with gone as (
            delete from public.past_entry e
            where e.school_id = {SCHOOL} and e.import_id = import and e.id = any(entries)
              and e.taken_up_at is null
            returning e.id),
          files as (
            delete from public.past_file f
            where f.school_id = {SCHOOL} and f.id in (select g.id from gone g)
            returning f.id),
          statuses as (
            delete from public.child_status s
            where s.school_id = {SCHOOL} and s.id in (select g.id from gone g) and s.version = 1
            returning s.id),
          contacts as (
            delete from public.contact k
            where k.school_id = {SCHOOL} and k.id in (select g.id from gone g) and k.version = 1
            returning k.id),
          told as (
            delete from public.chronology_entry c
            where c.school_id = {SCHOOL} and c.kind in ('past_entry', 'status')
              and c.thing_id in (select g.id from gone g)
            returning c.id)
          select 'past_entry', g.id from gone g
          union all
          select 'past_file', f.id from files f
          union all
          select 'child_status', s.id from statuses s
          union all
          select 'contact', k.id from contacts k
          union all
          select 'chronology_entry', t.id from told t
        $$
        """
    )
    run_as(REMOVER, "remove_past_entries(uuid, uuid[])")


def removing_roster_rows() -> None:
    """What undoing a roster import removes: stays and numbers that this import added, and no more.

    One that somebody has ended or hidden since stays.
    """
    op.execute(f"grant select (school_id, id, import_id), delete on enrolment to {REMOVER}")
    own = "school_id, id, import_id, ended_by, suppressed"
    op.execute(f"grant select ({own}), delete on child_identifier to {REMOVER}")
    op.execute(
        f"""
        create function remove_roster_rows(import uuid, stays uuid[], numbers uuid[])
        returns table (tab text, id uuid)
        language sql security definer
        set search_path = pg_catalog, public, pg_temp
        as $$
          with gone as (
            delete from public.enrolment e
            where e.school_id = {SCHOOL} and e.import_id = import and e.id = any(stays)
            returning e.id),
          ended as (
            delete from public.child_identifier i
            where i.school_id = {SCHOOL} and i.import_id = import and i.id = any(numbers)
              and i.ended_by is null and not i.suppressed
            returning i.id)
          select 'enrolment', g.id from gone g
          union all
          select 'child_identifier', n.id from ended n
        $$
        """
    )
    run_as(REMOVER, "remove_roster_rows(uuid, uuid[], uuid[])")


def school_exports() -> None:
    """Orders to write the whole school into a file, and how far each is."""
    school_table(
        "school_export",
        column("reason", TEXT),
        column("public_key", JSON),
        column("thumbprint", TEXT),
        column("ordered_by", UUID),
        column("by_key", YES_OR_NO),
        column("ordered_at", MOMENT),
        column("approvals", JSON, changes=True, default="'[]'::jsonb"),
        column("state", TEXT, changes=True),
        column("because", TEXT, empty=True, changes=True),
        column("key", TEXT, empty=True, changes=True),
        column("sha256", TEXT, empty=True, changes=True),
        column("size", LONG, empty=True, changes=True),
        column("expires_at", MOMENT, changes=True),
        column("ended_at", MOMENT, empty=True, changes=True),
        column("ended_by", UUID, empty=True, changes=True),
        column("end_reason", TEXT, empty=True, changes=True),
        version(),
        column("changed_at", MOMENT, changes=True),
        check(
            "ended",
            "(ended_at is null) = (state in ('asked', 'approved', 'running', 'ready'))",
        ),
        check("ready", "state <> 'ready' or key is not null"),
        index("ix_school_export_newest", "school_id", "ordered_at desc", "id desc"),
    )
    school_table(
        "school_export_progress",
        column("id", UUID, to="school_export"),
        column("done", NUMBER, changes=True),
        column("total", NUMBER, changes=True),
    )


def webhooks() -> None:
    """Webhooks: where a school's events go, how far they are, and every attempt to send one."""
    school_table(
        "webhook",
        column("url", TEXT, changes=True),
        column("description", TEXT, empty=True, changes=True),
        column("kinds", TEXTS, changes=True),
        column("state", TEXT, changes=True),
        column("owner_id", UUID, to="staff", changes=True),
        column("sponsor_id", UUID, to="staff", changes=True),
        column("sponsor_role", TEXT, changes=True),
        column("secret", BYTES, empty=True, changes=True),
        column("former_secret", BYTES, empty=True, changes=True),
        column("former_until", MOMENT, empty=True, changes=True),
        column("rotated_at", MOMENT, empty=True, changes=True),
        column("disabled_at", MOMENT, empty=True, changes=True),
        column("disabled_reason_code", TEXT, empty=True, changes=True),
        column("due_at", MOMENT, empty=True, changes=True),
        column("due_rule", TEXT, empty=True, changes=True),
        column("created_by", UUID),
        column("created_at", MOMENT),
        column("changed_at", MOMENT, changes=True),
        column("ended_at", MOMENT, empty=True, changes=True),
        version(),
        check("state", "state in ('active', 'paused', 'disabled', 'ended')"),
        check("ended", "(state = 'ended') = (ended_at is not null)"),
        check("no_secret_once_ended", "(state = 'ended') = (secret is null)"),
        check(
            "disabled_is_due",
            "state <> 'disabled' or (due_at is not null and disabled_reason_code is not null)",
        ),
        index("ix_webhook_newest", "school_id", "created_at desc", "id desc"),
    )
    school_table(
        "webhook_progress",
        column("id", UUID, to="webhook"),
        column("xid", Xid8(), changes=True),
        column("log", SHORT, changes=True),
        column("seq", LONG, changes=True),
        column("failures", NUMBER, changes=True, default="0"),
        column("failing_since", MOMENT, empty=True, changes=True),
        column("answered_at", MOMENT, empty=True, changes=True),
        column("last_code", TEXT, empty=True, changes=True),
        column("hold_until", MOMENT, empty=True, changes=True),
        column("told_at", MOMENT, empty=True, changes=True),
    )
    school_table(
        "webhook_delivery",
        column("webhook_id", UUID, to="webhook"),
        column("event_id", UUID),
        column("kind", TEXT),
        column("body", TEXT),
        column("state", TEXT, changes=True),
        column("attempts", NUMBER, changes=True, default="0"),
        column("step", NUMBER, changes=True, default="0"),
        column("next_at", MOMENT, empty=True, changes=True),
        column("claimed_until", MOMENT, empty=True, changes=True),
        column("created_at", MOMENT),
        column("ended_at", MOMENT, empty=True, changes=True),
        column("last_status", NUMBER, empty=True, changes=True),
        column("last_code", TEXT, empty=True, changes=True),
        check("state", "state in ('pending', 'delivered', 'failed', 'withheld')"),
        check("pending_is_due", "(state = 'pending') = (next_at is not null)"),
        check("ended", "(state = 'pending') = (ended_at is null)"),
        unique("uq_webhook_delivery_event", "school_id", "webhook_id", "event_id"),
        index(
            "ix_webhook_delivery_newest", "school_id", "webhook_id", "created_at desc", "id desc"
        ),
        index(
            "ix_webhook_delivery_due",
            "school_id",
            "webhook_id",
            "next_at",
            where="state = 'pending'",
        ),
        index("ix_webhook_delivery_next", "next_at", where="state = 'pending'"),
        index("ix_webhook_delivery_age", "school_id", "created_at"),
        delete=True,
    )
    school_table(
        "webhook_attempt",
        column("delivery_id", UUID, to="webhook_delivery"),
        column("number", NUMBER),
        column("at", MOMENT),
        column("status", NUMBER, empty=True),
        column("milliseconds", NUMBER),
        column("code", TEXT, empty=True),
        unique("uq_webhook_attempt_number", "school_id", "delivery_id", "number"),
        delete=True,
    )


def schools_with_news() -> None:
    """Which of some schools have an entry that can be read, of a turn from theirs on.

    The function's owner may read nothing of a trail but the school and the transaction.
    """
    trails = (IN_TRAIL.format(trail=trail) for trail in ("trail", "adult_trail"))
    either = " or ".join((*trails, LATE))
    op.execute(
        f"""
        create function schools_with_news(schools uuid[], since xid8[], until xid8)
        returns setof uuid
        language sql stable security definer
        set search_path = pg_catalog, public, pg_temp
        as $$
          select g.id from unnest(schools, since) as g(id, since) where {either}
        $$
        """
    )
    run_as(SEALER, "schools_with_news(uuid[], xid8[], xid8)")


def schools_with_webhooks() -> None:
    """Which schools have events to relay or deliveries that are due, and nothing else of them.

    With `since`, a school whose trail has no entry of that or a later turn has no events.
    """
    show("webhook", SEALER, "school_id, id, state")
    show("webhook_delivery", SEALER, "school_id, webhook_id, kind, state, next_at")
    op.execute(
        """
        create function schools_with_webhook_work(since xid8, moment timestamptz)
        returns setof uuid
        language sql stable security definer
        set search_path = pg_catalog, public, pg_temp
        as $$
          select w.school_id from public.webhook w
          where w.state = 'active'
            and (since is null or exists (
              select from public.trail t where t.school_id = w.school_id and t.xid >= since)
              or exists (
              select from public.late_trail l where l.school_id = w.school_id and l.turn >= since))
          union
          select d.school_id from public.webhook_delivery d
          where d.state = 'pending' and d.next_at <= moment
            and (d.kind = 'webhook.test' or exists (
              select from public.webhook w
              where w.school_id = d.school_id and w.id = d.webhook_id and w.state = 'active'))
        $$
        """
    )
    run_as(SEALER, "schools_with_webhook_work(xid8, timestamptz)")
    op.execute(
        """
        create function schools_with_webhooks() returns setof uuid
        language sql stable security definer
        set search_path = pg_catalog, public, pg_temp
        as $$ select distinct w.school_id from public.webhook w $$
        """
    )
    run_as(SEALER, "schools_with_webhooks()")


def downgrade() -> None:
    """Undo."""
    drop_functions(
        "schools_with_webhook_work",
        "schools_with_webhooks",
        "schools_with_news",
        "schools_in_failed_job",
        "schools_in_past_file",
        "remove_past_entries",
        "move_child_rows",
        "remove_roster_rows",
    )
    drop_tables(*TABLES)
