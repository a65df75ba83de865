"""Days and due times of schools, with real dates: GOV.UK's bank holidays, clock changes, terms."""

from dataclasses import replace
from datetime import UTC, date, datetime, time

import pytest

from app.formats.calendars import (
    KEPT,
    SUBDIVISIONS,
    DayKind,
    Limit,
    SchoolCalendar,
    TermDates,
    ask_package,
    bank_holidays,
    read_calendar,
    read_limit,
)
from tests.contract.netting import REWRITES

TERMS = (
    TermDates("Autumn 1", date(2026, 9, 2), date(2026, 10, 23)),
    TermDates("Autumn 2", date(2026, 11, 2), date(2026, 12, 18)),
    TermDates("Spring", date(2027, 1, 4), date(2027, 3, 25)),
    TermDates("Summer", date(2027, 4, 12), date(2027, 7, 20)),
)
SCHOOL = SchoolCalendar(version=1, terms=TERMS)
PLAIN = SchoolCalendar()
WORKING_DAY = Limit("working_day", days=1)
SCHOOL_DAY = Limit("school_day", days=1)
SAME_DAY = Limit("school_day", days=0)
SCHOOL_HOUR = Limit("school_day", minutes=60)

ENGLAND = """2026-01-01 2026-04-03 2026-04-06 2026-05-04 2026-05-25 2026-08-31 2026-12-25 2026-12-28
2027-01-01 2027-03-26 2027-03-29 2027-05-03 2027-05-31 2027-08-30 2027-12-27 2027-12-28"""
SCOTLAND = """2026-01-01 2026-01-02 2026-04-03 2026-05-04 2026-05-25 2026-06-15 2026-08-03
2026-11-30 2026-12-25 2026-12-28 2027-01-01 2027-01-04 2027-03-26 2027-05-03 2027-05-31 2027-08-02
2027-11-30 2027-12-27 2027-12-28"""
NORTHERN_IRELAND = """2026-01-01 2026-03-17 2026-04-03 2026-04-06 2026-05-04 2026-05-25 2026-07-13
2026-08-31 2026-12-25 2026-12-28 2027-01-01 2027-03-17 2027-03-26 2027-03-29 2027-05-03 2027-05-31
2027-07-12 2027-08-30 2027-12-27 2027-12-28"""

YEARS = range(2010, 2041)
"""Those of the file."""


def as_kept(year: int) -> list[str]:
    """The lines of a year, from the package."""
    parts: dict[tuple[str, str], list[str]] = {}
    for part in sorted(SUBDIVISIONS.values()):
        for day, name in ask_package(part, year).items():
            parts.setdefault((day.isoformat(), name), []).append(part)
    return [f"{day} {','.join(parts[day, name])} {name}" for day, name in sorted(parts)]


def at(day: str, hour: str = "10:00", calendar: SchoolCalendar = SCHOOL) -> datetime:
    """A local moment of the school."""
    return calendar.at(date.fromisoformat(day), time.fromisoformat(hour))


def closing(day: str, calendar: SchoolCalendar = SCHOOL) -> datetime:
    """When the school closes on a day."""
    return calendar.at(date.fromisoformat(day), calendar.closes)


class TestBankHolidays:
    """Against the lists that GOV.UK publishes, on the days of the week that would be worked."""

    @pytest.mark.parametrize(
        ("nation", "published"),
        [
            ("england", ENGLAND),
            ("wales", ENGLAND),
            ("scotland", SCOTLAND),
            ("northern_ireland", NORTHERN_IRELAND),
        ],
    )
    def test_are_those_of_the_nation(self, nation: str, published: str) -> None:
        found = {
            day.isoformat()
            for year in (2026, 2027)
            for day in bank_holidays(nation, year)
            if day.weekday() < 5
        }
        assert found == set(published.split())

    def test_stand_in_the_file_as_the_package_says(self) -> None:
        """After an update of the package: `make nets ARGS=tests/unit/formats/test_calendars.py`."""
        lines = [line for year in YEARS for line in as_kept(year)]
        if REWRITES:
            KEPT.write_text("\n".join(lines) + "\n", "utf-8")
        assert KEPT.read_text("utf-8").splitlines() == lines

    @pytest.mark.parametrize("year", [YEARS[0] - 1, YEARS[0], YEARS[-1], YEARS[-1] + 1])
    @pytest.mark.parametrize("nation", SUBDIVISIONS)
    def test_of_any_year_are_those_of_the_package(self, nation: str, year: int) -> None:
        assert bank_holidays(nation, year) == ask_package(SUBDIVISIONS[nation], year)

    def test_of_an_unknown_nation_are_those_of_england(self) -> None:
        assert bank_holidays("mars", 2026) == bank_holidays("england", 2026)

    def test_make_easter_monday_a_working_day_in_scotland_alone(self) -> None:
        start = at("2027-03-25")
        assert PLAIN.due(WORKING_DAY, start) == closing("2027-03-30")
        scotland = replace(PLAIN, nation="scotland")
        assert scotland.due(WORKING_DAY, start) == closing("2027-03-29")

    def test_proclaimed_since_are_days_of_the_calendar(self) -> None:
        told = replace(PLAIN, days={date(2026, 11, 26): "bank_holiday"})
        assert PLAIN.due(WORKING_DAY, at("2026-11-25")) == closing("2026-11-26")
        assert told.due(WORKING_DAY, at("2026-11-25")) == closing("2026-11-27")
        assert told.describe(date(2026, 11, 26)).bank_holiday == "Bank holiday"


class TestKindsOfDays:
    @pytest.mark.parametrize(
        ("day", "kind"),
        [
            ("2026-11-25", "school_day"),
            ("2026-10-28", "holiday"),
            ("2026-11-28", "weekend"),
            ("2027-05-03", "bank_holiday"),
            ("2026-09-02", "school_day"),
            ("2027-07-20", "school_day"),
            ("2027-07-21", "school_day"),
            ("2026-09-01", "school_day"),
        ],
    )
    def test_follow_terms_within_them_and_count_everything_outside(
        self, day: str, kind: str
    ) -> None:
        assert SCHOOL.kind_of(date.fromisoformat(day)) == kind

    def test_know_names(self) -> None:
        shown = SCHOOL.describe(date(2027, 5, 3))
        assert (shown.kind, shown.bank_holiday, shown.term) == ("bank_holiday", "May Day", "Summer")

    def test_let_exceptions_win(self) -> None:
        special = replace(
            SCHOOL,
            days={
                date(2026, 11, 27): "inset",
                date(2026, 11, 28): "school_day",
                date(2026, 11, 30): "closed",
            },
        )
        assert special.kind_of(date(2026, 11, 27)) == "inset"
        assert special.is_working_day(date(2026, 11, 27))
        assert special.due(SCHOOL_DAY, at("2026-11-26")) == closing("2026-11-28")
        assert special.due(SCHOOL_DAY, at("2026-11-28")) == closing("2026-12-01")

    def test_take_a_year_that_nobody_entered_for_school_days(self) -> None:
        later = TermDates("Autumn", date(2028, 9, 4), date(2028, 10, 20))
        gap = replace(SCHOOL, terms=(*TERMS, later))
        assert gap.kind_of(date(2027, 11, 3)) == "school_day"
        assert gap.kind_of(date(2026, 10, 28)) == "holiday"


class TestWorkingDays:
    @pytest.mark.parametrize(
        ("start", "hour", "due"),
        [
            ("2026-11-25", "10:00", "2026-11-26"),
            ("2026-11-25", "23:30", "2026-11-26"),
            ("2026-11-27", "17:00", "2026-11-30"),
            ("2026-11-28", "09:00", "2026-11-30"),
            ("2026-12-24", "12:00", "2026-12-29"),
            ("2026-12-31", "12:00", "2027-01-04"),
            ("2027-03-25", "15:00", "2027-03-30"),
        ],
    )
    def test_one_ends_when_the_school_closes_on_the_next(
        self, start: str, hour: str, due: str
    ) -> None:
        assert SCHOOL.due(WORKING_DAY, at(start, hour)) == closing(due)

    def test_of_an_assessment_run_past_christmas(self) -> None:
        due = SCHOOL.due(Limit("working_day", days=45), at("2026-11-25"))
        assert due == closing("2027-02-01")

    def test_none_is_the_same_day_or_the_next(self) -> None:
        limit = Limit("working_day")
        assert SCHOOL.due(limit, at("2026-11-25")) == closing("2026-11-25")
        assert SCHOOL.due(limit, at("2026-11-25", "16:01")) == closing("2026-11-26")
        assert SCHOOL.due(limit, at("2026-11-29")) == closing("2026-11-30")


class TestTheClock:
    def test_can_end_on_working_days_alone(self) -> None:
        """In Wales an officer hears within 24 hours, or on the next working day."""
        limit = Limit("clock", minutes=1440, on_working_day=True)
        assert SCHOOL.due(limit, at("2026-11-24", "20:00")) == at("2026-11-25", "20:00")
        assert SCHOOL.due(limit, at("2026-11-27", "10:00")) == closing("2026-11-30")
        assert SCHOOL.due(limit, at("2026-12-24", "10:00")) == closing("2026-12-29")
        plain = replace(limit, on_working_day=False)
        assert SCHOOL.due(plain, at("2026-11-27", "10:00")) == at("2026-11-28", "10:00")


class TestSchoolDays:
    def test_pass_over_half_term_and_christmas(self) -> None:
        assert SCHOOL.due(SCHOOL_DAY, at("2026-10-23")) == closing("2026-11-02")
        assert SCHOOL.due(Limit("school_day", days=5), at("2026-12-15")) == closing("2027-01-05")

    def test_stop_at_the_working_day_where_the_limit_says_at_most(self) -> None:
        limit = replace(SCHOOL_DAY, at_most=Limit("working_day", days=2))
        assert SCHOOL.due(limit, at("2026-10-23")) == closing("2026-10-27")
        assert SCHOOL.due(limit, at("2026-11-25")) == closing("2026-11-26")

    def test_of_the_same_day_are_the_next_once_the_school_has_closed(self) -> None:
        assert SCHOOL.due(SAME_DAY, at("2026-11-25", "15:59")) == closing("2026-11-25")
        assert SCHOOL.due(SAME_DAY, at("2026-11-25", "16:01")) == closing("2026-11-26")
        assert SCHOOL.due(SAME_DAY, at("2026-10-27")) == closing("2026-11-02")

    def test_can_end_a_while_before_the_school_closes(self) -> None:
        early = replace(SAME_DAY, early=60)
        assert SCHOOL.due(early, at("2026-11-25", "09:00")) == at("2026-11-25", "15:00")
        assert SCHOOL.due(early, at("2026-11-25", "15:00")) == at("2026-11-25", "15:00")
        assert SCHOOL.due(early, at("2026-11-25", "15:01")) == closing("2026-11-25")
        assert SCHOOL.due(early, at("2026-11-25", "16:01")) == at("2026-11-26", "15:00")
        assert SCHOOL.due(early, at("2026-10-27")) == at("2026-11-02", "15:00")
        assert SCHOOL.due(replace(early, days=1), at("2026-11-25")) == at("2026-11-26", "15:00")

    def test_can_end_when_the_school_opens(self) -> None:
        opening = Limit("school_day", days=1, until="opens")
        assert SCHOOL.due(opening, at("2026-11-27", "22:00")) == at("2026-11-30", "08:30")
        this_morning = replace(opening, days=0)
        assert SCHOOL.due(this_morning, at("2026-11-25", "03:00")) == at("2026-11-25", "08:30")
        assert SCHOOL.due(this_morning, at("2026-11-25", "09:00")) == at("2026-11-26", "08:30")

    def test_hours_run_only_while_it_is_open(self) -> None:
        assert SCHOOL.due(SCHOOL_HOUR, at("2026-11-25", "10:00")) == at("2026-11-25", "11:00")
        assert SCHOOL.due(SCHOOL_HOUR, at("2026-11-25", "15:30")) == at("2026-11-26", "09:00")
        assert SCHOOL.due(SCHOOL_HOUR, at("2026-11-25", "06:00")) == at("2026-11-25", "09:30")
        assert SCHOOL.due(SCHOOL_HOUR, at("2026-11-27", "15:45")) == at("2026-11-30", "09:15")

    def test_never_found_are_the_next_working_day_after_the_longest_search(self) -> None:
        shut: dict[date, DayKind] = {
            date.fromordinal(date(2026, 11, 1).toordinal() + n): "closed" for n in range(400)
        }
        closed = replace(SCHOOL, days=shut)
        assert closed.due(SCHOOL_DAY, at("2026-11-25")) == closing("2027-03-30")


class TestCalendarDays:
    @pytest.mark.parametrize(
        ("start", "due"),
        [
            ("2026-10-31", "2026-11-30"),
            ("2027-01-31", "2027-02-28"),
            ("2028-01-31", "2028-02-29"),
            ("2026-12-31", "2027-01-31"),
        ],
    )
    def test_of_a_month_end_on_the_day_of_that_number_or_the_last(
        self, start: str, due: str
    ) -> None:
        assert SCHOOL.due(Limit("calendar_day", months=1), at(start)) == closing(due)

    def test_of_the_same_day_last_until_midnight_once_the_school_has_closed(self) -> None:
        same = Limit("calendar_day")
        assert SCHOOL.due(same, at("2026-11-25", "12:00")) == closing("2026-11-25")
        assert SCHOOL.due(same, at("2026-11-25", "18:00")) == at("2026-11-25", "23:59:59")
        late = at("2026-11-25", "23:59:59.500")
        assert SCHOOL.due(same, late) == late

    def test_can_be_counted_back_from_an_event(self) -> None:
        six_weeks = Limit("calendar_day", days=42, before=True)
        assert SCHOOL.due(six_weeks, at("2027-03-01")) == closing("2027-01-18")
        two_working_days = Limit("working_day", days=2, before=True)
        assert SCHOOL.due(two_working_days, at("2027-01-04")) == closing("2026-12-30")


class TestClockChanges:
    """25 October 2026 has the hour from one to two twice, 28 March 2027 has none."""

    def test_leave_hours_of_the_clock_alone(self) -> None:
        night = datetime(2026, 10, 24, 22, 0, tzinfo=UTC)
        assert SCHOOL.due(Limit("clock", minutes=1440), night) == night.replace(day=25)

    def test_keep_the_local_closing_time(self) -> None:
        assert at("2026-10-23", "16:00") == datetime(2026, 10, 23, 15, 0, tzinfo=UTC)
        assert PLAIN.due(WORKING_DAY, at("2026-10-23")) == datetime(2026, 10, 26, 16, 0, tzinfo=UTC)

    def test_make_a_skipped_time_an_hour_later(self) -> None:
        assert SCHOOL.at(date(2027, 3, 28), time(1, 30)) == datetime(2027, 3, 28, 1, 30, tzinfo=UTC)

    def test_never_end_the_quiet_before_it_is_over(self) -> None:
        night = replace(SCHOOL, quiet_from=time(22, 0), quiet_until=time(1, 30))
        second_quarter_past_one = datetime(2026, 10, 25, 1, 15, tzinfo=UTC)
        assert night.is_quiet(second_quarter_past_one)
        assert night.quiet_ends(second_quarter_past_one) == datetime(
            2026, 10, 25, 1, 30, tzinfo=UTC
        )


class TestQuietHours:
    def test_go_through_the_night(self) -> None:
        assert SCHOOL.is_quiet(at("2026-11-25", "19:00"))
        assert SCHOOL.is_quiet(at("2026-11-25", "06:59"))
        assert not SCHOOL.is_quiet(at("2026-11-25", "07:00"))
        assert SCHOOL.quiet_ends(at("2026-11-25", "20:00")) == at("2026-11-26", "07:00")
        assert SCHOOL.quiet_ends(at("2026-11-26", "03:00")) == at("2026-11-26", "07:00")

    def test_can_lie_within_a_day(self) -> None:
        noon = replace(SCHOOL, quiet_from=time(12, 0), quiet_until=time(13, 0))
        assert noon.is_quiet(at("2026-11-25", "12:30"))
        assert not noon.is_quiet(at("2026-11-25", "19:30"))
        assert noon.quiet_ends(at("2026-11-25", "12:30")) == at("2026-11-25", "13:00")


class TestReading:
    def test_takes_what_a_calendar_keeps(self) -> None:
        content = {
            "opens": "08:45", "closes": "15:15", "quiet_from": "18:00", "zone": "Europe/London",
            "terms": [{"name": "Autumn", "starts_on": "2026-09-02", "ends_on": "2026-12-18"}],
            "days": [{"on": "2026-11-27", "kind": "inset"}],
            "limits": {"csc.written_confirm": {"calendar": "working_day", "days": 2}},
        }  # fmt: skip
        read = read_calendar(3, "wales", content)
        assert (read.version, read.nation, read.opens, read.closes) == (
            3, "wales", time(8, 45), time(15, 15),
        )  # fmt: skip
        assert read.quiet_until == time(7, 0)
        assert read.days == {date(2026, 11, 27): "inset"}
        assert read.limits == {"csc.written_confirm": Limit("working_day", days=2)}

    def test_takes_a_limit_with_all_it_can_say(self) -> None:
        limit = read_limit(
            {"calendar": "school_day", "days": 1, "until": "opens",
             "at_most": {"calendar": "clock", "minutes": 5}}
        )  # fmt: skip
        assert limit == Limit(
            "school_day", days=1, until="opens", at_most=Limit("clock", minutes=5)
        )
