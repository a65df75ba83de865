"""Linked concerns, their links, and notes beside them."""

import uuid
from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, UUID
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import Ended, SchoolRow, Versioned, index, within_school


class LinkedConcern(Ended, Versioned, SchoolRow):
    """Rows that a rule links, for leads to review together; fired once for a set of rows.

    `event_ids` has the ids of the concerns in order, `links` what they have in common as ids and
    codes. The review's result is written once.
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
    reason: Mapped[str | None]
    looked_at: Mapped[datetime | None]
    looked_with: Mapped[str | None]
    follows: Mapped[str | None]

    __table_args__ = (
        *within_school("staff", "ended_by"),
        CheckConstraint("confidentiality ~ '^K[2-5]$'", name="confidentiality"),
        CheckConstraint("state in ('open', 'looked_together', 'dismissed')", name="state"),
        CheckConstraint("(state = 'open') = (ended_at is null)", name="ended"),
        CheckConstraint("(state = 'dismissed') = (reason is not null)", name="reason"),
        index("uq_linked_concern_rows", "rule_id", "event_ids"),
        index("ix_linked_concern_newest", "fired_at desc", "id desc"),
        index("ix_linked_concern_open", "fired_at desc", "id desc", where="ended_at is null"),
    )  # fmt: skip


class LinkedRow(SchoolRow):
    """One of a set of linked concerns, with a child it is about; `id` is the set's."""

    __tablename__ = "linked_row"

    concern_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    child_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)

    __table_args__ = (
        *within_school("linked_concern", "id"),
        *within_school("concern", "concern_id"),
        *within_school("child", "child_id"),
        index(None, "concern_id"),
        index(None, "child_id"),
    )


class NamedContent(SchoolRow):
    """A named online group, challenge or site: in a staff member's words, without its address."""

    __tablename__ = "named_content"

    kind: Mapped[str]
    label: Mapped[str]
    stated_by: Mapped[uuid.UUID]
    stated_at: Mapped[datetime]

    __table_args__ = (
        *within_school("staff", "stated_by"),
        index("ix_named_content_newest", "stated_at desc", "id desc"),
    )


class ConcernMark(SchoolRow):
    """A lead's note that a concern named something, or was at a place on site."""

    __tablename__ = "concern_mark"

    concern_id: Mapped[uuid.UUID]
    named_content_id: Mapped[uuid.UUID | None]
    site_request_id: Mapped[uuid.UUID | None]
    marked_by: Mapped[uuid.UUID]
    marked_at: Mapped[datetime]

    __table_args__ = (
        *within_school("concern", "concern_id"),
        *within_school("named_content", "named_content_id"),
        *within_school("site_request", "site_request_id"),
        *within_school("staff", "marked_by"),
        CheckConstraint("num_nonnulls(named_content_id, site_request_id) = 1", name="one"),
        index(
            "uq_concern_mark_named_content", "concern_id", "named_content_id",
            where="named_content_id is not null",
        ),
        index(
            "uq_concern_mark_site_request", "concern_id", "site_request_id",
            where="site_request_id is not null",
        ),
        index("ix_concern_mark_named", "named_content_id"),
        index("ix_concern_mark_site_request", "site_request_id"),
    )  # fmt: skip


class CalendarNote(Versioned, SchoolRow):
    """An event at school; it appears beside concerns and changes none of them."""

    __tablename__ = "calendar_note"
    __changes__: ClassVar[tuple[str, ...]] = ("ended_by", "ended_at", "version", "changed_at")

    kind: Mapped[str]
    label: Mapped[str]
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    added_by: Mapped[uuid.UUID]
    added_at: Mapped[datetime]
    ended_by: Mapped[uuid.UUID | None]
    """The person who removed it."""
    ended_at: Mapped[datetime | None]

    __table_args__ = (
        *within_school("staff", "added_by", "ended_by"),
        CheckConstraint("starts_on <= ends_on", name="days"),
        index("ix_calendar_note_days", "starts_on desc", "id desc"),
    )
