"""The columns of `cairn-history/1`: which each kind has, which are needed, which hold lists."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

FORMAT: Final = "cairn-history/1"
COMMON: Final = (
    "source_id", "recorded_at", "author", "author_role", "confidentiality", "links",
    "withdrawn_at", "withdrawn_by", "withdrawn_reason", "redacted", "about_adult",
)  # fmt: skip
LISTS: Final = frozenset({"children", "categories", "links"})
EXTRA: Final = "extra."


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of past entry: `needed` columns have a cell in each row, `others` may be missing."""

    needed: tuple[str, ...]
    others: tuple[str, ...]
    occurred: tuple[str, ...]
    """Where it says when it happened: the first that is filled in."""
    text: tuple[str, ...]
    """What the entry says; a further column of these is used where those before it are blank."""

    dated: bool = True
    """Whether every file has a column for its day."""
    asked: tuple[str, ...] = ()
    """Columns that every file has, whose cells may be blank: silence about them would let somebody
    in who was barred."""

    @property
    def in_header(self) -> tuple[str, ...]:
        """The columns that every file has."""
        return (*self.needed, *self.asked, *self.occurred[: self.dated])

    @property
    def columns(self) -> frozenset[str]:
        """Every column that has a meaning."""
        return frozenset((*COMMON, *self.needed, *self.others, *self.occurred))


KINDS: Final[Mapping[str, Kind]] = {
    "concern": Kind(
        ("children", "text"),
        ("place", "child_said", "told_by", "categories", "level_label", "source_status", "open",
         "owner", "due_at", "closed_at", "closed_by", "outcome_text", "parents_told",
         "told_already"),
        ("occurred_at",), ("text",),
    ),
    "action": Kind(
        ("concern", "what"), ("done_text", "owner", "due_at", "done_at", "done_by", "open"),
        ("recorded_at", "done_at"), ("what",),
    ),
    "note": Kind(
        ("children", "text"), ("kind", "with", "significant", "categories"), ("occurred_at",),
        ("text",),
    ),
    "meeting": Kind(
        ("children", "kind"), ("attendees", "text", "decisions", "next_at"), ("occurred_at",),
        ("text", "decisions", "kind"),
    ),
    "status": Kind(
        ("children", "kind"),
        ("detail", "valid_to", "lead_agency", "worker", "evidence", "review_due", "open"),
        ("valid_from",), ("detail", "kind"),
    ),
    "contact": Kind(
        ("children", "name", "kind"),
        ("email", "phone", "address", "parental_responsibility", "lives_with", "contact_allowed",
         "may_be_told", "court_orders", "priority", "valid_to"),
        ("valid_from",), ("name",), dated=False, asked=("contact_allowed",),
    ),
    "staff": Kind(
        ("name",), ("staff_code", "email", "job_title", "valid_to"), ("valid_from",), ("name",),
        dated=False,
    ),
    "document": Kind(
        ("file",),
        ("children", "attached_to", "title", "kind", "sha256", "categories"),
        ("document_date", "recorded_at"), ("title", "file"),
    ),
}  # fmt: skip
"""What is read, by kind."""
ENTRY: Final = frozenset(
    {
        *COMMON,
        "children",
        "concern",
        "attached_to",
        "file",
        "sha256",
        "categories",
        "open",
        "significant",
        "occurred_at",
    }
)
"""Columns that the entry has places of their own for; all others stand in its details."""
