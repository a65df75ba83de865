"""Limits in words, for people who read a rule and for the guide."""

from app.formats.calendars import Limit

NAMES = {"working_day": "working day", "school_day": "school day", "calendar_day": "calendar day"}
HOUR, DAY = 60, 1440


def limit_in_words(limit: Limit) -> str:
    """Such as "1 school day, at most 2 working days"."""
    words = _counted_back(limit) if limit.before else _counted_on(limit)
    if limit.at_most is None:
        return words
    return f"{words}, at most {_counted_on(limit.at_most)}"


def _counted_back(limit: Limit) -> str:
    return f"{_number(limit.days, NAMES[limit.calendar])} before"


def _counted_on(limit: Limit) -> str:
    if limit.calendar == "clock":
        return _time(limit.days * DAY + limit.minutes)
    if limit.minutes:
        return f"{_time(limit.minutes)} of school time"
    if limit.months:
        return _number(limit.months, "month")
    if limit.until == "opens":
        return _until_opening(limit.days)
    ahead = f", {_time(limit.early)} before it ends" if limit.early else ""
    if not limit.days:
        return f"the same {NAMES[limit.calendar].removeprefix('calendar ')}{ahead}"
    return f"{_number(limit.days, NAMES[limit.calendar])}{ahead}"


def _until_opening(days: int) -> str:
    which = {0: "that school day", 1: "the next school day"}.get(days, f"{days} school days later")
    return f"before school opens on {which}"


def _time(minutes: int) -> str:
    if minutes == 0:
        return "at once"
    if minutes % HOUR:
        return _number(minutes, "minute")
    if minutes < 5 * DAY:
        return _number(minutes // HOUR, "hour")
    return _number(minutes // DAY, "day")


def _number(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
