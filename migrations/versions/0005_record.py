"""The record: the child and what was noticed."""

import sqlalchemy as sa
from alembic import op

from migrations.protection import SEARCH, drop_functions, run_as
from migrations.sealing import list_schools
from migrations.tables import (
    BYTES,
    DAY,
    JSON,
    MOMENT,
    NUMBER,
    SORTED,
    TEXT,
    TEXTS,
    UUID,
    UUIDS,
    YES_OR_NO,
    check,
    column,
    drop_tables,
    index,
    refer,
    school_table,
    table,
    unique,
    version,
)

revision = "0005"
down_revision = "0004"

TABLES = (
    "child",
    "child_name_token",
    "name_token",
    "child_identifier",
    "enrolment",
    "contact",
    "relationship",
    "child_status",
    "fact_change",
    "child_merge",
    "child_merge_row",
    "concern",
    "concern_child",
    "account_statement",
    "body_mark",
    "amendment",
    "concern_correction",
    "concern_question",
    "comment",
    "decision",
    "action",
    "concern_event",
    "attachment",
    "chronology_entry",
    "review",
    "review_note",
    "meeting",
    "meeting_minute",
    "concern_case",
    "case_note",
    "scan_round",
    "incomplete_report",
    "attendance_mark",
)


def upgrade() -> None:
    """Apply."""
    children()
    child_merges()
    name_search()
    concerns()
    attachments()
    chronology()
    reviews()
    meetings()
    cases()
    scanning()
    incomplete_reports()
    attendance()
    keys_to_this_area()


def children() -> None:
    """The child, and everything that is true of a child for a while."""
    school_table(
        "child",
        column("legal_given_name", TEXT, changes=True),
        column("legal_family_name", TEXT, changes=True),
        column("middle_names", TEXT, empty=True, changes=True),
        column("known_given_name", TEXT, empty=True, changes=True),
        column("known_family_name", TEXT, empty=True, changes=True),
        column("date_of_birth", DAY, empty=True, changes=True),
        column("sex", TEXT, empty=True, changes=True),
        column("gender_identity", TEXT, empty=True, changes=True),
        column("pronouns", TEXT, empty=True, changes=True),
        column("year_group", TEXT, empty=True, changes=True),
        column("registration_group", TEXT, empty=True, changes=True),
        column("first_language", TEXT, empty=True, changes=True),
        column("ethnicity", TEXT, empty=True, changes=True),
        column("sen_provision", TEXT, empty=True, changes=True),
        column("address", TEXT, empty=True, changes=True),
        column("unknown_upn_reason_code", TEXT, empty=True, changes=True),
        column("roll_status", TEXT, changes=True, default="'on_roll'"),
        column("sort_name", SORTED, changes=True),
        column("merged_into", UUID, empty=True, to="child", changes=True),
        column("merged_from", UUIDS, default="'{}'", changes=True),
        version(),
        column("created_at", MOMENT),
        column("changed_at", MOMENT, changes=True),
        check("two_children", "merged_into <> id"),
        check("roll_status", "roll_status in ('expected', 'on_roll', 'left')"),
        index(
            "ix_child_school_id_registration_group_sort_name_id",
            "school_id",
            "registration_group",
            "sort_name",
            "id",
        ),
        index("ix_child_school_id_sort_name_id", "school_id", "sort_name", "id"),
        index(
            "ix_child_school_id_year_group_sort_name_id",
            "school_id",
            "year_group",
            "sort_name",
            "id",
        ),
    )
    school_table(
        "child_name_token",
        column("id", UUID, to="child"),
        column("token", SORTED),
        index("ix_child_name_token_search", "school_id", "token", "id"),
        key=("id", "token"),
        delete=True,
    )
    school_table(
        "name_token",
        column("token", SORTED),
        index(
            "ix_name_token_trigram",
            "school_id",
            "token",
            postgresql_using="gin",
            postgresql_ops={"token": "gin_trgm_ops"},
        ),
        unique("uq_name_token_token", "school_id", "token"),
    )
    school_table(
        "child_identifier",
        column("child_id", UUID, to="child"),
        column("system", TEXT),
        column("value", TEXT),
        column("source", TEXT),
        column("valid_from", DAY, empty=True),
        column("valid_to", DAY, empty=True, changes=True),
        column("suppressed", YES_OR_NO, changes=True, default="false"),
        column("added_by", UUID, empty=True),
        column("ended_by", UUID, empty=True, changes=True),
        column("import_id", UUID, empty=True),
        column("created_at", MOMENT),
        index("ix_child_identifier_school_id_child_id", "school_id", "child_id"),
        unique(
            "uq_child_identifier_live", "school_id", "system", "value", where="valid_to is null"
        ),
        index("ix_child_identifier_value", "school_id", "system", "value"),
    )
    school_table(
        "enrolment",
        column("child_id", UUID, to="child"),
        column("valid_from", DAY),
        column("valid_to", DAY, empty=True, changes=True),
        column("leaving_reason", TEXT, empty=True, changes=True),
        column("source", TEXT),
        column("import_id", UUID, empty=True),
        column("ended_import_id", UUID, empty=True, changes=True),
        column("created_at", MOMENT),
        index("ix_enrolment_school_id_child_id", "school_id", "child_id"),
    )
    school_table(
        "contact",
        column("child_id", UUID, to="child"),
        column("kind", TEXT, changes=True),
        column("name", TEXT, changes=True),
        column("organisation", TEXT, empty=True, changes=True),
        column("email", TEXT, empty=True, changes=True),
        column("phone", TEXT, empty=True, changes=True),
        column("address", TEXT, empty=True, changes=True),
        column("language", TEXT, empty=True, changes=True),
        column("parental_responsibility", TEXT, changes=True, default="'unknown'"),
        column("lives_with", TEXT, changes=True, default="'unknown'"),
        column("is_parent", YES_OR_NO, changes=True, default="false"),
        column("contact_allowed", TEXT, changes=True, default="'unknown'"),
        column("restriction", TEXT, empty=True, changes=True),
        column("court_orders", JSON, changes=True, default="'[]'::jsonb"),
        column("may_be_told", YES_OR_NO, empty=True, changes=True),
        column("may_be_told_reason", TEXT, empty=True, changes=True),
        column("alleged_source_of_harm", YES_OR_NO, changes=True, default="false"),
        column("confirmed", JSON, changes=True, default="'{}'::jsonb"),
        column("known_before", JSON, changes=True, default="'[]'::jsonb"),
        column("typed_by", UUID, empty=True, to="staff", changes=True),
        column("priority", NUMBER, empty=True, changes=True),
        column("source", TEXT),
        column("source_id", TEXT, empty=True),
        column("valid_from", DAY, empty=True),
        column("valid_to", DAY, empty=True, changes=True),
        column("merged_into", UUID, empty=True, to="contact", changes=True),
        version(),
        column("created_at", MOMENT),
        column("changed_at", MOMENT, changes=True),
        index("ix_contact_school_id_child_id", "school_id", "child_id"),
        unique(
            "uq_contact_source",
            "school_id",
            "source",
            "source_id",
            "child_id",
            where="source_id is not null and merged_into is null",
        ),
    )
    school_table(
        "relationship",
        column("child_id", UUID, to="child"),
        column("other_child_id", UUID, to="child"),
        column("kind", TEXT),
        column("note", TEXT, empty=True),
        column("source", TEXT),
        column("valid_from", DAY, empty=True),
        column("valid_to", DAY, empty=True, changes=True),
        column("added_by", UUID, empty=True),
        column("confirmed_by", UUID, empty=True, changes=True),
        column("confirmed_at", MOMENT, empty=True, changes=True),
        column("ended_by", UUID, empty=True, changes=True),
        version(),
        column("created_at", MOMENT),
        check("two_children", "child_id <> other_child_id"),
        index("ix_relationship_school_id_child_id", "school_id", "child_id"),
        index("ix_relationship_school_id_other_child_id", "school_id", "other_child_id"),
    )
    school_table(
        "child_status",
        column("child_id", UUID, to="child"),
        column("kind", TEXT),
        column("detail", TEXT, empty=True),
        column("valid_from", DAY),
        column("valid_to", DAY, empty=True, changes=True),
        column("end_reason", TEXT, empty=True, changes=True),
        column("source", TEXT),
        column("evidence", TEXT, empty=True, changes=True),
        column("lead_agency", TEXT, empty=True, changes=True),
        column("worker", JSON, empty=True, changes=True),
        column("review_due", DAY, empty=True, changes=True),
        column("confidentiality", TEXT),
        column("added_by", UUID, to="staff"),
        version(),
        column("created_at", MOMENT),
        column("changed_at", MOMENT, changes=True),
        check("confidentiality", "confidentiality ~ '^K[2-5]$'"),
        check("interval", "valid_to is null or valid_to >= valid_from"),
        index("ix_child_status_school_id_child_id", "school_id", "child_id"),
    )
    school_table(
        "fact_change",
        column("child_id", UUID, to="child"),
        column("noun", TEXT),
        column("noun_id", UUID),
        column("number", NUMBER),
        column("work_id", UUID),
        column("at", MOMENT),
        column("actor_id", UUID),
        column("actor_role", TEXT),
        column("verb", TEXT, empty=True),
        column("reason", TEXT, empty=True),
        column("before", JSON),
        column("after", JSON),
        check("number", "number >= 1"),
        unique("uq_fact_change_number", "school_id", "noun_id", "number"),
        index("ix_fact_change_newest", "school_id", "child_id", "at desc", "id desc"),
    )


def child_merges() -> None:
    """Two files that turned out to be of one pupil; `move_child_rows` stands with the last area."""
    school_table(
        "child_merge",
        column("merged_id", UUID, to="child"),
        column("kept_id", UUID, to="child"),
        column("state", TEXT, changes=True),
        column("reason", TEXT, changes=True),
        column("asked_by", UUID, to="staff", changes=True),
        column("asked_at", MOMENT, changes=True),
        column("approved_by", UUID, empty=True, to="staff", changes=True),
        column("merged_at", MOMENT, empty=True, changes=True),
        column("details", JSON, default="'{}'::jsonb", changes=True),
        column("undone_by", UUID, empty=True, to="staff", changes=True),
        column("undone_at", MOMENT, empty=True, changes=True),
        column("undo_reason", TEXT, empty=True, changes=True),
        check("state", "state in ('asked', 'merged', 'undone')"),
        check("two_children", "merged_id <> kept_id"),
        check("two_people", "approved_by <> asked_by"),
        unique("uq_child_merge_live", "school_id", "merged_id", where="state <> 'undone'"),
        index("ix_child_merge_school_id_kept_id", "school_id", "kept_id"),
    )
    school_table(
        "child_merge_row",
        column("merge_id", UUID, to="child_merge"),
        column("tab", TEXT),
        column("col", TEXT),
        column("row_id", UUID),
        column("hash", TEXT),
        unique("uq_child_merge_row_row", "school_id", "merge_id", "tab", "col", "row_id"),
    )


def name_search() -> None:
    """Neighbours of a misspelt name word: words only, of the scope's school, bounded."""
    op.execute(f"create policy search on name_token for select to {SEARCH} using (true)")
    op.execute(f"grant select on name_token to {SEARCH}")
    op.execute(
        """
        create function similar_name_tokens(asked text) returns setof text
        language sql stable security definer
        set search_path = pg_catalog, public, pg_temp
        set pg_trgm.similarity_threshold = 0.15
        as $$
          select token from public.name_token
          where school_id = nullif(current_setting('app.school_id', true), '')::uuid
            and token operator(public.%) asked
          order by public.similarity(token, asked) desc
          limit 50
        $$
        """
    )
    run_as(SEARCH, "similar_name_tokens(text)")


def concerns() -> None:
    """The concern and everything said about it; what was submitted can never be changed."""
    school_table(
        "concern",
        column("reference", TEXT),
        column("reporter_id", UUID, to="staff"),
        column("recorded_at", MOMENT),
        column("occurred_at", MOMENT, changes=True),
        column("occurred_precision", TEXT, changes=True),
        column("place", TEXT, empty=True, changes=True),
        column("source", TEXT),
        column("context", TEXT, empty=True),
        column("alleged_source_of_harm", TEXT, empty=True),
        column("immediacy", TEXT, changes=True),
        column("reported_categories", TEXTS),
        column("reported_own_categories", JSON, default="'[]'::jsonb"),
        column("told_already", JSON),
        column("also_named", JSON, default="'[]'::jsonb"),
        column("parents_told", JSON, empty=True),
        column("state", TEXT, changes=True),
        column("confidentiality", TEXT, changes=True),
        column("level", NUMBER, empty=True, changes=True),
        column("level_label", TEXT, empty=True, changes=True),
        column("primary_category", TEXT, empty=True, changes=True),
        column("categories", TEXTS, changes=True),
        column("own_categories", JSON, default="'[]'::jsonb", changes=True),
        column("owner_id", UUID, empty=True, to="staff", changes=True),
        column("due_at", MOMENT, empty=True, changes=True),
        column("due_rule", TEXT, empty=True, changes=True),
        column("acknowledged_at", MOMENT, empty=True, changes=True),
        column("acknowledged_by", UUID, empty=True, to="staff", changes=True),
        column("triaged_at", MOMENT, empty=True, changes=True),
        column("triaged_by", UUID, empty=True, to="staff", changes=True),
        column("outcome", TEXT, empty=True, changes=True),
        column("told_reporter", TEXT, empty=True, changes=True),
        column("told_reporter_at", MOMENT, empty=True, changes=True),
        column("ended_at", MOMENT, empty=True, changes=True),
        column("duplicate_of", UUID, empty=True, to="concern", changes=True),
        column("pending", JSON, empty=True, changes=True),
        version(),
        column("changed_at", MOMENT, changes=True),
        column("frozen_at", MOMENT, empty=True, changes=True),
        check("confidentiality", "confidentiality ~ '^K[2-6]$'"),
        check("moved", "(confidentiality = 'K6') = (state = 'moved_to_adults')"),
        check("level", "level between 1 and 4"),
        check(
            "ended",
            "(ended_at is not null) = (state in "
            "('closed', 'duplicate_of', 'entered_in_error', 'moved_to_adults'))",
        ),
        check(
            "never_without_owner_or_due_time",
            "ended_at is not null or (owner_id is not null and due_at is not null)",
        ),
        index("ix_concern_due", "school_id", "due_at", "id", where="ended_at is null"),
        index("ix_concern_newest", "school_id", "recorded_at desc", "id desc"),
        index(
            "ix_concern_open_newest",
            "school_id",
            "recorded_at desc",
            "id desc",
            where="ended_at is null",
        ),
        index("ix_concern_pending", "school_id", "id", where="pending is not null"),
        index("ix_concern_owner", "school_id", "owner_id", "recorded_at desc"),
        index("ix_concern_reporter", "school_id", "reporter_id", "recorded_at desc"),
        unique("uq_concern_reference", "school_id", "reference"),
        index(
            "ix_concern_duplicate_of", "school_id", "duplicate_of", where="duplicate_of is not null"
        ),
    )
    school_table(
        "concern_child",
        column("id", UUID, to="concern"),
        column("child_id", UUID, to="child", changes=True),
        column("role", TEXT),
        column("position", NUMBER),
        index("ix_concern_child_school_id_child_id_id", "school_id", "child_id", "id"),
        key=("id", "child_id"),
    )
    school_table(
        "account_statement",
        column("concern_id", UUID, to="concern"),
        column("position", NUMBER),
        column("kind", TEXT),
        column("text", TEXT),
        column("prompted_by", TEXT, empty=True),
        column("told_by", TEXT, empty=True),
        column("basis", TEXT, empty=True),
        index("ix_account_statement_school_id_concern_id", "school_id", "concern_id"),
    )
    school_table(
        "body_mark",
        column("concern_id", UUID, to="concern"),
        column("child_id", UUID, to="child", changes=True),
        column("position", NUMBER),
        column("view", TEXT),
        column("x", sa.Double()),
        column("y", sa.Double()),
        column("region", TEXT),
        column("size_mm", NUMBER, empty=True),
        column("colour", TEXT, empty=True),
        column("shape", TEXT, empty=True),
        column("explanation", TEXT, empty=True),
        column("details", JSON, default="'{}'::jsonb"),
        index("ix_body_mark_school_id_concern_id", "school_id", "concern_id"),
    )
    school_table(
        "amendment",
        column("concern_id", UUID, to="concern"),
        column("statement_id", UUID, empty=True, to="account_statement"),
        column("kind", TEXT),
        column("text", TEXT),
        column("reason", TEXT),
        column("told_already", JSON, default="'[]'::jsonb"),
        column("statement_kind", TEXT, empty=True),
        column("immediacy", TEXT, empty=True),
        column("categories", TEXTS, default="'{}'::text[]"),
        column("self_harm", JSON, empty=True),
        column("author_id", UUID, to="staff"),
        column("recorded_at", MOMENT),
        column("post_event", YES_OR_NO, default="false"),
        index("ix_amendment_school_id_concern_id", "school_id", "concern_id"),
    )
    school_table(
        "concern_correction",
        column("concern_id", UUID, to="concern"),
        column("former_child_id", UUID, empty=True, to="child"),
        column("child_id", UUID, empty=True, to="child"),
        column("was", JSON),
        column("became", JSON),
        column("reason", TEXT),
        column("by_id", UUID, to="staff"),
        column("by_role", TEXT),
        column("at", MOMENT),
        check("child", "(former_child_id is null) = (child_id is null)"),
        index("ix_concern_correction_school_id_concern_id", "school_id", "concern_id"),
        index("ix_concern_correction_school_id_former_child_id", "school_id", "former_child_id"),
    )
    school_table(
        "concern_question",
        column("concern_id", UUID, to="concern"),
        column("text", TEXT),
        column("asked_by", UUID, to="staff"),
        column("asked_at", MOMENT),
        column("answer", TEXT, empty=True, changes=True),
        column("answered_at", MOMENT, empty=True, changes=True),
        check("answered", "(answer is null) = (answered_at is null)"),
        index("ix_concern_question_school_id_concern_id", "school_id", "concern_id"),
    )
    school_table(
        "comment",
        column("concern_id", UUID, to="concern"),
        column("text", TEXT),
        column("author_id", UUID, to="staff"),
        column("recorded_at", MOMENT),
        index("ix_comment_school_id_concern_id", "school_id", "concern_id"),
    )
    school_table(
        "decision",
        column("concern_id", UUID, empty=True, to="concern"),
        column("child_id", UUID, empty=True, to="child"),
        column("kind", TEXT),
        column("question", TEXT),
        column("options", TEXTS),
        column("decision", TEXT),
        column("reason", TEXT),
        column("advice", JSON),
        column("decided_by", UUID, to="staff"),
        column("decided_at", MOMENT),
        column("recorded_at", MOMENT),
        column("review_on", MOMENT, empty=True),
        check("about_something", "concern_id is not null or child_id is not null"),
        index("ix_decision_school_id_child_id", "school_id", "child_id"),
        index("ix_decision_school_id_concern_id", "school_id", "concern_id"),
    )
    school_table(
        "action",
        column("concern_id", UUID, to="concern"),
        column("meeting_id", UUID, empty=True),
        column("what", TEXT),
        column("owner_id", UUID, to="staff", changes=True),
        column("due_at", MOMENT, changes=True),
        column("remind_at", MOMENT, empty=True, changes=True),
        column("state", TEXT, changes=True),
        column("outcome", TEXT, empty=True, changes=True),
        column("reason", TEXT, empty=True, changes=True),
        column("set_by", UUID, to="staff"),
        column("set_at", MOMENT),
        column("ended_by", UUID, empty=True, to="staff", changes=True),
        column("ended_at", MOMENT, empty=True, changes=True),
        version(),
        column("changed_at", MOMENT, changes=True),
        check("state", "state in ('open', 'done', 'dropped')"),
        check("ended", "(ended_at is null) = (state = 'open')"),
        index(
            "ix_action_owner_open", "school_id", "owner_id", "due_at", "id", where="state = 'open'"
        ),
        index("ix_action_school_id_concern_id", "school_id", "concern_id"),
        index("ix_action_meeting", "school_id", "meeting_id", where="meeting_id is not null"),
        index("ix_action_open", "school_id", "due_at", "id", where="state = 'open'"),
        index("ix_action_set_by", "school_id", "set_by", "due_at", "id", where="state = 'open'"),
    )
    school_table(
        "concern_event",
        column("concern_id", UUID, to="concern"),
        column("verb", TEXT),
        column("at", MOMENT),
        column("by_id", UUID, to="staff"),
        column("by_role", TEXT),
        column("from_state", TEXT, empty=True),
        column("to_state", TEXT),
        column("reason", TEXT, empty=True),
        column("details", JSON, default="'{}'::jsonb"),
        index("ix_concern_event_school_id_concern_id", "school_id", "concern_id"),
    )


def attachments() -> None:
    """Files kept with a concern."""
    school_table(
        "attachment",
        column("concern_id", UUID, to="concern"),
        column("file_name", TEXT),
        column("content_type", TEXT),
        column("size", NUMBER),
        column("sha256", TEXT),
        column("key", TEXT),
        column("description", TEXT, empty=True),
        column("added_by", UUID, to="staff"),
        column("recorded_at", MOMENT),
        column("state", TEXT, changes=True, default="'available'"),
        column("scan_result", TEXT, changes=True, default="'not_scanned'"),
        column("scanned_at", MOMENT, empty=True, changes=True),
        column("signature", TEXT, empty=True, changes=True),
        column("signature_version", TEXT, empty=True, changes=True),
        column("flags", TEXTS, changes=True, default="'{}'"),
        column("stripped_key", TEXT, empty=True),
        column("stripped_size", NUMBER, empty=True),
        column("stripped_sha256", TEXT, empty=True),
        check("state", "state in ('quarantined', 'available', 'held')"),
        check(
            "scan_result", "scan_result in ('not_scanned', 'clean', 'found', 'failed', 'too_large')"
        ),
        check(
            "never_served_unless_clean",
            "state <> 'available' or scan_result in ('not_scanned', 'clean')",
        ),
        check("stripped", "num_nonnulls(stripped_key, stripped_size, stripped_sha256) in (0, 3)"),
        index("ix_attachment_school_id_concern_id", "school_id", "concern_id"),
        index(
            "ix_attachment_quarantined",
            "school_id",
            "recorded_at",
            "id",
            where="state = 'quarantined'",
        ),
    )
    list_schools("attachment")


def chronology() -> None:
    """The dated history of a child."""
    school_table(
        "chronology_entry",
        column("child_id", UUID, to="child", changes=True),
        column("occurred_at", MOMENT, changes=True),
        column("occurred_precision", TEXT, changes=True),
        column("recorded_at", MOMENT),
        column("late", YES_OR_NO, changes=True),
        column("kind", TEXT),
        column("thing_id", UUID),
        column("concern_id", UUID, empty=True, to="concern"),
        column("confidentiality", TEXT, changes=True),
        column("author_id", UUID, to="staff"),
        column("author_role", TEXT),
        column("significant", YES_OR_NO, changes=True, default="false"),
        index("ix_chronology_entry_child", "school_id", "child_id", "occurred_at desc", "id desc"),
    )


def reviews() -> None:
    """Looks at a child's situation or a concern that somebody owes, and what came of each."""
    school_table(
        "review",
        column("child_id", UUID, empty=True, to="child"),
        column("concern_id", UUID, empty=True, to="concern"),
        column("decision_id", UUID, empty=True, to="decision"),
        column("what", TEXT, changes=True),
        column("confidentiality", TEXT, changes=True),
        column("owner_id", UUID, to="staff", changes=True),
        column("due_at", MOMENT, changes=True),
        column("due_rule", TEXT, empty=True, changes=True),
        column("every_count", NUMBER, empty=True, changes=True),
        column("every_unit", TEXT, empty=True, changes=True),
        column("set_by", UUID, to="staff"),
        column("set_at", MOMENT),
        column("done_at", MOMENT, empty=True, changes=True),
        column("ended_at", MOMENT, empty=True, changes=True),
        column("ended_by", UUID, empty=True, to="staff", changes=True),
        column("end_reason", TEXT, empty=True, changes=True),
        version(),
        column("changed_at", MOMENT, changes=True),
        check("confidentiality", "confidentiality ~ '^K[2-5]$'"),
        check("one_record", "num_nonnulls(child_id, concern_id) = 1"),
        check("every", "(every_count is null) = (every_unit is null) and every_count >= 1"),
        check("ended", "(ended_at is null) = (ended_by is null)"),
        index("ix_review_due", "school_id", "due_at", "id", where="ended_at is null"),
        index("ix_review_newest", "school_id", "set_at desc", "id desc"),
        index("ix_review_child", "school_id", "child_id"),
        index("ix_review_concern", "school_id", "concern_id"),
        unique("uq_review_decision", "school_id", "decision_id", where="decision_id is not null"),
    )
    school_table(
        "review_note",
        column("review_id", UUID, to="review"),
        column("note", TEXT),
        column("outcome", TEXT),
        column("was_due_at", MOMENT),
        column("next_due_at", MOMENT, empty=True),
        column("by_id", UUID, to="staff"),
        column("at", MOMENT),
        check("outcome", "outcome in ('continue', 'change', 'end')"),
        check("next", "(outcome = 'end') = (next_due_at is null)"),
        index("ix_review_note_review", "school_id", "review_id", "at"),
    )


def meetings() -> None:
    """Meetings about a child, and what was written down of each."""
    school_table(
        "meeting",
        column("kind", TEXT),
        column("child_id", UUID, to="child"),
        column("concern_id", UUID, empty=True, to="concern"),
        column("together_id", UUID, empty=True),
        column("after_id", UUID, empty=True),
        column("confidentiality", TEXT),
        column("starts_at", MOMENT, changes=True),
        column("place", TEXT, empty=True, changes=True),
        column("invited", JSON, changes=True),
        column("papers", JSON, changes=True),
        column("owner_id", UUID, to="staff", changes=True),
        column("due_at", MOMENT, changes=True),
        column("due_rule", TEXT, empty=True, changes=True),
        column("state", TEXT, changes=True),
        column("cancel_reason", TEXT, empty=True, changes=True),
        column("set_by", UUID, to="staff"),
        column("set_at", MOMENT),
        column("ended_at", MOMENT, empty=True, changes=True),
        column("ended_by", UUID, empty=True, to="staff", changes=True),
        version(),
        column("changed_at", MOMENT, changes=True),
        check("confidentiality", "confidentiality ~ '^K[2-5]$'"),
        check("state", "state in ('planned', 'held', 'cancelled')"),
        check("ended", "(state = 'planned') = (ended_at is null)"),
        check("cancelled", "(state = 'cancelled') = (cancel_reason is not null)"),
        index("ix_meeting_due", "school_id", "due_at", "id", where="ended_at is null"),
        index("ix_meeting_newest", "school_id", "starts_at desc", "id desc"),
        index("ix_meeting_child", "school_id", "child_id"),
        index("ix_meeting_concern", "school_id", "concern_id"),
    )
    refer("meeting", together_id="meeting", after_id="meeting")
    refer("action", meeting_id="meeting")
    school_table(
        "meeting_minute",
        column("meeting_id", UUID, to="meeting"),
        column("held_at", MOMENT),
        column("people", JSON),
        column("papers", JSON),
        column("result", TEXT),
        column("decisions", TEXT),
        column("dissent", JSON),
        column("reason", TEXT, empty=True),
        column("by_id", UUID, to="staff"),
        column("at", MOMENT),
        index("ix_meeting_minute_meeting", "school_id", "meeting_id", "at", "id"),
    )


def cases() -> None:
    """Concerns that are held as one, and every look at them."""
    school_table(
        "concern_case",
        column("child_id", UUID, to="child"),
        column("concern_ids", UUIDS, changes=True),
        column("former_ids", UUIDS, default="'{}'", changes=True),
        column("title", TEXT, changes=True),
        column("plan", TEXT, changes=True),
        column("owner_id", UUID, to="staff", changes=True),
        column("due_at", MOMENT, changes=True),
        column("due_rule", TEXT, empty=True, changes=True),
        column("set_by", UUID, to="staff"),
        column("set_at", MOMENT),
        column("looked_at", MOMENT, empty=True, changes=True),
        column("ended_at", MOMENT, empty=True, changes=True),
        column("ended_by", UUID, empty=True, to="staff", changes=True),
        column("end_reason", TEXT, empty=True, changes=True),
        version(),
        column("changed_at", MOMENT, changes=True),
        check("concerns", "cardinality(concern_ids || former_ids) >= 1"),
        check(
            "ended",
            "(ended_at is null) = (ended_by is null) and (ended_at is null) = (end_reason is null)",
        ),
        index("ix_concern_case_due", "school_id", "due_at", "id", where="ended_at is null"),
        index("ix_concern_case_newest", "school_id", "set_at desc", "id desc"),
        index("ix_concern_case_child", "school_id", "child_id"),
    )
    school_table(
        "case_note",
        column("case_id", UUID, to="concern_case"),
        column("kind", TEXT),
        column("note", TEXT),
        column("plan", TEXT),
        column("by_id", UUID, to="staff"),
        column("at", MOMENT),
        check("kind", "kind in ('begun', 'reviewed', 'closed')"),
        index("ix_case_note_case", "school_id", "case_id", "at", "id"),
    )


def scanning() -> None:
    """Rounds over all stored files, which are scanned again when the scanner learnt more."""
    table(
        "scan_round",
        column("id", UUID),
        column("signature_version", TEXT),
        column("begun_at", MOMENT),
        column("ended_at", MOMENT, empty=True, changes=True),
        column("after_school", UUID, changes=True),
        column("after_file", UUID, changes=True),
        column("done", NUMBER, changes=True),
        column("failed", NUMBER, changes=True),
        index("ix_scan_round_running", "begun_at", where="ended_at is null"),
        key=("id",),
    )


def incomplete_reports() -> None:
    """Urgent reports that could not be taken."""
    school_table(
        "incomplete_report",
        column("reporter_id", UUID, to="staff"),
        column("operation", TEXT),
        column("thing_id", UUID, empty=True),
        column("register", TEXT, changes=True),
        column("about_head", YES_OR_NO, changes=True),
        column("owner_id", UUID, empty=True, to="staff", changes=True),
        column("due_at", MOMENT, empty=True, changes=True),
        column("due_rule", TEXT, empty=True, changes=True),
        column("signed_in", YES_OR_NO),
        column("body", TEXT),
        column("cut", YES_OR_NO),
        column("digest", BYTES),
        column("asks", TEXTS),
        column("urgent", YES_OR_NO),
        column("barred", UUIDS, changes=True),
        column("received_at", MOMENT),
        column("times", NUMBER, changes=True),
        column("last_at", MOMENT, changes=True),
        column("state", TEXT, changes=True),
        column("concern_id", UUID, empty=True, to="concern", changes=True),
        column("ended_by", UUID, empty=True, to="staff", changes=True),
        column("ended_at", MOMENT, empty=True, changes=True),
        column("reason", TEXT, empty=True, changes=True),
        version(),
        column("changed_at", MOMENT, changes=True),
        check("ended", "(ended_at is null) = (state = 'open')"),
        check("register", "register in ('children', 'adults')"),
        check("keeper", "(register = 'adults') = (owner_id is not null)"),
        check("due", "ended_at is not null or (register = 'adults') = (due_at is not null)"),
        check("apart", "register = 'children' or concern_id is null"),
        index(
            "ix_incomplete_report_reporter",
            "school_id",
            "reporter_id",
            "digest",
            where="ended_at is null",
        ),
        index("ix_incomplete_report_newest", "school_id", "received_at desc", "id desc"),
        index("ix_incomplete_report_concern", "school_id", "concern_id"),
        index(
            "ix_incomplete_report_open",
            "school_id",
            "received_at desc",
            "id desc",
            where="ended_at is null",
        ),
        index(
            "ix_incomplete_report_adults",
            "school_id",
            "received_at desc",
            "id",
            where="register = 'adults'",
        ),
    )


def attendance() -> None:
    """Marks of registration of children whom somebody looks after."""
    school_table(
        "attendance_mark",
        column("child_id", UUID, to="child"),
        column("day", DAY),
        column("session", TEXT),
        column("mark", TEXT, changes=True),
        column("explained", YES_OR_NO, changes=True),
        column("marked_at", MOMENT, changes=True),
        column("received_at", MOMENT, changes=True),
        unique("uq_attendance_mark_session", "school_id", "child_id", "day", "session"),
    )


def keys_to_this_area() -> None:
    """Keys of tables that stand before those they name."""
    refer("access_grant", concern_id="concern", child_id="child")
    refer("conflict", concern_id="concern", child_id="child")
    refer("reading_notice", child_id="child")
    refer("alert", action_id="action", concern_id="concern")
    refer("task", child_id="child", concern_id="concern")


def downgrade() -> None:
    """Undo."""
    drop_functions("similar_name_tokens", "schools_in_attachment")
    drop_tables(*TABLES)
