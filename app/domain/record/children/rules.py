"""Pure decisions about children: misspelt names, who may be told, statuses, identifiers."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from app.core.vocabularies import VOCABULARIES, term
from app.core.vocabularies.terms import OF_CHILD, PROFESSIONAL
from app.domain.errors import FieldProblem, ValidationFailed
from app.formats.identifiers import (
    Checked,
    CheckedIdentifier,
    check_nhs_number,
    check_uln,
    check_upn,
)

SHORT_WORD: Final = 5
LETTERS: Final = "abcdefghijklmnopqrstuvwxyz"


def edits_allowed(word: str) -> int:
    """How many slips of the finger a name of this length may hold."""
    return 1 if len(word) <= SHORT_WORD else 2


def edit_distance(one: str, other: str) -> int:
    """Letters put in, left out, replaced or swapped with their neighbour to turn one into other.

    Damerau-Levenshtein in its restricted form: no letter is edited twice.
    """
    before: list[int] = []
    row = list(range(len(other) + 1))
    for place, letter in enumerate(one, start=1):
        previous, row = row, [place]
        for other_place, other_letter in enumerate(other, start=1):
            best = min(
                previous[other_place] + 1,
                row[other_place - 1] + 1,
                previous[other_place - 1] + (letter != other_letter),
            )
            if (
                place > 1
                and other_place > 1
                and letter == other[other_place - 2]
                and one[place - 2] == other_letter
            ):
                best = min(best, before[other_place - 2] + 1)
            row.append(best)
        before = previous
    return row[-1]


def neighbours(word: str, candidates: Iterable[str]) -> dict[str, int]:
    """The candidates that may be meant by a word, each with its distance, nearest first."""
    allowed = edits_allowed(word)
    near = {
        candidate: distance
        for candidate in candidates
        if abs(len(candidate) - len(word)) <= allowed
        and (distance := edit_distance(word, candidate)) <= allowed
    }
    return dict(sorted(near.items(), key=lambda found: (found[1], found[0])))


def one_edit_away(word: str) -> frozenset[str]:
    """Every spelling one slip away from a word, for looking up words too short for trigrams."""
    cuts = [(word[:place], word[place:]) for place in range(len(word) + 1)]
    left_out = {head + tail[1:] for head, tail in cuts if tail}
    swapped = {head + tail[1] + tail[0] + tail[2:] for head, tail in cuts if len(tail) > 1}
    replaced = {head + letter + tail[1:] for head, tail in cuts if tail for letter in LETTERS}
    put_in = {head + letter + tail for head, tail in cuts for letter in LETTERS}
    return frozenset((left_out | swapped | replaced | put_in) - {word, ""})


@dataclass(frozen=True, slots=True)
class ContactFacts:
    """What of a contact decides whether they may be told."""

    explicit: bool | None
    explicit_reason: str | None
    alleged_source_of_harm: bool
    contact_allowed: str
    court_orders: Sequence[Mapping[str, Any]]
    parental_responsibility: str
    ended: bool


@dataclass(frozen=True, slots=True)
class Told:
    """Whether a contact may be told about the child. `derived` is False where a person set it."""

    value: bool
    derived: bool
    reason: str


def may_be_told(facts: ContactFacts, today: date) -> Told:
    """Whether a contact may be told about the child, and why (facts 6.4).

    What a person set with a reason wins; otherwise nobody is told without parental
    responsibility, and nobody who may have harmed the child or whom an order keeps out.
    """
    if facts.explicit is not None:
        return Told(facts.explicit, False, facts.explicit_reason or "set_by_a_person")
    for reason in (*hard_bars(facts, today), *(("ended",) if facts.ended else ())):
        return Told(False, True, reason)
    if facts.parental_responsibility == "yes":
        return Told(True, True, "parental_responsibility")
    return Told(False, True, "unknown")


def hard_bars(facts: ContactFacts, today: date) -> list[str]:
    """Everything by itself that keeps a contact from being told, the gravest first."""
    barriers = (
        ("alleged_source_of_harm", facts.alleged_source_of_harm),
        ("contact_not_allowed", facts.contact_allowed == "no"),
        ("court_order", any(_forbids_telling(order, today) for order in facts.court_orders)),
    )
    return [reason for reason, stands in barriers if stands]


def _forbids_telling(order: Mapping[str, Any], today: date) -> bool:
    ends = order.get("ends_on")
    in_force = ends is None or date.fromisoformat(str(ends)) >= today
    return in_force and bool(order.get("forbids_telling"))


def is_professional(kind: str) -> bool:
    """Whether a kind of contact is a professional one. An unknown kind is not."""
    found = VOCABULARIES["contact_kinds"].by_code.get(kind)
    return found is not None and PROFESSIONAL in found.flags


def told_changes(changes: Mapping[str, Any]) -> dict[str, Any]:
    """A change of a contact with its reason for `may_be_told` made consistent.

    A value needs its reason beside it; null goes back to the derived value and drops the
    reason. Raises `ValidationFailed`.
    """
    if "may_be_told" not in changes:
        if "may_be_told_reason" in changes:
            raise _refused("/may_be_told_reason", "alone", "Send may_be_told with its reason.")
        return dict(changes)
    if changes["may_be_told"] is None:
        return {**changes, "may_be_told_reason": None}
    if not changes.get("may_be_told_reason"):
        raise _refused("/may_be_told_reason", "missing", "Say why this person decided so.")
    return dict(changes)


DEFAULT_CLASS: Final[Mapping[str, str]] = {
    "child_protection_plan": "K4",
    "child_in_need": "K3",
    "family_help_plan": "K3",
    "looked_after": "K3",
    "previously_looked_after": "K3",
    "has_social_worker": "K3",
    "had_social_worker": "K3",
    "private_fostering": "K3",
    "kinship_care": "K3",
    "nrpf": "K3",
    "uasc": "K3",
    "youth_justice": "K3",
    "court_order": "K3",
    "contact_restriction": "K3",
    "police_bail_condition": "K4",
    "marac": "K4",
    "channel": "K4",
    "nrm": "K4",
    "mappa_contact": "K5",
}
"""What a status shows about social care, police or courts decides its class; the rest is K2.

K2 is what the pastoral team of the cohort works with every day; K3 tells of a statutory or
family matter; K4 comes with papers of conferences and panels; K5 names live police matters
about an adult. A lead may choose another class for one child.
"""

SEVERAL_AT_ONCE: Final = frozenset(
    {
        "court_order", "contact_restriction", "police_bail_condition", "marac", "disability",
        "medical_plan",
    }
)  # fmt: skip
"""Kinds a child can have twice on one day: each is about one order, person, meeting or need."""

DETAIL_CODES: Final[Mapping[str, frozenset[str]]] = {
    "child_protection_plan": frozenset({"NEG", "PHY", "SAB", "EMO", "MUL"}),
    "sen": frozenset({"E", "K"}),
    "young_carer": frozenset({"P", "S"}),
    "previously_looked_after": frozenset({"A", "C", "G", "N", "O", "R"}),
}
"""Kinds whose detail is a code of a census (facts 5.1); for other kinds it is a free line."""
DETAIL_NEEDED: Final = frozenset({"child_protection_plan", "sen"})


def class_of_status(kind: str, chosen: str | None) -> str:
    """The class of a new status: the chosen one, or what its kind shows about the child."""
    return chosen or DEFAULT_CLASS.get(kind, "K2")


@dataclass(frozen=True, slots=True)
class Interval:
    """Days from `start` until before `end`; `end` None means still so."""

    start: date
    end: date | None


def overlap(one: Interval, other: Interval) -> bool:
    """Whether two intervals share a day; one may begin on the day the other ends."""
    return (other.end is None or one.start < other.end) and (
        one.end is None or other.start < one.end
    )


def may_stand_beside(kind: str, new: Interval, others: Iterable[Interval]) -> bool:
    """Whether a status may be added beside those of its kind."""
    return kind in SEVERAL_AT_ONCE or not any(overlap(new, other) for other in others)


def check_interval(start: date, end: date | None) -> None:
    """Raise `ValidationFailed` where an interval ends before it begins."""
    if end is not None and end < start:
        raise _refused("/valid_to", "before_start", "This is before valid_from.")


def check_detail(kind: str, detail: str | None) -> None:
    """Raise `ValidationFailed` where the detail of a status is not what its kind needs."""
    known = DETAIL_CODES.get(kind)
    if detail is None and kind in DETAIL_NEEDED:
        raise _refused("/detail", "missing", "This kind of status needs its code in detail.")
    if detail is not None and known is not None and detail not in known:
        codes = ", ".join(sorted(known))
        raise _refused("/detail", "unknown_code", f"For this kind, detail is one of {codes}.")


DIRECTED: Final = frozenset({"alleged_source_of_harm"})
"""Relationship kinds that say something else when read from the other child."""
RELATIONSHIP_CLASS: Final[Mapping[str, str]] = {"alleged_source_of_harm": "K3"}
"""Relationship kinds that only readers of a class see."""

CHECKS: Final[Mapping[str, Callable[[str], Checked]]] = {
    "upn": check_upn,
    "former_upn": check_upn,
    "uln": check_uln,
    "nhs_number": check_nhs_number,
    "chi_number": check_nhs_number,
    "hsc_number": check_nhs_number,
}
"""CHI and health and care numbers share the check digit of the NHS number (facts 5.4)."""
ONE_AT_A_TIME: Final = frozenset(
    {"upn", "uln", "nhs_number", "chi_number", "hsc_number", "scottish_candidate_number"}
)
"""Systems in which a child has one number: a new one ends the one before."""
WITHOUT_CASE: Final = frozenset({"email", "username"})
"""Systems whose names mean the same in capitals."""


def checked_identifier(system: str, text: str, at: str = "") -> CheckedIdentifier:
    """The identifier in its normal form with its warnings; `at` points at its object.

    Raises `ValidationFailed` with the code of `app.formats.identifiers`.
    """
    if OF_CHILD not in term("identifier_systems", system).flags:
        raise _refused(f"{at}/system", "not_of_a_child", "This system numbers organisations.")
    check = CHECKS.get(system)
    if check is None:
        plain = " ".join(text.split())
        plain = plain.lower() if system in WITHOUT_CASE else plain
        return CheckedIdentifier(text=plain, display=plain)
    checked = check(text)
    if not isinstance(checked, CheckedIdentifier):
        raise _refused(f"{at}/value", checked.value, "This is not a valid number of its system.")
    return checked


def check_replacement(new: CheckedIdentifier, old: str | None, at: str = "") -> None:
    """Raise `ValidationFailed` where a temporary UPN would replace a permanent one."""
    if new.temporary and old is not None and not old[-1].isalpha():
        raise _refused(
            f"{at}/value",
            "upn_temporary",
            "The child has a permanent UPN; this is a temporary one.",
        )


def _refused(pointer: str, code: str, detail: str) -> ValidationFailed:
    return ValidationFailed(problems=[FieldProblem(pointer, code, detail)])
