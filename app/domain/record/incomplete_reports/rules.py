"""Pure rules of incomplete reports: which are urgent, who they name, and what is missing.

Only a body's codes and IDs are read, never its words. One that cannot be read may be anything: it
is saved, and alerts someone at once.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final, Literal
from uuid import UUID

from app.core import clock
from app.domain import disclosures
from app.domain.common.category_rules.rules import (
    CHILD_TOLD,
    OWN,
    chosen,
    following,
    is_about_adult,
)
from app.domain.duty.lead_availability.rules import UNKNOWN, Matter
from app.domain.duty.lead_availability.rules import matter_of as about

NOUN: Final = "incomplete_report"
KIND: Final = "incomplete_report"
OPEN, RESOLVED = "open", "resolved"
CLASS: Final = "K3"
AGAIN: Final = timedelta(minutes=10)
"""Within this time of the first, the same body counts as the same report sent again."""
LONGEST: Final = 200_000
"""Characters of a body that are kept."""
MOST_ASKS: Final = 50
LIKE_ID: Final = re.compile(r"[0-9a-fA-F]{8}(?:-?[0-9a-fA-F]{4}){3}-?[0-9a-fA-F]{12}")
ADULTS: Final = frozenset({"raise_adult_concern", "amend_adult_concern"})
"""Operations of the adult register: their saved reports belong there, hidden from leads."""
CHECK_INS: Final = frozenset({"complete_check_in", "report_worry"})
ANSWER: Final = "answer_question"
NOT_SAID: Final = frozenset({"", "0", "false", "no"})
Urgency = Literal["now", "today"]
Register = Literal["children", "adults"]
Urgent = Callable[[Any], Urgency | None]
"""Urgency of an operation's body; None if it can wait until it is sent again."""
ADULT_RULES: Final[Mapping[Urgency, str]] = {
    "now": "adult.incomplete.now", "today": "adult.incomplete.today",
}  # fmt: skip
QUOTED: Final = re.compile(r'"((?:own:)?[a-z0-9_]+)"')
RULES: Final[Mapping[Urgency, str]] = {"now": "sh.incomplete.now", "today": "sh.incomplete.today"}
IMMEDIACIES: Final[Mapping[str, Urgency]] = {
    "immediate_danger": "now", "immediate": "now", "danger": "now", "emergency": "now",
    "today": "today", "urgent": "today",
}  # fmt: skip
"""Codes for urgency, with similar words, since a code may be mistyped."""
NEEDED: Final[Mapping[str, str]] = {
    "children": "who it is about",
    "about": "who it is about",
    "unmatched_child": "who it is about",
    "account": "what you saw or heard",
    "text": "what you saw or heard",
    "reason": "why you add it",
    "occurred_at": "when it was",
    "categories": "what it is about",
    "immediacy": "how soon somebody has to act",
    "staff_named": "which member of staff is meant",
    "self_harm": "what was told about self-harm or dying",
}
WHO: Final = ("children", "unmatched_child", "about")
SAYING: Final = (*WHO, "account")
OTHERWISE: Final = "please check the other answers"


def urgency_of(body: Any) -> Urgency | None:
    """How urgent a body is; None if it can wait until it is sent again.

    It is as urgent as if it were raised, including by its self-harm answers. Words without a
    subject count as today.
    """
    if not isinstance(body, dict):
        return None
    items = {_stated_urgency(body), _by_categories(body), _of_self_harm(body.get("self_harm"))}
    if "now" in items:
        return "now"
    return "today" if "today" in items or _is_words_alone(body) else None


def _is_words_alone(body: Mapping[str, Any]) -> bool:
    """Whether it has an account, and no code by which to tell that it can wait."""
    known = {*_categories(body)} - UNKNOWN or isinstance(body.get("immediacy"), str)
    return bool(body.get("account")) and not known


def _stated_urgency(body: Mapping[str, Any]) -> Urgency | None:
    text = body.get("immediacy")
    if not isinstance(text, str):
        return None
    return IMMEDIACIES.get(text.strip().lower().replace(" ", "_").replace("-", "_"))


def _by_categories(body: Mapping[str, Any]) -> Urgency | None:
    """Urgency by its categories, and by who harms."""
    categories, disclosure = _categories(body), body.get("self_harm")
    kind = _answer(disclosure, "kind") or disclosures.kind_of(categories)
    if isinstance(kind, str):
        categories = disclosures.named_by(kind, categories)
    if not {*categories} - UNKNOWN and body.get("source") != CHILD_TOLD:
        return None
    harm_from = body.get("alleged_source_of_harm")
    follows = following(categories, harm_from=harm_from if isinstance(harm_from, str) else None)
    return IMMEDIACIES.get(follows.immediacy, "today" if follows.is_urgent else None)


def _of_self_harm(disclosure: Any) -> Urgency | None:
    """Urgency of self-harm: today; now for something swallowed without medical help."""
    if disclosure is None:
        return None
    if _answer(disclosure, "means_group") != "swallowed":
        return "today"
    medical = _answer(disclosure, "medical")
    given = [item for item in medical if isinstance(item, str)] if isinstance(medical, list) else []
    return "today" if disclosures.IN_MEDICAL_HANDS.intersection(given) else "now"


def _answer(disclosure: Any, name: str) -> Any:
    """The value of an answer, in whatever form it came."""
    result = disclosure.get(name) if isinstance(disclosure, dict) else None
    return result.get("value") if isinstance(result, dict) else result


def _categories(body: Mapping[str, Any]) -> list[str]:
    result = body.get("categories")
    return [item for item in result if isinstance(item, str)] if isinstance(result, list) else []


def in_common_codes(body: Any, own: Mapping[str, Mapping[str, Any]]) -> Any:
    """Translate the school's own words in a body to common codes, including ended words."""
    if not isinstance(body, dict) or not _categories(body):
        return body
    return {**body, "categories": chosen(_categories(body), own).categories}


def register_of(
    operation: str, body: Any, raw: str, own: Mapping[str, Mapping[str, Any]]
) -> Register:
    """Register for a saved report, as far as its operation and body show.

    Anything also about an adult goes to the adult register, whatever the operation; in an
    unreadable body, the codes decide.
    """
    if operation in ADULTS:
        return "adults"
    if isinstance(body, dict):
        about = body.get("adult") is not None or is_about_adult(
            chosen(_categories(body), own).categories
        )
    else:
        about = '"adult"' in raw or is_about_adult(chosen(QUOTED.findall(raw), own).categories)
    return "adults" if about else "children"


def adult_of(fields: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The part of a body about its adult."""
    for name in ("about", "adult"):
        result = fields.get(name)
        if isinstance(result, dict):
            return result
    return None


def named_in(fields: Mapping[str, Any]) -> list[UUID]:
    """The members of staff that a report about a child names."""
    named = fields.get("staff_named")
    items = [id_of(item) for item in named] if isinstance(named, list) else []
    return [item for item in items if item is not None]


def matter_of(operation: str, body: Any) -> Matter | None:
    """Subject of a report, by its codes; None if nothing shows it.

    A school's own words do not show it before they are translated. Other operations belong to the
    pathway, or to a pupil with active support.
    """
    if operation in ADULTS:
        return "other"
    if operation == ANSWER or (operation == "raise_concern" and not isinstance(body, dict)):
        return None
    if operation != "raise_concern":
        return "self_harm"
    if any(item.startswith(OWN) for item in _categories(body)):
        return None
    return about(_categories(body), self_harm=body.get("self_harm") is not None)


def of_call(_body: Any) -> Urgency:
    """A call for help or report of increased worry never waits, whatever else it contains."""
    return "now"


def of_adult(body: Any) -> Urgency:
    """Urgency of a report on the adult with a pupil: today; now if nobody is."""
    return "now" if isinstance(body, dict) and body.get("nobody") else "today"


def of_adult_concern(body: Any) -> Urgency | None:
    """Urgency of a report about an adult: now if a child may be at risk.

    An allegation is for today, as are words that nobody called low-level.
    """
    if not isinstance(body, dict):
        return None
    if str(body.get("immediate_risk") or "").strip().lower() not in NOT_SAID:
        return "now"
    low = body.get("kind") == "low_level" or not body.get("account")
    return "today" if body.get("kind") == "allegation" or not low else None


def of_adult_amendment(body: Any) -> Urgency | None:
    """An addition about an adult is for today, whatever refused it."""
    return "today" if isinstance(body, dict) and body.get("text") else None


def of_amendment(body: Any) -> Urgency | None:
    """A disclosure of self-harm or urgent matter counts as a report; other words can be resent."""
    return urgency_of(body)


def of_answer(body: Any) -> Urgency | None:
    """An answer that a lead asked for is for today, whatever refused it."""
    return "today" if isinstance(body, dict) and body.get("text") else None


def of_check_in(body: Any) -> Urgency | None:
    """Increased worry cannot wait; the rest of a check-in can be sent again."""
    return "now" if isinstance(body, dict) and body.get("worried_more") else None


def can_be_known_again(raw: str, body: Any) -> bool:
    """Whether a body shows its subject; without that, two alike may be two concerns."""
    if isinstance(body, dict):
        return any(body.get(name) for name in SAYING)
    return any(f'"{name}"' in raw for name in SAYING)


def is_as_urgent(immediacy: str, *, urgent: bool) -> bool:
    """Whether a concern is at least as urgent as an incomplete report was."""
    urgency = IMMEDIACIES.get(immediacy)
    return urgency == "now" or (urgency == "today" and not urgent)


def parsed(body: str) -> Any:
    """Parse a saved body; None if it cannot be read."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def ids_in(raw: str, body: Any = None) -> list[UUID]:
    """Find everything in a report that looks like an ID, in any place or spelling.

    A refused report may have any shape, so no property is looked for. A readable body may escape
    its characters.
    """
    result, left = dict.fromkeys(LIKE_ID.findall(raw)), [body]
    while left:
        value = left.pop()
        if isinstance(value, str):
            result |= dict.fromkeys(LIKE_ID.findall(value))
        elif isinstance(value, dict):
            left += [*value, *value.values()]
        elif isinstance(value, list):
            left += value
    return list(dict.fromkeys(UUID(item) for item in result))


def id_of(value: Any) -> UUID | None:
    """Read a value as an ID, if it is one."""
    try:
        return UUID(value)
    except (AttributeError, TypeError, ValueError):
        return None


def still_needed(pointers: Iterable[str], body: Any = None) -> str:
    """Name what is missing, in plain words: first what a report cannot do without."""
    names = [pointer.removeprefix("/").partition("/")[0] for pointer in pointers if pointer]
    if isinstance(body, dict):
        lacks = {"account"} if not body.get("account") else set()
        if not any(body.get(name) for name in WHO):
            lacks.add("children")
        names = [name for name in ("children", "account") if name in lacks] + names
    needed = list(dict.fromkeys(NEEDED.get(name, OTHERWISE) for name in names)) or [OTHERWISE]
    return "; ".join(sorted(needed, key=lambda item: item == OTHERWISE))


def texts_of(body: Any) -> list[tuple[str, str]]:
    """List every text of a body with its pointer, in order, for its reader."""
    wordses: list[tuple[str, str]] = []
    _gather(body, "", wordses)
    return wordses


def _gather(value: Any, pointer: str, wordses: list[tuple[str, str]]) -> None:
    if isinstance(value, str):
        wordses.append((readable(pointer), readable(value)))
    elif isinstance(value, dict):
        for name, inner in value.items():
            _gather(inner, f"{pointer}/{name}", wordses)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            _gather(inner, f"{pointer}/{index}", wordses)


def readable(text: str) -> str:
    """Make any text fit to save and send."""
    return text.encode("utf-8", "replace").decode().replace("\x00", " ")


def kind_sent_to(operation: str) -> str:
    """The kind of record that an operation reports on."""
    if operation in ADULTS:
        return "adult_concern"
    return "check_in" if operation in CHECK_INS else "concern"


def day_of(at: Any, today: date) -> date:
    """The day on which it happened, or today where that cannot be read."""
    try:
        return clock.day_of(datetime.fromisoformat(at))
    except (TypeError, ValueError, OverflowError):
        return today
