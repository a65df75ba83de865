"""The demo schools' terms and INSET days, around whatever day it is."""

from collections.abc import Iterator
from datetime import date, timedelta
from functools import partial
from typing import Any

from app.core.words import Role
from app.demo.people import Place
from app.demo.stage import Stage
from app.domain.duty.calendars.commands import update_calendar

MONDAY, FRIDAY = 0, 4
DAY, WEEK = timedelta(days=1), timedelta(days=7)
YEAR_BEGINS = 8
"""The month from which on a day belongs to the next school year."""
HOURS = {"primary": ("08:45", "15:30"), "secondary": ("08:30", "16:00")}


async def set_calendars(stage: Stage, places: tuple[Place, ...]) -> None:
    """Give each school its hours, and the terms of this school year, the last and the next."""
    for place in places:
        opens, closes = HOURS[place.phase]
        content = {"opens": opens, "closes": closes, **terms_and_days(stage.now.date())}
        admin = stage.team(place, Role.SCHOOL_ADMIN)[0]
        change = partial(update_calendar, school_id=place.id, version=0, fields=content)
        await stage.act(admin, change)


def terms_and_days(today: date) -> dict[str, Any]:
    """Terms and INSET days of three school years, as a calendar keeps them."""
    year = today.year if today.month >= YEAR_BEGINS else today.year - 1
    terms = [term for first in (year - 1, year, year + 1) for term in _terms(first)]
    inset = [start for name, start, _ in terms if name in ("Autumn 1", "Spring 1")]
    return {
        "terms": [
            {"name": name, "starts_on": start.isoformat(), "ends_on": end.isoformat()}
            for name, start, end in terms
        ],
        "days": [{"on": day.isoformat(), "kind": "inset"} for day in inset],
    }


def _terms(year: int) -> Iterator[tuple[str, date, date]]:
    """The six half-terms of the school year that begins in a year, as many English schools do."""
    october = _on(date(year, 10, 24), MONDAY)
    february = _on(date(year + 1, 2, 13), MONDAY)
    may = _on(date(year + 1, 5, 25), MONDAY)
    spring_ends = _on(date(year + 1, 3, 26), FRIDAY)
    yield "Autumn 1", _working(date(year, 9, 2)), october - 3 * DAY
    yield "Autumn 2", october + WEEK, _on(date(year, 12, 15), FRIDAY)
    yield "Spring 1", _on(date(year + 1, 1, 3), MONDAY), february - 3 * DAY
    yield "Spring 2", february + WEEK, spring_ends
    yield "Summer 1", spring_ends + 2 * WEEK + 3 * DAY, may - 3 * DAY
    yield "Summer 2", may + WEEK, _on(date(year + 1, 7, 17), FRIDAY)


def _on(earliest: date, weekday: int) -> date:
    """The first such day of a week from a date on."""
    return earliest + timedelta((weekday - earliest.weekday()) % 7)


def _working(day: date) -> date:
    return day if day.weekday() <= FRIDAY else _on(day, MONDAY)
