"""Pure rules of grants: how long, who may get one, in which classes."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from app.core.words import Rights, Role
from app.domain import policy
from app.domain.access.grants.errors import BreakGlassTooLong, ClassNotHeld, GrantTooLong

LONGEST = timedelta(days=90)
CLASSES = ("K2", "K3", "K4", "K5")
"""Classes that a grant can open; never the adult register (K6)."""
WITHOUT_CONTENT = frozenset({Role.SCHOOL_ADMIN, Role.GOVERNOR, Role.CHAIR_OF_GOVERNORS})
"""Roles that see no content, or aggregates only: a grant would defeat their purpose."""
REVIEW = "break_glass.review"
MOST_GLASS = 5
"""Maximum records that one person opens by breaking glass in an hour; live ones count."""
GLASS_WITHIN = timedelta(hours=1)
OUTCOMES = ("justified", "not_justified")


def check_end(valid_to: datetime, now: datetime) -> None:
    """Raise `GrantTooLong` beyond the longest grant, and for an end in the past."""
    if not now < valid_to <= now + LONGEST:
        raise GrantTooLong


def check_classes(classes: Iterable[str], rights: Rights) -> None:
    """Raise `ClassNotHeld` for a class that the granter's own role does not read."""
    if not rights.classes.issuperset(classes):
        raise ClassNotHeld


def can_receive(roles: Iterable[tuple[str, Rights]]) -> bool:
    """Whether someone with these roles can receive a grant: one role may hold content."""
    return any(name not in WITHOUT_CONTENT for name, _ in roles)


def check_minutes(minutes: int, maximum: int) -> None:
    """Raise `BreakGlassTooLong` above the installation's limit."""
    if minutes > maximum:
        raise BreakGlassTooLong


def rights_named(name: str, defined: Rights | None) -> Rights:
    """Rights of a role, built in or defined by the school."""
    return defined or policy.BUILT_IN.get(Role(name) if name in set(Role) else Role.CUSTOM,
                                          policy.NOTHING)  # fmt: skip
