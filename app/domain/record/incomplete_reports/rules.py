"""Pure rules of reports that could not be taken: which are urgent, who they name, what is missing.

A body is read only for the codes and ids it carries, never for what its words say. One that
cannot be read at all may be anything: it is kept and told of at once.
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
"""So long after it first came the same body is the same report, sent once more."""
LONGEST: Final = 200_000
"""Characters of a body that are kept."""
MOST_ASKS: Final = 50
LIKE_ID: Final = re.compile(r"[0-9a-fA-F]{8}(?:-?[0-9a-fA-F]{4}){3}-?[0-9a-fA-F]{12}")
ADULTS: Final = frozenset({"raise_adult_concern", "amend_adult_concern"})
"""Operations of the adult register: what is kept of them belongs there, and no lead sees it."""
CHECK_INS: Final = frozenset({"complete_check_in", "report_worry"})
ANSWER: Final = "answer_question"
NOT_SAID: Final = frozenset({"", "0", "false", "no"})
Urgency = Literal["now", "today"]
Register = Literal["children", "adults"]
Urgent = Callable[[Any], Urgency | None]
"""How urgent the body of an operation is; None where it can wait until it is sent again."""
ADULT_RULES: Final[Mapping[Urgency, str]] = {
    "now": "adult.incomplete.now", "today": "adult.incomplete.today",
}  # fmt: skip
QUOTED: Final = re.compile(r'"((?:own:)?[a-z0-9_]+)"')
RULES: Final[Mapping[Urgency, str]] = {"now": "sh.incomplete.now", "today": "sh.incomplete.today"}
IMMEDIACIES: Final[Mapping[str, Urgency]] = {
    "immediate_danger": "now", "immediate": "now", "danger": "now", "emergency": "now",
    "today": "today", "urgent": "today",
}  # fmt: skip
"""How a body says that it cannot wait; words near the codes count, since one may be mistyped."""
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
    """How urgent a body says that it is; None where it can wait until it is sent again.

    It is as urgent as it would be if it were raised, by what it says of self-harm, too. Words
    that nothing says what they are about are for today.
    """
    if not isinstance(body, dict):
        return None
    items = {_stated_urgency(body), _by_categories(body), _of_self_harm(body.get("self_harm"))}
    if "now" in items:
        return "now"
    return "today" if "today" in items or _is_words_alone(body) else None


def _is_words_alone(body: Mapping[str, Any]) -> bool:
    """Whether it has an account, and nothing by which anybody could tell that it can wait."""
    known = {*_categories(body)} - UNKNOWN or isinstance(body.get("immediacy"), str)
    return bool(body.get("account")) and not known


def _stated_urgency(body: Mapping[str, Any]) -> Urgency | None:
    text = body.get("immediacy")
    if not isinstance(text, str):
        return None
    return IMMEDIACIES.get(text.strip().lower().replace(" ", "_").replace("-", "_"))


def _by_categories(body: Mapping[str, Any]) -> Urgency | None:
    """By what it names, and who harms."""
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
    """Self-harm is for today; what was swallowed is for now, unless there is medical help."""
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
    """A body whose categories say what the school's own words mean, ended ones among them."""
    if not isinstance(body, dict) or not _categories(body):
        return body
    return {**body, "categories": chosen(_categories(body), own).categories}


def register_of(
    operation: str, body: Any, raw: str, own: Mapping[str, Mapping[str, Any]]
) -> Register:
    """Which register what is kept belongs to, as far as its operation and body say.

    What is about an adult, too, goes to the adult register whatever was asked for; where it
    cannot be read, the codes in it decide.
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
    """What a body says of the adult it is about."""
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
    """What a report is about, by its codes; None where nothing in it says so.

    Nor does a word of a school's own, before it is looked up. The other operations are of the
    pathway, or of somebody who is looked after.
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
    """Calling help, and saying that one is more worried, never wait, whatever else is said."""
    return "now"


def of_adult(body: Any) -> Urgency:
    """Who is with a pupil is for today; that nobody is, for now."""
    return "now" if isinstance(body, dict) and body.get("nobody") else "today"


def of_adult_concern(body: Any) -> Urgency | None:
    """That a child may be at risk from an adult is for now; an allegation is for today, and so are

    words that nobody called low-level.
    """
    if not isinstance(body, dict):
        return None
    if str(body.get("immediate_risk") or "").strip().lower() not in NOT_SAID:
        return "now"
    low = body.get("kind") == "low_level" or not body.get("account")
    return "today" if body.get("kind") == "allegation" or not low else None


def of_adult_amendment(body: Any) -> Urgency | None:
    """What is added about an adult is for today, whatever refuses it."""
    return "today" if isinstance(body, dict) and body.get("text") else None


def of_amendment(body: Any) -> Urgency | None:
    """A disclosure of self-harm and what is urgent are as a report; other words can be resent."""
    return urgency_of(body)


def of_answer(body: Any) -> Urgency | None:
    """What a lead asked for is waited for, whatever refuses it."""
    return "today" if isinstance(body, dict) and body.get("text") else None


def of_check_in(body: Any) -> Urgency | None:
    """That one is more worried than before does not wait; how it went can be sent again."""
    return "now" if isinstance(body, dict) and body.get("worried_more") else None


def can_be_known_again(raw: str, body: Any) -> bool:
    """Whether a body says who or what it is about; without that, two alike may be two worries."""
    if isinstance(body, dict):
        return any(body.get(name) for name in SAYING)
    return any(f'"{name}"' in raw for name in SAYING)


def is_as_urgent(immediacy: str, *, urgent: bool) -> bool:
    """Whether a concern is at least as urgent as an incomplete report was."""
    urgency = IMMEDIACIES.get(immediacy)
    return urgency == "now" or (urgency == "today" and not urgent)


def parsed(body: str) -> Any:
    """A kept body as it was meant; None where it cannot be read."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def ids_in(raw: str, body: Any = None) -> list[UUID]:
    """Everything in a report that looks like an id, wherever it stands and however it is written.

    What could not be taken may be of any shape, so no property is looked for. A body that could
    be read may have written its characters in another way.
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
    """A value as an id, where it is one."""
    try:
        return UUID(value)
    except (AttributeError, TypeError, ValueError):
        return None


def still_needed(pointers: Iterable[str], body: Any = None) -> str:
    """What is missing, in plain words: what a report cannot do without first."""
    names = [pointer.removeprefix("/").partition("/")[0] for pointer in pointers if pointer]
    if isinstance(body, dict):
        lacks = {"account"} if not body.get("account") else set()
        if not any(body.get(name) for name in WHO):
            lacks.add("children")
        names = [name for name in ("children", "account") if name in lacks] + names
    needed = list(dict.fromkeys(NEEDED.get(name, OTHERWISE) for name in names)) or [OTHERWISE]
    return "; ".join(sorted(needed, key=lambda item: item == OTHERWISE))


def texts_of(body: Any) -> list[tuple[str, str]]:
    """Every text of a body with the pointer to it, in its order, for its reader."""
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
    """Text that can be kept and sent, whatever was in it."""
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
