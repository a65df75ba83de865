"""Keyset pages: an opaque cursor in, rows and the next cursor out."""

import base64
import binascii
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from operator import itemgetter
from typing import Any, Generic, TypeVar
from uuid import UUID

MAX_LIMIT = 200
ENDS = {"open": "null", "ended": "not null"}
UNREADABLE = (
    ValueError, TypeError, AttributeError, OverflowError, RecursionError, binascii.Error,
)  # fmt: skip

MARK = re.compile("\u00a7(\\d+)\u00a7")

R = TypeVar("R")
T = TypeVar("T")


class CursorInvalid(ValueError):
    """This server did not make the cursor."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """The last row that a client has: its sort key and id. Holds no personal data."""

    at: datetime
    id: UUID

    def encode(self) -> str:
        """Encode the cursor for a client."""
        text = f'["{self.at.isoformat()}","{self.id}"]'
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")

    @classmethod
    def decode(cls, text: str) -> "Cursor":
        """Decode a client's cursor. Raises `CursorInvalid`."""
        try:
            padded = text + "=" * (-len(text) % 4)
            stored = json.loads(base64.urlsafe_b64decode(padded.encode("ascii")))
            at, id_ = stored
            moment = datetime.fromisoformat(at)
            if moment.tzinfo is None:
                raise ValueError("no time zone")
            utc = moment.astimezone(UTC)
            if not 1900 <= utc.year <= 2200:
                raise ValueError("a year that no row has")
            return cls(utc, UUID(id_))
        except UNREADABLE as error:
            raise CursorInvalid from error


@dataclass(frozen=True, slots=True)
class PageOf:
    """The page a client requested."""

    limit: int
    after: Cursor | None = None

    @property
    def fetch(self) -> int:
        """Rows to read: one more than the page shows, to see whether more follow."""
        return self.limit + 1


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of rows and the cursor of the next, or None at the end."""

    items: Sequence[T]
    next: str | None


def page_of(
    rows: Sequence[R],
    asked: PageOf,
    *,
    key: Callable[[R], Cursor] | str,
    shape: Callable[[R], T],
) -> Page[T]:
    """Cut off the extra row and make the cursor of the next page.

    `key` makes a row's cursor, or names the moment that sorts it with its `id`.
    """
    items = rows[: asked.limit]
    following = None
    if len(rows) > asked.limit and items:
        last: Any = items[-1]
        cursor = Cursor(last[key], last["id"]) if isinstance(key, str) else key(last)
        following = cursor.encode()
    return Page([shape(row) for row in items], following)


def cut_cards(rows: Sequence[Any], asked: PageOf) -> Page[str]:
    """Make a page of ready JSON from rows with `card`, `sort_at` and `id`."""
    return page_of(rows, asked, key="sort_at", shape=itemgetter("card"))


class Conditions:
    """Collects SQL conditions whose `{}` becomes the next `$n`; values never enter the text."""

    def __init__(self, *values: Any) -> None:
        self.values: list[Any] = list(values)
        self._parts: list[str] = []

    def add(self, condition: str, *values: Any) -> None:
        """Add one condition; each `{}` in it takes one value."""
        places = [f"${len(self.values) + number}" for number in range(1, len(values) + 1)]
        self.values.extend(values)
        self._parts.append(condition.format(*places))

    def beside(self) -> "Conditions":
        """Start further conditions of the same statement; they share its values."""
        made = Conditions()
        made.values = self.values
        return made

    def given(self, condition: str, value: Any) -> None:
        """Add a condition with one value, unless the value is None."""
        if value is not None:
            self.add(condition, value)

    def keep(self, condition: str) -> None:
        """Add a condition whose values already have places."""
        self._parts.append(condition)

    def place(self, value: Any) -> str:
        """Add a value outside the conditions, such as a limit."""
        self.values.append(value)
        return f"${len(self.values)}"

    def page(self, asked: PageOf, column: str, *, up: bool = False) -> str:
        """Keep rows after the cursor, by a moment and the row's id. Answers the limit's place.

        Newest first, unless `up`.
        """
        if asked.after is not None:
            row, sign = column.partition(".")[0], ">" if up else "<"
            self.add(
                f"({column}, {row}.id) {sign} ({{}}::timestamptz, {{}}::uuid)",
                asked.after.at, asked.after.id,
            )  # fmt: skip
        return self.place(asked.fetch)

    def __str__(self) -> str:
        return " and ".join(self._parts) or "true"


def keep_states(where: Conditions, alias: str, states: Sequence[str]) -> None:
    """Keep rows in some states; `open` means any without an end, `ended` any with one.

    Without states, keep all.
    """
    parts = [f"{alias}.ended_at is {end}" for item, end in ENDS.items() if item in states]
    named = [state for state in states if state not in ENDS]
    if named:
        parts.append(f"{alias}.state = any({where.place(named)}::text[])")
    if parts:
        where.keep("(" + " or ".join(parts) + ")" if parts[1:] else parts[0])


class Places:
    """Marks for values of conditions that may still be dropped; binds only those that are kept."""

    def __init__(self) -> None:
        self._values: list[Any] = []

    def place(self, value: Any) -> str:
        """Make a mark for a value, or for a function that answers it when it is bound."""
        self._values.append(value)
        return f"\u00a7{len(self._values) - 1}\u00a7"

    def holds_beside(self, value: object) -> bool:
        """Whether the text of a value is within another value."""
        return any(str(value) in repr(other) for other in self._values if other is not value)

    def bind(
        self, condition: str, where: Conditions, known: Callable[[Any], Any] = lambda value: value
    ) -> str:
        """Turn a condition's marks into places of a statement; a dropped mark binds nothing.

        `known` answers what to bind for a value.
        """
        bound: dict[str, str] = {}

        def place(match: re.Match[str]) -> str:
            if match[1] not in bound:
                value = known(self._values[int(match[1])])
                bound[match[1]] = where.place(value() if callable(value) else value)
            return bound[match[1]]

        return MARK.sub(place, condition)
