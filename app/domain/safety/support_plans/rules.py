"""Starting values of a support plan, read from data."""

import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

HERE: Final = Path(__file__).parent
LAPSES_NOT_BEFORE: Final = 90
"""Day of a plan on which a lead decides whether check-ins continue; until then they do."""


@cache
def _book() -> Mapping[str, Any]:
    return tomllib.loads((HERE / "starting.toml").read_text())


def starting_cadence() -> list[dict[str, Any]]:
    """How often check-ins are, unless someone sets another cadence."""
    parts: Sequence[Mapping[str, Any]] = _book()["cadence"]
    return [dict(part) for part in parts]


def most_carried(*, lead: bool) -> int:
    """Maximum open check-ins a week for one person before the head is alerted."""
    load: Mapping[str, int] = _book()["load"]
    return load["most_lead" if lead else "most"]
