"""What of a plan leaves for whom: the pupil's own copy is whole, everybody else's names no pupil.

A friend is named in the pupil's copy because the pupil has to find them; nowhere else, since they
did not agree to be in a file that goes to another school or to a parent.
"""

from collections.abc import Mapping
from typing import Any, Final, Protocol

from app.domain.pseudonyms import Hidden, Names, Pseudonymiser

PUPIL: Final = "pupil"
FAMILY: Final = frozenset({PUPIL, "child", "parent"})
"""Audiences that read nothing a member of staff wrote for other staff."""
ANOTHER: Final = "another pupil"
CODES: Final = frozenset(
    {
        "format", "kind", "language", "made_with", "formats", "picture", "attachment_id", "where",
        "plan_id", "none", "pupil_id", "number",
    }
)  # fmt: skip
"""Properties that hold no words of a person."""


class Kept(Protocol):
    """A record of an agreed plan: a row of it is enough."""

    @property
    def content(self) -> Mapping[str, Any]:
        """What was agreed."""


def plan_content_for(record: Kept | Mapping[str, Any], audience: str) -> dict[str, Any]:
    """The content of a plan as an audience may read it.

    `audience` is `pupil` for the pupil's own copy, else whom it goes to (`transfer`, or a kind of
    recipient). For all but the pupil, helpers who are pupils become `another pupil`, without
    their number, wherever they are named; notes between staff never reach a family.
    """
    content = record if isinstance(record, Mapping) else record.content
    found = {name: value for name, value in content.items() if not _is_hidden(name, audience)}
    if audience == PUPIL:
        return found
    helpers = [one for one in _helpers(found) if is_pupil(one)]
    hidden = [_hidden(one, place) for place, one in enumerate(helpers)]
    if not hidden:
        return found
    without = _without_friends(found)
    words = Pseudonymiser((), hidden)
    return {
        name: value if name in CODES else _replaced(value, words) for name, value in without.items()
    }


def is_pupil(helper: Mapping[str, Any]) -> bool:
    """Whether a helper is another pupil."""
    return bool(helper.get("is_pupil") or helper.get("pupil_id"))


def _is_hidden(name: str, audience: str) -> bool:
    return name == "staff_note" and audience in FAMILY


def _helpers(content: Mapping[str, Any]) -> list[dict[str, Any]]:
    steps = content.get("steps") or {}
    return list(steps.get("helpers") or [])


def _called(place: int) -> str:
    return ANOTHER if place == 0 else f"{ANOTHER} {place + 1}"


def _hidden(friend: Mapping[str, Any], place: int) -> Hidden:
    number = friend.get("number")
    return hidden_pupil(friend["name"], _called(place), (number,) if number else ())


def hidden_pupil(name: str, called: str, marks: tuple[str, ...] = ()) -> Hidden:
    """A pupil of whom only a name is known, as somebody wrote it, and what is said instead."""
    return Hidden(_names(name), called, marks)


def _names(name: str) -> Names:
    given, *rest = name.split() or [name]
    return Names((given,), tuple(rest[-1:]), tuple(rest[:-1]))


def _without_friends(content: Mapping[str, Any]) -> dict[str, Any]:
    """The same with each friend called what they are, and no number to find them by."""
    helpers, place = [], 0
    for one in _helpers(content):
        if is_pupil(one):
            kept = {"name": _called(place), "number": None, "when": None, "pupil_id": None}
            helpers.append({**one, **kept, "is_pupil": True})
            place += 1
        else:
            helpers.append(one)
    return {**content, "steps": {**content["steps"], "helpers": helpers}}


def _replaced(value: Any, words: Pseudonymiser) -> Any:
    if isinstance(value, str):
        return words(value)
    if isinstance(value, Mapping):
        return {
            name: one if name in CODES else _replaced(one, words) for name, one in value.items()
        }
    if isinstance(value, list):
        return [_replaced(one, words) for one in value]
    return value
