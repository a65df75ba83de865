"""When a source is stale, by the calendar of the school."""

from datetime import UTC, datetime, timedelta

from app.domain.exchange.roster_facts.rules import stale_since
from app.formats.calendars import SchoolCalendar

CALENDAR = SchoolCalendar()
FRIDAY = datetime(2025, 11, 14, 9, 0, tzinfo=UTC)
WEDNESDAY_CLOSE = datetime(2025, 11, 19, 16, 0, tzinfo=UTC)


class TestStale:
    def test_counts_school_days(self) -> None:
        late = WEDNESDAY_CLOSE + timedelta(minutes=1)
        assert stale_since(FRIDAY, 3, CALENDAR, late) == WEDNESDAY_CLOSE

    def test_is_fresh_until_then(self) -> None:
        assert stale_since(FRIDAY, 3, CALENDAR, WEDNESDAY_CLOSE) is None

    def test_asks_no_import_of_a_holiday(self) -> None:
        closed = SchoolCalendar(
            days={(FRIDAY + timedelta(days=n)).date(): "closed" for n in range(1, 8)}
        )
        assert stale_since(FRIDAY, 3, closed, WEDNESDAY_CLOSE + timedelta(days=1)) is None
