"""The file that founds a trust: JSON, or a CSV with one row for each role of a person.

Both become the same plain content, with the line and column of everything in it. Bad data is a
fault with its place, never an exception.
"""

import csv
import io
import json
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from json.decoder import JSONDecoder
from typing import Any, Final, NamedTuple

LARGEST: Final = 5 * 1024 * 1024
FACTS: Final = ("urn", "laestab", "nation", "local_authority", "phone")
PERSON: Final = ("name", "email", "role")
NEEDED: Final = ("trust", "school", "name", "email", "role")
COLUMNS: Final = ("trust", "school", *FACTS, *PERSON)
TEXTS: Final[Mapping[str, str]] = {
    "file.too_large": "The file is larger than 5 MiB. Give the first people, not a roster.",
    "file.not_text": "The file is not UTF-8 text. Save it as CSV UTF-8, or as JSON.",
    "file.empty": "The file is empty. Give a row for each role of a person.",
    "json.malformed": "The JSON breaks off here. Close what is open, or remove what is too much.",
    "json.not_object": "Give one object with `trust` and `schools`.",
    "json.twice": "The object has this name twice. Remove one of them.",
    "csv.malformed": "The row cannot be read: a quote is open, or stands where none belongs.",
    "column.missing": f"A column is missing. The first row has to name {', '.join(NEEDED)}.",
    "column.unknown": f"Nobody reads this column. The columns are {', '.join(COLUMNS)}.",
    "column.twice": "Two columns have this name. Remove one of them.",
    "row.ragged": "The row has more or fewer cells than the first row. Give one cell per column.",
    "row.no_school": "Facts of a school stand in a row without a school. Name the school.",
    "row.nobody": "A row without a school is about a person of the trust. Name the person.",
    "trust.contradicts": "Another row names another trust. One file founds one trust.",
    "school.contradicts": "Another row says something else of this school. Make both the same.",
}


class Place(NamedTuple):
    """Where something stands: in a CSV the column is the cell's number, in JSON the character's."""

    line: int
    column: int


class Fault(NamedTuple):
    """What is wrong, where, and what to do."""

    place: Place
    code: str
    detail: str


@dataclass(slots=True)
class FoundingFile:
    """What a file says; `places` has the place of everything, by its JSON Pointer in `content`."""

    content: dict[str, Any] = field(default_factory=dict)
    places: dict[str, Place] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def fault(self, code: str, line: int, column: int = 1) -> None:
        """Note a fault."""
        self.faults.append(Fault(Place(line, column), code, TEXTS[code]))

    def place_of(self, pointer: str) -> Place:
        """Where a value stands, or the nearest thing around it that stands somewhere."""
        while pointer and pointer not in self.places:
            pointer = pointer.rpartition("/")[0]
        return self.places.get(pointer, Place(1, 1))


def read_founding(data: bytes) -> FoundingFile:
    """The content of a file, with the place of everything in it and what is wrong with it."""
    founding_file = FoundingFile()
    if len(data) > LARGEST:
        founding_file.fault("file.too_large", 1)
        return founding_file
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        founding_file.fault("file.not_text", data[: error.start].count(b"\n") + 1)
        return founding_file
    if "\0" in text:
        founding_file.fault("file.not_text", text[: text.index("\0")].count("\n") + 1)
    elif not text.strip():
        founding_file.fault("file.empty", 1)
    elif text.lstrip()[0] in "{[":
        _read_json(text, founding_file)
    else:
        _Rows(text, founding_file).read()
    return founding_file


def _read_json(text: str, founding_file: FoundingFile) -> None:
    try:
        content = json.loads(text)
    except json.JSONDecodeError as error:
        founding_file.fault("json.malformed", error.lineno, error.colno)
        return
    except RecursionError:
        founding_file.fault("json.malformed", 1)
        return
    if not isinstance(content, dict):
        founding_file.fault("json.not_object", 1)
        return
    founding_file.content = content
    _Places(text, founding_file).walk("", 0)


class _Places:
    """Walks through JSON that was read already, and notes where each value begins."""

    def __init__(self, text: str, file: FoundingFile) -> None:
        self._text = text
        self._file = file
        self._scalar = JSONDecoder()
        self._starts = [0, *(at + 1 for at, mark in enumerate(text) if mark == "\n")]

    def walk(self, pointer: str, at: int) -> int:
        """Note the value at a place, and everything in it; answers where it ends."""
        at = self._past_space(at)
        self._note(pointer, at)
        if self._text[at] == "{":
            return self._members(pointer, at + 1, self._member)
        if self._text[at] == "[":
            return self._members(pointer, at + 1, self._item)
        return self._scalar.raw_decode(self._text, at)[1]

    def _members(self, pointer: str, at: int, member: Any) -> int:
        number = 0
        while self._text[at := self._past_space(at)] not in "}]":
            at = self._past_space(member(pointer, number, at))
            at += self._text[at] == ","
            number += 1
        return at + 1

    def _member(self, pointer: str, _number: int, at: int) -> int:
        name, after = self._scalar.raw_decode(self._text, at)
        inner = f"{pointer}/{name.replace('~', '~0').replace('/', '~1')}"
        if inner in self._file.places:
            self._file.fault("json.twice", *self._place_at(at))
        return self.walk(inner, self._past_space(after) + 1)

    def _item(self, pointer: str, number: int, at: int) -> int:
        return self.walk(f"{pointer}/{number}", at)

    def _past_space(self, at: int) -> int:
        while self._text[at : at + 1].isspace():
            at += 1
        return at

    def _note(self, pointer: str, at: int) -> None:
        self._file.places[pointer] = self._place_at(at)

    def _place_at(self, at: int) -> Place:
        line = bisect_right(self._starts, at)
        return Place(line, at - self._starts[line - 1] + 1)


class _Row(NamedTuple):
    """The cells of a row that are not empty, by their column's name."""

    line: int
    cells: Mapping[str, str]
    columns: Mapping[str, int]

    def place(self, name: str) -> Place:
        return Place(self.line, self.columns[name])


class _Rows:
    """Reads the CSV: a row without a school is about a person of the trust itself."""

    def __init__(self, text: str, file: FoundingFile) -> None:
        self._text = text
        self._file = file
        self._schools: dict[str, int] = {}
        self._people: dict[tuple[str, str, str], int] = {}

    def read(self) -> None:
        """Every row, in the order of the file."""
        self._file.content = {"trust": {"people": []}, "schools": []}
        for row in self._rows():
            self._trust(row)
            if "school" in row.cells:
                self._person(row, self._school(row))
            elif facts := [name for name in FACTS if name in row.cells]:
                self._file.fault("row.no_school", *row.place(facts[0]))
            elif not any(name in row.cells for name in PERSON):
                self._file.fault("row.nobody", row.line)
            else:
                self._person(row, "/trust")

    def _rows(self) -> Iterator[_Row]:
        columns: list[str] | None = None
        for line, cells in self._lines():
            if not any(cells):
                continue
            if columns is None:
                columns = self._header(line, cells)
                if self._file.faults:
                    return
            elif len(cells) != len(columns):
                self._file.fault("row.ragged", line)
            else:
                filled = {name: cell for name, cell in zip(columns, cells, strict=True) if cell}
                places = {name: number for number, name in enumerate(columns, start=1)}
                yield _Row(line, filled, places)

    def _lines(self) -> Iterator[tuple[int, list[str]]]:
        """Each row with the line it begins on."""
        rows = csv.reader(io.StringIO(self._text, newline=""), strict=True)
        before = 0
        try:
            for cells in rows:
                yield before + 1, [cell.strip() for cell in cells]
                before = rows.line_num
        except csv.Error:
            self._file.fault("csv.malformed", before + 1)

    def _header(self, line: int, cells: list[str]) -> list[str]:
        names = ["_".join(cell.casefold().split()) for cell in cells]
        for number, name in enumerate(names, start=1):
            if name not in COLUMNS:
                self._file.fault("column.unknown", line, number)
            elif name in names[: number - 1]:
                self._file.fault("column.twice", line, number)
        if not set(NEEDED) <= set(names):
            self._file.fault("column.missing", line)
        return names

    def _trust(self, row: _Row) -> None:
        name, trust = row.cells.get("trust"), self._file.content["trust"]
        if name is None:
            return
        if "name" not in trust:
            trust["name"] = name
            self._file.places["/trust"] = row.place("trust")
        elif name != trust["name"]:
            self._file.fault("trust.contradicts", *row.place("trust"))

    def _school(self, row: _Row) -> str:
        """The pointer of the row's school, with what the row says of it."""
        name, schools = row.cells["school"], self._file.content["schools"]
        number = self._schools.setdefault(" ".join(name.casefold().split()), len(schools))
        pointer = f"/schools/{number}"
        if number == len(schools):
            schools.append({"name": name, "people": []})
            self._file.places[pointer] = row.place("school")
        for fact in FACTS:
            if fact in row.cells:
                if schools[number].setdefault(fact, row.cells[fact]) != row.cells[fact]:
                    self._file.fault("school.contradicts", *row.place(fact))
                self._file.places.setdefault(f"{pointer}/{fact}", row.place(fact))
        return pointer

    def _person(self, row: _Row, pointer: str) -> None:
        facts = {name: row.cells[name] for name in PERSON if name in row.cells}
        if not facts:
            return
        people = self._organisation(pointer)["people"]
        known = (pointer, facts.get("email", "").casefold(), facts.get("name", ""))
        number = self._people.setdefault(known, len(people))
        inner = f"{pointer}/people/{number}"
        if number == len(people):
            people.append({key: facts[key] for key in ("name", "email") if key in facts})
            people[number]["roles"] = []
            self._file.places[inner] = Place(row.line, row.columns["name"])
        for key in facts:
            self._file.places.setdefault(f"{inner}/{key}", row.place(key))
        if "role" in facts:
            roles = people[number]["roles"]
            roles.append(facts["role"])
            self._file.places[f"{inner}/roles/{len(roles) - 1}"] = row.place("role")

    def _organisation(self, pointer: str) -> dict[str, Any]:
        """The trust or the school with this pointer."""
        content = self._file.content
        if pointer == "/trust":
            trust: dict[str, Any] = content["trust"]
            return trust
        school: dict[str, Any] = content["schools"][int(pointer.rpartition("/")[2])]
        return school
