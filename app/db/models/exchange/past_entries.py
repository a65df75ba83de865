"""A child's entries from another system, as that system kept them."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import BigInteger, CheckConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.db.models.base import SchoolRow, Versioned, index, within_school

TOGETHER = (
    "array(select x.child_id from past_entry x "
    "where x.school_id = $1 and x.together_id = t.together_id)"
)
"""The other children of the same entry."""


AUTHOR = """json_build_object(
  'id', null, 'name', coalesce(t.author_name, t.source), 'role', null)"""
PAST = """json_build_object(
  'source', t.source, 'kind', t.kind, 'author_name', t.author_name,
  'author_role', t.author_role, 'recorded_at', rfc3339(t.recorded_at),
  'occurred_unit', t.occurred_unit, 'open', t.open and t.taken_up_at is null,
  'withdrawn', t.withdrawn is not null, 'imported_at', rfc3339(p.recorded_at))"""
OTHERS = """
(select json_agg(json_build_array(x.child_id, x.child_role)) from past_entry x
 where x.school_id = $1 and x.together_id = t.together_id)"""


class PastEntry(Versioned, SchoolRow):
    """An entry from another system, in the file of one child that it was about.

    An entry about several children is in the file of each, with the same `together_id`. Its origin
    makes its id, so that an undone import comes back with the same ids.
    """

    __tablename__ = "past_entry"
    __kind__: ClassVar[Mapping[str, Any]] = {
        "candidates": TOGETHER, "open_when": "t.open and t.taken_up_at is null",
        "label": "t.kind", "since": "t.imported_at",
    }  # fmt: skip
    __entry__ = {
        "category": "t.categories[1]", "child_role": "t.child_role", "summary": "t.text",
        "outcome": "t.details ->> 'outcome_text'", "recorded_at": "t.recorded_at",
        "author": AUTHOR, "past": PAST, "others": OTHERS,
    }  # fmt: skip
    __changes__: ClassVar[tuple[str, ...]] = (
        "followed_by", "taken_up_by", "taken_up_at", "version", "changed_at",
    )  # fmt: skip

    child_id: Mapped[uuid.UUID]
    child_role: Mapped[str]
    together_id: Mapped[uuid.UUID | None]
    import_id: Mapped[uuid.UUID]
    source: Mapped[str]
    kind: Mapped[str]
    source_id: Mapped[str]
    occurred_at: Mapped[datetime]
    """Its place in the chronology; `occurred_unit` tells if nobody knows the time."""
    occurred_unit: Mapped[str]
    occurred_about: Mapped[bool]
    recorded_at: Mapped[datetime | None]
    """When it was entered there, according to that system."""
    author_name: Mapped[str | None]
    author_role: Mapped[str | None]
    confidentiality: Mapped[str]
    source_categories: Mapped[list[str]]
    """The source's own categories."""
    categories: Mapped[list[str]]
    text: Mapped[str]
    details: Mapped[dict[str, Any]]
    open: Mapped[bool]
    """Whether it was still open there when it left."""
    significant: Mapped[bool]
    links: Mapped[list[str]]
    withdrawn: Mapped[dict[str, Any] | None]
    redacted: Mapped[bool]
    line: Mapped[int]
    row_sha256: Mapped[str]
    cells: Mapped[dict[str, Any]] = mapped_column(JSONB)
    """The source's own row, decoded and otherwise unchanged."""
    imported_at: Mapped[datetime]
    followed_by: Mapped[uuid.UUID | None]
    """The concern that somebody raised from it."""
    taken_up_by: Mapped[uuid.UUID | None]
    taken_up_at: Mapped[datetime | None]

    __table_args__ = (
        *within_school("child", "child_id"),
        *within_school("past_import", "import_id"),
        *within_school("concern", "followed_by"),
        *within_school("staff", "taken_up_by"),
        CheckConstraint("confidentiality ~ '^K[2-5]$'", name="confidentiality"),
        CheckConstraint("(taken_up_at is null) = (taken_up_by is null)", name="taken_up"),
        index("ix_past_entry_child", "child_id", "occurred_at desc"),
        index("ix_past_entry_import", "import_id", "id"),
        index("ix_past_entry_source", "source", "kind", "source_id"),
        index("ix_past_entry_together", "together_id", where="together_id is not null"),
        index("ix_past_entry_newest", "occurred_at desc", "id desc"),
        index("ix_past_entry_followed", "followed_by"),
    )  # fmt: skip


class PastFile(SchoolRow):
    """The file of a past entry that is a document; it has the entry's id.

    It is kept like an attachment of a concern: scanned, served only once found clean, and a picture
    has a copy without its maker's metadata.
    """

    __tablename__ = "past_file"
    __changes__: ClassVar[tuple[str, ...]] = ("state", "scan_result", "signature", "flags")

    file_name: Mapped[str]
    content_type: Mapped[str]
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str]
    key: Mapped[str]
    recorded_at: Mapped[datetime]
    state: Mapped[str]
    scan_result: Mapped[str]
    signature: Mapped[str | None]
    """The scanner's name for what it found."""
    flags: Mapped[list[str]]
    stripped_key: Mapped[str | None]
    stripped_size: Mapped[int | None] = mapped_column(BigInteger)
    stripped_sha256: Mapped[str | None]

    __table_args__ = (
        *within_school("past_entry", "id"),
        CheckConstraint("state in ('quarantined', 'available', 'held')", name="state"),
        CheckConstraint(
            "state <> 'available' or scan_result in ('not_scanned', 'clean')",
            name="never_served_unless_clean",
        ),
        CheckConstraint(
            "num_nonnulls(stripped_key, stripped_size, stripped_sha256) in (0, 3)", name="stripped"
        ),
        index("ix_past_file_quarantined", "recorded_at", "id", where="state = 'quarantined'"),
    )  # fmt: skip
