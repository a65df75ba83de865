"""Looks at a child's situation or a concern that somebody owes, and what came of each."""

import uuid
from datetime import datetime
from typing import ClassVar

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import SchoolRow, within_school


class Review(SchoolRow):
    """A look that one person owes by a time: once, or again after `every_count` `every_unit`.

    About a child, in a class of its own, or about a concern, whose class holds then. Unless
    ended it has exactly one owner and one due time.
    """

    __tablename__ = "review"
    __clocked__: ClassVar[str] = "review"
    __kind__ = {"reference": "c.reference"}
    __changes__: ClassVar[tuple[str, ...]] = (
        "what", "confidentiality", "owner_id", "due_at", "due_rule", "every_count", "every_unit",
        "done_at", "ended_at", "ended_by", "end_reason", "version", "changed_at",
    )  # fmt: skip

    child_id: Mapped[uuid.UUID | None]
    concern_id: Mapped[uuid.UUID | None]
    decision_id: Mapped[uuid.UUID | None]
    """The decision whose `review_on` made it."""
    what: Mapped[str]
    confidentiality: Mapped[str]
    owner_id: Mapped[uuid.UUID]
    due_at: Mapped[datetime]
    due_rule: Mapped[str | None]
    every_count: Mapped[int | None]
    every_unit: Mapped[str | None]
    set_by: Mapped[uuid.UUID]
    set_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
    """When somebody looked last."""
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[uuid.UUID | None]
    end_reason: Mapped[str | None]
    version: Mapped[int] = mapped_column(server_default=text("1"))
    changed_at: Mapped[datetime]

    __table_args__ = (
        within_school("child_id", "child"),
        within_school("concern_id", "concern"),
        within_school("decision_id", "decision"),
        within_school("owner_id", "staff"),
        within_school("set_by", "staff"),
        within_school("ended_by", "staff"),
        CheckConstraint("num_nonnulls(child_id, concern_id) = 1", name="one_record"),
        CheckConstraint("confidentiality ~ '^K[2-5]$'", name="confidentiality"),
        CheckConstraint(
            "(every_count is null) = (every_unit is null) and every_count >= 1", name="every"
        ),
        CheckConstraint("(ended_at is null) = (ended_by is null)", name="ended"),
        Index(
            "ix_review_due", "school_id", "due_at", "id", postgresql_where=text("ended_at is null")
        ),
        Index("ix_review_newest", "school_id", text("set_at desc"), text("id desc")),
        Index("ix_review_child", "school_id", "child_id"),
        Index("ix_review_concern", "school_id", "concern_id"),
        Index(
            "uq_review_decision", "school_id", "decision_id", unique=True,
            postgresql_where=text("decision_id is not null"),
        ),
    )  # fmt: skip


class ReviewNote(SchoolRow):
    """One look that was taken: what was found, and what follows. Immutable."""

    __tablename__ = "review_note"

    review_id: Mapped[uuid.UUID]
    note: Mapped[str]
    outcome: Mapped[str]
    was_due_at: Mapped[datetime]
    next_due_at: Mapped[datetime | None]
    by_id: Mapped[uuid.UUID]
    at: Mapped[datetime]

    __table_args__ = (
        within_school("review_id", "review"),
        within_school("by_id", "staff"),
        CheckConstraint("outcome in ('continue', 'change', 'end')", name="outcome"),
        CheckConstraint("(outcome = 'end') = (next_due_at is null)", name="next"),
        Index("ix_review_note_review", "school_id", "review_id", "at"),
    )
