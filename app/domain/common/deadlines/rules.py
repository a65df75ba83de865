"""The book of rules: named limits with version, source, calendar and ladder, read from data."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

from app.formats.calendars import Limit, SchoolCalendar, read_limit

HERE = Path(__file__).parent
BOOKS = ("rules.toml", "self_harm.toml")
SET_BY_PERSON = "set_by_person"


OF_CONCERNS: Final[Mapping[str, str]] = {
    "immediate_danger": "concern.acknowledge.immediate_danger",
    "today": "concern.acknowledge.today",
    "routine": "concern.acknowledge.routine",
}
OF_PATHWAY: Final[Mapping[str, str]] = {
    "immediate_danger": "sh.lead_ack",
    "today": "sh.lead_ack_today",
    "routine": "sh.lead_ack_routine",
}
"""Rules for reports of self-harm or suicide: minutes while pupils are at school."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A named limit in force from a day, counted from the event that `since` names.

    A school may set another limit if `overridable`, up to `longest` if given. With a `nation` it
    replaces the general version for that nation's schools.
    """

    id: str
    version: str
    valid_from: date
    title: str
    since: str
    limit: Limit
    ladder: str
    source: str
    overridable: bool = False
    longest: Limit | None = None
    in_force: bool = True
    nation: str | None = None

    def limit_in(self, calendar: SchoolCalendar) -> Limit:
        """The limit in a school: its own where it may have one, counted in the rule's direction."""
        own = calendar.limits.get(self.id) if self.overridable else None
        if own is None:
            return self.limit
        return replace(own, before=self.limit.before, early=self.limit.early)

    def due(self, start: datetime, calendar: SchoolCalendar) -> datetime:
        """Due time in UTC; a school's own limit never outlasts the longest."""
        limit = self.limit_in(calendar)
        result = calendar.due(limit, start)
        if limit is self.limit or self.longest is None:
            return result
        return min(result, calendar.due(self.longest, start))

    def ladder_for(self, resource_type: str) -> str:
        """Escalation ladder of its alerts; those of the adult register stay in that register."""
        if resource_type == "adult_concern" and not self.ladder.startswith("adult"):
            return "adult"
        return self.ladder


@cache
def rule_book() -> Mapping[str, tuple[Rule, ...]]:
    """Every rule by its ID, newest version first."""
    result: dict[str, list[Rule]] = {}
    for name in BOOKS:
        for entry in tomllib.loads((HERE / name).read_text())["rule"]:
            result.setdefault(entry["id"], []).append(_rule(entry))
    return {
        name: tuple(sorted(rules, key=lambda rule: rule.valid_from, reverse=True))
        for name, rules in result.items()
    }


def rule_on(rule_id: str, day: date, nation: str | None = None) -> Rule:
    """The rule in force on a day; before its first day, its first version. Raises KeyError.

    A nation's own versions take precedence over the general ones.
    """
    every = rule_book()[rule_id]
    own = nation and tuple(rule for rule in every if rule.nation == nation)
    versions = own or tuple(rule for rule in every if rule.nation is None)
    return next((rule for rule in versions if rule.valid_from <= day), versions[-1])


def furthest_day(rule_ids: Iterable[str], now: datetime, calendar: SchoolCalendar) -> date:
    """Last day, by the school's calendar, on which all of these rules still run."""
    today = calendar.local(now).date()
    return min(
        calendar.local(rule_on(rule_id, today, calendar.nation).due(now, calendar)).date()
        for rule_id in rule_ids
    )


def rule_of(rule_id: str, version: str) -> Rule:
    """A rule in just this version. Raises KeyError."""
    for rule in rule_book()[rule_id]:
        if rule.version == version:
            return rule
    raise KeyError(f"{rule_id} {version}")


def _rule(entry: Mapping[str, Any]) -> Rule:
    longest = entry.get("longest")
    return Rule(
        entry["id"], entry["version"], entry["from"], entry["title"], entry["since"],
        read_limit(entry), entry["ladder"], entry["source"],
        overridable=entry.get("overridable", False),
        longest=read_limit(longest) if longest else None,
        in_force=entry.get("in_force", True),
        nation=entry.get("nation"),
    )  # fmt: skip


def acknowledge_rule(immediacy: str, *, on_pathway: bool) -> str:
    """Rule ID by urgency, and by whether the concern is about self-harm."""
    return (OF_PATHWAY if on_pathway else OF_CONCERNS)[immediacy]
