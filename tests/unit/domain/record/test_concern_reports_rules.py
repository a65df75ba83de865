"""Whether a report says nothing that a concern does not hold already."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from app.domain.record.concern_reports.rules import Report

ANN, BEN = UUID(int=1), UUID(int=2)
NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)
KEPT = Report(
    account=[{"kind": "observed", "text": "He had no lunch."}], body_map=[],
    categories=["neglect"], children=[("a", "subject")], immediacy="today", occurred_at=NOON,
    reported={"place": "yard"}, self_harm=None, staff_named={ANN}, unmatched={},
)  # fmt: skip


class TestRepeats:
    @pytest.mark.parametrize(
        "less", [{}, {"occurred_at": None}, {"immediacy": "routine"}, {"staff_named": set()}]
    )
    def test_says_no_more(self, less: dict[str, Any]) -> None:
        assert replace(KEPT, **less).repeats(KEPT)

    @pytest.mark.parametrize(
        "more",
        [
            {"account": [{"kind": "child_said", "text": "He had no lunch."}]},
            {"body_map": [{"view": "back"}]},
            {"categories": ["neglect", "bullying"]},
            {"children": [("a", "subject"), ("b", "subject")]},
            {"immediacy": "immediate_danger"},
            {"occurred_at": datetime(2026, 11, 25, 13, tzinfo=UTC)},
            {"reported": {"place": "hall"}},
            {"self_harm": {"kind": "self_harm"}},
            {"staff_named": {ANN, BEN}},
            {"unmatched": {"name": "Sam"}},
        ],
        ids=lambda more: next(iter(more)),
    )
    def test_says_more(self, more: dict[str, Any]) -> None:
        assert not replace(KEPT, **more).repeats(KEPT)
