"""SQL that puts another child into a concern, and finds its consequences for the former one."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from app.db.models import ENTRIES, KIND_MODELS, SchoolRow
from app.db.models.base import NO_ID, NO_IDS
from app.db.paging import Conditions
from app.db.session import Driver


def _names_child(model: type[SchoolRow]) -> bool:
    column = model.__table__.columns.get("child_id")
    return column is not None and not column.nullable


OF_CONCERN = [name for name, model in ENTRIES.items() if not _names_child(model)]
"""Kinds of chronology entries that belong to the concern itself.

A meeting or record was about the child, and names the child beside its concern.
"""
MOVE = """
with part as (
  update concern_child t set child_id = $4
  where t.school_id = $1 and t.id = $2 and t.child_id = $3 returning t.id),
marks as (
  update body_mark t set child_id = $4
  where t.school_id = $1 and t.concern_id = $2 and t.child_id = $3 returning t.id),
entries as (
  update chronology_entry t set child_id = $4
  where t.school_id = $1 and t.concern_id = $2 and t.child_id = $3 and t.kind = any($5::text[])
  returning t.id)
select count(*) as parts from part
"""
MOVE_IN_TIME = """
update chronology_entry t set occurred_at = $3, occurred_precision = $4, late = $5
where t.school_id = $1 and t.concern_id = $2 and t.kind = 'concern' and t.thing_id = $2
"""


async def put_child(
    driver: Driver, school_id: UUID, concern_id: UUID, former: UUID, child: UUID
) -> None:
    """Move one child's part to another: in the concern, its body map and the chronologies."""
    await driver.write(MOVE, school_id, concern_id, former, child, OF_CONCERN)


async def move_in_time(
    driver: Driver, school_id: UUID, concern_id: UUID, at: datetime, precision: str, *, late: bool
) -> None:
    """Move the concern to its correct time in each chronology."""
    await driver.write(MOVE_IN_TIME, school_id, concern_id, at, precision, late)


CORRECTIONS = """
select t.id, t.at, t.was::text as was, t.became::text as became, t.reason, t.former_child_id,
       t.child_id, t.by_id, s.name as by_name,
       coalesce(f.known_given_name, f.legal_given_name) || ' '
         || coalesce(f.known_family_name, f.legal_family_name) as former_name,
       coalesce(k.known_given_name, k.legal_given_name) || ' '
         || coalesce(k.known_family_name, k.legal_family_name) as child_name
from concern_correction t
join staff s on s.school_id = $1 and s.id = t.by_id
left join child f on f.school_id = $1 and f.id = t.former_child_id
left join child k on k.school_id = $1 and k.id = t.child_id
where t.school_id = $1 and t.concern_id = $2
order by t.at, t.id
"""


async def corrections_of(driver: Driver, school_id: UUID, concern_id: UUID) -> Sequence[Any]:
    """The corrections of a concern, oldest first."""
    return await driver.rows(CORRECTIONS, school_id, concern_id)


PART = """
select '{noun}' as kind, t.id, {reference} as reference, {label} as label,
       coalesce({is_open}, false) as open
from {table} t {joins}
where t.school_id = $1 and {child} = $2 and ({of_concern}) and {where}
"""
DOCUMENTS = """
select 'document' as kind, t.id, t.reference, t.kind as label, false as open
from document t
where t.school_id = $1 and t.child_id = $2 and t.entry_ids && array(
  select e.id from chronology_entry e where e.school_id = $1 and e.concern_id = $3)
"""
MERGED = """
select 'concern' as kind, t.id, t.reference, t.state as label, false as open
from concern t
join concern c on c.school_id = $1 and c.id = t.id
where t.school_id = $1 and t.id <> $3 and t.id in (
    with recursive one as (
      select $3::uuid as id
      union
      select m.id from one join concern m on m.school_id = $1 and m.duplicate_of = one.id)
    select one.id from one)
  and exists (select from concern_child cc
              where cc.school_id = $1 and cc.id = t.id and cc.child_id = $2)
  and {where}
"""
"""A concern merged into it stays in the file of the child it names."""
Keep = Callable[[Conditions], None]


def _everything(where: Conditions) -> None:
    where.add("true")


async def led_to(
    driver: Driver,
    school_id: UUID,
    concern_id: UUID,
    child_id: UUID,
    conditions: Mapping[str, Keep],
) -> Sequence[Any]:
    """The consequences of a concern for a child no longer in it, of the kinds in `conditions`."""
    where = Conditions(school_id, child_id, concern_id)
    parts = [
        _part(resource_type, keep, where.values)
        for resource_type, keep in conditions.items()
        if _may_lead(resource_type)
    ]
    if "concern" in conditions:
        merged = where.beside()
        conditions["concern"](merged)
        parts.append(MERGED.format(where=merged))
    statement = " union all ".join([*parts, DOCUMENTS])
    return await driver.rows(f"{statement} order by open desc, kind, id", *where.values)


async def led_to_at_all(
    driver: Driver, school_id: UUID, concern_id: UUID, child_id: UUID, nouns: Iterable[str]
) -> Sequence[Any]:
    """All consequences, including those that nobody here may read."""
    every = dict.fromkeys(nouns, _everything)
    return await led_to(driver, school_id, concern_id, child_id, every)


def _may_lead(resource_type: str) -> bool:
    stored = KIND_MODELS[resource_type].stored()
    return stored.child not in (NO_ID, "t.id") and (stored.concern, stored.mentions) != (
        NO_ID, NO_IDS,
    )  # fmt: skip


def _part(resource_type: str, keep: Keep, values: list[Any]) -> str:
    model = KIND_MODELS[resource_type]
    stored, where = model.stored(), Conditions()
    where.values = values
    keep(where)
    of_concern = [
        f"{stored.concern} = $3" if stored.concern != NO_ID else "false",
        f"$3 = any({stored.mentions})" if stored.mentions != NO_IDS else "false",
    ]
    return PART.format(
        noun=resource_type, reference=stored.reference, label=stored.label,
        is_open=stored.open_when, table=model.__tablename__, joins=stored.joins, child=stored.child,
        of_concern=" or ".join(of_concern), where=where,
    )  # fmt: skip
