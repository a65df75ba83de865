"""Pure rules of merging two children: which fields move, and who must not see more by it."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

WHERE_EMPTY: Final = (
    "middle_names", "date_of_birth", "sex", "gender_identity", "pronouns", "first_language",
    "ethnicity", "sen_provision", "address",
)  # fmt: skip
"""Leaves out year group and registration group: they decide who works with the child."""
BLOCKS: Final = (
    "named_together", "related", "transfer_open", "bereavement", "two_plans", "granted",
)  # fmt: skip
COHORT: Final = "cohort"


def taken_over(target: Mapping[str, Any], merged: Mapping[str, Any]) -> dict[str, Any]:
    """Changes to the remaining child: gaps are filled, and on-roll status is taken over."""
    wanted = {name: merged[name] for name in WHERE_EMPTY if target[name] is None}
    if merged["roll_status"] == "on_roll":
        wanted["roll_status"] = "on_roll"
    return {name: value for name, value in wanted.items() if value != target[name]}


def blocked_by(standing: Mapping[str, Any], *, sees_more: bool) -> list[str]:
    """Why it is refused, by code."""
    named = {
        "named_together": any(standing["concerns"]), "two_plans": _are_two(standing),
        "transfer_open": any(standing["transfers"]), "bereavement": any(standing["cases"]),
    }  # fmt: skip
    names = [name for name in BLOCKS if {**standing, **named}[name]]
    return [*names, COHORT] if sees_more else names


def _are_two(standing: Mapping[str, Any]) -> bool:
    return any(len(standing[plans]) > 1 for plans in ("support_plans", "safety_plans"))


def sees_more(cohorts: Iterable[Mapping[str, Any]], target: Any, merged: Any) -> bool:
    """Whether someone who works with the remaining child does not work with the other."""
    return any(_has(cohort, target) and not _has(cohort, merged) for cohort in cohorts)


def _has(cohort: Mapping[str, Any], child: Any) -> bool:
    years, groups = (cohort.get(name) or () for name in ("year_groups", "registration_groups"))
    return child.year_group in years or child.registration_group in groups
