"""The clock runs in UTC, and can be stopped and moved."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from app.core import clock

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


class TestClock:
    def test_runs_in_utc(self) -> None:
        assert clock.now().tzinfo is UTC
        assert clock.now() <= clock.now()

    def test_stands_still_while_frozen(self) -> None:
        with clock.frozen(NOON):
            assert clock.now() == clock.now() == NOON
        assert clock.now() != NOON

    def test_turns_other_zones_into_utc(self) -> None:
        with clock.frozen(NOON.astimezone(timezone(HOUR))):
            assert clock.now().tzinfo is UTC
            assert clock.now() == NOON

    def test_refuses_a_moment_without_a_zone(self) -> None:
        with pytest.raises(ValueError, match="time zone"), clock.frozen(NOON.replace(tzinfo=None)):
            pass

    def test_adds_shifts_up_and_takes_them_back(self) -> None:
        with clock.frozen(NOON), clock.shifted(HOUR):
            with clock.shifted(HOUR):
                assert clock.now() == NOON + 2 * HOUR
            assert clock.now() == NOON + HOUR

    def test_moves_a_running_clock(self) -> None:
        with clock.shifted(HOUR):
            ahead = clock.now()
        assert HOUR - timedelta(minutes=1) < ahead - clock.now() <= HOUR

    def test_goes_on_after_an_error(self) -> None:
        with pytest.raises(KeyError), clock.frozen(NOON):
            raise KeyError
        assert clock.now() != NOON
