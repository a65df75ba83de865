"""When the owner of an action is reminded."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import ValidationFailed
from app.domain.record.actions.rules import LONGEST, check_reminder, reminder_at
from app.formats.calendars import SchoolCalendar, TermDates

TERMS = SchoolCalendar(
    terms=(
        TermDates("autumn", date(2026, 9, 3), date(2026, 12, 18)),
        TermDates("spring", date(2027, 1, 4), date(2027, 3, 25)),
    )
)


def at(day: int, month: int = 11, hour: int = 14) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=UTC)


class TestReminderAt:
    @pytest.mark.parametrize(
        ("due", "expected"),
        [
            (at(25), at(24, hour=8)),  # Wednesday: on Tuesday morning
            (at(23), at(20, hour=8)),  # Monday: on Friday
            (at(24, 12), at(18, 12, hour=8)),  # in the holidays: the last school day
            (at(30, 12), at(29, 12, hour=8)),  # a week and more after it: the last working day
        ],
    )
    def test_is_the_school_day_before(self, due: datetime, expected: datetime) -> None:
        assert reminder_at(due, TERMS) == expected + timedelta(minutes=30)

    @given(st.integers(0, 300_000))
    def test_is_always_before_and_never_long_before(self, minutes: int) -> None:
        due = at(1, 9) + timedelta(minutes=minutes)
        found = reminder_at(due, TERMS)
        assert timedelta() < due - found <= LONGEST + timedelta(days=1)
        assert TERMS.local(found).date() < TERMS.local(due).date()


class TestCheckReminder:
    @pytest.mark.parametrize("remind", [at(24), at(25), at(26)])
    def test_is_between_now_and_due(self, remind: datetime) -> None:
        with pytest.raises(ValidationFailed):
            check_reminder(remind, at(25), at(24))

    def test_may_be_left_out(self) -> None:
        check_reminder(None, at(25), at(24))
        check_reminder(at(24, hour=15), at(25), at(24))
