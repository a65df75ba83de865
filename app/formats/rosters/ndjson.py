"""Rosters in NDJSON: a line that names the school, a line for each pupil, and a line that says how
many there were, so that a file which was cut off is noticed."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import orjson

from app.formats.csv_rows import LINE_BYTES, Blanks
from app.formats.rosters.bundles import UNREADABLE, Bundle, Member, reason
from app.formats.rosters.detection import NDJSON
from app.formats.rosters.fields import CONTACT_FIELDS, PUPIL_FIELDS, Meanings, PupilText
from app.formats.rosters.problems import ProblemLog
from app.formats.rosters.pupils import Pupil, School

FORM: Final = "cairn-roster/1"
MOST_CONTACTS: Final = 50
CHARS: Final = 16 * 1024
NOT_KNOWN: Final = "school"


class NdjsonReader:
    """Reads one file of the form `cairn-roster/1`."""

    format = NDJSON
    version = "1"

    def __init__(self, bundle: Bundle, member: Member) -> None:
        self._bundle, self._member = bundle, member
        self.file = member.printable
        self.complete = self.cut_off = False
        self.schools: dict[str, School] = {}

    def pupils(self, log: ProblemLog) -> Iterator[Pupil | None]:
        """Every pupil in order; None for a line that was left out."""
        rows = 0
        end: Any = None
        try:
            for line, value in self._lines():
                if line == 1:
                    self._take_header(value, log)
                elif isinstance(value, dict) and "end" in value:
                    end = value["end"]
                else:
                    rows += 1
                    yield self._pupil(line, value, log)
        except UNREADABLE as error:
            self.cut_off = True
            return log.error(self.file, reason(error))
        if not isinstance(end, dict) or end.get("rows") != rows:
            self.cut_off = True
            log.error(self.file, "ndjson.cut_off")
        return None

    def name_of(self, field: str) -> str:
        """Members have the names of the fields."""
        return field

    def _lines(self) -> Iterator[tuple[int, Any]]:
        """Each line that is not blank, with its value; None where it is not JSON."""
        blanks = Blanks()
        with self._bundle.open(self._member) as stream:
            number = 0
            while raw := stream.readline(LINE_BYTES):
                number += 1
                whole = raw.endswith(b"\n") or len(raw) < LINE_BYTES
                while not whole and (rest := stream.readline(LINE_BYTES)):
                    whole, raw = rest.endswith(b"\n"), b"\0"
                size = len(raw)
                raw = raw.removeprefix(b"\xef\xbb\xbf").strip()
                if raw:
                    yield number, _json(raw)
                else:
                    blanks.add(size)

    def _take_header(self, value: Any, log: ProblemLog) -> None:
        header = value if isinstance(value, dict) else {}
        school = header.get("school")
        named = school if isinstance(school, dict) else {}
        number = named.get("id")
        if header.get("format") != FORM or not isinstance(number, str) or not number.strip():
            log.warn(self.file, "ndjson.invalid_header", line=1)
        text = number.strip()[:255] if isinstance(number, str) else ""
        name, urn = named.get("name"), named.get("urn")
        result = School(
            text or NOT_KNOWN,
            name[:300] if isinstance(name, str) else None,
            urn[:20] if isinstance(urn, str) else None,
        )
        self.schools = {result.id: result}
        self.complete = header.get("complete") is True

    def _pupil(self, line: int, value: Any, log: ProblemLog) -> Pupil | None:
        if not isinstance(value, dict):
            log.error(self.file, "ndjson.invalid_json", line=line)
            return None
        faults: list[str] = []
        contacts = value.get("contacts") or []
        if not isinstance(contacts, list) or len(contacts) > MOST_CONTACTS:
            contacts = []
            faults.append("ndjson.invalid_value")
        unknown = value.keys() - PUPIL_FIELDS.keys() - {"contacts"}
        for name in sorted(unknown):
            log.warn(self.file, "ndjson.unknown_member", line=line, column=_printable(name))
        if unknown and log.strict:
            return None
        texts = _texts(value, PUPIL_FIELDS, faults)
        adults = [
            _texts(contact if isinstance(contact, dict) else {}, CONTACT_FIELDS, faults)
            for contact in contacts
        ]
        school = next(iter(self.schools), NOT_KNOWN)
        text = PupilText(
            self.file, line, Meanings(school), log, faults=tuple(dict.fromkeys(faults))
        )
        return text.pupil({name: texts[name] for name in texts if name != "school_id"}, adults)


def _json(raw: bytes) -> Any:
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError:
        return None


def _texts(value: Mapping[str, Any], names: Mapping[str, Any], faults: list[str]) -> dict[str, str]:
    result: dict[str, str] = {}
    for name in names:
        text = value.get(name)
        if isinstance(text, bool | int):
            text = str(text).lower()
        if text is not None and (not isinstance(text, str) or len(text) > CHARS):
            faults.append("ndjson.invalid_value")
        elif text:
            result[name] = " ".join(text.split())
    return result


def _printable(name: str) -> str:
    """A member's name where it is one that a program would use; it may be anything."""
    return name if name.isascii() and name.isidentifier() and len(name) <= 40 else "?"
