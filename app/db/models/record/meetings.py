"""Meetings about a child: planned, held or cancelled, with their minutes."""

import uuid
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped

from app.db.models.base import Ended, SchoolRow, Versioned, index, within_school

NEWEST_MINUTE = """left join lateral (
  select x.decisions, x.result from meeting_minute x
  where x.school_id = $1 and x.meeting_id = t.id order by x.at desc, x.id desc limit 1) n on true"""


class Meeting(Ended, Versioned, SchoolRow):
    """A meeting about one child; siblings have one each, with the same `together_id`.

    While it is planned, its owner has to write its outcome by `due_at`. A meeting about a concern
    has the concern's class, any other its own.
    """

    __tablename__ = "meeting"
    __clocked__: ClassVar[str] = "meeting"
    __kind__ = {"reference": "c.reference", "label": "t.kind"}
    __entry__ = {
        "joins": NEWEST_MINUTE, "state": "t.state", "reason": "t.cancel_reason",
        "summary": "concat_ws(', ', t.kind, n.decisions)", "outcome": "n.result",
    }  # fmt: skip
    __changes__: ClassVar[tuple[str, ...]] = (
        "starts_at", "place", "invited", "papers", "owner_id", "due_at", "due_rule", "state",
        "cancel_reason", "ended_at", "ended_by", "version", "changed_at",
    )  # fmt: skip

    kind: Mapped[str]
    child_id: Mapped[uuid.UUID]
    concern_id: Mapped[uuid.UUID | None]
    together_id: Mapped[uuid.UUID | None]
    """The first of the meetings that siblings have at the same time."""
    after_id: Mapped[uuid.UUID | None]
    """The meeting that agreed on this date."""
    confidentiality: Mapped[str]
    starts_at: Mapped[datetime]
    place: Mapped[str | None]
    invited: Mapped[list[dict[str, Any]]]
    papers: Mapped[list[dict[str, Any]]]
    owner_id: Mapped[uuid.UUID]
    due_at: Mapped[datetime]
    due_rule: Mapped[str | None]
    state: Mapped[str]
    cancel_reason: Mapped[str | None]
    set_by: Mapped[uuid.UUID]
    set_at: Mapped[datetime]

    __table_args__ = (
        *within_school("child", "child_id"),
        *within_school("concern", "concern_id"),
        *within_school("meeting", "together_id", "after_id"),
        *within_school("staff", "owner_id", "set_by", "ended_by"),
        CheckConstraint("confidentiality ~ '^K[2-5]$'", name="confidentiality"),
        CheckConstraint("state in ('planned', 'held', 'cancelled')", name="state"),
        CheckConstraint("(state = 'planned') = (ended_at is null)", name="ended"),
        CheckConstraint("(state = 'cancelled') = (cancel_reason is not null)", name="cancelled"),
        index("ix_meeting_due", "due_at", "id", where="ended_at is null"),
        index("ix_meeting_newest", "starts_at desc", "id desc"),
        index("ix_meeting_child", "child_id"),
        index("ix_meeting_concern", "concern_id"),
    )  # fmt: skip


class MeetingMinute(SchoolRow):
    """The result of a meeting, as written down. Immutable: a correction is another row."""

    __tablename__ = "meeting_minute"

    meeting_id: Mapped[uuid.UUID]
    held_at: Mapped[datetime]
    people: Mapped[list[dict[str, Any]]]
    papers: Mapped[list[dict[str, Any]]]
    result: Mapped[str]
    decisions: Mapped[str]
    dissent: Mapped[list[dict[str, Any]]]
    reason: Mapped[str | None]
    """Why it corrects an earlier one; None for the first."""
    by_id: Mapped[uuid.UUID]
    at: Mapped[datetime]

    __table_args__ = (
        *within_school("meeting", "meeting_id"),
        *within_school("staff", "by_id"),
        index("ix_meeting_minute_meeting", "meeting_id", "at", "id"),
    )
