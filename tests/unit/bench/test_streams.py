"""When a measurement of event streams is no proof."""

from dataclasses import fields, replace
from typing import Any

import pytest

from bench.streams import Figures, faults_of

ZEROS: dict[str, Any] = {one.name: 0 for one in fields(Figures)}
SHOWN: dict[str, Any] = {
    "crowd": "a school", "clients": 1_000, "asked_for": 1_000, "bare": 230.0, "idle": 255.0,
    "after": 260.0,
}  # fmt: skip
GOOD = Figures(**(ZEROS | SHOWN))


class TestFaultsOf:
    def test_finds_nothing_in_a_good_run(self) -> None:
        assert faults_of(GOOD) == []

    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"clients": 999}, "999 of 1000 streams"),
            ({"clients": 0}, "0 of 1000 streams"),
            ({"idle": 330.0}, "KiB for each stream, idle"),
            ({"after": 330.0}, "KiB for each stream, after the load"),
        ],
    )
    def test_says_what_is_missing(self, changes: dict[str, Any], words: str) -> None:
        assert any(words in fault for fault in faults_of(replace(GOOD, **changes)))
