"""The rules of linked concerns as they are read from data."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any, Literal

HERE = Path(__file__).parent
By = Literal["child_group", "death", "place", "named_content", "trust"]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: how many rows within which time are linked by what, and how it is told."""

    id: str
    version: str
    title: str
    text: str
    unknown: str
    """What nobody can know from the rows; always shown."""
    source: str
    by: By
    days: int
    events: int
    children: int
    suggests: tuple[str, ...]
    child_groups: frozenset[str] = frozenset()
    year_group: bool = False
    earlier_years: int = 0
    within_term: bool = False
    names_nobody: bool = False
    """Shown without rows and children: it is about a place."""
    of_rule: str | None = None
    schools: int = 0

    @property
    def span(self) -> timedelta:
        """The longest time between the first row and the last."""
        return timedelta(days=self.days)


@dataclass(frozen=True, slots=True)
class Book:
    """Every rule, and what holds for all of them."""

    rules: Mapping[str, Rule]
    kinds: frozenset[str]
    """What is written down with a concern that counts as a row."""
    parts: frozenset[str]
    """The part a child has in a concern that counts."""
    relationships: Mapping[str, str]
    """Kinds of relationship that count as child groups, and as which."""
    looks_back: timedelta
    new_here: timedelta
    around: timedelta
    versions: Mapping[tuple[str, str], Rule] = field(default_factory=dict)

    def rule_of(self, rule_id: str, version: str) -> Rule:
        """A rule in the version that fired, or as it is now where that is not kept."""
        return self.versions.get((rule_id, version)) or self.rules[rule_id]

    @property
    def reads_back(self) -> timedelta:
        """How far back rows are read."""
        return self.looks_back + max(rule.span for rule in self.rules.values())


@cache
def book() -> Book:
    """The book; of several versions of a rule the last one in the file is the one that fires."""
    return read_book((HERE / "rules.toml").read_text())


def read_book(text: str) -> Book:
    """A book from its data."""
    data = tomllib.loads(text)
    listed = [_rule(entry) for entry in data["rule"]]
    return Book(
        {rule.id: rule for rule in listed},
        frozenset(data["kinds"]),
        frozenset(data["parts"]),
        data["relationships"],
        timedelta(days=data["looks_back_days"]),
        timedelta(days=data["new_here_days"]),
        timedelta(days=data["around_days"]),
        {(rule.id, rule.version): rule for rule in listed},
    )


def _rule(entry: Mapping[str, Any]) -> Rule:
    lists = {
        "suggests": tuple(entry["suggests"]),
        "child_groups": frozenset(entry.get("child_groups", ())),
    }
    return Rule(**{**entry, **lists})
