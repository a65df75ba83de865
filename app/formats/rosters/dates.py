"""A date however it was written, where it can be read in one way only."""

import re
from collections.abc import Iterable
from datetime import date
from typing import Literal

Order = Literal["dmy", "mdy", "ymd"]

ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
YEAR_FIRST = re.compile(
    r"([0-9]{4})(?:[-/.]([0-9]{1,2})[-/.]([0-9]{1,2})|([0-9]{2})([0-9]{2}))(?:[T ][0-9:.,+Z-]*)?"
)
NUMBERS = re.compile(r"([0-9]{1,2})[-/. ]([0-9]{1,2})[-/. ]([0-9]{4}|[0-9]{2})\b.*")
NAMED = re.compile(r"([0-9]{1,2})(?:st|nd|rd|th)?[-/. ]([A-Za-z]{3,9})[-/., ]{1,2}([0-9]{4})")
MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september",
    "october", "november", "december",
)  # fmt: skip


class DateError(Exception):
    """There is no one day that the text means; `code` names why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def read_date(text: str, order: Order | None = None) -> date:
    """The day; `order` decides where day and month could be either. Raises `DateError`."""
    if match := YEAR_FIRST.fullmatch(text):
        return _day(*(part for part in match.groups() if part))
    if match := NAMED.fullmatch(text):
        day, word, year = match.groups()
        months = [n for n, name in enumerate(MONTHS, 1) if name.startswith(word.casefold())]
        if len(months) == 1:
            return _day(year, str(months[0]), day)
    if match := NUMBERS.fullmatch(text):
        return _in_order(match[1], match[2], match[3], order)
    raise DateError("row.invalid_date")


def _in_order(first: str, second: str, year: str, order: Order | None) -> date:
    if len(year) == 2:
        raise DateError("row.ambiguous_date")
    proved = order_of(first, second)
    if proved is None and first != second and order not in ("dmy", "mdy"):
        raise DateError("row.ambiguous_date")
    if (proved or order) == "mdy":
        return _day(year, first, second)
    return _day(year, second, first)


def order_of(first: str, second: str) -> Order | None:
    """What two numbers before a year prove."""
    if int(first) > 12 >= int(second):
        return "dmy"
    return "mdy" if int(second) > 12 >= int(first) else None


def _day(year: str, month: str, day: str) -> date:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        raise DateError("row.invalid_date") from None


class OrderProof:
    """What a column's dates prove together: one day above 12 decides, two that differ do not."""

    def __init__(self, texts: Iterable[str] = ()) -> None:
        self._orders: set[Order] = set()
        self.doubtful = False
        for text in texts:
            self.look_at(text)

    def look_at(self, text: str) -> None:
        """Take one more cell into account."""
        match = NUMBERS.fullmatch(text)
        if match is None:
            return
        order = order_of(match[1], match[2])
        if order is not None:
            self._orders.add(order)
        elif match[1] != match[2]:
            self.doubtful = True

    @property
    def order(self) -> Order | None:
        """The order, where there is proof."""
        return next(iter(self._orders)) if len(self._orders) == 1 else None
