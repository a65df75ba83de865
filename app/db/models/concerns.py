"""The concern and everything said about it; what was submitted can never be changed."""

import uuid
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint, Index
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import SchoolRow, within_school


class Concern(SchoolRow):
    """A worry about one or more children: the reporter's part is immutable by privilege.

    Unless ended it has exactly one owner and one due time (a check of the table, too).
    """

    __tablename__ = "concern"
    __clocked__: ClassVar[str] = "concern"
    __changes__: ClassVar[tuple[str, ...]] = (
        "state", "confidentiality", "level", "level_label", "primary_category", "categories",
        "owner_id", "due_at", "due_rule", "acknowledged_at", "acknowledged_by", "triaged_at",
        "triaged_by", "outcome", "ended_at", "duplicate_of", "pending", "version", "changed_at",
        "frozen_at", "immediacy",
    )  # fmt: skip

    reference: Mapped[str]
    reporter_id: Mapped[uuid.UUID]
    recorded_at: Mapped[datetime]
    occurred_at: Mapped[datetime]
    occurred_precision: Mapped[str]
    place: Mapped[str | None]
    source: Mapped[str]
    context: Mapped[str | None]
    alleged_source_of_harm: Mapped[str | None]
    immediacy: Mapped[str]
    """How soon somebody must act, as known now; what was told stays with its pathway."""
    reported_categories: Mapped[list[str]]
    told_already: Mapped[list[dict[str, Any]]]
    parents_told: Mapped[dict[str, Any] | None]

    state: Mapped[str]
    confidentiality: Mapped[str]
    level: Mapped[int | None]
    level_label: Mapped[str | None]
    primary_category: Mapped[str | None]
    categories: Mapped[list[str]]
    owner_id: Mapped[uuid.UUID | None]
    due_at: Mapped[datetime | None]
    due_rule: Mapped[str | None]
    acknowledged_at: Mapped[datetime | None]
    acknowledged_by: Mapped[uuid.UUID | None]
    triaged_at: Mapped[datetime | None]
    triaged_by: Mapped[uuid.UUID | None]
    outcome: Mapped[str | None]
    ended_at: Mapped[datetime | None]
    duplicate_of: Mapped[uuid.UUID | None]
    pending: Mapped[dict[str, Any] | None]
    version: Mapped[int] = mapped_column(server_default=sql("1"))
    changed_at: Mapped[datetime]
    frozen_at: Mapped[datetime | None]
    """Since when it stands as it stood when every child it is about had died."""

    __table_args__ = (
        within_school("reporter_id", "staff"),
        within_school("owner_id", "staff"),
        within_school("acknowledged_by", "staff"),
        within_school("triaged_by", "staff"),
        within_school("duplicate_of", "concern"),
        CheckConstraint(
            "(ended_at is not null) = (state in ('closed', 'duplicate_of', 'entered_in_error'))",
            name="ended",
        ),
        CheckConstraint(
            "ended_at is not null or (owner_id is not null and due_at is not null)",
            name="never_without_owner_or_due_time",
        ),
        CheckConstraint("confidentiality ~ '^K[2-5]$'", name="confidentiality"),
        CheckConstraint("level between 1 and 4", name="level"),
        Index("uq_concern_reference", "school_id", "reference", unique=True),
        Index("ix_concern_newest", "school_id", sql("recorded_at desc"), sql("id desc")),
        Index(
            "ix_concern_open_newest", "school_id", sql("recorded_at desc"), sql("id desc"),
            postgresql_where=sql("ended_at is null"),
        ),
        Index(
            "ix_concern_due", "school_id", "due_at", "id",
            postgresql_where=sql("ended_at is null"),
        ),
        Index("ix_concern_owner", "school_id", "owner_id", sql("recorded_at desc")),
        Index("ix_concern_reporter", "school_id", "reporter_id", sql("recorded_at desc")),
        Index(
            "ix_concern_duplicate_of", "school_id", "duplicate_of",
            postgresql_where=sql("duplicate_of is not null"),
        ),
    )  # fmt: skip


class ConcernChild(SchoolRow):
    """A child's part in a concern; `id` is the concern's. Never changed."""

    __tablename__ = "concern_child"

    child_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    role: Mapped[str]
    position: Mapped[int]

    __table_args__ = (
        within_school("id", "concern"),
        within_school("child_id", "child"),
        Index(None, "school_id", "child_id", "id"),
    )


class AccountStatement(SchoolRow):
    """One typed statement of the account, exactly as submitted."""

    __tablename__ = "account_statement"

    concern_id: Mapped[uuid.UUID]
    position: Mapped[int]
    kind: Mapped[str]
    text: Mapped[str]
    prompted_by: Mapped[str | None]
    told_by: Mapped[str | None]
    basis: Mapped[str | None]

    __table_args__ = (
        within_school("concern_id", "concern"),
        Index(None, "school_id", "concern_id"),
    )


class BodyMark(SchoolRow):
    """A mark on the body map: x and y from 0 to 1 within the named view."""

    __tablename__ = "body_mark"

    concern_id: Mapped[uuid.UUID]
    child_id: Mapped[uuid.UUID]
    position: Mapped[int]
    view: Mapped[str]
    x: Mapped[float]
    y: Mapped[float]
    region: Mapped[str]
    size_mm: Mapped[int | None]
    colour: Mapped[str | None]
    shape: Mapped[str | None]
    explanation: Mapped[str | None]
    details: Mapped[dict[str, Any]] = mapped_column(server_default=sql("'{}'::jsonb"))

    __table_args__ = (
        within_school("concern_id", "concern"),
        within_school("child_id", "child"),
        Index(None, "school_id", "concern_id"),
    )


class Amendment(SchoolRow):
    """A correction or addition beside the original, with author, time and reason."""

    __tablename__ = "amendment"

    concern_id: Mapped[uuid.UUID]
    statement_id: Mapped[uuid.UUID | None]
    kind: Mapped[str]
    text: Mapped[str]
    reason: Mapped[str]
    told_already: Mapped[list[dict[str, Any]]] = mapped_column(server_default=sql("'[]'::jsonb"))
    author_id: Mapped[uuid.UUID]
    recorded_at: Mapped[datetime]
    post_event: Mapped[bool] = mapped_column(server_default=sql("false"))
    """Whether it was added after the death of a child it is about."""

    __table_args__ = (
        within_school("concern_id", "concern"),
        within_school("statement_id", "account_statement"),
        within_school("author_id", "staff"),
        Index(None, "school_id", "concern_id"),
    )


class Comment(SchoolRow):
    """Discussion among staff about a concern; immutable."""

    __tablename__ = "comment"

    concern_id: Mapped[uuid.UUID]
    text: Mapped[str]
    author_id: Mapped[uuid.UUID]
    recorded_at: Mapped[datetime]

    __table_args__ = (
        within_school("concern_id", "concern"),
        within_school("author_id", "staff"),
        Index(None, "school_id", "concern_id"),
    )


class Decision(SchoolRow):
    """What was decided about a concern or a child, by whom and why; immutable."""

    __tablename__ = "decision"

    concern_id: Mapped[uuid.UUID | None]
    child_id: Mapped[uuid.UUID | None]
    kind: Mapped[str]
    question: Mapped[str]
    options: Mapped[list[str]]
    decision: Mapped[str]
    reasons: Mapped[str]
    advice: Mapped[list[dict[str, Any]]]
    decided_by: Mapped[uuid.UUID]
    decided_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    review_on: Mapped[datetime | None]

    __table_args__ = (
        within_school("concern_id", "concern"),
        within_school("child_id", "child"),
        within_school("decided_by", "staff"),
        CheckConstraint("concern_id is not null or child_id is not null", name="about_something"),
        Index(None, "school_id", "concern_id"),
        Index(None, "school_id", "child_id"),
    )


class Action(SchoolRow):
    """Something one named person has to do by a time."""

    __tablename__ = "action"
    __clocked__: ClassVar[str] = "action"
    __kind__ = {"open_when": "t.state = 'open'", "reference": "c.reference"}
    __changes__: ClassVar[tuple[str, ...]] = (
        "owner_id", "due_at", "state", "outcome", "reason", "ended_by", "ended_at", "version",
        "changed_at", "remind_at",
    )  # fmt: skip

    concern_id: Mapped[uuid.UUID]
    what: Mapped[str]
    owner_id: Mapped[uuid.UUID]
    due_at: Mapped[datetime]
    remind_at: Mapped[datetime | None]
    """When its owner is reminded; by rule where nobody chose a time."""
    state: Mapped[str]
    outcome: Mapped[str | None]
    reason: Mapped[str | None]
    set_by: Mapped[uuid.UUID]
    set_at: Mapped[datetime]
    ended_by: Mapped[uuid.UUID | None]
    ended_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(server_default=sql("1"))
    changed_at: Mapped[datetime]

    __table_args__ = (
        within_school("concern_id", "concern"),
        within_school("owner_id", "staff"),
        within_school("set_by", "staff"),
        within_school("ended_by", "staff"),
        CheckConstraint("state in ('open', 'done', 'dropped')", name="state"),
        CheckConstraint("(ended_at is null) = (state = 'open')", name="ended"),
        Index(None, "school_id", "concern_id"),
        Index(
            "ix_action_owner_open", "school_id", "owner_id", "due_at", "id",
            postgresql_where=sql("state = 'open'"),
        ),
        Index(
            "ix_action_open", "school_id", "due_at", "id", postgresql_where=sql("state = 'open'")
        ),
        Index(
            "ix_action_set_by", "school_id", "set_by", "due_at", "id",
            postgresql_where=sql("state = 'open'"),
        ),
    )  # fmt: skip


class ConcernEvent(SchoolRow):
    """One step in the life of a concern, with its reasons; what `history` shows. Immutable."""

    __tablename__ = "concern_event"

    concern_id: Mapped[uuid.UUID]
    verb: Mapped[str]
    at: Mapped[datetime]
    by_id: Mapped[uuid.UUID]
    by_role: Mapped[str]
    from_state: Mapped[str | None]
    to_state: Mapped[str]
    reasons: Mapped[str | None]
    details: Mapped[dict[str, Any]] = mapped_column(server_default=sql("'{}'::jsonb"))

    __table_args__ = (
        within_school("concern_id", "concern"),
        within_school("by_id", "staff"),
        Index(None, "school_id", "concern_id"),
    )


class Attachment(SchoolRow):
    """A file kept with a concern: metadata here, bytes in the object store under `key`.

    `size` and `sha256` are of the bytes as they were sent, which are never changed. Of a picture
    there is a copy beside them that says nothing of where and by whose device it was taken.
    """

    __tablename__ = "attachment"
    __changes__: ClassVar[tuple[str, ...]] = (
        "state", "scan_result", "scanned_at", "signature", "signature_version", "flags",
    )  # fmt: skip

    concern_id: Mapped[uuid.UUID]
    file_name: Mapped[str]
    content_type: Mapped[str]
    size: Mapped[int]
    sha256: Mapped[str]
    key: Mapped[str]
    description: Mapped[str | None]
    added_by: Mapped[uuid.UUID]
    recorded_at: Mapped[datetime]

    state: Mapped[str] = mapped_column(server_default="available")
    scan_result: Mapped[str] = mapped_column(server_default="not_scanned")
    scanned_at: Mapped[datetime | None]
    signature: Mapped[str | None]
    """What the scanner calls what it found."""
    signature_version: Mapped[str | None]
    flags: Mapped[list[str]] = mapped_column(server_default=sql("'{}'"))
    stripped_key: Mapped[str | None]
    stripped_size: Mapped[int | None]
    stripped_sha256: Mapped[str | None]

    __table_args__ = (
        within_school("concern_id", "concern"),
        within_school("added_by", "staff"),
        CheckConstraint("state in ('quarantined', 'available', 'held')", name="state"),
        CheckConstraint(
            "scan_result in ('not_scanned', 'clean', 'found', 'failed', 'too_large')",
            name="scan_result",
        ),
        CheckConstraint(
            "state <> 'available' or scan_result in ('not_scanned', 'clean')",
            name="never_served_unless_clean",
        ),
        CheckConstraint(
            "num_nonnulls(stripped_key, stripped_size, stripped_sha256) in (0, 3)", name="stripped"
        ),
        Index(None, "school_id", "concern_id"),
        Index(
            "ix_attachment_quarantined", "school_id", "recorded_at", "id",
            postgresql_where=sql("state = 'quarantined'"),
        ),
    )  # fmt: skip


class ChronologyEntry(SchoolRow):
    """One dated thing about one child: the narrow table the chronology reads.

    `thing_id` names the row of the kind's own table. For entries of a concern the
    concern's class decides who sees them; `confidentiality` decides for the others.
    """

    __tablename__ = "chronology_entry"
    __changes__: ClassVar[tuple[str, ...]] = ("significant",)

    child_id: Mapped[uuid.UUID]
    occurred_at: Mapped[datetime]
    occurred_precision: Mapped[str]
    recorded_at: Mapped[datetime]
    late: Mapped[bool]
    kind: Mapped[str]
    thing_id: Mapped[uuid.UUID]
    concern_id: Mapped[uuid.UUID | None]
    confidentiality: Mapped[str]
    author_id: Mapped[uuid.UUID]
    author_role: Mapped[str]
    significant: Mapped[bool] = mapped_column(server_default=sql("false"))

    __table_args__ = (
        within_school("child_id", "child"),
        within_school("concern_id", "concern"),
        within_school("author_id", "staff"),
        Index(
            "ix_chronology_entry_child",
            "school_id", "child_id", sql("occurred_at desc"), sql("id desc"),
        ),
    )  # fmt: skip


class Alert(SchoolRow):
    """One notice to one person for one reason; it carries no content."""

    __tablename__ = "alert"
    __changes__: ClassVar[tuple[str, ...]] = (
        "acknowledged_at", "sent_at", "version", "deadline_id", "rung", "rung_at",
        "counts",
    )  # fmt: skip

    recipient_id: Mapped[uuid.UUID]
    kind: Mapped[str]
    urgent: Mapped[bool]
    concern_id: Mapped[uuid.UUID | None]
    action_id: Mapped[uuid.UUID | None]
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    acknowledged_at: Mapped[datetime | None]
    counts: Mapped[dict[str, Any] | None]
    """How much of each kind it speaks of, where it is about no single record."""
    deadline_id: Mapped[uuid.UUID | None]
    """The missed due time that rings, for alerts of the ladder."""
    round: Mapped[int | None]
    rung: Mapped[int | None]
    rung_at: Mapped[datetime | None]
    """When it rang last: an alert that stands is rung again, never doubled."""
    about_id: Mapped[uuid.UUID | None]
    """The school it is about, in the tray of a trust."""
    noun: Mapped[str | None]
    """What it is about, where nothing is overdue yet; the ladder's alerts name a clock."""
    thing_id: Mapped[uuid.UUID | None]
    version: Mapped[int] = mapped_column(server_default=sql("1"))

    __table_args__ = (
        within_school("recipient_id", "staff"),
        within_school("concern_id", "concern"),
        within_school("action_id", "action"),
        Index(
            "uq_alert_concern", "school_id", "concern_id", "kind", "recipient_id",
            unique=True, postgresql_where=sql("kind = 'concern_raised'"),
        ),
        Index(
            "uq_alert_ladder", "school_id", "deadline_id", "round", "recipient_id",
            unique=True, postgresql_where=sql("deadline_id is not null"),
        ),
        Index(
            "ix_alert_unsent", "school_id", "concern_id",
            postgresql_where=sql("sent_at is null"),
        ),
        Index(
            "ix_alert_unacknowledged", "school_id", "recipient_id", "created_at", "id",
            postgresql_where=sql("acknowledged_at is null"),
        ),
        Index(
            "ix_alert_action", "school_id", "action_id",
            postgresql_where=sql("action_id is not null"),
        ),
        Index(
            "ix_alert_tray", "school_id", "recipient_id", sql("created_at desc"), sql("id desc"),
        ),
    )  # fmt: skip
