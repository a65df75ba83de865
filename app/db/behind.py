"""SQL for the concern behind a row: readers of the concern may know of the row.

The expressions are scalar sub-selects by key, from tables whose `school_id` is `$1`. None of them
reads a whole school.
"""

import re
from collections.abc import Callable, Mapping
from typing import Final

from app.core.behind import ANYONE

FOR_ANYONE: Final = f"'{ANYONE}'::text"
"""The own class of work that any member of staff may be given."""
PLAIN = re.compile(r"\w+\.\w+|\$\d+(::uuid)?")
"""Matches a column or a place. Any other expression reads other tables."""


def looked_up(table: str, alias: str, concern: str) -> str:
    """`from` and `where` for the row whose id is an expression; add further conditions with `and`.

    An expression that reads other tables is computed first, as a row by itself: the planner does
    not know that the comparison leaks nothing, and under a policy would read the whole school.
    """
    if PLAIN.fullmatch(concern):
        return f"from {table} {alias} where {alias}.school_id = $1 and {alias}.id = {concern}"
    return (
        f"from (select {concern} as id offset 0) behind cross join lateral "
        f"(select * from {table} x where x.school_id = $1 and x.id = behind.id offset 0) {alias} "
        "where true"
    )


def _by_id(table: str, concern: Callable[[str], str]) -> str:
    """Find a row's concern by an expression of the row's id; `concern` gives it for an alias."""
    row = f"of_{table}"
    return (
        f"(select {concern(row)} from {table} {row} "
        f"where {row}.school_id = $1 and {row}.id = {{id}})"
    )


def _named(row: str) -> str:
    return f"{row}.concern_id"


def of_incomplete_report(report: str) -> str:
    """The concern that came of a refused report about a child (by alias), or that it was to add to.

    The address may also name a check-in, or a concern that does not exist.
    """
    concern = f"coalesce({report}.concern_id, {report}.thing_id)"
    return f"(case when {report}.register = 'children' then {concern} end)"


OF_RECORD: Final = _by_id("safety_record", _named)
OF_REINTEGRATION: Final = _by_id("reintegration", _named)


def of_support_plan(plan: str) -> str:
    """The concern of a support plan (by alias)."""
    return OF_RECORD.format(id=f"{plan}.record_id")


OF_SUPPORT_PLAN: Final = _by_id("support_plan", of_support_plan)


def of_check_in(check_in: str) -> str:
    """The concern of the support plan or the reintegration of a check-in (by alias)."""
    plan = OF_SUPPORT_PLAN.format(id=f"{check_in}.plan_id")
    return f"coalesce({plan}, {OF_REINTEGRATION.format(id=f'{check_in}.reintegration_id')})"


BY_NOUN: Final[Mapping[str, str]] = {
    "concern": "{id}",
    "record": OF_RECORD,
    "safety_plan": _by_id("safety_plan", _named),
    "reintegration": OF_REINTEGRATION,
    "support_plan": OF_SUPPORT_PLAN,
    "check_in": _by_id("check_in", of_check_in),
    "incomplete_report": _by_id("incomplete_report", of_incomplete_report),
}
"""What a task or a support list entry may be about, by noun, each with SQL for its concern."""


def cases(resource_type: str, id_: str, nouns: Mapping[str, str]) -> str:
    """Choose the expression by the noun that a row names."""
    whens = " ".join(f"when '{item}' then {of.format(id=id_)}" for item, of in nouns.items())
    return f"(case {resource_type} {whens} end)"


def of_support_list_entry(entry: str) -> str:
    """The concern behind an entry of the support list (by alias)."""
    return cases(f"{entry}.source_noun", f"{entry}.source_id", BY_NOUN)


def class_of_support_list_entry(entry: str) -> str:
    """The own class of a support list entry (by alias): that of a plan without a concern."""
    plan = (
        "(select of_plan.confidentiality from safety_plan of_plan where of_plan.school_id = $1 "
        f"and of_plan.id = {entry}.source_id and of_plan.concern_id is null "
        f"and {entry}.source_noun = 'safety_plan')"
    )
    return f"coalesce({plan}, {FOR_ANYONE})"


SOURCES: Final[Mapping[str, str]] = {
    **BY_NOUN,
    "support_list_entry": _by_id("support_list_entry", of_support_list_entry),
}
"""What may hang on a concern without naming it, by noun."""


def of_task(task: str) -> str:
    """The concern of a task (by alias): its own, or the one behind the record it is about."""
    about = cases(f"{task}.about_noun", f"{task}.about_id", SOURCES)
    return f"coalesce({task}.concern_id, {about})"


def class_of_record(record: str) -> str:
    """The class of a safety record, by an expression of its id."""
    return (
        "(select kept.confidentiality from safety_record kept "
        f"where kept.school_id = $1 and kept.id = {record})"
    )


def class_of(concern: str) -> str:
    """The present class of a concern, by an expression of its id; null without one."""
    return f"(select o.confidentiality {looked_up('concern', 'o', concern)})"
