"""Reads of a day: each section is one statement over open things, by the sight of their lists."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.core.words import Actor
from app.db.models import KIND_MODELS
from app.db.models.base import NO_IDS
from app.db.paging import Conditions
from app.db.repositories.concern_sight import exclude_conflicts
from app.db.repositories.duty.alerts import TRAY, WAITS
from app.db.repositories.duty.open_things import OPEN
from app.db.session import Driver

SHOWN = 20
"""Cards of a section; how many there are is counted beside."""
SECTION = """
with found as materialized ({parts}),
first as (select * from found f order by f.urgent desc, f.due_at, f.at, f.id limit {shown})
select (select count(*) from found) as number,
       coalesce((select json_agg(json_build_object(
         'id', f.id, 'noun', f.noun, 'kind', f.kind, 'reference', f.reference,
         'due_at', rfc3339(f.due_at), 'urgent', f.urgent,
         'owner', case when o.id is not null then json_build_object('id', o.id, 'name', o.name)
                  end) order by f.urgent desc, f.due_at, f.at, f.id)
         from first f left join staff o on o.school_id = $1 and o.id = f.owner_id), '[]')::text
         as items
"""
PART = """
select '{noun}' as noun, t.id, {reference} as reference, {kind} as kind, t.owner_id, t.due_at,
       {at} as at, coalesce({urgent}, false) as urgent
from {table} t {joins} where t.school_id = $1 and {is_open} and {where}
"""
ALERTS = """
select 'alert' as noun, a.id, null::text as reference, a.kind, a.recipient_id as owner_id,
       null::timestamptz as due_at, a.created_at as at, a.urgent
{tray} where a.school_id = $1 and {where}
"""


@dataclass(frozen=True, slots=True)
class OverviewSight:
    """How far the reader sees: which nouns at all, and of those what their lists show."""

    actor: Actor
    kept: Mapping[str, Callable[[Conditions], None]]
    """For each kind that the reader lists: what keeps the rows that they see."""


@dataclass(frozen=True, slots=True)
class Ask:
    """Which of the open things a section shows."""

    nouns: Sequence[str]
    mine: bool
    due_before: datetime | None = None
    due_from: datetime | None = None
    only: Mapping[str, str] | None = None
    """A further condition by noun: those without one are left out."""


def _part(sight: OverviewSight, ask: Ask, noun: str, values: list[Any]) -> str:
    where = Conditions()
    where.values = values
    stored, kept = KIND_MODELS[noun].stored(), OPEN[noun]
    sight.kept[noun](where)
    if stored.barred != NO_IDS:  # somebody else decides about it
        where.add(f"not coalesce({{}} = any({stored.barred}), false)", sight.actor.id)
    if ask.mine:
        where.add("t.owner_id = {}", sight.actor.id)
    if ask.due_before is not None:
        where.add("t.due_at < {}::timestamptz", ask.due_before)
    if ask.due_from is not None:
        where.add("t.due_at >= {}::timestamptz", ask.due_from)
    if ask.only is not None:
        extra = ask.only[noun]
        if "{me}" in extra:
            extra = extra.replace("{me}", f"{where.place(sight.actor.id)}::uuid")
        where.add(extra)
    return PART.format(
        noun=noun, reference=stored.reference, kind=stored.label, at=stored.since,
        joins=stored.joins, table=kept.table, urgent=kept.urgent, is_open=kept.is_open, where=where,
    )  # fmt: skip


async def section(driver: Driver, sight: OverviewSight, ask: Ask) -> tuple[int, str]:
    """How many, and the first cards as JSON text; without a statement where nothing is read."""
    nouns = [
        noun for noun in ask.nouns
        if noun in sight.kept and (ask.only is None or noun in ask.only)
    ]  # fmt: skip
    if not nouns:
        return 0, "[]"
    values: list[Any] = [sight.actor.school_id]
    parts = " union all ".join(_part(sight, ask, noun, values) for noun in nouns)
    return await _run(driver, parts, values)


async def tray(driver: Driver, sight: OverviewSight) -> tuple[int, str]:
    """The reader's own alerts that wait to be acknowledged, as their tray shows them."""
    where = Conditions(sight.actor.school_id)
    where.add("a.recipient_id = {}", sight.actor.id)
    where.add(WAITS)
    exclude_conflicts(sight.actor, where, "a.concern_id")
    return await _run(driver, ALERTS.format(tray=TRAY, where=where), where.values)


async def _run(driver: Driver, parts: str, values: list[Any]) -> tuple[int, str]:
    row = await driver.row(SECTION.format(parts=parts, shown=SHOWN), *values)
    return (0, "[]") if row is None else (row["number"], row["items"])
