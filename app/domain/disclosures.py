"""Pure: what a report of self-harm or suicide says before any pathway: which kind, and how soon."""

from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Any, Final

from app.core.vocabularies.self_harm import SELF_HARM_KINDS

SUICIDAL: Final = frozenset({"thoughts_of_suicide", "plan_or_preparation", "suicide_attempt"})
OF_CATEGORY: Final[Mapping[str, str]] = {
    "suicide_attempt": "suicide_attempt", "suicidal_ideation": "thoughts_of_suicide",
    "self_harm": "self_harm",
}  # fmt: skip
"""What a category says was told, the gravest first: it puts a concern on the pathway by itself."""
UNSAID: Final = "worry_without_words"
"""What was told where nobody says more exactly what."""
RINGING: Final = frozenset({*SUICIDAL, *OF_CATEGORY.values()})
"""What rings every lead at once, however it was told."""
MILDEST_FIRST: Final = tuple(term.code for term in SELF_HARM_KINDS.terms)
SOONEST_FIRST: Final = ("immediate_danger", "today", "routine")
IN_MEDICAL_HANDS: Final = frozenset({"ambulance", "emergency_dept"})
"""Medical help after which nobody need call it first."""
NOTHING_TOLD: Final[Mapping[str, Any]] = MappingProxyType({})
IMMEDIATE: Final = "immediate_danger"


def kind_of(categories: Collection[str]) -> str | None:
    """Which disclosure of self-harm the categories of a concern name, if any."""
    return next((kind for code, kind in OF_CATEGORY.items() if code in categories), None)


def is_news(category: str, known: str | None) -> bool:
    """Whether a category says something graver than what is known of self-harm, or else.

    `known` is the kind that was told so far, None where none was.
    """
    kind = OF_CATEGORY.get(category)
    if kind is None or known not in MILDEST_FIRST:
        return True
    return MILDEST_FIRST.index(kind) > MILDEST_FIRST.index(known)


def named_by(kind: str, categories: Collection[str]) -> list[str]:
    """The categories of a report, with the one that says the same as its kind.

    Somebody who reports self-harm is not unsure: `not_sure` goes. A kind without a category of its
    own counts as mental health.
    """
    same = [code for code, item in OF_CATEGORY.items() if item == kind] or ["mental_health"]
    return list(
        dict.fromkeys([*(category for category in categories if category != "not_sure"), *same])
    )


def immediacy_of(kind: str, sent: str, disclosure: Mapping[str, Any] = NOTHING_TOLD) -> str:
    """How soon somebody must act: a suicidal pupil is for today at the latest.

    Something that was swallowed needs medical help now, unless that is being given.
    """
    soon = "today" if kind in SUICIDAL else sent
    if was_swallowed(disclosure):
        soon = "today" if IN_MEDICAL_HANDS & {*_value(disclosure, "medical", ())} else IMMEDIATE
    return more_urgent(soon, sent)


def was_swallowed(disclosure: Mapping[str, Any]) -> bool:
    """Whether it was told that something was swallowed."""
    return bool(_value(disclosure, "means_group", None) == "swallowed")


def _value(disclosure: Mapping[str, Any], name: str, otherwise: Any) -> Any:
    """The value of an answer that was told, if there is one."""
    result = (disclosure.get(name) or {}).get("value")
    return otherwise if result is None else result


def more_urgent(text: str, other: str) -> str:
    """The more urgent of two."""
    return min(text, other, key=SOONEST_FIRST.index)
