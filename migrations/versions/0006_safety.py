"""Safety: keeping a pupil safe."""

import sqlalchemy as sa

from migrations.protection import drop_functions
from migrations.sealing import list_schools
from migrations.tables import (
    DAY,
    JSON,
    MOMENT,
    NUMBER,
    SHORT,
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

revision = "0006"
down_revision = "0005"

TABLES = (
    "safety_record",
    "bereavement_case",
    "bereavement_member",
    "affected_person",
    "bereavement_entry",
    "bereavement_date",
    "frozen_file",
    "reintegration",
    "sanction",
    "site_request",
    "staff_support_offer",
    "supervision_session",
    "support_plan",
    "check_in",
    "support_list_entry",
    "support_list_hand_over",
    "staff_away",
    "child_group",
    "child_group_member",
    "linked_concern",
    "linked_row",
    "named_content",
    "concern_mark",
    "calendar_note",
    "linked_count",
    "safety_plan",
    "safety_plan_holder",
    "self_harm",
    "self_harm_step",
    "unmatched_child",
    "support_service",
    "authority_contacts",
    "proposed_change",
)


def upgrade() -> None:
    """Apply."""
    records()
    bereavement()
    reintegrations()
    check_ins()
    linked_concerns()
    safety_plans()
    self_harm()
    support_services()


def records() -> None:
    """Records of keeping a child safe."""
    school_table(
        "safety_record",
        column("child_id", UUID, to="child"),
        column("concern_id", UUID, empty=True, to="concern"),
        column("kind", TEXT),
        column("content", JSON),
        column("summary", TEXT),
        column("occurred_at", MOMENT),
        column("occurred_precision", TEXT),
        column("recorded_at", MOMENT),
        column("late", YES_OR_NO),
        column("confidentiality", TEXT),
        column("by_id", UUID, to="staff"),
        column("by_role", TEXT),
        column("supersedes_id", UUID, empty=True, to="safety_record"),
        column("reason", TEXT, empty=True),
        column("post_event", YES_OR_NO),
        check("confidentiality", "confidentiality ~ '^K[2-5]$'"),
        check("amended", "(supersedes_id is null) = (reason is null)"),
        index(
            "ix_safety_record_child", "school_id", "child_id", "kind", "recorded_at desc", "id desc"
        ),
        index("ix_safety_record_concern", "school_id", "concern_id"),
        unique(
            "uq_safety_record_supersedes",
            "school_id",
            "supersedes_id",
            where="supersedes_id is not null",
        ),
    )


def bereavement() -> None:
    """The time after a death: the case, its team, who may be affected, what was said, hard days."""
    school_table(
        "bereavement_case",
        column("state", TEXT, changes=True),
        column("person_died", TEXT),
        column("child_id", UUID, empty=True, to="child"),
        column("person", TEXT, empty=True),
        column("learned_from", TEXT),
        column("died_on", DAY, empty=True, changes=True),
        column("authority", TEXT, empty=True),
        column("confirmed_by", TEXT, empty=True, changes=True),
        column("confirmed_with", TEXT, empty=True, changes=True),
        column("cause_wording", TEXT, changes=True),
        column("cause_approvals", JSON, changes=True),
        column("lead_id", UUID, to="staff", changes=True),
        column("proposed_by", UUID, to="staff"),
        column("proposed_at", MOMENT),
        column("decided_by", UUID, empty=True, to="staff", changes=True),
        column("decided_at", MOMENT, empty=True, changes=True),
        column("pending", JSON, empty=True, changes=True),
        column("ended_at", MOMENT, empty=True, changes=True),
        version(),
        column("changed_at", MOMENT, changes=True),
        check("state", "state in ('proposed', 'open', 'closed', 'taken_back', 'undone')"),
        check("who", "num_nonnulls(child_id, person) >= 1"),
        check("two_people", "decided_by is null or decided_by <> proposed_by"),
        check("ended", "(ended_at is null) = (state in ('proposed', 'open'))"),
        index("ix_bereavement_case_newest", "school_id", "proposed_at desc", "id desc"),
        unique(
            "uq_bereavement_case_child",
            "school_id",
            "child_id",
            where="child_id is not null and state not in ('taken_back', 'undone')",
        ),
    )
    school_table(
        "bereavement_member",
        column("case_id", UUID, to="bereavement_case"),
        column("role", TEXT),
        column("staff_id", UUID, to="staff"),
        column("deputy_id", UUID, empty=True, to="staff"),
        column("added_by", UUID, to="staff"),
        column("added_at", MOMENT),
        column("left_at", MOMENT, empty=True, changes=True),
        version(),
        check("deputy", "deputy_id is null or deputy_id <> staff_id"),
        index("ix_bereavement_member_case", "school_id", "case_id"),
        index("ix_bereavement_member_staff", "school_id", "staff_id", where="left_at is null"),
    )
    school_table(
        "affected_person",
        column("case_id", UUID, to="bereavement_case"),
        column("child_id", UUID, empty=True, to="child"),
        column("staff_id", UUID, empty=True, to="staff"),
        column("reason_codes", TEXTS, changes=True),
        column("note", TEXT, empty=True, changes=True),
        column("offer", TEXT, changes=True),
        column("owner_id", UUID, to="staff", changes=True),
        column("next", TEXT, empty=True, changes=True),
        column("left_alone", YES_OR_NO, changes=True),
        column("moved_to", TEXT, empty=True, changes=True),
        column("added_by", UUID, to="staff"),
        column("added_at", MOMENT),
        column("ended_at", MOMENT, empty=True, changes=True),
        version(),
        column("changed_at", MOMENT, changes=True),
        check("one", "num_nonnulls(child_id, staff_id) = 1"),
        unique(
            "uq_affected_person_child",
            "school_id",
            "case_id",
            "child_id",
            where="child_id is not null and ended_at is null",
        ),
        unique(
            "uq_affected_person_staff",
            "school_id",
            "case_id",
            "staff_id",
            where="staff_id is not null and ended_at is null",
        ),
    )
    school_table(
        "bereavement_entry",
        column("case_id", UUID, to="bereavement_case"),
        column("kind", TEXT),
        column("content", JSON),
        column("about_id", UUID, empty=True, to="bereavement_entry"),
        column("amends_id", UUID, empty=True, to="bereavement_entry"),
        column("by_id", UUID, to="staff"),
        column("at", MOMENT),
        index("ix_bereavement_entry_case", "school_id", "case_id", "at desc", "id desc"),
        index("ix_bereavement_entry_about", "school_id", "about_id"),
        unique(
            "uq_bereavement_entry_amends", "school_id", "amends_id", where="amends_id is not null"
        ),
    )
    school_table(
        "bereavement_date",
        column("case_id", UUID, to="bereavement_case"),
        column("kind", TEXT),
        column("falls_on", DAY, changes=True),
        column("yearly", YES_OR_NO, changes=True),
        column("owner_id", UUID, to="staff", changes=True),
        column("days_before", SHORT, changes=True),
        column("days_after", SHORT, changes=True),
        column("set_at", MOMENT),
        column("ended_at", MOMENT, empty=True, changes=True),
        version(),
        column("changed_at", MOMENT, changes=True),
        check("before", "days_before between 0 and 60"),
        check("after", "days_after between 0 and 60"),
        index("ix_bereavement_date_case", "school_id", "case_id"),
        index("ix_bereavement_date_live", "school_id", "falls_on", where="ended_at is null"),
    )
    school_table(
        "frozen_file",
        column("child_id", UUID, to="child"),
        column("case_id", UUID, to="bereavement_case"),
        column("frozen_at", MOMENT),
        column("frozen_by", UUID, to="staff"),
        column("undone_at", MOMENT, empty=True, changes=True),
        column("undone_by", UUID, empty=True, to="staff", changes=True),
        column("reason", TEXT, empty=True, changes=True),
        check("undone", "num_nonnulls(undone_at, undone_by, reason) in (0, 3)"),
        unique("uq_frozen_file_child", "school_id", "child_id", where="undone_at is null"),
    )


def reintegrations() -> None:
    """Reintegrations, sanctions, site requests, and offers to staff."""
    school_table(
        "reintegration",
        column("child_id", UUID, to="child"),
        column("concern_id", UUID, empty=True, to="concern"),
        column("record_id", UUID, to="safety_record", changes=True),
        column("expected_on", DAY, empty=True, changes=True),
        column("returned_on", DAY, empty=True, changes=True),
        column("adult_id", UUID, empty=True, to="staff"),
        column("met_at", MOMENT, empty=True, changes=True),
        column("set_by", UUID, to="staff"),
        column("set_at", MOMENT),
        column("ended_at", MOMENT, empty=True, changes=True),
        version(),
        column("changed_at", MOMENT, changes=True),
        index("ix_reintegration_child", "school_id", "child_id"),
        index("ix_reintegration_concern", "school_id", "concern_id"),
        index("ix_reintegration_record", "school_id", "record_id"),
    )
    school_table(
        "sanction",
        column("child_id", UUID, to="child"),
        column("kind", TEXT),
        column("day", DAY),
        column("school_reason", TEXT),
        column("sent_by", UUID),
        column("sent_at", MOMENT),
        column("record_id", UUID, empty=True, to="safety_record", changes=True),
        column("looked_at", MOMENT, empty=True, changes=True),
        version(),
        index("ix_sanction_child", "school_id", "child_id"),
        index("ix_sanction_record", "school_id", "record_id"),
    )
    school_table(
        "site_request",
        column("place", TEXT),
        column("needs", TEXT),
        column("reason", TEXT, empty=True),
        column("noted_by", UUID, to="staff"),
        column("noted_at", MOMENT),
        index("ix_site_request_newest", "school_id", "noted_at desc", "id desc"),
    )
    school_table(
        "staff_support_offer",
        column("person_id", UUID, to="staff"),
        column("offered_by", UUID, to="staff"),
        column("words", TEXT, empty=True),
        column("offered_at", MOMENT),
        column("answer", TEXT, empty=True, changes=True),
        column("answered_at", MOMENT, empty=True, changes=True),
        version(),
        check("two", "person_id <> offered_by"),
        check("answered", "(answer is null) = (answered_at is null)"),
        index("ix_staff_support_offer_person", "school_id", "person_id"),
        index("ix_staff_support_offer_offered_by", "school_id", "offered_by"),
    )
    school_table(
        "supervision_session",
        column("supervisee_id", UUID, to="staff"),
        column("supervisor_id", UUID, to="staff"),
        column("held_on", DAY),
        column("note", TEXT),
        column("children_named", UUIDS),
        column("concerns_named", UUIDS),
        column("agreed", JSON),
        column("set_by", UUID, to="staff"),
        column("set_at", MOMENT),
        check("two", "supervisee_id <> supervisor_id"),
        check("by_one_of_them", "set_by in (supervisee_id, supervisor_id)"),
        index("ix_supervision_session_supervisee", "school_id", "supervisee_id"),
        index("ix_supervision_session_supervisor", "school_id", "supervisor_id"),
    )


def check_ins() -> None:
    """Support plans, check-ins with their owner and cover, and who is on the support list."""
    school_table(
        "support_plan",
        column("child_id", UUID, to="child"),
        column("record_id", UUID, to="safety_record", changes=True),
        column("adult_id", UUID, to="staff", changes=True),
        column("cover_id", UUID, to="staff", changes=True),
        column("place", TEXT, empty=True, changes=True),
        column("windows", JSON, changes=True),
        column("cadence", JSON, changes=True),
        column("began_on", DAY, changes=True),
        column("holiday_arrangement", TEXT, empty=True, changes=True),
        column("review_due_at", MOMENT, changes=True),
        column("made_at", MOMENT),
        column("made_by", UUID, to="staff"),
        column("ended_at", MOMENT, empty=True, changes=True),
        column("ended_by", UUID, empty=True, to="staff", changes=True),
        version(),
        column("changed_at", MOMENT, changes=True),
        check("two_people", "adult_id <> cover_id"),
        unique("uq_support_plan_child", "school_id", "child_id", where="ended_at is null"),
    )
    list_schools("support_plan")
    school_table(
        "check_in",
        column("child_id", UUID, to="child"),
        column("plan_id", UUID, empty=True, to="support_plan"),
        column("reintegration_id", UUID, empty=True, to="reintegration"),
        column("owner_id", UUID, to="staff", changes=True),
        column("cover_id", UUID, to="staff", changes=True),
        column("opens_at", MOMENT, changes=True),
        column("due_at", MOMENT, changes=True),
        column("due_rule", TEXT, empty=True, changes=True),
        column("place", TEXT, empty=True, changes=True),
        column("asked_id", UUID, empty=True, to="staff", changes=True),
        column("asked_at", MOMENT, empty=True, changes=True),
        column("answer_by", MOMENT, empty=True, changes=True),
        column("missed_at", MOMENT, empty=True, changes=True),
        column("how", TEXT, empty=True, changes=True),
        column("done_at", MOMENT, empty=True, changes=True),
        column("done_by", UUID, empty=True, to="staff", changes=True),
        column("outcome", TEXT, empty=True, changes=True),
        column("worried_more", YES_OR_NO, empty=True, changes=True),
        column("record_id", UUID, empty=True, to="safety_record", changes=True),
        column("state", TEXT, changes=True),
        column("ended_at", MOMENT, empty=True, changes=True),
        column("ended_by", UUID, empty=True, to="staff", changes=True),
        column("made_at", MOMENT),
        version(),
        column("changed_at", MOMENT, changes=True),
        check("state", "state in ('open', 'done', 'declined', 'settled', 'dropped')"),
        check("ended", "(state = 'open') = (ended_at is null)"),
        index("ix_check_in_due", "school_id", "due_at", "id", where="ended_at is null"),
        index("ix_check_in_owner", "school_id", "owner_id", "due_at", where="ended_at is null"),
        index("ix_check_in_child", "school_id", "child_id", "due_at desc"),
        unique(
            "uq_check_in_window",
            "school_id",
            "plan_id",
            "opens_at",
            where="plan_id is not null and state <> 'dropped'",
        ),
        unique(
            "uq_check_in_first_days",
            "school_id",
            "reintegration_id",
            "opens_at",
            where="reintegration_id is not null and state <> 'dropped'",
        ),
        index(
            "ix_check_in_child_open", "school_id", "child_id", "due_at", where="ended_at is null"
        ),
    )
    school_table(
        "support_list_entry",
        column("child_id", UUID, to="child"),
        column("reason_code", TEXT, changes=True),
        column("source_noun", TEXT),
        column("source_id", UUID),
        column("reason", TEXT, empty=True),
        column("until", MOMENT, changes=True),
        column("put_at", MOMENT),
        column("put_by", UUID, empty=True, to="staff"),
        column("ended_at", MOMENT, empty=True, changes=True),
        column("ended_by", UUID, empty=True, to="staff", changes=True),
        column("end_reason", TEXT, empty=True, changes=True),
        version(),
        column("changed_at", MOMENT, changes=True),
        index("ix_support_list_entry_child", "school_id", "child_id"),
        unique(
            "uq_support_list_entry_source",
            "school_id",
            "source_noun",
            "source_id",
            "child_id",
            where="ended_at is null",
        ),
    )
    list_schools("support_list_entry")
    school_table(
        "support_list_hand_over",
        column("to_id", UUID, to="staff"),
        column("note", TEXT),
        column("content", JSON),
        column("by_id", UUID, to="staff"),
        column("at", MOMENT),
        column("acknowledged_at", MOMENT, empty=True, changes=True),
        version(),
        index("ix_support_list_hand_over_at", "school_id", "at desc", "id desc"),
    )
    school_table(
        "staff_away",
        column("staff_id", UUID, to="staff"),
        column("valid_from", DAY),
        column("valid_to", DAY),
        column("said_by", UUID, to="staff"),
        column("said_at", MOMENT),
        column("ended_at", MOMENT, empty=True, changes=True),
        column("ended_by", UUID, empty=True, to="staff", changes=True),
        version(),
        check("days", "valid_from < valid_to"),
        index("ix_staff_away_days", "school_id", "valid_to"),
    )


def linked_concerns() -> None:
    """Child groups, linked concerns, what was named, and what was on at school."""
    school_table(
        "child_group",
        column("kind", TEXT),
        column("label", TEXT, empty=True),
        column("heard_from", TEXT, empty=True),
        column("source", TEXT),
        column("stated_by", UUID, to="staff"),
        column("stated_at", MOMENT),
        column("confirmed_by", UUID, empty=True, to="staff", changes=True),
        column("confirmed_at", MOMENT, empty=True, changes=True),
        column("ended_by", UUID, empty=True, to="staff", changes=True),
        column("ended_at", MOMENT, empty=True, changes=True),
        column("end_reason", TEXT, empty=True, changes=True),
        version(),
        column("changed_at", MOMENT, changes=True),
        check("end_reason", "(end_reason is null) = (ended_at is null)"),
        check("confirmed", "(confirmed_by is null) = (confirmed_at is null)"),
        check("ended", "(ended_by is null) = (ended_at is null)"),
        index("ix_child_group_newest", "school_id", "stated_at desc", "id desc"),
        index(
            "ix_child_group_running",
            "school_id",
            "stated_at desc",
            "id desc",
            where="ended_at is null",
        ),
    )
    school_table(
        "child_group_member",
        column("id", UUID, to="child_group"),
        column("child_id", UUID, to="child"),
        column("added_by", UUID, to="staff"),
        column("added_at", MOMENT),
        index("ix_child_group_member_school_id_child_id_id", "school_id", "child_id", "id"),
        key=("id", "child_id"),
    )
    school_table(
        "linked_concern",
        column("rule_id", TEXT),
        column("rule_version", TEXT),
        column("fired_at", MOMENT),
        column("confidentiality", TEXT, changes=True),
        column("event_ids", UUIDS),
        column("links", JSON),
        column("state", TEXT, changes=True),
        column("ended_by", UUID, empty=True, to="staff", changes=True),
        column("ended_at", MOMENT, empty=True, changes=True),
        column("reason", TEXT, empty=True, changes=True),
        column("looked_at", MOMENT, empty=True, changes=True),
        column("looked_with", TEXT, empty=True, changes=True),
        column("follows", TEXT, empty=True, changes=True),
        version(),
        column("changed_at", MOMENT, changes=True),
        check("confidentiality", "confidentiality ~ '^K[2-5]$'"),
        check("state", "state in ('open', 'looked_together', 'dismissed')"),
        check("reason", "(state = 'dismissed') = (reason is not null)"),
        check("ended", "(state = 'open') = (ended_at is null)"),
        unique("uq_linked_concern_rows", "school_id", "rule_id", "event_ids"),
        index("ix_linked_concern_newest", "school_id", "fired_at desc", "id desc"),
        index(
            "ix_linked_concern_open",
            "school_id",
            "fired_at desc",
            "id desc",
            where="ended_at is null",
        ),
    )
    school_table(
        "linked_row",
        column("id", UUID, to="linked_concern"),
        column("concern_id", UUID, to="concern"),
        column("child_id", UUID, to="child"),
        index("ix_linked_row_school_id_concern_id", "school_id", "concern_id"),
        index("ix_linked_row_school_id_child_id", "school_id", "child_id"),
        key=("id", "concern_id", "child_id"),
    )
    school_table(
        "named_content",
        column("kind", TEXT),
        column("label", TEXT),
        column("stated_by", UUID, to="staff"),
        column("stated_at", MOMENT),
        index("ix_named_content_newest", "school_id", "stated_at desc", "id desc"),
    )
    school_table(
        "concern_mark",
        column("concern_id", UUID, to="concern"),
        column("named_content_id", UUID, empty=True, to="named_content"),
        column("site_request_id", UUID, empty=True, to="site_request"),
        column("marked_by", UUID, to="staff"),
        column("marked_at", MOMENT),
        check("one", "num_nonnulls(named_content_id, site_request_id) = 1"),
        unique(
            "uq_concern_mark_named_content",
            "school_id",
            "concern_id",
            "named_content_id",
            where="named_content_id is not null",
        ),
        unique(
            "uq_concern_mark_site_request",
            "school_id",
            "concern_id",
            "site_request_id",
            where="site_request_id is not null",
        ),
        index("ix_concern_mark_named", "school_id", "named_content_id"),
        index("ix_concern_mark_site_request", "school_id", "site_request_id"),
    )
    school_table(
        "calendar_note",
        column("kind", TEXT),
        column("label", TEXT),
        column("starts_on", DAY),
        column("ends_on", DAY),
        column("added_by", UUID, to="staff"),
        column("added_at", MOMENT),
        column("ended_by", UUID, empty=True, to="staff", changes=True),
        column("ended_at", MOMENT, empty=True, changes=True),
        version(),
        column("changed_at", MOMENT, changes=True),
        check("days", "starts_on <= ends_on"),
        index("ix_calendar_note_days", "school_id", "starts_on desc", "id desc"),
    )
    school_table(
        "linked_count",
        column("month", DAY),
        column("rule_id", TEXT),
        column("schools", TEXT, changes=True),
        column("linked_concerns", TEXT, changes=True),
        column("speak", YES_OR_NO, changes=True),
        column("counted_at", MOMENT, changes=True),
        unique("uq_linked_count_month", "school_id", "month", "rule_id"),
    )


def safety_plans() -> None:
    """Versions of a pupil's safety plan, and who has a copy of one."""
    school_table(
        "safety_plan",
        column("child_id", UUID, to="child"),
        column("concern_id", UUID, empty=True, to="concern", changes=True),
        column("number", NUMBER),
        column("state", TEXT, changes=True),
        column("confidentiality", TEXT, changes=True),
        column("content", JSON, changes=True),
        column("lead_id", UUID, to="staff", changes=True),
        column("chosen_adult_id", UUID, empty=True, to="staff", changes=True),
        column("cover_adult_id", UUID, empty=True, to="staff", changes=True),
        column("holiday_arrangement", TEXT, empty=True, changes=True),
        column("seen_by_health", JSON, empty=True, changes=True),
        column("last_read_with_pupil", MOMENT, empty=True, changes=True),
        column("supersedes_id", UUID, empty=True, to="safety_plan"),
        column("record_id", UUID, empty=True, to="safety_record", changes=True),
        column("made_by", UUID, to="staff"),
        column("made_at", MOMENT),
        column("agreed_by", UUID, empty=True, to="staff", changes=True),
        column("agreed_at", MOMENT, empty=True, changes=True),
        column("used_at", MOMENT, empty=True, changes=True),
        column("ended_at", MOMENT, empty=True, changes=True),
        column("ended_by", UUID, empty=True, to="staff", changes=True),
        column("end_reason", TEXT, empty=True, changes=True),
        version(),
        column("changed_at", MOMENT, changes=True),
        check(
            "state", "state in ('draft', 'agreed', 'in_use', 'under_review', 'replaced', 'ended')"
        ),
        check("confidentiality", "confidentiality ~ '^K[2-5]$'"),
        check("ended", "(state in ('replaced', 'ended')) = (ended_at is not null)"),
        check(
            "made_with",
            "agreed_at is null or (record_id is not null and "
            "coalesce(content->>'made_with', '') <> '' and (content->>'made_with' <> "
            "'not_yet' or coalesce(content->>'made_with_reason', '') <> ''))",
        ),
        check("agreed", "state in ('draft', 'ended') or agreed_at is not null"),
        unique("uq_safety_plan_number", "school_id", "child_id", "number"),
        unique(
            "uq_safety_plan_in_use",
            "school_id",
            "child_id",
            where="state in ('in_use', 'under_review')",
        ),
        index(
            "ix_safety_plan_chosen_adult_id",
            "school_id",
            "chosen_adult_id",
            where="state in ('in_use', 'under_review')",
        ),
        index(
            "ix_safety_plan_cover_adult_id",
            "school_id",
            "cover_adult_id",
            where="state in ('in_use', 'under_review')",
        ),
        index("ix_safety_plan_concern", "school_id", "concern_id"),
    )
    school_table(
        "safety_plan_holder",
        column("plan_id", UUID, to="safety_plan"),
        column("kind", TEXT),
        column("person", TEXT, empty=True),
        column("copy", TEXT),
        column("given_at", MOMENT),
        column("consent", JSON, empty=True),
        column("noted_by", UUID, to="staff"),
        column("noted_at", MOMENT),
        column("recalled_at", MOMENT, empty=True, changes=True),
        column("recalled_by", UUID, empty=True, to="staff", changes=True),
        column("recall_task_id", UUID, empty=True, to="task", changes=True),
        check("recalled", "(recalled_at is null) = (recalled_by is null)"),
        index("ix_safety_plan_holder_plan", "school_id", "plan_id"),
    )


def self_harm() -> None:
    """The pathway after self-harm or words about dying, and a child not yet matched."""
    school_table(
        "self_harm",
        column("id", UUID, to="concern"),
        column("kind_told", TEXT),
        column("told", JSON),
        column("reported_immediacy", TEXT),
        column("begun_by", UUID, to="staff"),
        column("begun_at", MOMENT),
        column("kind", TEXT, changes=True),
        column("state", TEXT, changes=True),
        column("pupils", JSON, changes=True, default="'{}'::jsonb"),
        column("last_event_at", MOMENT, changes=True),
        column("settled_at", MOMENT, empty=True, changes=True),
        column("changed_at", MOMENT, changes=True),
        check("settled", "(settled_at is not null) = (state = 'settled')"),
        index("ix_self_harm_open", "school_id", where="state <> 'closed'"),
    )
    school_table(
        "self_harm_step",
        column("concern_id", UUID, to="self_harm"),
        column("verb", TEXT),
        column("at", MOMENT),
        column("recorded_at", MOMENT),
        column("by_id", UUID, empty=True, to="staff"),
        column("by_role", TEXT),
        column("from_state", TEXT, empty=True),
        column("to_state", TEXT),
        column("details", JSON),
        column("child_ids", UUIDS, empty=True),
        index("ix_self_harm_step_school_id_concern_id", "school_id", "concern_id"),
    )
    school_table(
        "unmatched_child",
        column("id", UUID, to="concern"),
        column("told", JSON),
        column("marks", JSON),
        column("matched_at", MOMENT, empty=True, changes=True),
        column("matched_by", UUID, empty=True, to="staff", changes=True),
        check("matched", "(matched_at is null) = (matched_by is null)"),
    )


def support_services() -> None:
    """Numbers and services that a school shows, and what its authority wants to be called first."""
    school_table(
        "support_service",
        column("national", TEXT, empty=True),
        column("content", JSON, changes=True),
        column("checked_on", DAY, changes=True),
        column("check_by", DAY, changes=True),
        column("checked_by", UUID, to="staff", changes=True),
        version(),
        column("added_at", MOMENT),
        column("changed_at", MOMENT, changes=True),
        column("ended_at", MOMENT, empty=True, changes=True),
        column("ended_by", UUID, empty=True, to="staff", changes=True),
        column("end_reason", TEXT, empty=True, changes=True),
        check("check_by", "check_by >= checked_on"),
        check("ended", "(ended_at is null) = (ended_by is null)"),
        unique(
            "uq_support_service_national",
            "school_id",
            "national",
            where="national is not null and ended_at is null",
        ),
        index("ix_support_service_check_by", "school_id", "check_by", where="ended_at is null"),
    )
    school_table(
        "authority_contacts",
        column("authority", TEXT),
        column("content", JSON, changes=True),
        column("checked_on", DAY, changes=True),
        column("check_by", DAY, changes=True),
        column("checked_by", UUID, to="staff", changes=True),
        version(),
        column("added_at", MOMENT),
        column("changed_at", MOMENT, changes=True),
        sa.UniqueConstraint(
            "school_id", "authority", name="uq_authority_contacts_school_id_authority"
        ),
        check("check_by", "check_by >= checked_on"),
        index("ix_authority_contacts_check_by", "school_id", "check_by"),
    )
    school_table(
        "proposed_change",
        column("noun", TEXT),
        column("thing_id", UUID),
        column("field", TEXT),
        column("before", JSON),
        column("after", JSON),
        column("state", TEXT, changes=True),
        column("proposed_by", UUID, to="staff"),
        column("created_at", MOMENT),
        column("decided_by", UUID, empty=True, to="staff", changes=True),
        column("decided_at", MOMENT, empty=True, changes=True),
        column("reason", TEXT, empty=True, changes=True),
        version(),
        check("state", "state in ('proposed', 'confirmed', 'refused', 'replaced')"),
        check(
            "second_person", "state <> 'confirmed' or coalesce(decided_by <> proposed_by, false)"
        ),
        unique(
            "uq_proposed_change_open",
            "school_id",
            "noun",
            "thing_id",
            "field",
            where="state = 'proposed'",
        ),
    )


def downgrade() -> None:
    """Undo."""
    drop_functions("schools_in_support_plan", "schools_in_support_list_entry")
    drop_tables(*TABLES)
