"""Pure rules of an integrator's view: facts of the roster, and nothing that people added."""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from app.domain.exchange.roster.rules import row_hash
from app.formats.calendars import Limit, SchoolCalendar

FACTS: Final[Mapping[str, str]] = {
    "given": "legal_given_name", "family": "legal_family_name", "middle": "middle_names",
    "known_given": "known_given_name", "known_family": "known_family_name",
    "date_of_birth": "date_of_birth", "sex": "sex", "year_group": "year_group",
    "registration_group": "registration_group",
}  # fmt: skip
KNOWN_NAMES: Final = ("known_given_name", "known_family_name")
PARTS: Final[Mapping[str, str]] = {"children": "child", "contacts": "contact", "staff": "staff"}
"""The kinds of rows that have a digest, by the name of the answer."""
NO_ROWS: Final = {"count": 0, "sha256": hashlib.sha256().hexdigest()}
DETAILS: Final = ("name", "email", "phone", "relationship")


def child_as_sent(
    row: Mapping[str, Any], numbers: list[dict[str, Any]], contacts: list[dict[str, Any]]
) -> dict[str, Any]:
    """A child. A known name that the source may not know is left out."""
    facts = {name: row[column] for name, column in FACTS.items()}
    theirs = _compared(number for number in numbers if number["own"])
    hashes = (row_hash(facts | theirs), row_hash(facts | _compared(numbers) | theirs))
    is_sent = row["row_hash"] in hashes
    child = {name: value for name, value in row.items() if name not in ("id", "row_hash")}
    if not is_sent:
        child |= dict.fromkeys(KNOWN_NAMES)
    return child | {
        "as_sent": is_sent,
        "identifiers": [
            {"system": number["system"], "value": number["value"]} for number in numbers
        ],
        "contacts": [contact_as_sent(contact) for contact in contacts],
    }


def _compared(numbers: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    return {
        number["system"]: number["value"]
        for number in numbers
        if number["system"] in ("upn", "mis_id")
    }


def contact_as_sent(contact: Mapping[str, Any]) -> dict[str, Any]:
    """A contact; if the record differs from what the source sent, without the record's content."""
    facts = {name: contact[name] for name in DETAILS}
    renamed = {"contact_kind": facts["relationship"], **facts}
    is_sent = row_hash(renamed) == contact["row_hash"]
    details = facts if is_sent else dict.fromkeys(DETAILS)
    return {"source_id": contact["source_id"], "as_sent": is_sent, **details}


def stale_since(
    good_at: datetime, days: int, calendar: SchoolCalendar, now: datetime
) -> datetime | None:
    """When a source became stale: the close of school `days` school days after its good import."""
    until = calendar.due(Limit("school_day", days=days), good_at)
    return until if until < now else None
