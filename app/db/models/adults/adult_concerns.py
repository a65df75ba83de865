"""The adult register: concerns and allegations about adults, separate from every child's record.

No other table refers to these, and `adult_trail` records their changes, not `trail`.
"""

import uuid
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import CheckConstraint, Uuid
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import (
    TODAY,
    ConcernStep,
    SchoolRow,
    Statement,
    Versioned,
    index,
    within_school,
)
from app.db.models.people.memberships import HEADS
from app.db.models.trail import TrailRow

ENDED = "'closed', 'entered_in_error'"


def about_head(row: str, today: str) -> str:
    """Whether the adult of a concern (by alias) is a head today, or was when it was raised."""
    heads = HEADS.replace(TODAY, today)
    is_head = f"(select true {heads} and m.staff_id = {row}.staff_id limit 1)"
    return f"({row}.about_head or {is_head} is true)"


ABOUT_HEAD = about_head("t", TODAY)
KEPT_OUT = (
    "array_remove(t.locked_out || t.namesakes || t.staff_id || "
    f"case when {ABOUT_HEAD} then array(select m.staff_id {HEADS}) else '{{}}' end, null)"
)
"""The adult, people with the described name, people named in it or with a conflict of interest; if
it is about a head, every head.
"""


class AdultConcern(Versioned, SchoolRow):
    """A concern about one adult; the database makes the reported part immutable.

    The adult is a member of staff (`staff_id`) or described. `reported_about` keeps the reporter's
    description, `children` the ids of children involved, without any link from their records.
    People in `locked_out` never read it; `namesakes` not until somebody has named the adult who is
    meant. Unless ended it has one owner and one due time.
    """

    __tablename__ = "adult_concern"
    __clocked__: ClassVar[str] = "adult_concern"
    __kind__ = {
        "urgent": "t.immediate_risk", "barred": KEPT_OUT, "holders": ("t.case_manager_id",),
        "marks": {"about_head": ABOUT_HEAD, "waits_for_signature": "t.pending is not null"},
    }  # fmt: skip
    __changes__: ClassVar[tuple[str, ...]] = (
        "staff_id", "adult_name", "adult_role", "adult_employer", "about_head", "locked_out",
        "namesakes",
        "state", "threshold", "harm_tests", "owner_id", "case_manager_id", "due_at", "due_rule",
        "acknowledged_at", "acknowledged_by", "assessed_at", "assessed_by", "advised_at",
        "outcome", "ended_at", "pending", "version", "changed_at",
    )  # fmt: skip

    reference: Mapped[str]
    reporter_id: Mapped[uuid.UUID]
    recorded_at: Mapped[datetime]
    kind: Mapped[str]
    occurred_at: Mapped[datetime]
    occurred_precision: Mapped[str]
    place: Mapped[str | None]
    children: Mapped[list[uuid.UUID]] = mapped_column(ARRAY(Uuid))
    immediate_risk: Mapped[bool]
    anonymity_asked: Mapped[bool]
    reported_about: Mapped[dict[str, Any]]
    child_report: Mapped[dict[str, Any] | None]
    """The rest of the report, if it was made as a concern about children."""

    staff_id: Mapped[uuid.UUID | None]
    adult_name: Mapped[str | None]
    adult_role: Mapped[str]
    adult_employer: Mapped[str | None]
    about_head: Mapped[bool]
    locked_out: Mapped[list[uuid.UUID]] = mapped_column(ARRAY(Uuid))
    namesakes: Mapped[list[uuid.UUID]] = mapped_column(ARRAY(Uuid))
    """Staff with the described adult's name."""
    state: Mapped[str]
    threshold: Mapped[str | None]
    harm_tests: Mapped[list[str]]
    owner_id: Mapped[uuid.UUID | None]
    case_manager_id: Mapped[uuid.UUID | None]
    due_at: Mapped[datetime | None]
    due_rule: Mapped[str | None]
    acknowledged_at: Mapped[datetime | None]
    acknowledged_by: Mapped[uuid.UUID | None]
    assessed_at: Mapped[datetime | None]
    assessed_by: Mapped[uuid.UUID | None]
    advised_at: Mapped[datetime | None]
    outcome: Mapped[str | None]
    ended_at: Mapped[datetime | None]
    pending: Mapped[dict[str, Any] | None]

    @property
    def kept_out(self) -> set[uuid.UUID | None]:
        """Everyone who must not own or read it."""
        return {self.staff_id, *self.locked_out, *self.namesakes}

    __table_args__ = (
        *within_school(
            "staff", "reporter_id", "staff_id", "owner_id", "case_manager_id", "acknowledged_by",
            "assessed_by",
        ),
        CheckConstraint("kind in ('low_level', 'allegation', 'not_sure')", name="kind"),
        CheckConstraint("num_nonnulls(staff_id, adult_name) = 1", name="one_adult"),
        CheckConstraint(f"(ended_at is not null) = (state in ({ENDED}))", name="ended"),
        CheckConstraint(
            "ended_at is not null or (owner_id is not null and due_at is not null)",
            name="never_without_owner_or_due_time",
        ),
        index("uq_adult_concern_reference", "reference"),
        index("ix_adult_concern_newest", "recorded_at desc", "id desc"),
        index("ix_adult_concern_due", "due_at", "id", where="ended_at is null"),
        index("ix_adult_concern_staff", "staff_id"),
        index("ix_adult_concern_reporter", "reporter_id", "recorded_at desc"),
    )  # fmt: skip


class AdultStatement(Statement, SchoolRow):
    """One typed statement of the account, exactly as submitted."""

    __tablename__ = "adult_statement"

    __table_args__ = (
        *within_school("adult_concern", "concern_id"),
        index(None, "concern_id"),
    )


class AdultEvent(ConcernStep, SchoolRow):
    """One step, decision or piece of advice, with its reason; immutable."""

    __tablename__ = "adult_event"

    __table_args__ = (
        *within_school("adult_concern", "concern_id"),
        *within_school("staff", "by_id"),
        index(None, "concern_id"),
    )


class AdultNote(SchoolRow):
    """A note by a person working on it, or a correction or addition beside the original; immutable.

    `kind` is `note`, `correction` or `addition`.
    """

    __tablename__ = "adult_note"

    concern_id: Mapped[uuid.UUID]
    statement_id: Mapped[uuid.UUID | None]
    kind: Mapped[str]
    text: Mapped[str]
    reason: Mapped[str | None]
    author_id: Mapped[uuid.UUID]
    recorded_at: Mapped[datetime]

    __table_args__ = (
        *within_school("adult_concern", "concern_id"),
        *within_school("adult_statement", "statement_id"),
        *within_school("staff", "author_id"),
        CheckConstraint("kind in ('note', 'correction', 'addition')", name="kind"),
        index(None, "concern_id"),
    )


class AdultTrail(TrailRow):
    """Every look and every change in the adult register, refusals included; sealed separately."""

    __tablename__ = "adult_trail"

    __table_args__ = (
        index(None, "noun_id", "seq"),
        index("ix_adult_trail_order", "xid", "seq"),
        index("ix_adult_trail_newest", "at desc", "id desc"),
    )
