"""The demo's terms are sound in any year that somebody tries it in."""

from datetime import date, timedelta

import pytest

from app.demo.terms import terms_and_days
from app.domain.duty.calendars.rules import problems_of
from app.formats.calendars import read_calendar

pytestmark = pytest.mark.machine_time


@pytest.mark.parametrize("year", range(2026, 2050))
@pytest.mark.parametrize("month", [1, 4, 8, 11])
def test_makes_a_calendar_that_knows_the_day(year: int, month: int) -> None:
    today = date(year, month, 25)
    content = terms_and_days(today)
    assert problems_of(content) == []
    calendar = read_calendar(1, "england", content)
    assert len(calendar.terms) == 18
    first, last = calendar.terms[0].starts_on, calendar.terms[-1].ends_on
    assert first < today - timedelta(days=120) < today + timedelta(days=120) < last
    year_of_school = [today + timedelta(days=n) for n in range(365)]
    assert 170 <= sum(map(calendar.is_school_day, year_of_school)) <= 205
