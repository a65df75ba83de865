"""The concern behind a thing: who may know of it decides who may know of what was made for it.

The expressions are scalar sub-selects by key, of a table whose `school_id` is `$1`; none of them
looks at a whole school.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from app.core.behind import Behind
from app.core.words import Actor
from app.db.models import KIND_MODELS
from app.db.paging import Conditions
from app.db.repositories.concern_sight import keep_out, looked_up
from app.db.session import Driver

_BY_NOUN: Mapping[str, str] = {
    "concern": "{id}",
    "record": "(select s.concern_id from safety_record s where s.school_id = $1 and s.id = {id})",
    "safety_plan": (
        "(select s.concern_id from safety_plan s where s.school_id = $1 and s.id = {id})"
    ),
    "return": "(select s.concern_id from child_return s where s.school_id = $1 and s.id = {id})",
    "support_plan": (
        "(select s.concern_id from support_plan m join safety_record s on s.school_id = $1 "
        "and s.id = m.record_id where m.school_id = $1 and m.id = {id})"
    ),
    "removal": (
        "(select s.concern_id from removal m join safety_record s on s.school_id = $1 "
        "and s.id = m.record_id where m.school_id = $1 and m.id = {id})"
    ),
    "check_in": (
        "(select coalesce(s.concern_id, r.concern_id) from check_in n "
        "left join support_plan m on m.school_id = $1 and m.id = n.plan_id "
        "left join safety_record s on s.school_id = $1 and s.id = m.record_id "
        "left join child_return r on r.school_id = $1 and r.id = n.return_id "
        "where n.school_id = $1 and n.id = {id})"
    ),
}


def _cases(noun: str, id_: str, nouns: Mapping[str, str]) -> str:
    whens = " ".join(f"when '{one}' then {of.format(id=id_)}" for one, of in nouns.items())
    return f"(case {noun} {whens} end)"


ENTRY = _cases("w.source_noun", "w.source_id", _BY_NOUN)
"""The concern of an entry of the watch list (alias `w`)."""
SOURCES: Mapping[str, str] = {
    **_BY_NOUN,
    "watch_entry": (
        f"(select {ENTRY} from watch_entry w where w.school_id = $1 and w.id = {{id}})"
    ),
}
"""What may hang on a concern without naming it, by noun."""


def of_task(task: str) -> str:
    """The concern of a task (by alias): its own, or the one behind what it is about."""
    about = _cases(f"{task}.about_noun", f"{task}.about_id", SOURCES)
    return f"coalesce({task}.concern_id, {about})"


_NAMES_ITS_CONCERN: Mapping[str, str] = {
    **{noun: noun for noun in ("amendment", "attachment", "comment", "decision", "referral")},
    **{
        noun: model.__tablename__
        for noun, model in KIND_MODELS.items()
        if "concern_id" in model.__table__.columns
    },
}
"""Tables with a column for it, by the noun that the trail has for their rows."""
ENTRIES: Mapping[str, str] = {
    **SOURCES,
    **{
        noun: f"(select s.concern_id from {table} s where s.school_id = $1 and s.id = {{id}})"
        for noun, table in _NAMES_ITS_CONCERN.items()
    },
    "task": f"(select {of_task('k')} from task k where k.school_id = $1 and k.id = {{id}})",
    "safety_plan_holder": (
        "(select p.concern_id from safety_plan_holder s join safety_plan p on p.school_id = $1 "
        "and p.id = s.plan_id where s.school_id = $1 and s.id = {id})"
    ),
}
"""What an entry of the trail may speak of that hangs on a concern, by noun."""
_OWN_CLASS: Mapping[str, str] = {
    "task": (
        "(select nullif(s.confidentiality, 'anyone') from task s "
        "where s.school_id = $1 and s.id = {id})"
    ),
    "safety_plan_holder": (
        "(select p.confidentiality from safety_plan_holder s join safety_plan p "
        "on p.school_id = $1 and p.id = s.plan_id where s.school_id = $1 and s.id = {id})"
    ),
    **{
        noun: f"(select s.confidentiality from {table} s where s.school_id = $1 and s.id = {{id}})"
        for noun, table in (
            ("record", "safety_record"), ("safety_plan", "safety_plan"),
            ("status", "child_status"),
            *((noun, model.__tablename__) for noun, model in KIND_MODELS.items()
              if "confidentiality" in model.__table__.columns),
        )
    },
    **{
        noun: (
            f"(select r.confidentiality from {noun} s join safety_record r on r.school_id = $1 "
            "and r.id = s.record_id where s.school_id = $1 and s.id = {id})"
        )
        for noun in ("support_plan", "removal", "check_in")
    },
}  # fmt: skip


def of_entry(entry: str) -> str:
    """The concern behind what an entry of the trail (by alias) speaks of; null without one."""
    return _cases(f"{entry}.noun", f"{entry}.noun_id", ENTRIES)


def class_of_entry(entry: str) -> str:
    """The own class of what an entry of the trail (by alias) speaks of; null without one."""
    return _cases(f"{entry}.noun", f"{entry}.noun_id", _OWN_CLASS)


def of_support_plan(plan: str) -> str:
    """The concern of a support plan (by alias)."""
    return _BY_NOUN["record"].format(id=f"{plan}.record_id")


def of_check_in(check_in: str) -> str:
    """The concern of the support plan or the return of a check-in (by alias)."""
    plan = _BY_NOUN["support_plan"].format(id=f"{check_in}.plan_id")
    return f"coalesce({plan}, {_BY_NOUN['return'].format(id=f'{check_in}.return_id')})"


def class_of(concern: str) -> str:
    """The present class of a concern, by an expression of its id; null without one."""
    return f"(select o.confidentiality {looked_up('concern', 'o', concern)})"


def keep_sources(
    actor: Actor, where: Conditions, concern: str, classes: list[str] | tuple[str, ...]
) -> None:
    """Keep what hangs on no concern, and of a concern what somebody may know of, by class and

    by what they have an interest in.
    """
    keep_out(actor, where, concern)
    where.add(f"coalesce({class_of(concern)}, 'anyone') = any({{}}::text[])", list(classes))


BEHIND = f"""
select s.id, {class_of("s.id")} as confidentiality,
       array(select cc.child_id from concern_child cc
             where cc.school_id = $1 and cc.id = s.id) as children
from (select {{concern}} as id) s
"""
OF_ONE = {noun: BEHIND.format(concern=of.format(id="$2::uuid")) for noun, of in SOURCES.items()}


async def behind(driver: Driver, school_id: UUID, noun: str | None, id_: UUID | None) -> Behind:
    """What is behind a thing, by noun and id; nothing where things of the noun hang on none."""
    if noun not in OF_ONE or id_ is None:
        return Behind()
    row: Any = await driver.row(OF_ONE[noun], school_id, id_)
    return Behind(row["id"], row["confidentiality"], tuple(row["children"]))
