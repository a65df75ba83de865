"""Cases: several concerns held together, with a plan and a review date."""

import uuid
from datetime import datetime
from typing import ClassVar

from sqlalchemy import CheckConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY, UUID
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import Ended, SchoolRow, Versioned, index, within_school

HELD = "(t.concern_ids || t.former_ids)"
"""Every concern that it ever held, since its text may mention those removed."""
ONES = f"unnest({HELD}) one(id) join concern held on held.school_id = $1 and held.id = one.id"
"""Looks up concerns one by one: for a joined list PostgreSQL before 18 reads the whole school."""
CLASS_OF_CASE = f"coalesce((select max(held.confidentiality) from {ONES}), 'K3')"
"""The strictest present class of its concerns."""
MOVED = f"(select true from {ONES} where held.confidentiality = 'K6' limit 1)"
"""One of its concerns has moved to the adult register: nobody here reads the case."""


NOTE_OF_ENTRY = """left join lateral (
  select x.kind, x.note, x.plan from case_note x
  where x.school_id = $1 and x.case_id = t.id and x.at = p.recorded_at limit 1) n on true"""


class ConcernCase(Ended, Versioned, SchoolRow):
    """Concerns about one child, or that child and siblings, held as one.

    It has no class of its own: readers of every concern that it ever held read it. Unless ended it
    has exactly one owner, the lead worker, and `due_at`, when it is next reviewed.
    """

    __tablename__ = "concern_case"
    __clocked__: ClassVar[str] = "concern_case"
    __kind__ = {
        "mentions": HELD, "own_class": CLASS_OF_CASE, "owner_reads": CLASS_OF_CASE,
        "marks": {"moved": MOVED},
    }  # fmt: skip
    __entry__ = {
        "joins": NOTE_OF_ENTRY, "step": "n.kind",
        "summary": "concat_ws(E'\\n', n.note, n.plan)",
    }  # fmt: skip
    __changes__: ClassVar[tuple[str, ...]] = (
        "title", "plan", "concern_ids", "former_ids", "owner_id", "due_at", "due_rule", "looked_at",
        "ended_at", "ended_by", "end_reason", "version", "changed_at",
    )  # fmt: skip

    child_id: Mapped[uuid.UUID]
    concern_ids: Mapped[list[uuid.UUID]] = mapped_column(ARRAY(UUID))
    former_ids: Mapped[list[uuid.UUID]] = mapped_column(ARRAY(UUID), server_default=text("'{}'"))
    """Concerns it held before: a reader of the case must be allowed to read these, too."""
    title: Mapped[str]
    plan: Mapped[str]
    """The present plan; the notes have each earlier one."""
    owner_id: Mapped[uuid.UUID]
    due_at: Mapped[datetime]
    due_rule: Mapped[str | None]
    set_by: Mapped[uuid.UUID]
    set_at: Mapped[datetime]
    looked_at: Mapped[datetime | None]
    """When it was last reviewed."""
    end_reason: Mapped[str | None]

    __table_args__ = (
        *within_school("child", "child_id"),
        *within_school("staff", "owner_id", "set_by", "ended_by"),
        CheckConstraint("cardinality(concern_ids || former_ids) >= 1", name="concerns"),
        CheckConstraint(
            "(ended_at is null) = (ended_by is null) and (ended_at is null) = (end_reason is null)",
            name="ended",
        ),
        index("ix_concern_case_due", "due_at", "id", where="ended_at is null"),
        index("ix_concern_case_newest", "set_at desc", "id desc"),
        index("ix_concern_case_child", "child_id"),
    )  # fmt: skip


class CaseNote(SchoolRow):
    """The findings of one review of a case, with the plan at that time. Immutable."""

    __tablename__ = "case_note"

    case_id: Mapped[uuid.UUID]
    kind: Mapped[str]
    note: Mapped[str]
    plan: Mapped[str]
    by_id: Mapped[uuid.UUID]
    at: Mapped[datetime]

    __table_args__ = (
        *within_school("concern_case", "case_id"),
        *within_school("staff", "by_id"),
        CheckConstraint("kind in ('begun', 'reviewed', 'closed')", name="kind"),
        index("ix_case_note_case", "case_id", "at", "id"),
    )
