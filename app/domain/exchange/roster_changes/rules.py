"""What undoing an import restores, and what it leaves because someone changed it since."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

CHILD, CONTACT, STAFF = "child", "contact", "staff"
NEW, CHANGED, LEFT = "new", "changed", "left"

IDENTIFIERS: Final = "identifiers"
HIDDEN: Final = frozenset({"sort_name"})
"""Saved for restoring, and shown to nobody: it follows from other fields."""
NAMES: Final = frozenset(
    {"legal_given_name", "legal_family_name", "middle_names", "known_given_name",
     "known_family_name"}
)  # fmt: skip
DAYS: Final = frozenset({"date_of_birth", "valid_to"})


@dataclass(frozen=True, slots=True)
class Restored:
    """Fields that get their former value back, and those that stay as people left them."""

    values: Mapping[str, Any]
    left: tuple[str, ...]


def restored(fields: Mapping[str, Any], now: Mapping[str, Any]) -> Restored:
    """Fields that an undo restores: those that still have the import's value."""
    plain = {name: field for name, field in fields.items() if name != IDENTIFIERS}
    same = {name for name, field in plain.items() if _as_kept(now.get(name)) == field["new"]}
    values = {name: _read(name, plain[name]["old"]) for name in sorted(same)}
    return Restored(values, tuple(sorted(plain.keys() - same - HIDDEN)))


def _as_kept(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _read(name: str, value: Any) -> Any:
    return date.fromisoformat(value) if name in DAYS and value is not None else value


def shown_fields(fields: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Fields of a change as a list: name, old and new value."""
    return [
        {"field": name, "old": field["old"], "new": field["new"]}
        for name, field in sorted(fields.items())
        if name not in HIDDEN
    ]


def without_old(field: Mapping[str, Any]) -> dict[str, Any]:
    """A field without its old value, which a person may have entered."""
    return {**field, "old": None}
