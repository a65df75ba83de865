"""What follows from what a concern is about: how soon, who is told, what parents may know.

The table is `category_rules.toml`; its head says how to read it.
"""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Literal

from app.core.vocabularies.terms import Term

Notified = Literal["inbox", "urgent"]
"""`urgent`: every lead hears of it at once. `inbox`: it waits with its owner, and in digests."""
ParentsMayKnow = Literal["yes", "decide", "never_first"]
NOTIFIED: Final[tuple[Notified, ...]] = ("urgent", "inbox")
PARENTS: Final[tuple[ParentsMayKnow, ...]] = ("never_first", "decide", "yes")
_TABLE: Final[Mapping[str, Any]] = tomllib.loads(
    Path(__file__).with_name("category_rules.toml").read_text("utf-8")
)
VERSION: Final[str] = _TABLE["version"]
HOLDS_FROM: Final[date] = _TABLE["from"]
"""The first day on which this version holds."""
IMMEDIACY: Final = ("immediate_danger", "today", "routine")
"""Each from the strictest on: what is further on is less."""


@dataclass(frozen=True, slots=True)
class CategoryRule:
    """One row of the table, as it holds for one category."""

    id: str
    immediacy: str
    told: Notified
    parents: ParentsMayKnow
    say: tuple[str, ...]
    """What the adult with the child does now."""
    never: tuple[str, ...]
    source: str
    sooner: str | None = None
    """The question whose "yes" means immediate danger."""
    at_home: str | None = None
    """The least where the harm comes from somebody at home; None where that changes nothing."""
    refer: bool = False
    """Whether it is referred, or a lead writes why not."""
    duty: str | None = None
    """The kind of report that is the reporter's own duty in law."""
    assess_both: bool = False
    """Whether two children are kept apart and safe, each with measures of their own."""
    register: Literal["children", "adults"] = "children"
    tells_head: bool = False
    no_questions: bool = False
    """Whether the child is asked nothing more."""
    timed: bool = False
    """Whether a clock of law or statutory guidance starts."""
    ask: tuple[str, ...] = ()
    """What the adult asks the child."""
    say_in_wales: tuple[str, ...] = ()

    def says(self, nation: str) -> tuple[str, ...]:
        """What the adult with the child does now, in a nation."""
        return self.say_in_wales or self.say if nation == "wales" else self.say


def rules_by_code(terms: Iterable[Term]) -> Mapping[str, CategoryRule]:
    """The rule of every category. Raises ValueError where one has none, or two."""
    known = list(terms)
    heads: dict[str, Mapping[str, Any]] = {}
    result: dict[str, Mapping[str, Any]] = {}
    for row in _TABLE["row"]:
        for name in row["categories"]:
            place, code = (heads, name[:-2]) if name.endswith(".*") else (result, name)
            if code in place:
                raise ValueError(f"{name} stands in two rows")
            place[code] = row
    codes = {term.code for term in known}
    if unknown := (heads.keys() | result.keys()) - codes:
        raise ValueError(f"there are no categories {sorted(unknown)}")
    for term in known:
        row = result.get(term.code) or heads.get(term.parent or term.code) or {}
        if not row:
            raise ValueError(f"{term.code} stands in no row")
        result[term.code] = row
    return MappingProxyType({code: _rule(code, row) for code, row in result.items()})


def _rule(code: str, row: Mapping[str, Any]) -> CategoryRule:
    names = (
        "refer", "duty", "assess_both", "register", "tells_head", "timed", "sooner", "at_home",
        "no_questions",
    )  # fmt: skip
    rule = CategoryRule(
        row["id"], row["immediacy"], row["told"], row["parents"], tuple(row["say"]),
        tuple(row["never"]), row["source"],
        ask=tuple(row.get("ask", ())),
        say_in_wales=tuple(row.get("wales", {}).get("say", ())),
        **{name: row[name] for name in names if name in row},
    )  # fmt: skip
    return replace(rule, **row.get("code", {}).get(code, {}))
