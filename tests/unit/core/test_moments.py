"""A moment has one form, and its text sorts as it does."""

from datetime import UTC, date, datetime, time, timedelta, timezone

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.moments import rewritten, to_json_bytes, written

MOMENTS = st.datetimes(timezones=st.just(UTC))


class TestWritten:
    @pytest.mark.parametrize(
        ("moment", "text"),
        [
            (datetime(2026, 11, 26, 8, 5, tzinfo=UTC), "2026-11-26T08:05:00.000000Z"),
            (datetime(2026, 11, 26, 8, 5, 1, 20, tzinfo=UTC), "2026-11-26T08:05:01.000020Z"),
            (
                datetime(2026, 11, 26, 0, 5, tzinfo=timezone(timedelta(hours=1))),
                "2026-11-25T23:05:00.000000Z",
            ),
        ],
    )
    def test_is_utc_with_six_digits_of_a_second(self, moment: datetime, text: str) -> None:
        assert written(moment) == text
        assert datetime.fromisoformat(text) == moment

    @given(MOMENTS, MOMENTS)
    def test_sorts_as_the_moments_do(self, one: datetime, other: datetime) -> None:
        assert (written(one) < written(other)) == (one < other)

    @pytest.mark.parametrize(
        "kept", ["2026-11-26T08:05:00Z", "2026-11-26T08:05:00+00:00", "2026-11-26T09:05:00+01:00"]
    )
    def test_takes_the_forms_that_older_records_have(self, kept: str) -> None:
        assert rewritten(kept) == "2026-11-26T08:05:00.000000Z"

    def test_refuses_a_moment_of_no_zone(self) -> None:
        with pytest.raises(ValueError, match="time zone"):
            written(datetime(2026, 11, 26))  # noqa: DTZ001 - the fault itself


class TestPacked:
    def test_writes_days_and_times_plainly(self) -> None:
        content = {"on": date(2026, 11, 26), "opens": time(8, 30)}
        assert orjson.loads(to_json_bytes(content)) == {"on": "2026-11-26", "opens": "08:30:00"}

    def test_writes_moments_the_one_way_however_deep(self) -> None:
        content = {"b": [{"at": datetime(2026, 11, 26, tzinfo=UTC)}], "a": 1}
        wanted = b'{"a":1,"b":[{"at":"2026-11-26T00:00:00.000000Z"}]}'
        assert to_json_bytes(content, sort=True) == wanted

    def test_makes_text_of_the_unknown_only_where_asked(self) -> None:
        assert to_json_bytes({"at": 1j}, texts=True) == b'{"at":"1j"}'
        with pytest.raises(TypeError):
            to_json_bytes({"at": 1j})
