"""Pure rules of staff: which roles can be granted, and what work a person could keep."""

import re
from collections.abc import Iterable
from datetime import date

from app.core.words import Permission, Role
from app.domain.policy import CLASS_SIGHT, permissions_of

GRANTABLE = tuple(role for role in Role if role is not Role.SYSTEM)
"""Roles a membership can carry. Recipients (parents, agencies) have none."""
CLASSES = frozenset({"K2", "K3", "K4", "K5"})
OWNED_BY_ANY_READER = CLASSES - {"K5"}

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?"
ADDRESS = rf"^{_ATOM}(\.{_ATOM})*@{_LABEL}(\.{_LABEL})+$"
"""A plain e-mail address that mail can be sent to; at most 254 characters."""
LONGEST_ADDRESS = 254


def is_address(text: str) -> bool:
    """Whether mail can be sent to it."""
    whole = re.fullmatch(ADDRESS.removesuffix("$"), text)
    return whole is not None and len(text) <= LONGEST_ADDRESS


def overlaps(one_from: date, one_to: date | None, other_from: date, other_to: date | None) -> bool:
    """Whether two intervals share a day; `to` is the first day outside."""
    return (other_to is None or one_from < other_to) and (one_to is None or other_from < one_to)


def is_live(valid_from: date, valid_to: date | None, day: date) -> bool:
    """Whether a membership holds on a day; `valid_to` is the first day it does not."""
    return valid_from <= day and (valid_to is None or valid_to > day)


def classes_owned(roles: Iterable[str]) -> frozenset[str]:
    """Classes of concerns that somebody with these roles can own and therefore read."""
    owned: frozenset[str] = frozenset()
    for name in roles:
        role = Role(name)
        if Permission.CONCERN_READ in permissions_of(role):
            owned |= OWNED_BY_ANY_READER | CLASS_SIGHT.get(role, frozenset())
    return owned & CLASSES


def holds(roles: Iterable[str], *needed: Permission) -> bool:
    """Whether somebody with these roles has all of the permissions."""
    held: frozenset[Permission] = frozenset()
    for name in roles:
        held |= permissions_of(Role(name))
    return held.issuperset(needed)


def can_own_actions(roles: Iterable[str]) -> bool:
    """Whether somebody with these roles can complete an action."""
    return any(Permission.ACTION_COMPLETE in permissions_of(Role(name)) for name in roles)


def can_take_over(roles: Iterable[str], classes: Iterable[str]) -> bool:
    """Whether somebody holds a safeguarding role that reads concerns of all these classes."""
    owned = classes_owned(roles)
    return bool(owned) and owned.issuperset(classes)
