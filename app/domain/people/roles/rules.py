"""Pure rules of roles a school defines: their names, and what they may hold."""

import re
from collections.abc import Mapping
from typing import Any, Final

from app.core.vocabularies import VOCABULARIES
from app.core.words import PERMISSION_BY_NAME, Permission, Rights, Role
from app.domain.errors import FieldProblem

SLUG: Final = r"^[a-z][a-z0-9_]{2,39}$"
CLASSES: Final = ("K2", "K3", "K4", "K5")
COHORT_CLASSES: Final = ("K2", "K3", "K4")
"""K5 is sealed: no cohort opens it."""
RESERVED: Final = frozenset(
    {*(role.value for role in Role), "parent", "agency", "roster_sync", "cairn", "break_glass"}
)
_ALIKE = str.maketrans({"0": "o", "1": "l", "i": "l", "3": "e", "4": "a", "5": "s", "7": "t"})


def skeleton(name: str) -> str:
    """What a name looks like at a glance: no gaps, no case, no letters that pass for others."""
    plain = re.sub(r"[^a-z0-9]", "", name.casefold()).translate(_ALIKE)
    return plain.replace("rn", "m").replace("vv", "w")


_NAMES = frozenset(skeleton(name) for name in RESERVED)
_LABELS = frozenset(skeleton(term.label) for term in VOCABULARIES["roles"].terms)


def name_problems(slug: str, label: str) -> list[FieldProblem]:
    """What is wrong with a new role's names: neither may pass for a built-in role's."""
    problems: list[FieldProblem] = []
    if not re.fullmatch(SLUG.removesuffix("$"), slug) or skeleton(slug) in _NAMES | _LABELS:
        sentence = "It is, or looks like, the name of a built-in role."
        problems.append(FieldProblem("/slug", "reserved", sentence))
    return problems + label_problems(label)


def label_problems(label: str) -> list[FieldProblem]:
    """What is wrong with a label."""
    if skeleton(label) in _NAMES | _LABELS:
        sentence = "It is, or looks like, the name of a built-in role."
        return [FieldProblem("/label", "reserved", sentence)]
    return []


def rights_from(fields: Mapping[str, Any]) -> Rights:
    """The rights that a wish names."""
    return Rights(
        frozenset(PERMISSION_BY_NAME[name] for name in fields["permissions"]),
        frozenset(fields["classes"]),
        frozenset(fields["cohort_classes"]),
        fields["cohort_only"],
    )


def rights_problems(rights: Rights) -> list[FieldProblem]:
    """What cannot go together."""
    problems: list[FieldProblem] = []
    reads = Permission.CONCERN_READ in rights.permissions
    if "K5" in rights.classes and not reads:
        sentence = "Class K5 needs the permission concern:read."
        problems.append(FieldProblem("/classes", "needs_concern_read", sentence))
    if reads and Permission.CONCERN_RAISE not in rights.permissions:
        sentence = "Who reads concerns raises them too: concern:read needs concern:raise."
        problems.append(FieldProblem("/permissions", "needs_concern_raise", sentence))
    return problems


def widens(before: Rights, after: Rights) -> bool:
    """Whether a change gives whoever holds the role anything they did not have."""
    return bool(
        after.permissions - before.permissions
        or after.classes - before.classes
        or after.cohort_classes - before.cohort_classes - before.classes
        or (before.cohort_only and not after.cohort_only)
    )
