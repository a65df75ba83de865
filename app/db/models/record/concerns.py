"""The concern and everything said about it; what was submitted can never be changed."""

import uuid
from collections.abc import Mapping
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
    __kind__: ClassVar[Mapping[str, Any]] = {
        "open_when": "t.ended_at is null and t.frozen_at is null", "concern": "t.id",
        "owner_reads": "t.confidentiality",
        "urgent": "t.immediacy = 'immediate_danger' and t.acknowledged_at is null",
        "reference": "t.reference", "label": "t.immediacy", "since": "t.recorded_at",
    }  # fmt: skip
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
    __kind__ = {}

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
    __kind__ = {}

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
    __kind__: ClassVar[Mapping[str, Any]] = {
        "items": "jsonb_build_array(jsonb_build_object('kind', 'decision', 'id', t.id))",
    }

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
