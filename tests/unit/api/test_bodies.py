"""What bodies take and refuse, without a server."""

from typing import Any

import pytest
from pydantic import ValidationError

from app.api.schemas.concerns import LONGEST_ACCOUNT, ConcernIn
from app.core.ids import new_id


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
