"""What a support plan starts from, read from data."""

import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

HERE: Final = Path(__file__).parent
LAPSES_NOT_BEFORE: Final = 90
"""Day of a plan on which a lead looks whether check-ins go on; before it they do."""


@cache
def _book() -> Mapping[str, Any]:
    return tomllib.loads((HERE / "starting.toml").read_text())


def starting_cadence() -> list[dict[str, Any]]:
    """How often check-ins are where nobody set another cadence."""
    parts: Sequence[Mapping[str, Any]] = _book()["cadence"]
    return [dict(part) for part in parts]


def most_carried(*, lead: bool) -> int:
    """How many open check-ins of a week one person can have before the head is told."""
    load: Mapping[str, int] = _book()["load"]
    return load["most_lead" if lead else "most"]
