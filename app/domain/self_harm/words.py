"""Sentences of the pathway, for people who may be frightened: what comes first, what could follow.

They are drafts until a child mental-health clinician, a lead and people with lived experience
have read them.
"""

from collections.abc import Collection, Mapping
from typing import Any, Final

from app.core.vocabularies.terms import DRAFT
from app.domain.self_harm import rules

REVIEW: Final = DRAFT

STAY: Final = "Stay with them, or ask another adult to. Nobody who says this is left alone."
HURT: Final = (
    "Is anyone hurt, or has anything been swallowed? Call 999 now, also if they seem well, "
    "and write it down later."
)
TELL: Final = "Tell a safeguarding lead in person or by phone now; do not wait for an answer here."
LISTEN: Final = (
    "You do not need the right words. Listen, stay calm, and do not promise to keep it to yourself."
)
WRITE: Final = "Write what you saw and heard, in their words. You can add more at any time."

DONE: Final = (
    "You did the right thing. Your words are kept, and the safeguarding leads are being told. "
    "How are you? Talk to somebody about it when you can."
)
DONE_UNWATCHED: Final = (
    "You did the right thing. Your words are kept. Nobody at school may read them yet: please "
    "phone. How are you? Talk to somebody about it when you can."
)

NEXT: Final[Mapping[str, str]] = {
    rules.UNMATCHED: "Find out which pupil this is about, with whoever reported it.",
    rules.STAY: "Write down which adult is with the pupil now.",
    rules.CHECK: "Somebody whom the pupil accepts could speak with them before they leave: in few "
    "words or with pictures, where that is easier.",
    rules.PARENTS: "Think about what parents are told, and how; home may not be safe.",
    rules.SOCIAL_CARE: "Children's social care could be asked today, before parents are told.",
    rules.LEAVING: "Agree with whom the pupil goes home, and write it down.",
    rules.NEXT_DAY: "Speak with the pupil or the family on the next school day.",
    rules.CONTACT: "Find out within two days that somebody has spoken with them.",
    rules.PLAN_REVIEW: "Read the safety plan again with the pupil.",
}
"""Of what is still to be done, one sentence each."""
SWALLOWED: Final = "Something was swallowed: medical help comes first, also if they seem well."
NOTHING_OPEN: Final = (
    "Nothing is waiting to be done here. Ask the pupil how things are, and with whom they talk."
)

ALSO_KNOWN: Final = "These are places to look at, each with its own date and reason."
NOTHING_KNOWN: Final = (
    "Nothing else that you may read was written down in this time. That does not mean that "
    "nothing is there: ask the pupil and the adults who know them."
)


def first_words(kind: str, told: Mapping[str, Any]) -> list[str]:
    """What whoever is with the pupil does before anything else."""
    swallowed = _swallowed(told)
    listened = [STAY, HURT, TELL, LISTEN, WRITE]
    return [SWALLOWED, *listened] if swallowed else listened


def _swallowed(told: Mapping[str, Any]) -> bool:
    answer = told.get("means_group") or {}
    return bool(answer.get("value") == "swallowed")


def next_words(open_kinds: Collection[str], told: Mapping[str, Any], state: str) -> list[str]:
    """What could come next, as sentences: a person decides which of it."""
    if state == rules.CLOSED:
        return []
    found = [SWALLOWED] if _swallowed(told) and state in (rules.NOTICED, rules.WITH_ADULT) else []
    found += [words for kind, words in NEXT.items() if kind in open_kinds]
    return found or [NOTHING_OPEN]
