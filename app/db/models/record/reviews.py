"""Due reviews of a child's situation or a concern, and the result of each."""

import uuid
from datetime import datetime
from typing import ClassVar

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped

from app.db.models.base import Ended, SchoolRow, Versioned, index, within_school


class Review(Ended, Versioned, SchoolRow):
    """A review by one person by a time: once, or again after `every_count` `every_unit`.

    About a child, in a class of its own, or about a concern, whose class then holds. Unless ended
    it has exactly one owner and one due time.
    """

    __tablename__ = "review"
    __clocked__: ClassVar[str] = "review"
    __kind__ = {"reference": "c.reference"}
    __entry__ = {
        "about": "review_note",
        "joins": "join review_note n on n.school_id = $1 and n.review_id = t.id", "thing": "n.id",
        "summary": "n.note", "outcome": "n.outcome",
    }  # fmt: skip
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
    """When it was last done."""
    end_reason: Mapped[str | None]

    __table_args__ = (
        *within_school("child", "child_id"),
        *within_school("concern", "concern_id"),
        *within_school("decision", "decision_id"),
        *within_school("staff", "owner_id", "set_by", "ended_by"),
        CheckConstraint("num_nonnulls(child_id, concern_id) = 1", name="one_record"),
        CheckConstraint("confidentiality ~ '^K[2-5]$'", name="confidentiality"),
        CheckConstraint(
            "(every_count is null) = (every_unit is null) and every_count >= 1", name="every"
        ),
        CheckConstraint("(ended_at is null) = (ended_by is null)", name="ended"),
        index("ix_review_due", "due_at", "id", where="ended_at is null"),
        index("ix_review_newest", "set_at desc", "id desc"),
        index("ix_review_child", "child_id"),
        index("ix_review_concern", "concern_id"),
        index("uq_review_decision", "decision_id", where="decision_id is not null"),
    )  # fmt: skip


class ReviewNote(SchoolRow):
    """One completed review: its findings and next steps. Immutable."""

    __tablename__ = "review_note"

    review_id: Mapped[uuid.UUID]
    note: Mapped[str]
    outcome: Mapped[str]
    was_due_at: Mapped[datetime]
    next_due_at: Mapped[datetime | None]
    by_id: Mapped[uuid.UUID]
    at: Mapped[datetime]

    __table_args__ = (
        *within_school("review", "review_id"),
        *within_school("staff", "by_id"),
        CheckConstraint("outcome in ('continue', 'change', 'end')", name="outcome"),
        CheckConstraint("(outcome = 'end') = (next_due_at is null)", name="next"),
        index("ix_review_note_review", "review_id", "at"),
    )
