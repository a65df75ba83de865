"""Linked concerns, what links them, and what is set beside them."""

import uuid
from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, UUID
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import SchoolRow, within_school


class LinkedConcern(SchoolRow):
    """Rows that a rule links, for leads to look at together; fired once for a set of rows.

    `event_ids` has the ids of the concerns in order, `links` what they had in common as ids and
    codes. What came of looking is written once.
    """

    __tablename__ = "linked_concern"
    __changes__: ClassVar[tuple[str, ...]] = (
        "confidentiality", "state", "ended_by", "ended_at", "reason", "looked_at",
        "looked_with", "follows", "version", "changed_at",
    )  # fmt: skip

    rule_id: Mapped[str]
    rule_version: Mapped[str]
    fired_at: Mapped[datetime]
    confidentiality: Mapped[str]
    event_ids: Mapped[list[uuid.UUID]] = mapped_column(ARRAY(UUID))
    links: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    state: Mapped[str]
    ended_by: Mapped[uuid.UUID | None]
    ended_at: Mapped[datetime | None]
    reason: Mapped[str | None]
    looked_at: Mapped[datetime | None]
    looked_with: Mapped[str | None]
    follows: Mapped[str | None]
    version: Mapped[int] = mapped_column(server_default=text("1"))
    changed_at: Mapped[datetime]

    __table_args__ = (
        within_school("ended_by", "staff"),
        CheckConstraint("confidentiality ~ '^K[2-5]$'", name="confidentiality"),
        CheckConstraint("state in ('open', 'looked_together', 'dismissed')", name="state"),
        CheckConstraint("(state = 'open') = (ended_at is null)", name="ended"),
        CheckConstraint("(state = 'dismissed') = (reason is not null)", name="reason"),
        Index("uq_linked_concern_rows", "school_id", "rule_id", "event_ids", unique=True),
        Index("ix_linked_concern_newest", "school_id", text("fired_at desc"), text("id desc")),
        Index(
            "ix_linked_concern_open", "school_id", text("fired_at desc"), text("id desc"),
            postgresql_where=text("ended_at is null"),
        ),
    )  # fmt: skip


class LinkedRow(SchoolRow):
    """One of a set of linked concerns, with a child it is about; `id` is the set's."""

    __tablename__ = "linked_row"

    concern_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    child_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)

    __table_args__ = (
        within_school("id", "linked_concern"),
        within_school("concern_id", "concern"),
        within_school("child_id", "child"),
        Index(None, "school_id", "concern_id"),
        Index(None, "school_id", "child_id"),
    )


class NamedContent(SchoolRow):
    """A group online, a challenge or a site that was named: a word of staff, and no address."""

    __tablename__ = "named_content"

    kind: Mapped[str]
    label: Mapped[str]
    stated_by: Mapped[uuid.UUID]
    stated_at: Mapped[datetime]

    __table_args__ = (
        within_school("stated_by", "staff"),
        Index("ix_named_content_newest", "school_id", text("stated_at desc"), text("id desc")),
    )


class ConcernMark(SchoolRow):
    """A lead's note that something was named in a concern, or that it was at a place on site."""

    __tablename__ = "concern_mark"

    concern_id: Mapped[uuid.UUID]
    named_content_id: Mapped[uuid.UUID | None]
    site_request_id: Mapped[uuid.UUID | None]
    marked_by: Mapped[uuid.UUID]
    marked_at: Mapped[datetime]

    __table_args__ = (
        within_school("concern_id", "concern"),
        within_school("named_content_id", "named_content"),
        within_school("site_request_id", "site_request"),
        within_school("marked_by", "staff"),
        CheckConstraint("num_nonnulls(named_content_id, site_request_id) = 1", name="one"),
        Index(
            "uq_concern_mark_named_content", "school_id", "concern_id", "named_content_id",
            unique=True, postgresql_where=text("named_content_id is not null"),
        ),
        Index(
            "uq_concern_mark_site_request", "school_id", "concern_id", "site_request_id",
            unique=True, postgresql_where=text("site_request_id is not null"),
        ),
        Index("ix_concern_mark_named", "school_id", "named_content_id"),
        Index("ix_concern_mark_site_request", "school_id", "site_request_id"),
    )  # fmt: skip


class CalendarNote(SchoolRow):
    """Something that was on at school; it stands beside concerns and moves none of them."""

    __tablename__ = "calendar_note"
    __changes__: ClassVar[tuple[str, ...]] = ("ended_by", "ended_at", "version", "changed_at")

    kind: Mapped[str]
    label: Mapped[str]
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    added_by: Mapped[uuid.UUID]
    added_at: Mapped[datetime]
    ended_by: Mapped[uuid.UUID | None]
    """Who took it out again."""
    ended_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(server_default=text("1"))
    changed_at: Mapped[datetime]

    __table_args__ = (
        within_school("added_by", "staff"),
        within_school("ended_by", "staff"),
        CheckConstraint("starts_on <= ends_on", name="days"),
        Index("ix_calendar_note_days", "school_id", text("starts_on desc"), text("id desc")),
    )
