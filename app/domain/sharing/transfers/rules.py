"""Pure rules of transfers: which step is possible when, by which clock, and what stays behind."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

TRANSFER, INCOMING, REQUEST = "transfer", "incoming_transfer", "file_request"

IN_YEAR, NEW_TERM = "cpfile.transfer.in_year", "cpfile.transfer.new_term"
RECEIPT, ADDENDUM = "cpfile.receipt", "cpfile.addendum"
LOOK, ANSWER = "cpfile.incoming", "cpfile.request"
UNLOCK = "cpfile.unlock"

LATE = "late_addendum"
KEPT_REASONS = frozenset(
    {"elective_home_education", "missing_education", "destination_unknown", "abroad"}
)
"""Reasons without a new school: the last school keeps the file, and records who it told."""

STEPS: Mapping[str, frozenset[str]] = {
    "update_transfer": frozenset({"prepared", "rejected"}),
    "approve_transfer": frozenset({"prepared"}),
    "cancel_transfer": frozenset({"prepared", "approved", "rejected"}),
    "record_transfer_sent": frozenset({"approved", "sent"}),
    "record_transfer_receipt": frozenset({"sent", "delivered"}),
    "record_transfer_rejection": frozenset({"sent", "delivered", "locked"}),
    "download_packet": frozenset({"approved", "sent", "delivered"}),
    "reveal_transfer_passphrase": frozenset({"approved", "sent", "delivered"}),
}
"""States from which each operation is possible."""

FROM_SCHOOL: Final = "plan_from_school"


def possible(step: str, state: str) -> bool:
    """Whether an operation is possible in a state."""
    return state in STEPS[step]


def leaving_rule(reason: str) -> str:
    """Rule for when a file has to be with the new school."""
    if reason == LATE:
        return ADDENDUM
    return NEW_TERM if reason == "new_phase" else IN_YEAR


def term_start(starts: Sequence[date], left_on: date) -> date | None:
    """First day of the term after the day a child left; None if unknown."""
    return min((day for day in starts if day > left_on), default=None)


@dataclass(frozen=True, slots=True)
class Item:
    """Something that may travel: what it is, and why it would stay behind."""

    kind: str
    id: UUID
    confidentiality: str
    several: bool = False
    """Whether it is about several children: its files may show the others."""


def stays(item: Item, chosen: frozenset[tuple[str, UUID]]) -> str | None:
    """Why something stays, or None if it travels.

    Class K5 travels only if a lead chooses each item; so do the files of a concern about several
    children, which nobody can pseudonymise.
    """
    if (item.kind, item.id) in chosen:
        return None
    if item.confidentiality == "K5":
        return "sealed"
    if item.kind == "attachment" and item.several:
        return "several_children"
    return None


def chosen_of(items: Sequence[Mapping[str, Any]]) -> frozenset[tuple[str, UUID]]:
    """The items a lead chose, as stored with a transfer."""
    return frozenset((item["kind"], UUID(str(item["id"]))) for item in items)


def may_unlock(asked_by: UUID | None, actor: UUID) -> bool:
    """Whether the second of two people unlocks it."""
    return asked_by is not None and asked_by != actor
