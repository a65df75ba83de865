"""The two trails, and which of them must record a change to which table."""

from collections.abc import Collection, Mapping
from typing import Literal

from app.db.models import Base

BOOKKEEPING = frozenset(
    {
        "trail", "adult_trail", "row_trail", "late_trail", "trail_leaf", "trail_node",
        "trail_checkpoint", "idempotency_key", "reference_counter", "reading_scan",
        "roster_change", "webhook_progress", "webhook_delivery", "webhook_attempt",
        "document_progress", "school_export_progress", "child_search",
    }
)  # fmt: skip
SCHOOL_TABLES = frozenset(
    table.name
    for table in Base.metadata.tables.values()
    if ("school_id" in table.columns or table.name == "organisation")
    and table.name not in BOOKKEEPING
)
ADULT_TABLES = frozenset(name for name in SCHOOL_TABLES if name.startswith("adult_"))
"""The adult register: only `adult_trail` records its changes."""
OF_EITHER = frozenset({"alert", "deadline", "incomplete_report"})
"""Tables with rows of both registers; the row's own register records each change."""

Register = Literal["children", "adults"]
TRAILS: Mapping[Register, str] = {"children": "trail", "adults": "adult_trail"}


CHILDREN_TABLES = SCHOOL_TABLES - ADULT_TABLES


def untraced(written: Collection[str]) -> frozenset[str]:
    """The written tables of a school whose trail was not written to."""
    changed = SCHOOL_TABLES.intersection(written)
    if "trail" in written:
        changed -= CHILDREN_TABLES
    if "adult_trail" in written:
        changed -= ADULT_TABLES | OF_EITHER
    return changed
