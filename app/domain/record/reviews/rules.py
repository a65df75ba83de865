"""Pure rules of reviews: when the next one falls."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from app.formats.calendars import Limit, SchoolCalendar

DUE = "review.due"
FURTHEST = "due.review"
"""The rule that says how far ahead a review can be set."""


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
"""What an interval counts; five school days are a school week."""


def falls_on(every: Every, since: datetime, calendar: SchoolCalendar) -> datetime:
    """When the day begins on which the next one falls, counted from a moment, as UTC.

    Counted in days of the school where it says so: a fortnight of school weeks before the summer
    ends in September.
    """
    day = calendar.local(calendar.due(LIMITS[every.unit](every.count), since)).date()
    return calendar.at(day, calendar.opens)
