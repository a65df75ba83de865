"""The statement that raises a concern is made of columns, and of nothing that is none."""

import pytest

from app.db.repositories.record.concern_reports import _statement


def test_refuses_a_name_that_is_no_column() -> None:
    with pytest.raises(ValueError, match="no columns of alert"):
        _statement((("alert", ("id", "kind) select 1 --")),), others=False)


def test_writes_only_what_there_is() -> None:
    text = _statement((("concern", ("id", "place")), ("alert", ("id",))), others=False)
    assert "insert into alert" in text
    assert "insert into task" not in text
    assert "self_harm" not in text
