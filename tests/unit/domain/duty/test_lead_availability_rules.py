"""What may honestly be said about who is watching, at any moment of any week."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from app.domain.duty.lead_availability.rules import (
    ALWAYS,
    Call,
    Matter,
    SocialCare,
    lead_availability_at,
)
from app.formats.calendars import SchoolCalendar, read_calendar

FRIDAY = date(2026, 11, 27)
TERM = {"name": "Autumn", "starts_on": "2026-11-02", "ends_on": "2026-12-18"}


def at(day: date, hour: int, minute: int = 0) -> datetime:
    """A winter's moment in London."""
    return datetime.combine(day, time(hour, minute), UTC)


def calendar(**content: object) -> SchoolCalendar:
    """A school's calendar with one term."""
    return read_calendar(1, "england", {"terms": [TERM], **content})


class TestLeadAvailabilityAt:
    def test_is_while_school_is_open_unless_said_otherwise(self) -> None:
        school = calendar()
        assert lead_availability_at(school, at(FRIDAY, 8, 30), somebody=True).available
        assert not lead_availability_at(school, at(FRIDAY, 8, 29), somebody=True).available
        assert not lead_availability_at(school, at(FRIDAY, 16), somebody=True).available

    def test_says_from_when_over_a_weekend(self) -> None:
        said = lead_availability_at(calendar(), at(FRIDAY, 17), somebody=True)
        assert said.available_from == at(date(2026, 11, 30), 8, 30)
        assert "until Monday 30 November at 08:30" in (said.advice or "")

    def test_says_from_when_over_a_holiday_and_a_clock_change(self) -> None:
        spring = {"name": "Spring", "starts_on": "2027-01-05", "ends_on": "2027-03-25"}
        summer = {"name": "Summer", "starts_on": "2027-04-06", "ends_on": "2027-05-28"}
        school = calendar(terms=[TERM, spring, summer])
        said = lead_availability_at(school, at(date(2027, 3, 26), 12), somebody=True)
        assert said.available_from == datetime(2027, 4, 6, 7, 30, tzinfo=UTC)

    def test_promises_nothing_where_no_lead_is_there(self) -> None:
        said = lead_availability_at(calendar(), at(FRIDAY, 10), somebody=False)
        assert not said.available
        assert said.available_from is None
        assert "No safeguarding lead is reading reports for now." in (said.advice or "")

    def test_promises_nothing_on_days_that_no_term_covers(self) -> None:
        """The next year's terms are not entered: due times count such days, a promise must not."""
        unknown = date(2027, 8, 4)
        school = calendar()
        assert school.is_school_day(unknown)
        said = lead_availability_at(school, at(unknown, 10), somebody=True)
        assert (said.available, said.available_from) == (False, None)
        assert lead_availability_at(calendar(terms=[]), at(unknown, 10), somebody=True).available
        entered = calendar(days=[{"on": str(unknown), "kind": "school_day"}])
        assert lead_availability_at(entered, at(unknown, 10), somebody=True).available

    def test_keeps_to_hours_of_its_own_on_school_days(self) -> None:
        school = calendar(
            lead_hours=[
                {"weekday": "friday", "from": "07:45", "to": "12:00"},
                {"weekday": "friday", "from": "20:00", "to": "21:00"},
            ]
        )
        assert lead_availability_at(school, at(FRIDAY, 7, 45), somebody=True).available
        assert not lead_availability_at(school, at(FRIDAY, 12), somebody=True).available
        evening = lead_availability_at(school, at(FRIDAY, 12), somebody=True).available_from
        assert evening == at(FRIDAY, 20)
        assert lead_availability_at(school, at(FRIDAY, 21), somebody=True).available_from == at(
            FRIDAY + timedelta(7), 7, 45
        )

    @pytest.mark.parametrize("day", [date(2026, 12, 28), date(2026, 11, 28)])
    def test_looks_on_single_days_of_holidays_and_weekends(self, day: date) -> None:
        school = calendar(lead_days=[{"on": str(day), "spans": [{"from": "10:00", "to": "11:00"}]}])
        assert lead_availability_at(school, at(day, 10, 30), somebody=True).available
        assert not lead_availability_at(school, at(day, 11), somebody=True).available

    def test_does_not_look_on_a_day_with_no_hours(self) -> None:
        school = calendar(lead_days=[{"on": str(FRIDAY), "spans": []}])
        assert not lead_availability_at(school, at(FRIDAY, 10), somebody=True).available

    def test_never_lacks_the_three_numbers_and_names_the_schools_first(self) -> None:
        own = Call("Duty lead", "01632 960001", "Out of hours")
        said = lead_availability_at(calendar(), at(FRIDAY, 10), somebody=True, phones=[own])
        assert [one.number for one in said.call] == ["01632 960001", "999", "111", "116 123"]
        assert [one.number for one in ALWAYS] == ["999", "111", "116 123"]
        assert said.advice is None


class TestWhomToCall:
    CARE = SocialCare("01632 960110", "01632 960111")

    @pytest.mark.parametrize(
        ("moment", "number"),
        [
            (at(FRIDAY, 9), "01632 960110"), (at(FRIDAY, 16, 59), "01632 960110"),
            (at(FRIDAY, 17), "01632 960111"), (at(FRIDAY, 8, 59), "01632 960111"),
            (at(FRIDAY + timedelta(1), 11), "01632 960111"),
            (at(date(2026, 12, 25), 11), "01632 960111"),
        ],
    )  # fmt: skip
    def test_names_social_care_for_the_hour(self, moment: datetime, number: str) -> None:
        care = self.CARE.at(calendar(), moment)
        assert care is not None
        assert care.number == number

    def test_names_the_other_number_rather_than_none(self) -> None:
        care = SocialCare(day="01632 960110").at(calendar(), at(FRIDAY, 22))
        assert care is not None
        assert (care.number, "in office hours" in care.when) == ("01632 960110", True)
        assert SocialCare().at(calendar(), at(FRIDAY, 22)) is None

    @pytest.mark.parametrize(
        ("matter", "line"), [("self_harm", True), ("other", False), (None, True)]
    )
    def test_names_the_mental_health_line_for_self_harm(
        self, matter: Matter | None, line: bool
    ) -> None:
        said = lead_availability_at(
            calendar(), at(FRIDAY, 22), somebody=True, care=self.CARE
        ).about(matter)
        assert ("111" in {one.number for one in said.call}) is line
        assert ("mental health option" in (said.advice or "")) is line
        assert "01632 960111" in {one.number for one in said.call}
