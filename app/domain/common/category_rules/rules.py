"""Pure rules for several categories: urgency, alerts, what parents may know, and first steps."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import chain
from typing import Any, Final, TypeVar

from app.core.vocabularies.categories import CATEGORY_RULES
from app.core.vocabularies.category_rules import (
    IMMEDIACY,
    NOTIFIED,
    PARENTS,
    CategoryRule,
    Notified,
    ParentsMayKnow,
)

Value = TypeVar("Value", bound=str)
CHILD_TOLD, NOT_SURE = "child_disclosure", "not_sure"
TIGHTENED: Final[Mapping[str, Sequence[str]]] = {
    "immediacy": IMMEDIACY, "told": NOTIFIED, "parents": PARENTS,
}  # fmt: skip
"""What a school may make stricter, each from strictest to least strict."""

OWN: Final = "own:"
"""Prefix of the code of a school's own word."""
HOME: Final = frozenset({"parent_carer", "other_family"})
"""Sources of harm that are at home."""
DANGER: Final = "If anybody is in danger now, call 999 first. The report can wait."
DANGER_NOW: Final = "Call 999 now if a child is in danger. Do not wait for an answer here."
TO_LEAD: Final = re.compile(r"\bleads?\b", re.IGNORECASE)
HEAR: Final = "Listen if they say more. Do not promise to keep it secret."
NO_QUESTIONS: Final = "Ask the child nothing more: that is for the police and social care."
WORDS: Final = "Write what you saw, what was said in their own words, and what you had asked."
FROM_MEMORY: Final = "Answer our questions from what you know. Do not go back to the child for it."


@dataclass(frozen=True, slots=True)
class Following:
    """Combined effect of all categories of a concern: the strictest of each."""

    immediacy: str
    told: Notified
    parents: ParentsMayKnow
    rows: tuple[CategoryRule, ...]
    """The rows that hold, the most urgent first."""

    @property
    def is_urgent(self) -> bool:
        """Whether every lead hears of it at once."""
        return self.told == "urgent"

    @property
    def tells_head(self) -> bool:
        """Whether the head hears of it, too."""
        return any(row.tells_head for row in self.rows)

    @property
    def is_about_adult(self) -> bool:
        """Whether it belongs to the adult register, whatever else it is about."""
        return any(row.register == "adults" for row in self.rows)

    @property
    def is_to_refer(self) -> bool:
        """Whether it is referred, or a lead writes why not."""
        return any(row.refer for row in self.rows)

    @property
    def duties(self) -> list[str]:
        """Kinds of reports that are the reporter's own duty in law."""
        return list(dict.fromkeys(row.duty for row in self.rows if row.duty))

    @property
    def no_questions(self) -> bool:
        """Whether to ask the child nothing more."""
        return any(row.no_questions for row in self.rows)

    @property
    def questions(self) -> list[str]:
        """Questions to ask once: a "yes" to any means immediate danger."""
        if self.immediacy == IMMEDIACY[0]:
            return []
        return list(dict.fromkeys(row.sooner for row in self.rows if row.sooner))

    @property
    def never(self) -> list[str]:
        """What nobody may do."""
        return list(dict.fromkeys(item for row in self.rows for item in row.never))

    def first(self, nation: str, tell: str, source: str | None = None) -> list[str]:
        """List what the adult with the child does now, in order.

        Danger comes first, then the child, further steps, who to tell, and what to write. In
        danger, make the child safe before listening to them. `tell` is who to tell and how. No
        advice sends anyone back to a child that the police may have to question. For an adult, no
        advice sends anyone to a lead: leads do not read the adult register.
        """
        advice = [
            say
            for row in self.rows
            for say in row.says(nation)
            if row.register == "adults" or not (self.is_about_adult and TO_LEAD.search(say))
        ]
        heard = [HEAR] if source == CHILD_TOLD else []
        asked = (
            [NO_QUESTIONS] if self.no_questions else [item for row in self.rows for item in row.ask]
        )
        written = [WORDS, FROM_MEMORY] if self.no_questions else [WORDS]
        if self.immediacy == IMMEDIACY[0]:
            lines = [DANGER_NOW, tell, *advice, *heard, *asked, *written]
        elif self.is_urgent or self.is_about_adult:
            lines = [DANGER, *heard, *asked, *advice, tell, *written]
        else:
            lines = [*heard, *asked, *advice]
        return list(dict.fromkeys(lines))


def rule_of(category: str, own: Mapping[str, Any] | None = None) -> CategoryRule:
    """The rule of a category, tightened by the school's own; unknown ones count as "not sure"."""
    rule = CATEGORY_RULES.get(category) or CATEGORY_RULES[NOT_SURE]
    changes = (own or {}).get(category)
    if not changes:
        return rule
    return replace(
        rule,
        **{
            name: strictest(order, (getattr(rule, name), changes[name]))
            for name, order in TIGHTENED.items()
            if name in changes
        },
    )


def following(
    categories: Iterable[str],
    own: Mapping[str, Any] | None = None,
    *,
    harm_from: str | None = None,
) -> Following:
    """Combine the rules of categories; an empty list counts as "not sure".

    `own`: what the school makes stricter, by category. `harm_from`: the alleged source of harm; the
    child goes home to them today.
    """
    items = [rule_of(code, own) for code in categories] or [rule_of(NOT_SURE, own)]
    if harm_from in HOME:
        items = [
            replace(item, immediacy=strictest(IMMEDIACY, (item.immediacy, item.at_home)))
            if item.at_home
            else item
            for item in items
        ]
    rows: dict[str, CategoryRule] = {}
    for rule in sorted(items, key=lambda item: (IMMEDIACY.index(item.immediacy), item.told)):
        rows.setdefault(rule.id, rule)
    return Following(
        strictest(IMMEDIACY, (rule.immediacy for rule in items)),
        strictest(NOTIFIED, (rule.told for rule in items)),
        strictest(PARENTS, (rule.parents for rule in items)),
        tuple(rows.values()),
    )


@dataclass(frozen=True, slots=True)
class Chosen:
    """Chosen categories in common codes, and the school's own words with their meaning then."""

    categories: list[str]
    words: list[dict[str, Any]]


def chosen(codes: Sequence[str], own: Mapping[str, Mapping[str, Any]]) -> Chosen:
    """Replace each word of the school's own with the common codes it means.

    An unknown word stays, and counts as "not sure".
    """
    named = {code: own[code] for code in codes if code in own}
    common = [
        category
        for code in codes
        for category in (named[code]["categories"] if code in named else [code])
    ]
    return Chosen(
        list(dict.fromkeys(common)),
        [
            {"code": code, "label": word["label"], "categories": word["categories"]}
            for code, word in named.items()
        ],
    )


def joined(*words: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """A school's own words of several records, each once as it stood in each."""
    rows: list[dict[str, Any]] = []
    for word in chain(*words):
        if word not in rows:
            rows.append({**word})
    return rows


def can_be_chosen(word: Mapping[str, Any], day: date) -> bool:
    """Whether a word of a school's own is used on a day."""
    first, last = word.get("valid_from", ""), word.get("valid_to", "9999")
    return bool(first <= day.isoformat() <= last)


def is_about_adult(categories: Iterable[str]) -> bool:
    """Whether any category belongs to the adult register; an unknown one does not."""
    return any(rule_of(code).register == "adults" for code in categories)


def immediacy_of(following: Following, sent: str) -> str:
    """How soon someone must act: never later than the categories require, whatever was sent."""
    return strictest(IMMEDIACY, (following.immediacy, sent))


def loosened(own: Mapping[str, Mapping[str, Any]]) -> list[tuple[str, str]]:
    """Find where a school's own table is looser than this one: category and field name."""
    return [
        (code, name)
        for code, changes in own.items()
        for name, order in TIGHTENED.items()
        if name in changes
        and order.index(changes[name]) > order.index(getattr(rule_of(code), name))
    ]


def strictest(order: Sequence[Value], values: Iterable[Value]) -> Value:
    """The strictest value. Raises ValueError for an empty list."""
    return min(values, key=order.index)


NOTHING_NAMED: Final = following(())
"""The rules before anyone has said what it is about."""
