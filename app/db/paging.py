"""Keyset pages: an opaque cursor in, rows and the next cursor out."""

import base64
import binascii
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
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
    """The cursor was not made by this server."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """The last row a client has: its sort key and id. Holds no personal data."""

    at: datetime
    id: UUID

    def encode(self) -> str:
        """The cursor as clients carry it."""
        text = f'["{self.at.isoformat()}","{self.id}"]'
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")

    @classmethod
    def decode(cls, text: str) -> "Cursor":
        """The cursor a client sent back. Raises `CursorInvalid`."""
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
    """Which page a client asked for."""

    limit: int
    after: Cursor | None = None

    @property
    def fetch(self) -> int:
        """How many rows to ask the database for: one more than shown tells whether more follow."""
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
    """Cut the extra row off and say where the next page begins.

    `key` gives the place of a row, or names the moment that stands with its `id`.
    """
    items = rows[: asked.limit]
    following = None
    if len(rows) > asked.limit and items:
        last: Any = items[-1]
        cursor = Cursor(last[key], last["id"]) if isinstance(key, str) else key(last)
        following = cursor.encode()
    return Page([shape(row) for row in items], following)


def cut_cards(rows: Sequence[Any], asked: PageOf) -> Page[str]:
    """A page of ready JSON: each row has its `card`, and `sort_at` and `id` as its place."""
    return page_of(rows, asked, key="sort_at", shape=lambda row: row["card"])


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
        """Further conditions of the same statement: they share its values."""
        made = Conditions()
        made.values = self.values
        return made

    def given(self, condition: str, value: Any) -> None:
        """Add a condition of one value, where that was asked for."""
        if value is not None:
            self.add(condition, value)

    def keep(self, condition: str) -> None:
        """Add a condition whose values have their places already."""
        self._parts.append(condition)

    def place(self, value: Any) -> str:
        """Add a value that stands outside the conditions, such as a limit."""
        self.values.append(value)
        return f"${len(self.values)}"

    def page(self, asked: PageOf, column: str, *, up: bool = False) -> str:
        """Keep rows behind the cursor, in the order of a moment and the id of its row; the limit.

        The newest come first unless it goes `up`.
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
    """Keep rows in any of some states; `open` and `ended` stand for all without, or with, an end.

    None keeps all.
    """
    parts = [f"{alias}.ended_at is {end}" for item, end in ENDS.items() if item in states]
    named = [state for state in states if state not in ENDS]
    if named:
        parts.append(f"{alias}.state = any({where.place(named)}::text[])")
    if parts:
        where.keep("(" + " or ".join(parts) + ")" if parts[1:] else parts[0])


class Places:
    """Marks for values in conditions that may still be folded away; they are bound when kept."""

    def __init__(self) -> None:
        self._values: list[Any] = []

    def place(self, value: Any) -> str:
        """A mark for a value."""
        self._values.append(value)
        return f"\u00a7{len(self._values) - 1}\u00a7"

    def bind(self, condition: str, where: Conditions) -> str:
        """The condition with its marks as places of a statement; a lost mark binds nothing."""
        bound: dict[str, str] = {}

        def place(match: re.Match[str]) -> str:
            if match[1] not in bound:
                bound[match[1]] = where.place(self._values[int(match[1])])
            return bound[match[1]]

        return MARK.sub(place, condition)
