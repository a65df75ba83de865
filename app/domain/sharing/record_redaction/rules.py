"""Pure rules of what leaves the school: records, plans, pathways and files, by audience."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from app.core.vocabularies import VOCABULARIES
from app.core.vocabularies.terms import DRAFT, PROFESSIONAL
from app.domain.errors import FieldProblem
from app.domain.pseudonyms import Hidden, Names, Pseudonymiser

OWN_COPY: Final = "pupil"
FAMILY_AUDIENCES: Final = frozenset({OWN_COPY, "child", "parent"})
"""Audiences that read nothing staff wrote for other staff."""
ANOTHER: Final = "another pupil"
PLAN_CODES: Final = frozenset(
    {
        "format", "kind", "language", "made_with", "formats", "picture", "attachment_id", "where",
        "plan_id", "none", "pupil_id", "number",
    }
)  # fmt: skip
"""Properties that hold no words of a person."""

PLAN: Final = "safety_plan"
FAMILY: Final = "family"
"""The audience of a share with a parent or the child."""
ID: Final = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)

CHECK, NOTE, PARENTS = "safety_check", "support_note", "parents_decision"

WHY_ASKED: Final[Mapping[str, str]] = {
    "must_not_know": "The pupil said that somebody must not know of it: say why it can go all "
    "the same.",
    "kept_from_parents": "It says what was kept from parents: say why it can still go.",
    "told_in_confidence": "It was told to the school: say why the family should have this one.",
    "professional": "It goes to somebody who knows the child through their work.",
}

Row = Mapping[str, Any]
Rendered = dict[str, Any]
PUPILS: Final = frozenset({"friend", "other_pupil", "sibling"})
"""Roles of people who know of it that another pupil may have."""
FAMILY_READS: Final = ("own_words", "means_group", "place", "medical")
"""Disclosure fields that a family reads: nothing of others, and nothing between staff."""
CODED: Final = frozenset({"means_group", "place", "medical", "online", "led_up_to"})
"""Disclosure answers that are codes, and so contain no name."""
CODES: Final = frozenset({"role", "how", "kind", "none"})
"""Properties that hold a code wherever they stand."""
ENDS_OF_IDS: Final = ("_id", "_ids")


# A friend is named in the pupil's copy because the pupil has to find them; nowhere else, since
# they did not agree to be in a file that goes to another school or to a parent.
class AgreedPlan(Protocol):
    """A record of an agreed plan: a row of it is enough."""

    @property
    def content(self) -> Mapping[str, Any]:
        """The agreed content."""


def plan_content_for(record: AgreedPlan | Mapping[str, Any], audience: str) -> dict[str, Any]:
    """Reduce a plan's content to what an audience may read.

    `audience` is `pupil` for the pupil's own copy, or the destination (`transfer`, or a kind of
    recipient). For everyone but the pupil, helpers who are pupils become `another pupil`, without
    their number, wherever they are named; notes between staff never reach a family.
    """
    content = record if isinstance(record, Mapping) else record.content
    result = {name: value for name, value in content.items() if not _is_hidden(name, audience)}
    if audience == OWN_COPY:
        return result
    helpers = [item for item in _helpers(result) if is_pupil(item)]
    hidden = [_hidden(helper, index) for index, helper in enumerate(helpers)]
    if not hidden:
        return result
    without = _without_friends(result)
    words = Pseudonymiser((), hidden)
    return {
        name: value if name in PLAN_CODES else _replaced(value, words)
        for name, value in without.items()
    }


def is_pupil(helper: Mapping[str, Any]) -> bool:
    """Whether a helper is another pupil."""
    return bool(helper.get("is_pupil") or helper.get("pupil_id"))


def _is_hidden(name: str, audience: str) -> bool:
    return name == "staff_note" and audience in FAMILY_AUDIENCES


def _helpers(content: Mapping[str, Any]) -> list[dict[str, Any]]:
    steps = content.get("steps") or {}
    return list(steps.get("helpers") or [])


def _called(index: int) -> str:
    return ANOTHER if index == 0 else f"{ANOTHER} {index + 1}"


def _hidden(friend: Mapping[str, Any], index: int) -> Hidden:
    number = friend.get("number")
    return hidden_pupil(friend["name"], _called(index), (number,) if number else ())


def hidden_pupil(name: str, called: str, marks: tuple[str, ...] = ()) -> Hidden:
    """A pupil who is known by name alone, with the words that replace the name."""
    return Hidden(_names(name), called, marks)


def _names(name: str) -> Names:
    given, *rest = name.split() or [name]
    return Names((given,), tuple(rest[-1:]), tuple(rest[:-1]))


def _without_friends(content: Mapping[str, Any]) -> dict[str, Any]:
    """Replace each friend by what they are, without a number to reach them."""
    helpers, index = [], 0
    for item in _helpers(content):
        if is_pupil(item):
            hidden = {"name": _called(index), "number": None, "when": None, "pupil_id": None}
            helpers.append({**item, **hidden, "is_pupil": True})
            index += 1
        else:
            helpers.append(item)
    return {**content, "steps": {**content["steps"], "helpers": helpers}}


def _replaced(value: Any, words: Pseudonymiser) -> Any:
    if isinstance(value, str):
        return words(value)
    if isinstance(value, Mapping):
        return {
            name: item if name in PLAN_CODES else _replaced(item, words)
            for name, item in value.items()
        }
    if isinstance(value, list):
        return [_replaced(item, words) for item in value]
    return value


def rendered(
    kind: str, content: Mapping[str, Any], audience: str, person: Callable[[str], Any]
) -> dict[str, Any]:
    """Render a record for leaving: a plan by its own rules, and without IDs.

    `person` describes a member of staff by ID, None for any other ID.
    """
    plan_content = dict(content)
    if kind == PLAN:
        plan_content = plan_content_for(content, "parent" if audience == FAMILY else audience)
    without: dict[str, Any] = _without_ids(plan_content, person)
    return without


def _without_ids(value: Any, person: Callable[[str], Any]) -> Any:
    """Remove IDs, which mean nothing elsewhere and lead to others here; name staff instead."""
    if isinstance(value, Mapping):
        content = {
            name: _without_ids(item, person)
            for name, item in value.items()
            if name != "id" and not name.endswith(("_id", "_ids"))
        }
        people = {
            name.removesuffix("_id"): person(item)
            for name, item in value.items()
            if name.endswith("_id") and isinstance(item, str) and person(item) is not None
        }
        return {**people, **content}
    if isinstance(value, list | tuple):
        return [_without_ids(item, person) for item in value]
    return value


# No other record takes these along: a named person chooses each one separately.
class Leaving(Protocol):
    """Fields of a record that decide: a row of it is enough."""

    @property
    def kind(self) -> str:
        """The kind of record."""

    @property
    def content(self) -> Mapping[str, Any]:
        """The recorded content."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A record that was not read as a row."""

    kind: str
    content: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether it may be sent if a person chooses it; not `allowed`: only with their reason."""

    allowed: bool
    why: str
    """A code of `WHY`."""

    def __bool__(self) -> bool:
        return self.allowed

    def problem(self, pointer: str, reason: str | None) -> FieldProblem | None:
        """What is missing for sending it, given a reason or none for this one record."""
        if self.allowed or (reason or "").strip():
            return None
        return FieldProblem(pointer, self.why, WHY_ASKED[self.why])


def may_go_to(record: Leaving, recipient_kind: str) -> Decision:
    """Whether one record may go to a kind of recipient, and if not, what has to be decided.

    To a parent, to the child and to an unknown kind it never goes without its own reason: asking
    for everything gives no right to read what was said in confidence.
    """
    if _is_professional(recipient_kind):
        return Decision(True, "professional")
    if record.kind == CHECK and _given(record.content.get("who_must_not_know")):
        return Decision(False, "must_not_know")
    if record.kind == PARENTS and _kept_back(record.content):
        return Decision(False, "kept_from_parents")
    return Decision(False, "told_in_confidence")


def _is_professional(recipient_kind: str) -> bool:
    result = VOCABULARIES["recipient_kinds"].by_code.get(recipient_kind)
    return result is not None and PROFESSIONAL in result.flags


def _given(answer: Any) -> bool:
    """Whether an answer has content: a value, or that the pupil would not say."""
    if not isinstance(answer, Mapping):
        return bool(answer)
    return bool(answer.get("value")) or answer.get("none") == "declined"


def _kept_back(content: Mapping[str, Any]) -> bool:
    return content.get("outcome") != "told" or bool(content.get("left_out"))


# Others who know of it did not agree to be in a file that goes elsewhere: pupils among them are not
# named, in the list or in nearby text. A family reads the disclosure, never who did what.
@dataclass(frozen=True, slots=True)
class RenderRules:
    """Renderers for one reader: any text, a member of staff by ID, and the child's own names."""

    text: Callable[[str], str]
    person: Callable[[Any], Any]
    own_names: Names


def pathway_told(row: Row, steps: Sequence[Row], audience: str, voice: RenderRules) -> Rendered:
    """Render one concern's disclosure, and for professionals the steps taken, without IDs."""
    disclosure, say = _without_pupils(row["told"], voice)
    family = audience == FAMILY
    if family:
        disclosure = {name: disclosure[name] for name in FAMILY_READS if name in disclosure}
    block = {
        "kind": row["kind"],
        "kind_told": row["kind_told"],
        "told": {
            name: bare(item) if name in CODED else _replaced_texts(bare(item), say)
            for name, item in disclosure.items()
        },
        "begun_at": row["begun_at"],
        "vocabulary_status": None if family else DRAFT,
    }
    return block if family else block | _done(row, steps, voice, say)


def _done(
    row: Row, steps: Sequence[Row], voice: RenderRules, say: Callable[[str], str]
) -> Rendered:
    return {
        "immediacy_told": row["reported_immediacy"],
        "begun_by": voice.person(row["begun_by"]),
        "state": row["state"],
        "last_event_at": row["last_event_at"],
        "settled_at": row["settled_at"],
        "steps": [
            {
                "step": step["verb"],
                "at": step["at"],
                "recorded_at": step["recorded_at"],
                "by": voice.person(step["by_id"]) if step["by_id"] else None,
                "role": step["by_role"],
                "from_state": step["from_state"],
                "to_state": step["to_state"],
                "details": _replaced_texts(bare(step["details"]), say),
            }
            for step in steps
        ],
    }


def bare(value: Any) -> Any:
    """Remove every ID: it means nothing elsewhere, and leads to others here."""
    if isinstance(value, Mapping):
        return {
            name: bare(item)
            for name, item in value.items()
            if name != "id" and not name.endswith(ENDS_OF_IDS) and not _is_id(item)
        }
    if isinstance(value, list | tuple):
        return [bare(item) for item in value if not _is_id(item)]
    return value


def _is_id(value: Any) -> bool:
    return isinstance(value, str) and ID.fullmatch(value) is not None


def _without_pupils(row: Row, voice: RenderRules) -> tuple[Rendered, Callable[[str], str]]:
    """The disclosure without names of pupils who know of it, and a function to hide those names."""
    aware = [dict(item) for item in row.get("aware") or ()]
    named = [item for item in aware if item.get("role") in PUPILS and item.get("name")]
    hide = Pseudonymiser([voice.own_names], [hidden_pupil(item["name"], ANOTHER) for item in named])
    for item in named:
        item["name"] = ANOTHER
    disclosure = {**row, "aware": aware} if aware else dict(row)
    return disclosure, lambda text: hide(voice.text(text))


def _replaced_texts(value: Any, say: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return say(value)
    if isinstance(value, Mapping):
        return {
            name: item if name in CODES else _replaced_texts(item, say)
            for name, item in value.items()
        }
    return [_replaced_texts(item, say) for item in value] if isinstance(value, list) else value


def highest_class(classes: Sequence[str], least: str = "K3") -> str:
    """The strictest confidentiality class among the items, at least `least`."""
    return max([least, *classes])
