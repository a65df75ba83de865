"""The concern and class behind a row, or behind the record of an audit log entry."""

from collections.abc import Callable, Collection, Mapping
from typing import Any
from uuid import UUID

from app.core.behind import SourceConcern
from app.db.behind import FOR_ANYONE, SOURCES, cases, class_of, class_of_record
from app.db.models import KIND_MODELS
from app.db.models.base import NO_ID, Stored
from app.db.models.sharing.referrals import OWN_DUTY
from app.db.session import Driver

OF_HOLDER = """
(select {} from safety_plan_holder h join safety_plan p on p.school_id = $1 and p.id = h.plan_id
 where h.school_id = $1 and h.id = {{id}})
"""


def _of_kinds(field_of: Callable[[Stored], str], absent: Collection[str]) -> dict[str, str]:
    """A field of each kind, as a scalar sub-select by id; omits kinds with an `absent` value."""
    return {
        resource_type: f"(select {field_of(model.stored('e'))} from {model.__tablename__} e "
        "where e.school_id = $1 and e.id = {id})"
        for resource_type, model in KIND_MODELS.items()
        if field_of(model.stored()) not in absent
    }


ENTRIES: Mapping[str, str] = {
    **_of_kinds(lambda stored: stored.concern, {NO_ID}),
    "safety_plan_holder": OF_HOLDER.format("p.concern_id"),
}
"""The records of trail entries that hang on a concern, by noun."""
_OWN_CLASS: Mapping[str, str] = {
    **_of_kinds(
        lambda stored: f"nullif({stored.own_class}, {FOR_ANYONE})",
        {f"nullif({item}, {FOR_ANYONE})" for item in ("null::text", FOR_ANYONE, OWN_DUTY)},
    ),
    "safety_plan_holder": OF_HOLDER.format("p.confidentiality"),
    "check_in": (
        f"(select {class_of_record('e.record_id')} from check_in e "
        "where e.school_id = $1 and e.id = {id})"
    ),
}
"""The class of an entry's record, for kinds with a class of their own."""


def of_entry(entry: str) -> str:
    """The concern behind the record of a trail entry (by alias); null without one."""
    return cases(f"{entry}.noun", f"{entry}.noun_id", ENTRIES)


def class_of_entry(entry: str) -> str:
    """The own class of the record of a trail entry (by alias); null without one."""
    return cases(f"{entry}.noun", f"{entry}.noun_id", _OWN_CLASS)


BEHIND = f"""
select s.id, coalesce({class_of("s.id")}, {{own}}) as confidentiality,
       array(select cc.child_id from concern_child cc
             where cc.school_id = $1 and cc.id = s.id) as children
from (select {{concern}} as id) s
"""
OF_ONE = {
    resource_type: BEHIND.format(
        concern=of.format(id="$2::uuid"),
        own=_OWN_CLASS.get(resource_type, "null::text").format(id="$2::uuid"),
    )
    for resource_type, of in SOURCES.items()
}


async def behind(
    driver: Driver, school_id: UUID, resource_type: str | None, id_: UUID | None
) -> SourceConcern:
    """The concern behind a record, by noun and id, and its class, or that of a record without one.

    Empty for nouns that hang on none.
    """
    if resource_type not in OF_ONE or id_ is None:
        return SourceConcern()
    row: Any = await driver.row(OF_ONE[resource_type], school_id, id_)
    return SourceConcern(row["id"], row["confidentiality"], tuple(row["children"]))
