"""Pure rules of statuses: their class, and which may coexist."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from app.domain.record.children.rules import refused_field

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
    "police_protection": "K4",
    "emergency_protection_order": "K4",
    "police_bail_condition": "K4",
    "marac": "K4",
    "channel": "K4",
    "nrm": "K4",
    "mappa_contact": "K5",
}
"""Class of each status by what it shows of social care, police or courts; the rest is K2.

K2 is what the cohort's pastoral team works with every day; K3 is a statutory or family matter; K4
comes with papers of conferences and panels; K5 names live police matters about an adult. A lead may
choose another class for one child.
"""

SEVERAL_AT_ONCE: Final = frozenset(
    {
        "court_order", "contact_restriction", "police_bail_condition", "marac", "disability",
        "medical_plan", "attendance",
    }
)  # fmt: skip
"""Kinds a child can have twice on one day: each is about one order, person, meeting or need."""

DETAIL_CODES: Final[Mapping[str, frozenset[str]]] = {
    "child_protection_plan": frozenset({"NEG", "PHY", "SAB", "EMO", "MUL"}),
    "sen": frozenset({"E", "K"}),
    "young_carer": frozenset({"P", "S"}),
    "previously_looked_after": frozenset({"A", "C", "G", "N", "O", "R"}),
}
"""Kinds whose detail is a census code (facts 5.1); for other kinds it is free text."""
PERIODS: Final = frozenset({"attendance"})
"""Kinds that describe a past period."""
SESSIONS: Final = re.compile(r"(\d{1,4})/(\d{1,4})")
"""Sessions missed, out of those possible."""
DETAIL_NEEDED: Final = frozenset({"child_protection_plan", "sen"}) | PERIODS


def class_of_status(kind: str, chosen: str | None) -> str:
    """Class of a new status: the chosen one, or the default of its kind."""
    return chosen or DEFAULT_CLASS.get(kind, "K2")


@dataclass(frozen=True, slots=True)
class Interval:
    """Days from `start` until before `end`; `end` None: still open."""

    start: date
    end: date | None


def overlap(interval: Interval, other: Interval) -> bool:
    """Whether two intervals share a day; one may begin on the day the other ends."""
    return (other.end is None or interval.start < other.end) and (
        interval.end is None or other.start < interval.end
    )


def may_stand_beside(kind: str, new: Interval, others: Iterable[Interval]) -> bool:
    """Whether a status may be added beside others of its kind."""
    return kind in SEVERAL_AT_ONCE or not any(overlap(new, other) for other in others)


def check_interval(start: date, end: date | None) -> None:
    """Raise `ValidationFailed` where an interval ends before it begins."""
    if end is not None and end < start:
        raise refused_field("/valid_to", "before_start", "This is before valid_from.")


def check_period(kind: str, end: date | None) -> None:
    """Raise `ValidationFailed` if a status about a period has no end."""
    if kind in PERIODS and end is None:
        raise refused_field("/valid_to", "missing", "Say when the period ended.")


def _check_sessions(detail: str) -> None:
    match = SESSIONS.fullmatch(detail)
    if match is None or not 0 <= int(match[1]) <= int(match[2]) or int(match[2]) == 0:
        text = "Give sessions missed out of those possible, such as 19/190."
        raise refused_field("/detail", "unknown_code", text)


def check_detail(kind: str, detail: str | None) -> None:
    """Raise `ValidationFailed` if the detail of a status is not what its kind needs."""
    known = DETAIL_CODES.get(kind)
    if detail is None and kind in DETAIL_NEEDED:
        raise refused_field("/detail", "missing", "This kind of status needs its code in detail.")
    if detail is not None and kind in PERIODS:
        _check_sessions(detail)
    if detail is not None and known is not None and detail not in known:
        codes = ", ".join(sorted(known))
        raise refused_field("/detail", "unknown_code", f"For this kind, detail is one of {codes}.")
