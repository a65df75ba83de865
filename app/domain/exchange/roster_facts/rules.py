"""Pure rules of what an integrator reads: facts of the roster, and nothing that people added."""

import base64
import binascii
import hashlib
import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from app.domain.exchange.events.queries import Seal
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
    theirs = _compared(one for one in numbers if one["own"])
    hashes = (row_hash(facts | theirs), row_hash(facts | _compared(numbers) | theirs))
    is_sent = row["row_hash"] in hashes
    shown = {name: value for name, value in row.items() if name not in ("id", "row_hash")}
    if not is_sent:
        shown |= dict.fromkeys(KNOWN_NAMES)
    return shown | {
        "as_sent": is_sent,
        "identifiers": [{"system": one["system"], "value": one["value"]} for one in numbers],
        "contacts": [contact_as_sent(one) for one in contacts],
    }


def _compared(numbers: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    return {one["system"]: one["value"] for one in numbers if one["system"] in ("upn", "mis_id")}


def contact_as_sent(contact: Mapping[str, Any]) -> dict[str, Any]:
    """A contact; where the record says something else than the source sent, not what it says."""
    facts = {name: contact[name] for name in DETAILS}
    renamed = {"contact_kind": facts["relationship"], **facts}
    is_sent = row_hash(renamed) == contact["row_hash"]
    told = facts if is_sent else dict.fromkeys(DETAILS)
    return {"source_id": contact["source_id"], "as_sent": is_sent, **told}


def stale_since(
    good_at: datetime, days: int, calendar: SchoolCalendar, now: datetime
) -> datetime | None:
    """When a source became stale: as school closed so many school days after its good import."""
    until = calendar.due(Limit("school_day", days=days), good_at)
    return until if until < now else None


LAYOUT: Final = struct.Struct(">BQq16s")
VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class Places:
    """Writes places among the changes of a source for clients, and reads what they send back.

    Sealed as those of events are: transaction numbers tell how much other schools write.
    """

    seal: Seal
    school_id: UUID
    source: str

    def written(self, place: tuple[int, int, UUID]) -> str:
        """The place as clients carry it."""
        turn, seq, link = place
        packed = LAYOUT.pack(VERSION, turn, seq, link.bytes)
        sealed = self.seal.seal(packed, self._bound_to())
        return base64.urlsafe_b64encode(sealed).decode().rstrip("=")

    def read(self, text: str) -> tuple[int, int, UUID] | None:
        """The place a client sent back; None for any other text."""
        try:
            whole = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
            packed = self.seal.open(whole, self._bound_to())
            version, turn, seq, link = LAYOUT.unpack(packed or b"")
        except (binascii.Error, ValueError, struct.error):
            return None
        place = (turn, seq, UUID(bytes=link))
        return place if version == VERSION and self.written(place) == text else None

    def _bound_to(self) -> bytes:
        return b"cairn.roster/" + self.school_id.bytes + self.source.encode()
