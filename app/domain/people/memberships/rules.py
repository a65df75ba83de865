"""Pure rules of roles: who may give and end which, and what work a person could keep."""

from collections.abc import Iterable
from datetime import date

from app.core.words import Cohort, Permission, Rights
from app.domain.policy import can_own

CLASSES = frozenset({"K2", "K3", "K4", "K5"})
OF_TRUSTS = frozenset({Permission.LINKED_CONCERNS_COUNT})
"""Permissions used only in a trust that show no record: granters give them with their role."""
OPENS_CHILDREN = frozenset(
    {Permission.CHILD_OPEN, Permission.CHRONOLOGY_READ, Permission.CONCERN_READ}
)
MAY_GRANT = frozenset({Permission.STAFF_CHANGE, Permission.ROLE_GRANT})
"""Either permission lets someone give roles, but only with rights they hold themselves."""

Interval = tuple[date, date | None]
"""From a day until the first day outside; None: no end."""


def overlaps(one_from: date, one_to: date | None, other_from: date, other_to: date | None) -> bool:
    """Whether two intervals share a day; `to` is the first day outside."""
    return (other_to is None or one_from < other_to) and (one_to is None or other_from < one_to)


def is_live(valid_from: date, valid_to: date | None, day: date) -> bool:
    """Whether a membership is live on a day; `valid_to` is the first day it is not."""
    return valid_from <= day and (valid_to is None or valid_to > day)


def beyond(own: Rights, wanted: Rights) -> tuple[str, ...]:
    """Rights in `wanted` that `own` lacks: permissions, `class:K4`, `whole_school`.

    Someone who reads a class only for a cohort cannot give it for the whole school.
    """
    lacking = {permission.value for permission in wanted.permissions - own.permissions - OF_TRUSTS}
    lacking |= {f"class:{class_name}" for class_name in wanted.classes - own.classes}
    for_cohort = wanted.cohort_classes - own.classes - own.cohort_classes
    lacking |= {f"class:{item}" for item in for_cohort}
    if own.cohort_only and not wanted.cohort_only and wanted.permissions & OPENS_CHILDREN:
        lacking.add("whole_school")
    return tuple(sorted(lacking))


def can_give(own: Rights, wanted: Rights) -> bool:
    """Whether someone with these rights can give a role, if only for their own cohort."""
    return (
        bool(own.permissions & MAY_GRANT) and not is_appointed(wanted) and not beyond(own, wanted)
    )


def cohort_beyond(own: Rights, own_cohort: Cohort, wanted: Rights, cohort: Cohort) -> bool:
    """Whether a role for a cohort would reach children that the giver does not."""
    by_cohort = wanted.cohort_classes - own.classes or (own.cohort_only and wanted.cohort_only)
    within = set(cohort.year_groups) <= set(own_cohort.year_groups) and set(
        cohort.registration_groups
    ) <= set(own_cohort.registration_groups)
    return bool(by_cohort) and not within


def is_weighty(rights: Rights) -> bool:
    """Whether taking a role away could silence safeguarding: no administrator does it alone."""
    guarded = {Permission.ROLE_GRANT, Permission.ADULT_READ}
    reads = rights.classes or rights.cohort_classes
    return bool(reads or rights.permissions & guarded)


def is_appointed(rights: Rights) -> bool:
    """Whether a role reads the adult register: its holders judge each other's conduct.

    Neither they nor anyone else in the school gives or ends it: the operator does.
    """
    return bool(rights.permissions & {Permission.ADULT_READ, Permission.ADULT_DECIDE})


def may_end(own: Rights, role: Rights) -> bool:
    """Whether someone may end another's role: one they could give, or a lesser one."""
    if is_weighty(role):
        return Permission.ROLE_GRANT in own.permissions
    if Permission.STAFF_CHANGE in own.permissions:
        return True
    return Permission.ROLE_GRANT in own.permissions and not beyond(own, role)


def leaves_a_gap(removed: Interval, others: Iterable[Interval]) -> date | None:
    """The first day of `removed` that none of the others covers, or None.

    Other leads have to cover a lead's whole period, to its last day.
    """
    day, end = removed
    for start, stop in sorted(others, key=lambda item: item[0]):
        if end is not None and day >= end:
            return None
        if start > day:
            return day
        if stop is None:
            return None
        day = max(day, stop)
    return day if end is None or day < end else None


def classes_owned(held: Iterable[Rights]) -> frozenset[str]:
    """Classes of concerns that someone with these roles can own and therefore read."""
    roles = list(held)
    return frozenset(item for item in CLASSES if any(can_own(rights, item) for rights in roles))
