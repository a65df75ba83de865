"""Pure rules for a report of self-harm or suicide before any pathway: its kind and urgency."""

from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Any, Final

from app.core.vocabularies.self_harm import SELF_HARM_KINDS

SUICIDAL: Final = frozenset({"thoughts_of_suicide", "plan_or_preparation", "suicide_attempt"})
OF_CATEGORY: Final[Mapping[str, str]] = {
    "suicide_attempt": "suicide_attempt", "suicidal_ideation": "thoughts_of_suicide",
    "self_harm": "self_harm",
}  # fmt: skip
"""Disclosure that each category implies, gravest first. Each puts a concern on the pathway."""
UNSAID: Final = "worry_without_words"
"""Disclosure kind where nobody gives a more exact one."""
RINGING: Final = frozenset({*SUICIDAL, *OF_CATEGORY.values()})
"""Disclosures and categories that alert every lead at once, however they arrived."""
MILDEST_FIRST: Final = tuple(term.code for term in SELF_HARM_KINDS.terms)
SOONEST_FIRST: Final = ("immediate_danger", "today", "routine")
IN_MEDICAL_HANDS: Final = frozenset({"ambulance", "emergency_dept"})
"""Medical help after which nobody needs to call first."""
NOTHING_TOLD: Final[Mapping[str, Any]] = MappingProxyType({})
IMMEDIATE: Final = "immediate_danger"


def kind_of(categories: Collection[str]) -> str | None:
    """Find the kind of self-harm disclosure that a concern's categories name."""
    return next((kind for code, kind in OF_CATEGORY.items() if code in categories), None)


def is_news(category: str, known: str | None) -> bool:
    """Whether a category is graver than what is known of self-harm, or is about another matter.

    `known` is the kind disclosed so far; None before any disclosure.
    """
    kind = OF_CATEGORY.get(category)
    if kind is None or known not in MILDEST_FIRST:
        return True
    return MILDEST_FIRST.index(kind) > MILDEST_FIRST.index(known)


def named_by(kind: str, categories: Collection[str]) -> list[str]:
    """List a report's categories, with the one that matches its kind.

    Someone who reports self-harm is sure, so `not_sure` is dropped. A kind without its own category
    counts as mental health.
    """
    same = [code for code, item in OF_CATEGORY.items() if item == kind] or ["mental_health"]
    return list(
        dict.fromkeys([*(category for category in categories if category != "not_sure"), *same])
    )


def immediacy_of(kind: str, sent: str, disclosure: Mapping[str, Any] = NOTHING_TOLD) -> str:
    """How soon someone must act: for a suicidal pupil, today at the latest.

    A pupil who swallowed something needs medical help now, unless they are already getting it.
    """
    soon = "today" if kind in SUICIDAL else sent
    if was_swallowed(disclosure):
        soon = "today" if IN_MEDICAL_HANDS & {*_value(disclosure, "medical", ())} else IMMEDIATE
    return more_urgent(soon, sent)


def was_swallowed(disclosure: Mapping[str, Any]) -> bool:
    """Whether the disclosure says that the pupil swallowed something."""
    return bool(_value(disclosure, "means_group", None) == "swallowed")


def _value(disclosure: Mapping[str, Any], name: str, otherwise: Any) -> Any:
    """Value of one disclosed answer, or `otherwise`."""
    result = (disclosure.get(name) or {}).get("value")
    return otherwise if result is None else result


def more_urgent(text: str, other: str) -> str:
    """The more urgent of two."""
    return min(text, other, key=SOONEST_FIRST.index)
