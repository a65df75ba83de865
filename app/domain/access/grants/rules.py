"""Pure rules of grants: how long, who to, in which classes."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from app.core.words import Rights, Role
from app.domain import policy
from app.domain.access.grants.errors import BreakGlassTooLong, ClassNotHeld, GrantTooLong

LONGEST = timedelta(days=90)
CLASSES = ("K2", "K3", "K4", "K5")
"""What a grant can open; the adult register (K6) never."""
WITHOUT_CONTENT = frozenset({Role.SCHOOL_ADMIN, Role.GOVERNOR, Role.CHAIR_OF_GOVERNORS})
"""Roles that show no content, or aggregates only: a grant would undo what they are for."""
REVIEW = "break_glass.review"
MOST_GLASS = 5
"""How many records one person opens by breaking glass within the hour; live ones count."""
GLASS_WITHIN = timedelta(hours=1)
OUTCOMES = ("justified", "not_justified")


def check_end(valid_to: datetime, now: datetime) -> None:
    """Raise `GrantTooLong` beyond the longest grant, and for an end in the past."""
    if not now < valid_to <= now + LONGEST:
        raise GrantTooLong


def check_classes(classes: Iterable[str], rights: Rights) -> None:
    """Raise `ClassNotHeld` for a class that the granter does not read by themselves."""
    if not rights.classes.issuperset(classes):
        raise ClassNotHeld


def can_receive(roles: Iterable[tuple[str, Rights]]) -> bool:
    """Whether somebody with these roles can be given sight: one of them may hold content."""
    return any(name not in WITHOUT_CONTENT for name, _ in roles)


def check_minutes(minutes: int, maximum: int) -> None:
    """Raise `BreakGlassTooLong` beyond what the installation allows."""
    if minutes > maximum:
        raise BreakGlassTooLong


def rights_named(name: str, defined: Rights | None) -> Rights:
    """What a role carries, built in or defined by the school."""
    return defined or policy.BUILT_IN.get(Role(name) if name in set(Role) else Role.CUSTOM,
                                          policy.NOTHING)  # fmt: skip
