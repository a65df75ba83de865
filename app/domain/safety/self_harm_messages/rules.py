"""Pathway messages for people who may be frightened: what comes first, what could follow.

They are drafts until a child mental-health clinician, a lead and people with lived experience have
read them.
"""

from collections.abc import Collection, Mapping
from typing import Any, Final

from app.core.vocabularies.terms import DRAFT
from app.domain import disclosures
from app.domain.safety.self_harm import rules

REVIEW: Final = DRAFT

STAY: Final = "Stay with them, or ask another adult to. Nobody who says this is left alone."
HURT: Final = (
    "Is anyone hurt, or has anything been swallowed? Call 999 now, even if they seem well, "
    "and write it down later."
)
TELL: Final = "Tell a safeguarding lead in person or by phone now; do not wait for an answer here."
CALL_NOW: Final = "Call 999 now if nobody has yet, even if they seem well, and write it down later."
CALLED: Final = (
    "Stay with them until help is there, and say what was seen, heard or taken, as far as you know."
)
AFTERWARDS: Final = (
    "If anything changes, or you are worried about them, tell a safeguarding lead in person or by "
    "phone. Where a life is in danger, 999 comes first."
)
NOT_REACHED: Final = (
    "Tell a safeguarding lead now, in person or by phone, that nobody answered. This stays open "
    "until somebody has spoken with them."
)
LISTEN: Final = (
    "You do not need the right words. Listen, stay calm, and do not promise to keep it to yourself."
)
WRITE: Final = "Write what you saw and heard, in their words. You can add more at any time."

DONE: Final = (
    "You did the right thing. Your words are kept, and the safeguarding leads are being told. "
    "How are you? Talk to somebody about it when you can."
)
DONE_UNWATCHED: Final = (
    "You did the right thing. Your words are kept. They may not be read {before}: please "
    "phone. How are you? Talk to somebody about it when you can."
)
SOME_TIME: Final = "for some time"
"""Used if it is not known when someone next checks."""

NEXT: Final[Mapping[str, str]] = {
    rules.UNMATCHED: "Find out which pupil this is about, with the person who reported it.",
    rules.STAY: "Write down which adult is with the pupil now.",
    rules.CHECK: "Somebody the pupil accepts could speak with them before they leave: in few "
    "words or with pictures, where that is easier.",
    rules.PARENTS: "Think about what parents are told, and how; home may not be safe.",
    rules.SOCIAL_CARE: "Children's social care could be asked today, before parents are told.",
    rules.HEALTH: "Speak with the mental health service or the family doctor, and write down what "
    "they advise and whether they take it on.",
    rules.LEAVING: "Agree who the pupil goes home with, and write it down.",
    rules.NEXT_DAY: "Speak with the pupil or the family on the next school day.",
    rules.CONTACT: "Find out within two days that somebody has spoken with them.",
    rules.PLAN_REVIEW: "Read the safety plan again with the pupil.",
}
"""One sentence for each open task."""
NO_ANSWER: Final = (
    "If nobody answers, ask children's social care or the police to see that the pupil is safe."
)
MISSING: Final = "If the pupil cannot be found, call the police: 999."
OTHERWISE: Final[Mapping[str, str]] = {
    rules.STAY: MISSING,
    rules.PARENTS: "If a parent cannot be reached, try everybody who may be told, in their order, "
    "then ask children's social care. Never leave word of what it is about.",
    rules.SOCIAL_CARE: "If their office is closed, ask for the emergency duty team.",
    rules.LEAVING: "If nobody can take the pupil home, ask children's social care or the police. "
    "If an adult insists on taking them and you believe that they are in danger, call 999.",
    rules.NEXT_DAY: NO_ANSWER,
    rules.CONTACT: NO_ANSWER,
}
"""What to do if that is not possible."""
SWALLOWED: Final = "Something was swallowed: medical help comes first, even if they seem well."
NOTHING_OPEN: Final = (
    "Nothing is waiting to be done here. Ask the pupil how things are, and who they talk to."
)

ALSO_KNOWN: Final = "These are places to look at, each with its own date and reason."
NOTHING_KNOWN: Final = (
    "Nothing else that you may read was written down in this time. That does not mean that "
    "nothing is there: ask the pupil and the adults who know them."
)
LOOKED_AFTER: Final = frozenset(
    {rules.LEFT_SAFELY, rules.STAYED_WITH_PLAN, rules.FOLLOWED, rules.SETTLED, rules.CLOSED}
)
"""States in which the pupil is known to be cared for: nobody needs to stay and call now."""


def first_words(disclosure: Mapping[str, Any]) -> list[str]:
    """What the adult with the pupil does first, until others are known to care for them."""
    listened = [STAY, HURT, TELL, LISTEN, WRITE]
    return [SWALLOWED, *listened] if disclosures.was_swallowed(disclosure) else listened


def words_after(
    step: str, state: str, disclosure: Mapping[str, Any], written: Mapping[str, Any]
) -> list[str]:
    """First words after a step; `written` is what was recorded with it.

    `state` is the pathway's state, as far as the person who took the step may know.
    """
    if step == rules.EMERGENCY:
        return _in_emergency(disclosure, written)
    if state in LOOKED_AFTER:
        return [AFTERWARDS, WRITE]
    return first_words(disclosure)


def after_contact(step: str) -> list[str]:
    """For the person asked to be in touch, who need not know why."""
    return [AFTERWARDS if step == rules.FOLLOWED else NOT_REACHED, WRITE]


def _in_emergency(disclosure: Mapping[str, Any], written: Mapping[str, Any]) -> list[str]:
    taken = (
        [SWALLOWED]
        if disclosures.was_swallowed(disclosure) or "swallowed" in written.get("reason_codes", ())
        else []
    )
    if {*written.get("called", ())} - {"not_yet"}:
        return [CALLED, *taken, TELL, WRITE]
    return [CALL_NOW, *taken, STAY, TELL, WRITE]


def after_raising(available_from: str | None, *, available: bool) -> str:
    """Shown once words are safe: that leads are alerted, or from when someone may read it."""
    if available:
        return DONE
    before = f"before {available_from}" if available_from is not None else SOME_TIME
    return DONE_UNWATCHED.format(before=before)


def next_words(open_kinds: Collection[str], disclosure: Mapping[str, Any], state: str) -> list[str]:
    """Possible next steps, with alternatives: a person decides."""
    if state == rules.CLOSED:
        return []
    items = (
        [SWALLOWED]
        if disclosures.was_swallowed(disclosure) and state in (rules.NOTICED, rules.WITH_ADULT)
        else []
    )
    items += [MISSING] if state == rules.EMERGENCY else []
    for kind, words in NEXT.items():
        if kind in open_kinds:
            items += [words, OTHERWISE[kind]] if kind in OTHERWISE else [words]
    return list(dict.fromkeys(items)) or [NOTHING_OPEN]
