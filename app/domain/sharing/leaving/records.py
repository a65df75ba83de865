"""Whether a record of keeping a child safe may leave the school, and what has to be decided first.

Nothing of these records leaves with anything else: each is chosen by itself, by a named person.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from app.core.vocabularies import VOCABULARIES
from app.core.vocabularies.terms import PROFESSIONAL
from app.domain.errors import FieldProblem

CHECK, NOTE, PARENTS = "safety_check", "support_note", "parents_decision"

WHY: Final[Mapping[str, str]] = {
    "must_not_know": "The pupil said that somebody must not know of it: say why it can go all "
    "the same.",
    "kept_from_parents": "It says what was kept from parents: say why it can go all the same.",
    "told_in_confidence": "It was told to the school: say why the family is to have this one.",
    "professional": "It goes to somebody who knows the child through their work.",
}


class Leaving(Protocol):
    """What of a record decides: a row of it is enough."""

    @property
    def kind(self) -> str:
        """Which kind of record it is."""

    @property
    def content(self) -> Mapping[str, Any]:
        """What was written down."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A record that was read in another way than as a row."""

    kind: str
    content: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether it may go, chosen by a person; not `allowed`: only with that person's reason."""

    allowed: bool
    why: str
    """A code of `WHY`."""

    def __bool__(self) -> bool:
        return self.allowed

    def problem(self, pointer: str, reason: str | None) -> FieldProblem | None:
        """What is missing for it to go, given a reason or none for this one record."""
        if self.allowed or (reason or "").strip():
            return None
        return FieldProblem(pointer, self.why, WHY[self.why])


def may_go_to(record: Leaving, recipient_kind: str) -> Decision:
    """Whether one record may go to a kind of recipient, and if not, what has to be decided.

    To a parent, to the child and to a kind nobody knows it never goes without a reason of its
    own: what was said in confidence is not theirs to read because they asked for everything.
    """
    if _is_professional(recipient_kind):
        return Decision(True, "professional")
    if record.kind == CHECK and _given(record.content.get("who_must_not_know")):
        return Decision(False, "must_not_know")
    if record.kind == PARENTS and _kept_back(record.content):
        return Decision(False, "kept_from_parents")
    return Decision(False, "told_in_confidence")


def _is_professional(recipient_kind: str) -> bool:
    found = VOCABULARIES["recipient_kinds"].by_code.get(recipient_kind)
    return found is not None and PROFESSIONAL in found.flags


def _given(answer: Any) -> bool:
    """Whether an answer says something: a value, or that the pupil would not say."""
    if not isinstance(answer, Mapping):
        return bool(answer)
    return bool(answer.get("value")) or answer.get("none") == "declined"


def _kept_back(content: Mapping[str, Any]) -> bool:
    return content.get("outcome") != "told" or bool(content.get("left_out"))
