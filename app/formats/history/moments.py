"""Moments as people wrote them: the text shows how exact they are, in the time of the school."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Final, Literal

from app.core.clock import SCHOOL_ZONE

Unit = Literal["minute", "day", "month", "year", "unknown"]
UNITS: Final[tuple[Unit, ...]] = ("minute", "day", "month", "year", "unknown")
WRITTEN: Final = re.compile(
    r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?)?)?"
)
EARLIEST: Final = 1900


@dataclass(frozen=True, slots=True)
class Occurred:
    """A moment, how exact it is, and whether it is about then. `twice` says that clocks went back.

    `at` is the beginning of the day, month or year that was written; None where nothing was.
    """

    at: datetime | None = None
    unit: Unit = "unknown"
    about: bool = False
    twice: bool = False


UNKNOWN: Final = Occurred()


def read_moment(text: str) -> Occurred | None:
    """What a cell says; None for a date that does not exist. A blank cell is unknown.

    Local times are those of the school; an hour that occurred twice is the earlier.
    """
    written = text.strip()
    if not written:
        return UNKNOWN
    match = WRITTEN.fullmatch(written.removesuffix("~").rstrip())
    if match is None:
        return None
    about = written.endswith("~")
    unit: Unit = UNITS[4 - len([item for item in match.groups()[:4] if item])]
    try:
        moment, twice = _moment(match)
    except ValueError:
        return None
    if moment is None or moment.year < EARLIEST:
        return None
    return Occurred(moment, unit, about, twice)


def _moment(match: re.Match[str]) -> tuple[datetime | None, bool]:
    year, month, day, hour, minute, second, zone = match.groups()
    numbers = (int(year), int(month or 1), int(day or 1), int(hour or 0), int(minute or 0))
    plain = datetime(*numbers, int(second or 0))  # noqa: DTZ001 - its zone follows
    if zone:
        return plain.replace(tzinfo=_offset(zone)).astimezone(UTC), False
    local = plain.replace(tzinfo=SCHOOL_ZONE)
    moment = local.astimezone(UTC)
    if moment.astimezone(SCHOOL_ZONE).replace(tzinfo=None) != plain:
        return None, False  # the clocks went forward over it
    return moment, bool(hour) and local.utcoffset() != local.replace(fold=1).utcoffset()


def _offset(zone: str) -> timezone:
    if zone == "Z":
        return UTC
    hours, minutes = zone[1:].split(":")
    away = timedelta(hours=int(hours), minutes=int(minutes))
    return timezone(-away if zone.startswith("-") else away)
