"""What bodies take and refuse, without a server."""

from datetime import UTC, date, datetime
from typing import Annotated, Any

import pytest
from pydantic import TypeAdapter, ValidationError

from app.api.schemas.concerns import LONGEST_ACCOUNT, ConcernIn
from app.core.ids import new_id
from app.core.schemas import Day, EachOnce, Moment


def a_concern(*texts: str, explanation: str | None = None) -> dict[str, Any]:
    """A body with one statement per text and one body mark."""
    mark = {"view": "front", "x": 0.5, "y": 0.5, "region": "nose_m", "explanation": explanation}
    return {
        "children": [{"child_id": str(new_id())}],
        "account": [{"kind": "observed", "text": text} for text in texts],
        "occurred_at": "2026-11-20T10:15:00Z",
        "body_map": [mark],
    }


class TestConcern:
    def test_takes_a_long_account(self) -> None:
        body = a_concern(*["x" * 15_000] * 3, explanation="x" * 15_000)
        assert len(ConcernIn.model_validate(body).account) == 3
        assert LONGEST_ACCOUNT == 60_000

    @pytest.mark.parametrize("explanation", [None, "x"])
    def test_refuses_an_account_that_is_too_long_in_all(self, explanation: str | None) -> None:
        texts = ["x" * 20_000] * 3 + ([] if explanation else ["x"])
        with pytest.raises(ValidationError, match="longer than 60,000 characters in all"):
            ConcernIn.model_validate(a_concern(*texts, explanation=explanation))


class TestMoment:
    READ = TypeAdapter(Moment)

    @pytest.mark.parametrize(
        "text",
        [
            "2026-11-20T10:15:00Z",
            "2026-11-20t10:15:00z",
            "2026-11-20 10:15:00.000+00:00",
            "2026-11-20T15:45:00.0000000+05:30",
        ],
    )
    def test_reads_rfc_3339_into_utc(self, text: str) -> None:
        found = self.READ.validate_python(text)
        assert found == datetime(2026, 11, 20, 10, 15, tzinfo=UTC)
        assert found.tzinfo is UTC

    @pytest.mark.parametrize(
        "given",
        [
            "1764000000", "1764000000.5", "-1", "2026-11-20", "2026-11-20T10:15:00",
            "2026-11-20T10:15Z", "2026-11-20_10:15:00Z", " 2026-11-20T10:15:00Z",
            "2026-11-20T10:15:00Z\n", "2026-11-20T10:15:00+0100", "2026-02-30T10:15:00Z",
            "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "٢026-11-20T10:15:00Z",
            1764000000, True, None, "",
        ],
    )  # fmt: skip
    def test_refuses_all_else(self, given: Any) -> None:
        with pytest.raises(ValidationError):
            self.READ.validate_python(given)


class TestDay:
    READ = TypeAdapter(Day)

    @pytest.mark.parametrize("given", ["2026-11-20", date(2026, 11, 20)])
    def test_takes_text_and_a_day_of_our_own_code(self, given: Any) -> None:
        assert self.READ.validate_python(given) == date(2026, 11, 20)

    @pytest.mark.parametrize(
        "given",
        [
            "2026-11-20T00:00:00Z", "20261120", "1764000000", 1764000000, None, "2201-01-01",
            date(1899, 12, 31), date.max, datetime(2026, 11, 20, tzinfo=UTC),
        ],
    )  # fmt: skip
    def test_refuses_all_else(self, given: Any) -> None:
        with pytest.raises(ValidationError):
            self.READ.validate_python(given)


class TestEachOnce:
    READ = TypeAdapter(Annotated[list[str], EachOnce])

    def test_takes_what_comes_once(self) -> None:
        assert self.READ.validate_python(["b", "a"]) == ["b", "a"]

    def test_refuses_what_comes_twice(self) -> None:
        with pytest.raises(ValidationError, match="a value is given twice"):
            self.READ.validate_python(["a", "b", "a"])
