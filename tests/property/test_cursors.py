"""Whatever a client sends as a cursor is either one the database takes, or refused."""

import base64
import json
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.ids import new_id
from app.db.paging import Cursor, CursorInvalid

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)
offsets = st.integers(-23 * 60 - 59, 23 * 60 + 59).map(
    lambda minutes: timezone(timedelta(minutes=minutes))
)
moments = st.datetimes(timezones=offsets) | st.datetimes()
moments_of_rows = st.datetimes(
    min_value=datetime(1901, 1, 1),  # noqa: DTZ001 - Hypothesis adds the offset
    max_value=datetime(2199, 12, 31),  # noqa: DTZ001
    timezones=offsets,
)


def written(content: object) -> str:
    """A cursor with any content, well encoded."""
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")


def judge(text: str) -> None:
    """Decode; what comes out has to be a moment and an id that can be bound."""
    try:
        found = Cursor.decode(text)
    except CursorInvalid:
        return
    assert found.at.tzinfo is UTC
    assert 1900 <= found.at.year <= 2200
    assert isinstance(found.id, UUID)
    assert Cursor.decode(found.encode()) == found


class TestCursor:
    @given(st.text(max_size=200))
    def test_reads_any_text_or_refuses_it(self, text: str) -> None:
        judge(text)

    @given(json_values)
    def test_reads_any_content_or_refuses_it(self, content: object) -> None:
        judge(written(content))

    @given(moments, st.uuids().map(str) | st.text(max_size=40))
    def test_reads_any_moment_or_refuses_it(self, moment: datetime, id_: str) -> None:
        judge(written([moment.isoformat(), id_]))

    @given(moments_of_rows, st.uuids())
    def test_reads_what_was_written(self, moment: datetime, id_: UUID) -> None:
        assert Cursor.decode(Cursor(moment, id_).encode()) == Cursor(moment, id_)

    @pytest.mark.parametrize(
        "moment",
        ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "1899-12-31T23:59:59+00:00"],
    )
    def test_refuses_moments_that_no_row_has(self, moment: str) -> None:
        with pytest.raises(CursorInvalid):
            Cursor.decode(written([moment, str(new_id())]))
