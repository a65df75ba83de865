"""Due times of any calendar at any moment: never early, never endless, never out of order."""

import time as stopwatch
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from app.formats.calendars import (
    LONGEST_SEARCH,
    DayKind,
    Limit,
    SchoolCalendar,
    TermDates,
    bank_holidays,
)

MOMENTS = st.datetimes(
    datetime(2026, 7, 1),  # noqa: DTZ001 - the strategy adds the zone
    datetime(2028, 9, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
) | st.sampled_from(
    [datetime(*day, hour, minute, tzinfo=UTC)
     for day in ((2026, 10, 24), (2026, 10, 25), (2027, 3, 27), (2027, 3, 28), (2026, 12, 31))
     for hour in (0, 1, 2, 16, 23) for minute in (0, 30, 59)]
)  # fmt: skip
DAYS = st.dates(date(2026, 7, 1), date(2028, 12, 31))
KINDS: st.SearchStrategy[DayKind] = st.sampled_from(
    ["inset", "closed", "school_day", "bank_holiday"]
)
FEW = st.sampled_from([0, 1, 2])
COUNTED = ("working_day", "school_day")


@st.composite
def terms_of_years(draw: st.DrawFn) -> tuple[TermDates, ...]:
    """Terms one after the other, with holidays and whole unknown years between them."""
    day, found = draw(st.dates(date(2026, 8, 1), date(2026, 9, 30))), []
    for number in range(draw(st.integers(0, 8))):
        end = day + timedelta(draw(st.integers(0, 80)))
        found.append(TermDates(f"Term {number}", day, end))
        day = end + timedelta(draw(st.sampled_from([1, 9, 16, 44, 99, 200])))
    return tuple(found)


@st.composite
def calendars(draw: st.DrawFn) -> SchoolCalendar:
    """Any calendar a school could have, and some that none would."""
    opens = draw(st.integers(0, 22 * 60))
    closes = draw(st.integers(opens + 1, 24 * 60 - 1))
    quiet = draw(st.lists(st.integers(0, 24 * 60 - 1), min_size=2, max_size=2, unique=True))
    return SchoolCalendar(
        nation=draw(st.sampled_from(["england", "wales", "scotland", "northern_ireland"])),
        zone=draw(st.sampled_from(["Europe/London", "Asia/Nicosia", "Europe/Berlin"])),
        opens=_hour(opens),
        closes=_hour(closes),
        quiet_from=_hour(quiet[0]),
        quiet_until=_hour(quiet[1]),
        terms=draw(terms_of_years()),
        days=draw(st.dictionaries(DAYS, KINDS, max_size=40)),
    )


@st.composite
def limits(draw: st.DrawFn) -> Limit:
    """Any limit that is counted onwards."""
    calendar = draw(st.sampled_from(["clock", "calendar_day", "working_day", "school_day"]))
    until = draw(st.sampled_from(["opens", "closes"]))
    amount: dict[str, Any] = draw(
        {
            "clock": st.fixed_dictionaries({"minutes": st.integers(0, 10_000)}),
            "calendar_day": st.fixed_dictionaries(
                {"days": FEW, "months": FEW | st.integers(0, 13)}
            ),
            "working_day": st.fixed_dictionaries({"days": FEW | st.integers(0, 45)}),
            "school_day": st.fixed_dictionaries({"days": FEW | st.integers(0, 30)})
            | st.fixed_dictionaries({"minutes": st.integers(0, 600)}),
        }[calendar]
    )
    at_most = draw(st.none() | st.just(Limit("working_day", days=2)))
    return Limit(calendar, until=until, at_most=at_most, **amount)  # type: ignore[arg-type]


def _hour(minutes: int) -> time:
    return time(minutes // 60, minutes % 60)


@given(calendars(), limits(), MOMENTS)
def test_a_due_time_is_never_before_its_start(
    school: SchoolCalendar, limit: Limit, start: datetime
) -> None:
    assert school.due(limit, start) >= start


@given(calendars(), limits(), MOMENTS, st.timedeltas(timedelta(0), timedelta(40)))
def test_what_begins_later_is_never_due_earlier(
    school: SchoolCalendar, limit: Limit, start: datetime, later: timedelta
) -> None:
    assert school.due(limit, start) <= school.due(limit, start + later)


@given(calendars(), limits(), MOMENTS, st.integers(1, 30))
def test_a_longer_limit_is_never_due_earlier(
    school: SchoolCalendar, limit: Limit, start: datetime, more: int
) -> None:
    by_minutes = limit.calendar == "clock" or limit.minutes
    longer = (
        replace(limit, minutes=limit.minutes + more)
        if by_minutes
        else replace(limit, days=limit.days + more)
    )
    assert school.due(limit, start) <= school.due(longer, start)


@given(calendars(), limits(), MOMENTS)
def test_a_due_time_is_on_a_day_of_its_calendar(
    school: SchoolCalendar, limit: Limit, start: datetime
) -> None:
    limit = replace(limit, at_most=None)
    day = school.local(school.due(limit, start)).date()
    if limit.calendar == "working_day":
        assert school.is_working_day(day)
    elif limit.calendar == "school_day":
        assert school.is_school_day(day) or _is_far(school, day)


def _is_far(school: SchoolCalendar, day: date) -> bool:
    """Whether a working day follows so many days without school that it counts as one."""
    before = [day - timedelta(back) for back in range(1, LONGEST_SEARCH)]
    return school.is_working_day(day) and not any(school.is_school_day(one) for one in before)


@given(
    calendars(), st.sampled_from(COUNTED), st.integers(0, 30), MOMENTS,
    st.lists(DAYS, min_size=1, max_size=20),
)  # fmt: skip
def test_another_holiday_never_makes_anything_due_earlier(
    school: SchoolCalendar, calendar: Any, days: int, start: datetime, off: list[date]
) -> None:
    kind: DayKind = "closed" if calendar == "school_day" else "bank_holiday"
    fewer = replace(school, days={**school.days, **dict.fromkeys(off, kind)})
    limit = Limit(calendar, days=days)
    if calendar == "working_day":
        assert fewer.due(limit, start) >= school.due(limit, start)
        return
    bank = {day for day in off if school.days.get(day) == "bank_holiday"}
    fewer = replace(fewer, days={**fewer.days, **dict.fromkeys(bank, "bank_holiday")})
    assert fewer.due(limit, start) >= school.due(limit, start)


@given(calendars(), st.integers(0, 30), MOMENTS)
def test_more_bank_holidays_of_a_nation_never_make_anything_due_earlier(
    school: SchoolCalendar, days: int, start: datetime
) -> None:
    limit = Limit("working_day", days=days)
    england = replace(school, nation="england")
    northern_ireland = replace(school, nation="northern_ireland")
    for year in range(2026, 2030):
        ours, theirs = bank_holidays("england", year), bank_holidays("northern_ireland", year)
        assert ours.keys() <= theirs.keys()
    assert england.due(limit, start) <= northern_ireland.due(limit, start)


@given(calendars(), st.integers(0, 30), MOMENTS)
def test_where_no_terms_are_known_school_days_are_never_later_than_working_days(
    school: SchoolCalendar, days: int, start: datetime
) -> None:
    unknown = replace(school, terms=(), days={})
    school_days, working_days = Limit("school_day", days=days), Limit("working_day", days=days)
    assert unknown.due(school_days, start) <= unknown.due(working_days, start)
    ends = max((term.ends_on for term in school.terms), default=date(2026, 7, 1))
    after = max(start, school.at(ends + timedelta(1), time(0)))
    known = replace(school, days={})
    assert known.due(school_days, after) <= known.due(working_days, after)


@given(calendars(), MOMENTS)
@example(
    SchoolCalendar(0, "england", quiet_from=time(1, 1), quiet_until=time(1, 0)),
    datetime(2027, 3, 27, 12, tzinfo=UTC),
)
def test_quiet_ends_later_and_is_over_then(school: SchoolCalendar, moment: datetime) -> None:
    if school.is_quiet(moment):
        end = school.quiet_ends(moment)
        assert moment < end <= moment + timedelta(hours=49)
        assert not school.is_quiet(end)


@given(calendars(), limits(), MOMENTS)
def test_counting_back_ends_before_the_event(
    school: SchoolCalendar, limit: Limit, event: datetime
) -> None:
    back = replace(
        limit, before=True, minutes=0, at_most=None, days=limit.days + 1,
        calendar="working_day" if limit.calendar == "clock" else limit.calendar,
    )  # fmt: skip
    assert school.due(back, event) < event


@given(calendars(), MOMENTS)
def test_the_worst_content_is_answered_at_once(school: SchoolCalendar, start: datetime) -> None:
    first = start.date()
    shut: dict[date, DayKind] = {first + timedelta(n): "closed" for n in range(1, 1500)}
    terms = tuple(
        TermDates("t", first + timedelta(90 * n), first + timedelta(90 * n)) for n in range(40)
    )
    worst = replace(school, closes=_next_minute(school.opens), days=shut, terms=terms)
    began = stopwatch.process_time()
    worst.due(Limit("school_day", days=60), start)
    worst.due(Limit("school_day", minutes=1440), start)
    assert stopwatch.process_time() - began < 2


def _next_minute(hour: time) -> time:
    return _hour(min(hour.hour * 60 + hour.minute + 1, 24 * 60 - 1))
