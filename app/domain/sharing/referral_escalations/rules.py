"""The stages of a professional disagreement, by local authority, as data."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

DEFAULT = "*"
IMMEDIATE = "challenge.immediate"
RULES: Mapping[str, str] = {
    "practitioner": "challenge.stage_1",
    "line_manager": "challenge.stage_2",
    "head_of_service": "challenge.stage_3",
    "senior": "challenge.stage_3",
    "partnership_chair": "challenge.stage_4",
}
"""Rule for the limit of each stage; a school sets its authority's own limits."""
FILE = Path(__file__).parent / "stages.toml"


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage of the vocabulary `challenge_stages`, and the rule of its time."""

    stage: str
    rule: str


@dataclass(frozen=True, slots=True)
class Scheme:
    """The stages of one authority in order; `immediate` is the stage for immediate risk."""

    authority: str
    source: str
    immediate: str
    stages: Sequence[Stage]

    def index(self, stage: str) -> int | None:
        """Position of a stage from 0; None if this authority has no such stage."""
        places = (index for index, item in enumerate(self.stages) if item.stage == stage)
        return next(places, None)


@cache
def schemes() -> Mapping[str, Scheme]:
    """Every scheme by its authority."""
    entries = tomllib.loads(FILE.read_text())["scheme"]
    return {
        entry["authority"]: Scheme(
            entry["authority"], entry["source"], entry["immediate"],
            tuple(Stage(stage, RULES[stage]) for stage in entry["stages"]),
        )
        for entry in entries
    }  # fmt: skip


def scheme_of(authority: str | None) -> Scheme:
    """The scheme of an authority, or the default."""
    result = schemes()
    return result.get(authority or DEFAULT, result[DEFAULT])


def rule_of(challenge: Mapping[str, Any]) -> str:
    """Rule for the limit of an open disagreement, as saved with its referral."""
    return IMMEDIATE if challenge["immediate_risk"] else RULES[challenge["stage"]]


def next_stage(
    scheme: Scheme, now_at: str | None, asked: str | None, *, immediate: bool
) -> Stage | None:
    """Choose the next stage: the requested one, a later one at immediate risk, or the next.

    None if the last was reached, or the requested stage is not ahead. Without immediate risk no
    stage is skipped.
    """
    here = -1 if now_at is None else scheme.index(now_at)
    here = -1 if here is None else here
    wanted = asked or (scheme.immediate if immediate else None)
    there = here + 1 if wanted is None else scheme.index(wanted)
    if asked is None and there is not None and there <= here:
        there = here + 1
    if there is None or not here < there < len(scheme.stages):
        return None
    return scheme.stages[there] if immediate or there == here + 1 else None
