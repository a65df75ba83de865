"""One cell in, one typed value out; a departure from the standard is named, not guessed at."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any

from app.formats.rosters.dates import ISO, DateError, read_date
from app.formats.rosters.words import is_year_group

Fault = Callable[[str], None]
"""Told the code of a departure that still left a value."""

Reader = Callable[[str, Fault], Any]
"""Reads a cell that is stripped and not blank. Raises CellError where no value may be taken."""

ID_CHARS = 255
GUID = re.compile(r"[0-9A-Za-z./@_-]{1,255}")
STANDARD_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?Z"
)
YEAR = re.compile(r"[12][0-9]{3}")
TWO_YEARS = re.compile(r"([12][0-9]{3})\s*[-/]\s*([0-9]{4}|[0-9]{2})")
TYPED_ID = re.compile(r"\{\s*([^{}:]{1,100}?)\s*:\s*([^{}]{1,255}?)\s*\}")

TRUE_WORDS = frozenset({"true", "yes", "y", "1", "t"})
FALSE_WORDS = frozenset({"false", "no", "n", "0", "f"})


class CellError(Exception):
    """The cell has no value that could be taken; `code` names why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def text(cell: str, fault: Fault) -> str:
    return cell


def guid(cell: str, fault: Fault) -> str:
    if GUID.fullmatch(cell) is None:
        if len(cell) > ID_CHARS:
            raise CellError("row.invalid_guid")
        fault("row.invalid_guid")
    return cell


def _items(cell: str, fault: Fault) -> list[str]:
    items = cell.split(",")
    strippeds = [stripped for item in items if (stripped := item.strip())]
    if strippeds != items:
        fault("row.invalid_list")
    return strippeds


def text_list(cell: str, fault: Fault) -> tuple[str, ...]:
    return tuple(_items(cell, fault))


def guid_list(cell: str, fault: Fault) -> tuple[str, ...]:
    return tuple(guid(item, fault) for item in _items(cell, fault))


def grades(cell: str, fault: Fault) -> tuple[str, ...]:
    """Year groups: a number that no school has is left out, any word stays."""
    result = text_list(cell, fault)
    words = tuple(word for word in result if is_year_group(word))
    if len(words) < len(result):
        fault("row.unknown_year_group")
    return words


def user_ids(cell: str, fault: Fault) -> dict[str, str]:
    """`{LDAP:12},{Fed:x}`; ids without a type share the type `id`, and the first of each type
    counts."""
    result: dict[str, str] = {}
    rest = TYPED_ID.sub("", cell)
    pairs = [(kind, value) for kind, value in TYPED_ID.findall(cell)]
    bare = [("id", item.strip()) for item in rest.split(",") if item.strip()]
    for kind, value in pairs + bare:
        result.setdefault(kind, value[:ID_CHARS])
    if bare or len(result) < len(pairs) or ", " in cell:
        fault("row.invalid_list")
    return result


def day(cell: str, fault: Fault) -> date:
    try:
        result = read_date(cell)
    except DateError as bad:
        raise CellError(bad.code) from None
    if ISO.fullmatch(cell) is None:
        fault("row.date_spelling")
    return result


def moment(cell: str, fault: Fault) -> datetime | None:
    """A time in UTC. Nothing depends on it here, so an unreadable one is only a departure."""
    if STANDARD_TIME.fullmatch(cell) is None:
        fault("row.invalid_datetime")
    try:
        read = datetime.fromisoformat(cell)
        return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)
    except (ValueError, OverflowError):
        if STANDARD_TIME.fullmatch(cell):
            fault("row.invalid_datetime")
        return None


def year(cell: str, fault: Fault) -> int | None:
    """The year in which a school year ends; `2026-2027` is read as 2027."""
    if YEAR.fullmatch(cell):
        return int(cell)
    fault("row.invalid_year")
    if match := TWO_YEARS.fullmatch(cell):
        first, second = match.groups()
        return int(second) if len(second) == 4 else _same_century(int(first), int(second))
    return None


def _same_century(first: int, last_two: int) -> int:
    ends = first - first % 100 + last_two
    return ends if ends >= first else ends + 100


def boolean(cell: str, fault: Fault) -> bool | None:
    if cell in ("true", "false"):
        return cell == "true"
    word = cell.casefold()
    result = True if word in TRUE_WORDS else False if word in FALSE_WORDS else None
    fault("row.invalid_boolean" if result is None else "row.boolean_spelling")
    return result


def status(cell: str, fault: Fault) -> str:
    """OneRoster 1.0 said `inactive`. An unknown word counts as active: nobody's place at a
    school is ended by a guess."""
    if cell in ("active", "tobedeleted"):
        return cell
    fault("row.invalid_enum")
    ended = cell.casefold() in {"tobedeleted", "inactive", "deleted"}
    return "tobedeleted" if ended else "active"


def one_of(words: tuple[str, ...], also: Mapping[str, str]) -> Reader:
    """A word of a closed list, whatever its case; `also` maps other spellings (in lower case) to
    words of the list. An unknown word is kept as it was sent; `ext:` words are allowed."""
    known = {word.casefold(): word for word in words} | dict(also)
    exact = frozenset(words)

    def read(cell: str, fault: Fault) -> str:
        if cell in exact or cell.startswith("ext:"):
            return cell
        fault("row.invalid_enum")
        return known.get(cell.casefold(), cell)

    return read
