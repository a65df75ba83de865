"""What stands behind a row, and behind what an entry of the audit log speaks of."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from app.core.behind import SourceConcern
from app.db.behind import SOURCES, cases, class_of, of_task
from app.db.models import KIND_MODELS
from app.db.session import Driver

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
    "safety_plan_holder": (
        "(select p.confidentiality from safety_plan_holder s join safety_plan p "
        "on p.school_id = $1 and p.id = s.plan_id where s.school_id = $1 and s.id = {id})"
    ),
    **{
        noun: f"(select s.confidentiality from {table} s where s.school_id = $1 and s.id = {{id}})"
        for noun, table in (
            (noun, model.__tablename__) for noun, model in KIND_MODELS.items()
            if "confidentiality" in model.__table__.columns
        )
    },
    **{
        noun: (
            f"(select r.confidentiality from {noun} s join safety_record r on r.school_id = $1 "
            "and r.id = s.record_id where s.school_id = $1 and s.id = {id})"
        )
        for noun in ("support_plan", "sanction", "check_in")
    },
    "task": (
        "(select nullif(s.confidentiality, 'anyone') from task s "
        "where s.school_id = $1 and s.id = {id})"
    ),
}  # fmt: skip


def of_entry(entry: str) -> str:
    """The concern behind what an entry of the trail (by alias) speaks of; null without one."""
    return cases(f"{entry}.noun", f"{entry}.noun_id", ENTRIES)


def class_of_entry(entry: str) -> str:
    """The own class of what an entry of the trail (by alias) speaks of; null without one."""
    return cases(f"{entry}.noun", f"{entry}.noun_id", _OWN_CLASS)


BEHIND = f"""
select s.id, {class_of("s.id")} as confidentiality,
       array(select cc.child_id from concern_child cc
             where cc.school_id = $1 and cc.id = s.id) as children
from (select {{concern}} as id) s
"""
OF_ONE = {noun: BEHIND.format(concern=of.format(id="$2::uuid")) for noun, of in SOURCES.items()}


async def behind(
    driver: Driver, school_id: UUID, noun: str | None, id_: UUID | None
) -> SourceConcern:
    """What is behind a thing, by noun and id; nothing where things of the noun hang on none."""
    if noun not in OF_ONE or id_ is None:
        return SourceConcern()
    row: Any = await driver.row(OF_ONE[noun], school_id, id_)
    return SourceConcern(row["id"], row["confidentiality"], tuple(row["children"]))
