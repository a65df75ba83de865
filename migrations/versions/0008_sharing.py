"""Sharing: what leaves the school."""

from alembic import op

from migrations.protection import SEARCH, drop_functions, run_as, show
from migrations.sealing import list_schools
from migrations.tables import (
    BYTES,
    JSON,
    LONG,
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
    refer,
    school_table,
    unique,
    version,
)

revision = "0008"
down_revision = "0007"

TABLES = (
    "document_job",
    "document",
    "document_progress",
    "agency",
    "snapshot",
    "snapshot_file",
    "share",
    "share_event",
    "referral",
    "referral_event",
    "referral_variant",
    "recipient_link",
    "recipient_session",
    "sharing_exception",
    "transfer_key",
    "transfer",
    "transfer_packet",
    "transfer_event",
    "file_lock",
    "incoming_transfer",
    "received_file",
    "received_record",
    "received_attachment",
    "file_request",
)


def upgrade() -> None:
    """Apply."""
    documents()
    shares()
    recipients()
    sharing_exceptions()
    transfers()
    transfer_destinations()
    keys_to_this_area()


def documents() -> None:
    """Documents made from records: what was asked for, what was frozen for it, how far it is."""
    school_table(
        "document_job",
        column("kind", TEXT),
        column("child_id", UUID, to="child"),
        column("asked", JSON),
        column("asked_by", UUID, to="staff"),
        column("asked_role", TEXT),
        column("asked_at", MOMENT),
        column("state", TEXT, changes=True, default="'asked'"),
        column("problems", JSON, changes=True, default="'[]'::jsonb"),
        column("ended_at", MOMENT, empty=True, changes=True),
        column("key", TEXT, empty=True, changes=True),
        column("sha256", TEXT, empty=True, changes=True),
        column("size", NUMBER, empty=True, changes=True),
        column("swept_at", MOMENT, empty=True, changes=True),
        version(),
        check("state", "state in ('asked', 'done', 'failed', 'cancelled')"),
        check("kind", "kind in ('chronology')"),
        check("ended", "(ended_at is null) = (state = 'asked')"),
        check("done", "state <> 'done' or key is not null"),
        index(
            "ix_document_job_kept",
            "school_id",
            "ended_at",
            where="state = 'done' and swept_at is null",
        ),
    )
    school_table(
        "document",
        column("id", UUID, to="document_job"),
        column("reference", TEXT),
        column("kind", TEXT),
        column("child_id", UUID, to="child"),
        column("purpose", TEXT),
        column("content", BYTES),
        column("sha256", TEXT),
        column("template_version", NUMBER),
        column("entry_ids", UUIDS),
        column("made_by", UUID, to="staff"),
        column("made_at", MOMENT),
        check("kind", "kind in ('chronology')"),
        unique("uq_document_reference", "school_id", "reference"),
    )
    school_table(
        "document_progress",
        column("id", UUID, to="document_job"),
        column("done", NUMBER, changes=True),
        column("total", NUMBER, empty=True, changes=True),
        column("at", MOMENT, changes=True),
    )


def shares() -> None:
    """Shares with parents and professionals, referrals to agencies, and the frozen snapshots."""
    school_table(
        "agency",
        column("name", TEXT, changes=True),
        column("kind", TEXT, changes=True),
        column("local_authority", TEXT, empty=True, changes=True),
        column("phone", TEXT, empty=True, changes=True),
        column("out_of_hours_phone", TEXT, empty=True, changes=True),
        column("email", TEXT, empty=True, changes=True),
        column("address", TEXT, empty=True, changes=True),
        column("route", TEXT, changes=True),
        column("webhook_url", TEXT, empty=True, changes=True),
        column("webhook_secret", BYTES, empty=True, changes=True),
        column("form_variants", JSON, changes=True, default="'{}'::jsonb"),
        column("retired_at", MOMENT, empty=True, changes=True),
        version(),
        column("created_at", MOMENT),
        column("changed_at", MOMENT, changes=True),
        check("signed", "(webhook_url is null) = (webhook_secret is null)"),
    )
    school_table(
        "snapshot",
        column("kind", TEXT),
        column("child_id", UUID, to="child"),
        column("content", BYTES),
        column("sha256", TEXT),
        column("made_by", UUID, to="staff"),
        column("made_at", MOMENT),
        check("kind", "kind in ('share', 'referral')"),
    )
    school_table(
        "snapshot_file",
        column("snapshot_id", UUID, to="snapshot"),
        column("number", SHORT),
        column("attachment_id", UUID, to="attachment"),
        column("name", TEXT),
        column("content_type", TEXT),
        column("size", NUMBER),
        column("sha256", TEXT),
        column("key", TEXT),
        check("number", "number >= 1"),
        unique("uq_snapshot_file_number", "school_id", "snapshot_id", "number"),
        index("ix_snapshot_file_school_id_attachment_id", "school_id", "attachment_id"),
    )
    school_table(
        "share",
        column("reference", TEXT),
        column("child_id", UUID, to="child"),
        column("recipient_kind", TEXT),
        column("contact_id", UUID, empty=True, to="contact"),
        column("agency_id", UUID, empty=True, to="agency"),
        column("recipient", JSON, changes=True),
        column("purpose", TEXT, changes=True),
        column("purpose_detail", TEXT, empty=True, changes=True),
        column("lawful_basis", TEXT, empty=True, changes=True),
        column("special_category_condition", TEXT, empty=True, changes=True),
        column("para18_limb", TEXT, empty=True, changes=True),
        column("detriment_test", JSON, empty=True, changes=True),
        column("agreement", JSON, empty=True, changes=True),
        column("decision_id", UUID, empty=True, to="decision", changes=True),
        column("items", JSON, changes=True),
        column("state", TEXT, changes=True),
        column("approvals", JSON, changes=True, default="'[]'::jsonb"),
        column("snapshot_id", UUID, empty=True, to="snapshot", changes=True),
        column("expires_at", MOMENT, empty=True, changes=True),
        column("ended_at", MOMENT, empty=True, changes=True),
        column("owner_id", UUID, to="staff", changes=True),
        column("due_at", MOMENT, empty=True, changes=True),
        column("due_rule", TEXT, empty=True, changes=True),
        column("drafted_by", UUID, to="staff"),
        column("drafted_at", MOMENT),
        version(),
        column("changed_at", MOMENT, changes=True),
        check("never_without_due", "ended_at is not null or due_at is not null"),
        check(
            "frozen_when_approved",
            "state in ('draft', 'revoked', 'expired') or snapshot_id is not null",
        ),
        index("ix_share_child", "school_id", "child_id", "drafted_at desc", "id desc"),
        index("ix_share_newest", "school_id", "drafted_at desc", "id desc"),
        unique("uq_share_reference", "school_id", "reference"),
        index("ix_share_open", "school_id", "due_at", "id", where="ended_at is null"),
        index("ix_share_expires", "school_id", "expires_at", "id", where="ended_at is null"),
    )
    school_table(
        "share_event",
        column("share_id", UUID, to="share"),
        column("kind", TEXT),
        column("at", MOMENT),
        column("recorded_at", MOMENT),
        column("by_id", UUID, empty=True, to="staff"),
        column("route", TEXT, empty=True),
        column("text", TEXT, empty=True),
        column("details", JSON, default="'{}'::jsonb"),
        index("ix_share_event_school_id_share_id", "school_id", "share_id"),
    )
    school_table(
        "referral",
        column("reference", TEXT),
        column("child_id", UUID, to="child"),
        column("concern_id", UUID, empty=True, to="concern"),
        column("kind", TEXT),
        column("agency_id", UUID, to="agency", changes=True),
        column("urgency", TEXT, changes=True),
        column("fields", JSON, changes=True),
        column("consent", JSON, empty=True, changes=True),
        column("items", JSON, changes=True),
        column("lawful_basis", TEXT, empty=True, changes=True),
        column("special_category_condition", TEXT, empty=True, changes=True),
        column("para18_limb", TEXT, empty=True, changes=True),
        column("state", TEXT, changes=True),
        column("approvals", JSON, changes=True, default="'[]'::jsonb"),
        column("snapshot_id", UUID, empty=True, to="snapshot", changes=True),
        column("decision_id", UUID, empty=True, to="decision", changes=True),
        column("outcome", TEXT, empty=True, changes=True),
        column("owner_id", UUID, to="staff", changes=True),
        column("due_at", MOMENT, empty=True, changes=True),
        column("due_rule", TEXT, empty=True, changes=True),
        column("sent_at", MOMENT, empty=True, changes=True),
        column("ended_at", MOMENT, empty=True, changes=True),
        column("agency_reference", TEXT, empty=True, changes=True),
        column("form_variant", TEXT, empty=True),
        column("form_version", TEXT, default="'2026-09-01'"),
        column("sources", JSON, changes=True, default="'{}'::jsonb"),
        column("chronology", JSON, empty=True, changes=True),
        column("challenge", JSON, empty=True, changes=True),
        column("delivery", JSON, empty=True, changes=True),
        column("duty_of", UUID, empty=True, to="staff"),
        column("drafted_by", UUID, to="staff"),
        column("drafted_at", MOMENT),
        version(),
        column("changed_at", MOMENT, changes=True),
        check("never_without_due", "ended_at is not null or due_at is not null"),
        index("ix_referral_child", "school_id", "child_id", "drafted_at desc", "id desc"),
        index("ix_referral_newest", "school_id", "drafted_at desc", "id desc"),
        unique("uq_referral_reference", "school_id", "reference"),
        index("ix_referral_open", "school_id", "due_at", "id", where="ended_at is null"),
        index(
            "ix_referral_duty_of",
            "school_id",
            "duty_of",
            "drafted_at desc",
            where="duty_of is not null",
        ),
        index(
            "ix_referral_agency",
            "school_id",
            "agency_id",
            "sent_at desc",
            "id desc",
            where="sent_at is not null",
        ),
    )
    school_table(
        "referral_event",
        column("referral_id", UUID, to="referral"),
        column("kind", TEXT),
        column("at", MOMENT),
        column("recorded_at", MOMENT),
        column("by_kind", TEXT, default="'staff'"),
        column("by_id", UUID, empty=True, to="staff"),
        column("route", TEXT, empty=True),
        column("text", TEXT, empty=True),
        column("details", JSON, default="'{}'::jsonb"),
        check("by_kind", "by_kind in ('staff', 'agency', 'system')"),
        check("by", "(by_kind = 'staff') = (by_id is not null)"),
        index("ix_referral_event_school_id_referral_id", "school_id", "referral_id"),
    )
    school_table(
        "referral_variant",
        column("variant", TEXT),
        column("number", NUMBER),
        column("kind", TEXT),
        column("authority", TEXT),
        column("content", JSON),
        column("added_by", UUID, to="staff"),
        column("added_at", MOMENT),
        check("number", "number >= 1"),
        unique("uq_referral_variant_number", "school_id", "variant", "number"),
    )


def recipients() -> None:
    """Links that recipients of shares and referrals were sent, and sessions behind their codes."""
    school_table(
        "recipient_link",
        column("share_id", UUID, empty=True, to="share"),
        column("referral_id", UUID, empty=True, to="referral"),
        column("secret_hash", BYTES),
        column("sealed", BYTES, empty=True, changes=True),
        column("code_mac", BYTES, empty=True, changes=True),
        column("spent_mac", BYTES, empty=True, changes=True),
        column("code_route", TEXT, changes=True),
        column("code_made_at", MOMENT, changes=True),
        column("wrong_codes", SHORT, changes=True, default="0"),
        column("locked_at", MOMENT, empty=True, changes=True),
        column("expires_at", MOMENT),
        column("address", TEXT, empty=True, changes=True),
        column("language", TEXT, default="'en'"),
        column("mailed_at", MOMENT, empty=True, changes=True),
        column("code_asked_at", MOMENT, empty=True, changes=True),
        column("stop_told_at", MOMENT, empty=True, changes=True),
        column("paused_at", MOMENT, empty=True, changes=True),
        column("made_by", UUID),
        column("made_at", MOMENT),
        column("ended_at", MOMENT, empty=True, changes=True),
        column("ended_reason_code", TEXT, empty=True, changes=True),
        check("wrong_codes", "wrong_codes between 0 and 5"),
        check("one_thing", "num_nonnulls(share_id, referral_id) = 1"),
        check("ended", "(ended_at is null) = (ended_reason_code is null)"),
        check("language", "language in ('en', 'cy')"),
        unique(
            "uq_recipient_link_share",
            "school_id",
            "share_id",
            where="ended_at is null and share_id is not null",
        ),
        unique(
            "uq_recipient_link_referral",
            "school_id",
            "referral_id",
            where="ended_at is null and referral_id is not null",
        ),
        index(
            "ix_recipient_link_living", "school_id", "expires_at", "id", where="ended_at is null"
        ),
    )
    school_table(
        "recipient_session",
        column("link_id", UUID, to="recipient_link"),
        column("secret_hash", BYTES),
        column("network", TEXT),
        column("begun_at", MOMENT),
        column("idle_at", MOMENT, changes=True),
        column("expires_at", MOMENT),
        column("opened_at", MOMENT, empty=True, changes=True),
        column("ended_at", MOMENT, empty=True, changes=True),
        index("ix_recipient_session_link", "school_id", "link_id"),
    )


def sharing_exceptions() -> None:
    """Two people's word that somebody who may not be told may be told all the same, for a while."""
    school_table(
        "sharing_exception",
        column("child_id", UUID, to="child"),
        column("contact_id", UUID, to="contact"),
        column("mark", TEXT),
        column("asked_by", UUID, to="staff"),
        column("asked_at", MOMENT),
        column("asked_reason", TEXT),
        column("agreed_by", UUID, empty=True, to="staff", changes=True),
        column("agreed_at", MOMENT, empty=True, changes=True),
        column("agreed_reason", TEXT, empty=True, changes=True),
        column("until", MOMENT, changes=True),
        column("ended_at", MOMENT, empty=True, changes=True),
        column("ended_by", UUID, empty=True, to="staff", changes=True),
        column("end_reason", TEXT, empty=True, changes=True),
        version(),
        column("changed_at", MOMENT, changes=True),
        check("two_people", "agreed_by <> asked_by"),
        check(
            "agreed",
            "(agreed_by is null) = (agreed_at is null) and (agreed_by is null) = "
            "(agreed_reason is null)",
        ),
        check(
            "ended",
            "(ended_at is null) = (ended_by is null) and (ended_at is null) = (end_reason is null)",
        ),
        index("ix_sharing_exception_child", "school_id", "child_id"),
    )


def transfers() -> None:
    """Transfers of files between schools: what leaves, what comes, and what is locked."""
    school_table(
        "transfer_key",
        column("signing", JSON),
        column("receiving", JSON),
        column("sealed_signing", BYTES, changes=True),
        column("sealed_receiving", BYTES, changes=True),
        column("made_by", UUID, empty=True, to="staff"),
        column("made_at", MOMENT),
        column("retired_at", MOMENT, empty=True, changes=True),
        unique("uq_transfer_key_current", "school_id", where="retired_at is null"),
    )
    school_table(
        "transfer",
        column("reference", TEXT),
        column("child_id", UUID, to="child"),
        column("addendum_to", UUID, empty=True, to="transfer"),
        column("reason_code", TEXT, changes=True),
        column("destination_kind", TEXT, changes=True),
        column("destination_school_id", UUID, empty=True, changes=True),
        column("destination", JSON, changes=True),
        column("route", TEXT, empty=True, changes=True),
        column("receiver_key", JSON, empty=True, changes=True),
        column("items", JSON, changes=True, default="'[]'::jsonb"),
        column("note", TEXT, empty=True, changes=True),
        column("state", TEXT, changes=True),
        column("approved_by", UUID, empty=True, to="staff", changes=True),
        column("approved_at", MOMENT, empty=True, changes=True),
        column("decision_id", UUID, empty=True, to="decision", changes=True),
        column("sealed_passphrase", BYTES, empty=True, changes=True),
        column("packet_id", UUID, empty=True, changes=True),
        column("packed_at", MOMENT, empty=True, changes=True),
        column("sent_at", MOMENT, empty=True, changes=True),
        column("delivered_at", MOMENT, empty=True, changes=True),
        column("receipted_at", MOMENT, empty=True, changes=True),
        column("receipt", JSON, empty=True, changes=True),
        column("ended_at", MOMENT, empty=True, changes=True),
        column("owner_id", UUID, to="staff", changes=True),
        column("due_at", MOMENT, changes=True),
        column("due_rule", TEXT, empty=True, changes=True),
        column("prepared_by", UUID, empty=True, to="staff"),
        column("prepared_at", MOMENT),
        version(),
        column("changed_at", MOMENT, changes=True),
        check(
            "destination_kind", "destination_kind in ('school', 'elsewhere', 'unknown', 'retained')"
        ),
        check("destination", "(destination_kind = 'school') = (destination_school_id is not null)"),
        check("ended", "ended_at is not null or state not in ('locked', 'cancelled', 'retained')"),
        index("ix_transfer_child", "school_id", "child_id", "prepared_at desc"),
        index("ix_transfer_due", "school_id", "due_at", "id", where="ended_at is null"),
        index("ix_transfer_newest", "school_id", "prepared_at desc", "id desc"),
        unique(
            "uq_transfer_addendum_open",
            "school_id",
            "addendum_to",
            where="ended_at is null and addendum_to is not null",
        ),
        unique(
            "uq_transfer_open",
            "school_id",
            "child_id",
            where="ended_at is null and addendum_to is null",
        ),
        unique("uq_transfer_reference", "school_id", "reference"),
    )
    school_table(
        "transfer_packet",
        column("transfer_id", UUID, to="transfer"),
        column("key", TEXT),
        column("size", LONG),
        column("sha256", TEXT),
        column("manifest_sha256", TEXT),
        column("counts", JSON),
        column("entries", UUIDS),
        column("made_at", MOMENT),
        index("ix_transfer_packet_school_id_transfer_id", "school_id", "transfer_id"),
    )
    school_table(
        "transfer_event",
        column("noun", TEXT),
        column("thing_id", UUID),
        column("kind", TEXT),
        column("at", MOMENT),
        column("recorded_at", MOMENT),
        column("by_id", UUID, empty=True, to="staff"),
        column("route", TEXT, empty=True),
        column("text", TEXT, empty=True),
        column("details", JSON, default="'{}'::jsonb"),
        check("noun", "noun in ('transfer', 'incoming_transfer', 'file_request')"),
        index("ix_transfer_event_school_id_thing_id", "school_id", "thing_id"),
    )
    school_table(
        "file_lock",
        column("child_id", UUID, to="child"),
        column("transfer_id", UUID, to="transfer"),
        column("locked_at", MOMENT),
        column("asked_by", UUID, empty=True, to="staff", changes=True),
        column("asked_at", MOMENT, empty=True, changes=True),
        column("reason", TEXT, empty=True, changes=True),
        column("unlocked_by", UUID, empty=True, to="staff", changes=True),
        column("unlocked_at", MOMENT, empty=True, changes=True),
        column("unlocked_because", TEXT, empty=True, changes=True),
        version(),
        check("two_people", "unlocked_by <> asked_by"),
        unique("uq_file_lock_child", "school_id", "child_id", where="unlocked_at is null"),
    )
    school_table(
        "incoming_transfer",
        column("reference", TEXT),
        column("source_school_id", UUID, empty=True),
        column("source_transfer_id", UUID, empty=True),
        column("is_addendum", YES_OR_NO, default="false"),
        column("sender", JSON),
        column("signer", JSON),
        column("about", JSON),
        column("key", TEXT),
        column("size", LONG),
        column("sha256", TEXT),
        column("manifest_sha256", TEXT),
        column("sealed_passphrase", BYTES, empty=True, changes=True),
        column("sent_at", MOMENT, empty=True),
        column("received_at", MOMENT),
        column("received_by", UUID, empty=True, to="staff"),
        column("state", TEXT, changes=True),
        column("child_id", UUID, empty=True, to="child", changes=True),
        column("decided_by", UUID, empty=True, to="staff", changes=True),
        column("decided_at", MOMENT, empty=True, changes=True),
        column("signer_accepted_by", UUID, empty=True, to="staff", changes=True),
        column("reason_code", TEXT, empty=True, changes=True),
        column("receipt", TEXT, empty=True, changes=True),
        column("ended_at", MOMENT, empty=True, changes=True),
        column("owner_id", UUID, to="staff", changes=True),
        column("due_at", MOMENT, changes=True),
        column("due_rule", TEXT, empty=True, changes=True),
        version(),
        column("changed_at", MOMENT, changes=True),
        check("ended", "(ended_at is null) = (state in ('waiting', 'accepting'))"),
        index("ix_incoming_transfer_due", "school_id", "due_at", "id", where="ended_at is null"),
        index("ix_incoming_transfer_newest", "school_id", "received_at desc", "id desc"),
        unique("uq_incoming_transfer_packet", "school_id", "sha256", where="state <> 'rejected'"),
        unique("uq_incoming_transfer_reference", "school_id", "reference"),
    )
    school_table(
        "received_file",
        column("child_id", UUID, to="child"),
        column("incoming_id", UUID, to="incoming_transfer"),
        column("format", TEXT),
        column("origin", JSON),
        column("manifest_sha256", TEXT),
        column("records", NUMBER),
        column("attachments", NUMBER),
        column("accepted_by", UUID, to="staff"),
        column("received_at", MOMENT),
        index("ix_received_file_school_id_child_id", "school_id", "child_id"),
        unique("uq_received_file_incoming", "school_id", "incoming_id"),
    )
    school_table(
        "received_record",
        column("file_id", UUID, to="received_file"),
        column("child_id", UUID, to="child"),
        column("position", NUMBER),
        column("number", TEXT),
        column("kind", TEXT),
        column("confidentiality", TEXT),
        column("occurred_at", MOMENT),
        column("occurred_precision", TEXT),
        column("recorded_at", MOMENT, empty=True),
        column("origin", TEXT),
        column("reference", TEXT, empty=True),
        column("summary", TEXT, empty=True),
        column("content", JSON),
        check("confidentiality", "confidentiality ~ '^K[2-5]$'"),
        index("ix_received_record_school_id_child_id", "school_id", "child_id"),
        unique("uq_received_record_position", "school_id", "file_id", "position"),
    )
    school_table(
        "received_attachment",
        column("file_id", UUID, to="received_file"),
        column("record_id", UUID, to="received_record"),
        column("path", TEXT),
        column("file_name", TEXT),
        column("content_type", TEXT),
        column("size", LONG),
        column("sha256", TEXT),
        column("key", TEXT),
        column("description", TEXT, empty=True),
        column("state", TEXT, changes=True),
        column("scan_result", TEXT, changes=True),
        column("signature", TEXT, empty=True, changes=True),
        check(
            "never_served_unless_clean",
            "(state = 'available') = (scan_result in ('not_scanned', 'clean'))",
        ),
        index("ix_received_attachment_school_id_record_id", "school_id", "record_id"),
        unique("uq_received_attachment_path", "school_id", "file_id", "path"),
    )
    list_schools("received_attachment")
    school_table(
        "file_request",
        column("direction", TEXT),
        column("child_id", UUID, empty=True, to="child", changes=True),
        column("other_school_id", UUID, empty=True),
        column("other", JSON),
        column("about", JSON),
        column("note", TEXT, empty=True),
        column("counterpart_id", UUID, empty=True),
        column("transfer_id", UUID, empty=True, to="transfer", changes=True),
        column("state", TEXT, changes=True),
        column("answer", TEXT, empty=True, changes=True),
        column("made_by", UUID, empty=True, to="staff"),
        column("made_at", MOMENT),
        column("answered_by", UUID, empty=True, to="staff", changes=True),
        column("answered_at", MOMENT, empty=True, changes=True),
        column("ended_at", MOMENT, empty=True, changes=True),
        column("owner_id", UUID, to="staff", changes=True),
        column("due_at", MOMENT, changes=True),
        column("due_rule", TEXT, empty=True, changes=True),
        version(),
        column("changed_at", MOMENT, changes=True),
        check("direction", "direction in ('made', 'received')"),
        check("ended", "(ended_at is null) = (state = 'open')"),
        index("ix_file_request_newest", "school_id", "made_at desc", "id desc"),
        unique(
            "uq_file_request_counterpart",
            "school_id",
            "counterpart_id",
            where="counterpart_id is not null",
        ),
    )


def transfer_destinations() -> None:
    """Public facts of other schools by name or URN, after one of them: a bounded page."""
    show("organisation", SEARCH, "id, kind, name, urn, local_authority", rows="kind = 'school'")
    # What everybody's policy on `organisation` compares: of their own rows alone.
    op.execute(f"grant select (id, school_id) on staff to {SEARCH}")
    op.execute(
        """
        create function transfer_destinations(asked text, after uuid, most integer)
        returns table (id uuid, name text, urn text, local_authority text)
        language sql stable security definer
        set search_path = pg_catalog, public, pg_temp
        as $$
          select o.id, o.name, o.urn, o.local_authority
          from public.organisation o
          where o.kind = 'school'
            and o.id <> nullif(current_setting('app.school_id', true), '')::uuid
            and (asked is null or o.urn = asked or strpos(lower(o.name), lower(asked)) > 0)
            and (after is null or (lower(o.name), o.id) > (
              select lower(l.name), l.id from public.organisation l where l.id = after))
          order by lower(o.name), o.id
          limit least(most, 201)
        $$
        """
    )
    run_as(SEARCH, "transfer_destinations(text, uuid, integer)")


def keys_to_this_area() -> None:
    """Keys of tables that stand before those they name."""
    refer("service_key", agency_id="agency")


def downgrade() -> None:
    """Undo."""
    drop_functions("transfer_destinations", "schools_in_received_attachment")
    drop_tables(*TABLES)
