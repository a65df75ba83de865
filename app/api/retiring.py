"""Operations to be removed: declared here once, announced by every answer and the description."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from email.utils import format_datetime
from typing import Any, Final

NOTICE_MONTHS: Final = 24


@dataclass(frozen=True, slots=True)
class Retiring:
    """An operation to be removed on `until` at the earliest; `instead` is the path to use."""

    since: date
    until: date
    instead: str

    def __post_init__(self) -> None:
        """Raise `ValueError` if clients have less notice than Cairn promises."""
        months = (self.until.year - self.since.year) * 12 + self.until.month - self.since.month
        if months - (self.until.day < self.since.day) < NOTICE_MONTHS:
            raise ValueError(f"an operation goes away after {NOTICE_MONTHS} months, not before")

    def headers(self) -> list[tuple[bytes, bytes]]:
        """The headers of each answer: RFC 9745, RFC 8594 and RFC 8288."""
        return [
            (b"deprecation", f"@{_start(self.since).timestamp():.0f}".encode()),
            (b"sunset", format_datetime(_start(self.until), usegmt=True).encode()),
            (b"link", f'<{self.instead}>; rel="successor-version"'.encode()),
        ]


RETIRING: Final[dict[str, Retiring]] = {}
"""By operation. `make check` refuses a removal before its day."""
SAYS: Final[Mapping[str, str]] = {
    "Deprecation": "Since when this operation is deprecated.",
    "Sunset": "When it goes away, at the earliest.",
}


def told_by(operation: str) -> list[tuple[bytes, bytes]]:
    """The additional headers for answers of this operation."""
    result = RETIRING.get(operation)
    return result.headers() if result else []


def describe_retiring(operation: dict[str, Any]) -> None:
    """Mark an operation of the description as to be removed."""
    result = RETIRING.get(operation["operationId"])
    if result is None:
        return
    operation["deprecated"] = True
    operation["x-sunset"] = result.until.isoformat()
    operation["description"] += (
        f"\n\n**Goes away** on {result.until.isoformat()} at the earliest. Use `{result.instead}`."
    )
    for answer in operation["responses"].values():
        for name, text in SAYS.items():
            headers = answer.setdefault("headers", {})
            headers[name] = {"description": text, "schema": {"type": "string"}}


def _start(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
