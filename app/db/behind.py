"""SQL for the concern behind a row: who may know of it decides who may know of the row.

The expressions are scalar sub-selects by key, of a table whose `school_id` is `$1`; none of them
looks at a whole school.
"""

import re
from collections.abc import Mapping
from typing import Final

from app.core.behind import ANYONE

FOR_ANYONE: Final = f"'{ANYONE}'::text"
"""The own class of work that any member of staff may be given."""
PLAIN = re.compile(r"\w+\.\w+|\$\d+(::uuid)?")
"""A column or a place: anything else looks into other tables."""


def looked_up(table: str, alias: str, concern: str) -> str:
    """`from` a table and `where` its row's id is an expression, for a condition to follow.

    What looks into other tables is worked out first, as a row by itself: the planner does not know
    that comparing with it leaks nothing, and under a policy it would read the whole school.
    """
    if PLAIN.fullmatch(concern):
        return f"from {table} {alias} where {alias}.school_id = $1 and {alias}.id = {concern}"
    return (
        f"from (select {concern} as id offset 0) behind cross join lateral "
        f"(select * from {table} x where x.school_id = $1 and x.id = behind.id offset 0) {alias} "
        "where true"
    )


BY_NOUN: Final[Mapping[str, str]] = {
    "concern": "{id}",
    "record": "(select s.concern_id from safety_record s where s.school_id = $1 and s.id = {id})",
    "safety_plan": (
        "(select s.concern_id from safety_plan s where s.school_id = $1 and s.id = {id})"
    ),
    "reintegration": (
        "(select s.concern_id from reintegration s where s.school_id = $1 and s.id = {id})"
    ),
    "support_plan": (
        "(select s.concern_id from support_plan m join safety_record s on s.school_id = $1 "
        "and s.id = m.record_id where m.school_id = $1 and m.id = {id})"
    ),
    "sanction": (
        "(select s.concern_id from sanction m join safety_record s on s.school_id = $1 "
        "and s.id = m.record_id where m.school_id = $1 and m.id = {id})"
    ),
    "check_in": (
        "(select coalesce(s.concern_id, r.concern_id) from check_in n "
        "left join support_plan m on m.school_id = $1 and m.id = n.plan_id "
        "left join safety_record s on s.school_id = $1 and s.id = m.record_id "
        "left join reintegration r on r.school_id = $1 and r.id = n.reintegration_id "
        "where n.school_id = $1 and n.id = {id})"
    ),
}


def cases(resource_type: str, id_: str, nouns: Mapping[str, str]) -> str:
    """The expression of whichever noun a row names."""
    whens = " ".join(f"when '{item}' then {of.format(id=id_)}" for item, of in nouns.items())
    return f"(case {resource_type} {whens} end)"


def of_support_list_entry(entry: str) -> str:
    """The concern behind an entry of the support list (by alias)."""
    return cases(f"{entry}.source_noun", f"{entry}.source_id", BY_NOUN)


SOURCES: Final[Mapping[str, str]] = {
    **BY_NOUN,
    "support_list_entry": (
        f"(select {of_support_list_entry('w')} from support_list_entry w "
        "where w.school_id = $1 and w.id = {id})"
    ),
}
"""What may hang on a concern without naming it, by noun."""


def of_task(task: str) -> str:
    """The concern of a task (by alias): its own, or the one behind what it is about."""
    about = cases(f"{task}.about_noun", f"{task}.about_id", SOURCES)
    return f"coalesce({task}.concern_id, {about})"


def of_support_plan(plan: str) -> str:
    """The concern of a support plan (by alias)."""
    return BY_NOUN["record"].format(id=f"{plan}.record_id")


def class_of_record(record: str) -> str:
    """The class of a record of keeping a child safe, by an expression of its id."""
    return (
        "(select kept.confidentiality from safety_record kept "
        f"where kept.school_id = $1 and kept.id = {record})"
    )


def of_check_in(check_in: str) -> str:
    """The concern of the support plan or the reintegration of a check-in (by alias)."""
    plan = BY_NOUN["support_plan"].format(id=f"{check_in}.plan_id")
    return f"coalesce({plan}, {BY_NOUN['reintegration'].format(id=f'{check_in}.reintegration_id')})"


def class_of(concern: str) -> str:
    """The present class of a concern, by an expression of its id; null without one."""
    return f"(select o.confidentiality {looked_up('concern', 'o', concern)})"
