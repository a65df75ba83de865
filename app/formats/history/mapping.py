"""Tables in any columns: which column is which, guessed and confirmed, read in neutral form."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, cast

from app.formats.history.columns import COMMON, EXTRA, KINDS, LISTS
from app.formats.history.rows import ADULTS, CLASSES
from app.formats.identifiers import CheckedIdentifier, check_upn
from app.formats.oneroster.columns import plain_name
from app.formats.rosters.dates import DateError, Order, OrderProof, read_date
from app.formats.rosters.guessing import Fields, Proposal, guess_mapping, is_date
from app.formats.rosters.mapping import ORDERS, MappingError, header_hash

NUMBERS: Final = {"child_upn": "upn", "child_mis": "mis", "child_adno": "adno"}
NAMES: Final = ("child_name", "child_given_name", "child_family_name", "child_date_of_birth")
LINKED: Final = "linked_children"
OF_CHILD: Final = (*NUMBERS, *NAMES, LINKED)
"""Fields that name children where no column is written as `children` is."""
CLASS: Final = "confidentiality"
CODES: Final = frozenset({*CLASSES, ADULTS})
DATES: Final = (
    "occurred_at", "recorded_at", "valid_from", "valid_to", "document_date", "due_at", "done_at",
    "closed_at", "next_at", "review_due", "withdrawn_at",
)  # fmt: skip
TRANSLATED: Final = (
    "open", "kind", "confidentiality", "significant", "categories", "redacted", "may_be_told",
    "contact_allowed",
)  # fmt: skip
"""Fields whose words a mapping may translate."""
USUAL: Final[Mapping[str, dict[str, str]]] = {
    "open": {"active": "true", "open": "true", "ongoing": "true", "closed": "false",
             "resolved": "false", "inactive": "false", "archived": "false"},
}  # fmt: skip
"""What words mean where the mapping does not say."""
SPLIT: Final = re.compile(r"[;,|\n]")
CLOCK: Final = re.compile(r"(\d{1,2})[:.](\d\d)(?:[:.]\d\d)?\s*([ap]m)?$", re.IGNORECASE)
JOINED_BY: Final = {"text": "\n\n", "what": "\n\n"}
PUPIL, PUPILS = r"(pupil|student|child)", ("pupil", "student", "child")
SYNONYMS: Final[Mapping[str, tuple[str, ...]]] = {
    "source_id": ("incidentid", "id", "recordid", "reference", "ref", "logid", "concernid",
                  "entryid", "incidentnumber", "logno"),
    "child_upn": ("upn", "uniquepupilnumber"),
    "child_mis": ("misid", *(f"{item}id" for item in PUPILS)),
    "child_adno": ("adno", "admissionnumber", "admissionno", "admno"),
    "child_name": (*PUPILS, *(f"{item}name" for item in PUPILS), "name", "fullname"),
    "child_given_name": ("firstname", "forename", "legalforename", "preferredforename"),
    "child_family_name": ("surname", "lastname", "legalsurname", "familyname"),
    "child_date_of_birth": ("dob", "dateofbirth", "birthdate"),
    "linked_children": ("linkedstudents", "linkedpupils", "otherstudents", "otherpupils",
                        "otherstudentsinvolved", "otherchildren"),
    "occurred_at": ("incidentdate", "date", "dateofincident", "eventdate", "datetime",
                    "dateandtime", "incidenttime", "time", "timeofincident", "meetingdate"),
    "document_date": ("date", "documentdate"),
    "valid_from": ("start", "startdate", "from", "datefrom"),
    "valid_to": ("end", "enddate", "to", "dateto"),
    "recorded_at": ("added", "dateadded", "created", "createdon", "datecreated", "dateentered",
                    "entered", "loggedat", "submitted", "submittedon", "recorded"),
    "author": ("reportedby", "submittedby", "creator", "createdby", "addedby", "staffmember",
               "loggedby", "recordedby", "enteredby", "reporter"),
    "author_role": ("jobtitle", "role"),
    "text": ("incident", "details", "description", "narrative", "concern", "notes", "note",
             "whathappened", "summary", "comments", "body", "content"),
    "what": ("action", "actiontaken", "actionrequired", "task"),
    "categories": ("category", "type", "concerntype", "incidenttype", "tags",
                   "reasonsforconcern", "reasonforconcern"),
    "open": ("status", "state", "active"),
    "level_label": ("level", "priority"),
    "place": ("location", "where"),
    "outcome_text": ("outcome", "result"),
    "file": ("filename", "document", "path", "locationoffile"),
    "title": ("name", "documenttitle", "description"),
    "attendees": ("present", "people"),
}  # fmt: skip
"""The names that systems give the columns of each field, in the form of `plain_name`."""


def fields_of(kind: str) -> tuple[str, ...]:
    """Everything that a mapping of a kind may fill."""
    of = KINDS[kind]
    child = OF_CHILD if "children" in of.columns else ()
    names = (*of.needed, *of.occurred, *child, *of.others, *COMMON)
    return tuple(dict.fromkeys(names))


def _fields(kind: str) -> Fields:
    names = {
        item: frozenset((plain_name(item), *SYNONYMS.get(item, ()))) for item in fields_of(kind)
    }
    dates = [*DATES, "child_date_of_birth"]
    tests = dict.fromkeys(dates, _is_moment) | {
        "child_upn": lambda cell: isinstance(check_upn(cell), CheckedIdentifier)
    }
    return Fields(names, tests, dates, 0)


def _is_moment(cell: str) -> bool:
    return is_date(CLOCK.sub("", cell).strip() or cell)


def propose(kind: str, header: Sequence[str], rows: Sequence[Sequence[str]]) -> Proposal:
    """The best column for each field; a person confirms it."""
    return guess_mapping(header, rows, fields=_fields(kind))


def is_neutral(kind: str, header: Sequence[str]) -> bool:
    """Whether a table has columns of `cairn-history/1`: then what is missing is said by name."""
    names = [name.strip().lower() for name in header if name.strip()]
    known = [item for item in names if item in KINDS[kind].columns or item.startswith(EXTRA)]
    return 2 * len(known) >= len(names)


@dataclass(frozen=True, slots=True)
class HistoryMapping:
    """Which columns fill each field, in order, and what words mean. `header` is the hash of the
    columns that it was confirmed for."""

    columns: Mapping[str, tuple[str, ...]]
    values: Mapping[str, dict[str, str]] = field(default_factory=dict)
    date_order: Order | None = None
    header: str | None = None


def mapping_of(kind: str, content: Mapping[str, Any]) -> HistoryMapping:
    """A mapping as it was confirmed. Raises `MappingError`."""
    known = frozenset(fields_of(kind))
    columns = filled(kind, content["columns"])
    values = content.get("values") or {}
    for name in columns:
        if name not in known:
            raise MappingError("mapping.unknown_field", name[:60])
    for name in values:
        if name not in TRANSLATED:
            raise MappingError("mapping.unknown_field", name[:60])
    for name in missing_of(kind, columns):
        raise MappingError("mapping.field_missing", name)
    order = content.get("date_order")
    if order is not None and order not in ORDERS:
        raise MappingError("mapping.unreadable", "date_order")
    words = {
        name: {" ".join(word.casefold().split()): meant for word, meant in value.items()}
        for name, value in values.items()
    }
    return HistoryMapping(columns, words, cast(Order | None, order), content.get("header"))


def filled(kind: str, columns: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    """The fields of a mapping, without those that have no column.

    Of what every file is asked, no column is an answer too: the file says nothing of it.
    """
    asked = KINDS[kind].asked
    return {name: tuple(column) for name, column in columns.items() if column or name in asked}


def missing_of(kind: str, columns: Collection[str]) -> list[str]:
    """The needed fields that no column fills."""
    of = KINDS[kind]
    needed = [item for item in of.in_header if item not in columns]
    if any(item in columns for item in OF_CHILD):
        needed = [item for item in needed if item != "children"]
    return needed


class Translator:
    """Rows of a table in the neutral form. Raises `MappingError` for a column that is not there."""

    def __init__(self, mapping: HistoryMapping, header: Sequence[str]) -> None:
        self._mapping = mapping
        if mapping.header is not None and header_hash(header) != mapping.header:
            raise MappingError("mapping.header_changed")
        at = {plain_name(name): index for index, name in reversed([*enumerate(header)])}
        for name in (item for column in mapping.columns.values() for item in column):
            if plain_name(name) not in at:
                raise MappingError("mapping.column_missing", name[:60])
        self._places = {
            name: [at[plain_name(item)] for item in column]
            for name, column in mapping.columns.items()
        }
        self._classes = {
            *self._places.get(CLASS, ()),
            *(index for index, name in enumerate(header) if plain_name(name) == CLASS),
        }
        self._proof = OrderProof()
        self.doubtful = False
        """Whether a date could be read in two ways, and nobody has said which."""

    def prove(self, cells: Sequence[str]) -> None:
        """Take the dates of a row as proof of the order of day and month in the whole file."""
        for name in (*DATES, "child_date_of_birth"):
            for part in self._parts(name, cells):
                self._proof.look_at(part)

    def cells(self, row: Sequence[str]) -> dict[str, str | list[str]]:
        """A row under the names of the neutral form; blank cells are left out."""
        result: dict[str, str | list[str]] = {}
        for name in self._places:
            if name in OF_CHILD:
                continue
            parts = self._parts(name, row)
            joined = JOINED_BY.get(name, " ").join(parts)
            text = self._moment(parts) if name in DATES else joined
            if text:
                result[name] = self._listed(name, text) if name in LISTS else self._word(name, text)
        if confidentiality := self._class(str(result.get(CLASS, "")), row):
            result[CLASS] = confidentiality
        if "children" not in result and (children := self._children(row)):
            result["children"] = children
        return result

    def _parts(self, name: str, row: Sequence[str]) -> list[str]:
        places = self._places.get(name, ())
        return [row[at].strip() for at in places if at < len(row) and row[at].strip()]

    def _word(self, name: str, text: str) -> str:
        words = USUAL.get(name, {}) | self._mapping.values.get(name, {})
        return words.get(" ".join(text.casefold().split()), text)

    def _class(self, text: str, row: Sequence[str]) -> str:
        """The highest class that the row has: no mapping leaves it out or translates it lower."""
        written = {row[at].strip().upper() for at in self._classes if at < len(row)} & CODES
        if text and text.upper() not in CODES:
            return text
        return max({*written, *([text.upper()] if text else [])}, default="")

    def _listed(self, name: str, text: str) -> list[str]:
        items = [part.strip() for part in SPLIT.split(text)]
        return [self._word(name, item) for item in items if item]

    def _moment(self, parts: Sequence[str]) -> str:
        """A date, with its time where one was written; midnight means the day."""
        text = " ".join(parts).replace("T", " ")
        clock = CLOCK.search(text)
        day = self._day(CLOCK.sub("", text).strip() or text)
        if day is None or clock is None:
            return text if day is None else day
        hour, half = int(clock[1]), (clock[3] or "").lower()
        hour = hour % 12 + 12 * (half == "pm") if half else hour
        return day if (hour, clock[2]) == (0, "00") else f"{day}T{hour:02d}:{clock[2]}"

    def _day(self, text: str) -> str | None:
        """The day as ISO writes it; None for what is no date, which is said of the row then."""
        order = self._mapping.date_order or self._proof.order
        try:
            return read_date(text.rstrip(" ,"), order).isoformat()
        except DateError as wrong:
            self.doubtful = self.doubtful or wrong.code == "row.ambiguous_date"
            return None

    def _children(self, row: Sequence[str]) -> list[str]:
        texts = {name: " ".join(self._parts(name, row)) for name in OF_CHILD}
        number = next((f"{NUMBERS[item]}:{texts[item]}" for item in NUMBERS if texts[item]), None)
        names = [texts["child_name"] or f"{texts['child_given_name']} {texts['child_family_name']}"]
        if born := texts["child_date_of_birth"]:
            names.append(self._day(born) or born)
        name = " ".join(" ".join(names).split())
        items = [number or f"text:{name}"] if number or name else []
        others = [part.strip() for part in SPLIT.split(texts[LINKED])]
        return [*items, *(f"linked=text:{item}" for item in others if item)]
