"""Pure rules of reviews: when the next one falls."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from app.formats.calendars import Limit, SchoolCalendar

DUE = "review.due"
FURTHEST = "due.review"
"""The rule for how far ahead a review can be set."""


@dataclass(frozen=True, slots=True)
class Every:
    """An interval: so many of a unit."""

    count: int
    unit: str


LIMITS: Mapping[str, Callable[[int], Limit]] = {
    "school_days": lambda count: Limit("school_day", days=count),
    "school_weeks": lambda count: Limit("school_day", days=5 * count),
    "working_days": lambda count: Limit("working_day", days=count),
    "calendar_days": lambda count: Limit("calendar_day", days=count),
    "calendar_weeks": lambda count: Limit("calendar_day", days=7 * count),
    "calendar_months": lambda count: Limit("calendar_day", months=count),
}
"""Limit for each interval unit; five school days are a school week."""


def falls_on(every: Every, since: datetime, calendar: SchoolCalendar) -> datetime:
    """Start of the day on which the next review falls, counted from a moment, in UTC.

    Counted in school days if the unit says so: two school weeks from just before the summer end in
    September.
    """
    day = calendar.local(calendar.due(LIMITS[every.unit](every.count), since)).date()
    return calendar.at(day, calendar.opens)
