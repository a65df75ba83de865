"""Reads of a day: one statement over open records, as their lists show them."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from app.core.pointers import PATHS
from app.core.words import Actor
from app.db.models import KIND_MODELS
from app.db.models.base import NO_ID, NO_IDS
from app.db.paging import Conditions
from app.db.repositories.duty.alerts import WAITING, WAITS
from app.db.repositories.duty.calendars import CURRENT
from app.db.repositories.duty.open_things import OPEN
from app.db.session import Driver

BEGINNING = f"""
select k.number, k.nation, case when row_number() over () = 1 then k.content end as content, a.*
from ({CURRENT}) k left join lateral ({WAITING}) a on true
"""
DUE = "due"
SHOWN = 20
"""Number of cards in a section; the full count is beside them."""
SECTION = """
select '{name}' as name, (select count(*) from {name}) as number,
       coalesce((select json_agg(json_build_object(
         'kind', f.kind, 'id', f.id,
         'path', ({paths}::jsonb ->> f.kind) || '/' || f.id,
         'code', f.code, 'reference', f.reference, 'children', children.list,
         'about', case when f.about_id is not null then json_build_object(
           'kind', f.about_kind, 'id', f.about_id,
           'path', ({paths}::jsonb ->> f.about_kind) || '/' || f.about_id) end,
         'due_at', rfc3339(f.due_at), 'urgent', f.urgent,
         'owner', case when o.id is not null then json_build_object('id', o.id, 'name', o.name)
                  end) order by f.urgent desc, f.due_at, f.at, f.id)
         from (select * from {name} order by urgent desc, due_at, at, id limit {shown}) f
         left join staff o on o.school_id = $1 and o.id = f.owner_id
         cross join lateral ({children}) children), '[]')::text as items
"""
CHILDREN = """
select coalesce(json_agg(json_build_object(
         'id', k.id, 'name', coalesce(k.known_given_name, k.legal_given_name) || ' ' ||
                             coalesce(k.known_family_name, k.legal_family_name))
         order by n.position), '[]') as list
from (select f.child_id, 0 as position where f.child_id is not null
      union all
      select cc.child_id, cc.position from concern_child cc
      join concern c on c.school_id = $1 and c.id = cc.id
      where f.child_id is null and cc.school_id = $1 and cc.id = f.concern_id
        and cc.role in ('subject', 'harmed') and {where}) n
join child k on k.school_id = $1 and k.id = n.child_id
"""
"""A card's (`f`) child, or the children of its concern if the reader sees that."""
PART = """
select '{noun}' as kind, t.id, {reference} as reference, {code} as code, t.owner_id, t.due_at,
       {at} as at, coalesce({urgent}, false) as urgent, {child} as child_id,
       {concern} as concern_id, null::text as about_kind, null::uuid as about_id
from {table} t {joins} where t.school_id = $1 and {is_open} and {where}
"""
ALERTS = """
select 'alert' as kind, a.id, null::text as reference, a.kind as code, a.recipient_id as owner_id,
       null::timestamptz as due_at, a.created_at as at, a.urgent, null::uuid as child_id,
       coalesce(a.concern_id, n.concern_id) as concern_id,
       case when a.action_id is null then 'concern' else 'action' end as about_kind,
       coalesce(a.action_id, a.concern_id) as about_id
from alert a
left join action n on n.school_id = $1 and n.id = a.action_id
where a.school_id = $1 and {where}
"""
CONCERNS_OF = """
select cc.id from concern_child cc where cc.school_id = $1 and cc.child_id = {child}::uuid
"""
OWNERS = """
select coalesce(json_agg(json_build_object('id', o.id, 'name', o.name, 'open', g.number)
                         order by g.number desc, o.name), '[]')::text
from (select owner_id, count(*) as number from open_things group by owner_id) g
join staff o on o.school_id = $1 and o.id = g.owner_id
"""
OUTSIDE = """
select '{noun}' as kind, t.id, {code} as code, {at} as at
from {table} t {joins} where t.school_id = $1 and {child} = {of_child}::uuid and {where}
"""
OUTSIDERS = """
select coalesce(json_agg(json_build_object(
         'kind', f.kind, 'id', f.id, 'path', ({paths}::jsonb ->> f.kind) || '/' || f.id,
         'recipient_kind', f.code, 'at', rfc3339(f.at)) order by f.at desc, f.id), '[]')::text
from (select o.* from ({every}) o where o.at is not null order by o.at desc, o.id limit {shown}) f
"""
OF_CONCERN = ("t.id", "t.concern_id")
"""Columns by which a row names its concern itself. A looked-up concern is only for opening it."""


@dataclass(frozen=True, slots=True)
class OverviewAccess:
    """What the reader sees: which nouns, and which rows their lists show."""

    actor: Actor
    conditions: Mapping[str, Callable[[Conditions], None]]
    """For each kind that the reader lists, the condition for the rows that they see."""
    concerns: Callable[[Conditions], None]
    """The condition for the concerns (alias `c`) that they see."""


@dataclass(frozen=True, slots=True)
class Ask:
    """Which open records a section shows."""

    nouns: Sequence[str]
    mine: bool
    due_before: datetime | None = None
    only: Mapping[str, str] | None = None
    """A further condition by noun; nouns without one are left out."""


@dataclass(frozen=True, slots=True)
class Within:
    """A section that is a part of the due records, which are read once for all such sections."""

    due_before: datetime | None = None
    due_from: datetime | None = None
    resource_type: str | None = None


async def beginning_of(driver: Driver, actor: Actor) -> tuple[Any, Sequence[Any]]:
    """The present calendar, and the actor's own open alerts, hidden ones included."""
    rows = await driver.rows(BEGINNING, actor.school_id, actor.id)
    return rows[0], [row for row in rows if row["id"] is not None]


async def sections(
    driver: Driver,
    access: OverviewAccess,
    due: Ask,
    asks: Mapping[str, Ask | Within],
    hidden: Collection[UUID],
) -> dict[str, tuple[int, str]]:
    """The number of rows and the first cards (JSON text) of each section.

    Skips kinds that the reader's role does not show. Adds `inbox`: the reader's own alerts that
    need acknowledging, but for those `hidden` from them.
    """
    where = Conditions(access.actor.school_id)
    parts: dict[str, str] = {DUE: _union(access, due, where.values)}
    for name, ask in asks.items():
        if isinstance(ask, Within):
            parts[name] = parts[DUE] and _within(ask, where.values)
        else:
            parts[name] = _union(access, ask, where.values)
    parts["inbox"] = _inbox(access.actor, hidden, where.values)
    parts = {name: text for name, text in parts.items() if text}
    named = ", ".join(f"{name} as materialized ({text})" for name, text in parts.items())
    values = {
        "shown": SHOWN, "children": _children(access, where.values),
        "paths": where.place(orjson.dumps(PATHS).decode()),
    }  # fmt: skip
    counted = " union all ".join(
        SECTION.format(name=name, **values) for name in parts if name != DUE
    )
    rows = await driver.rows(f"with {named} {counted}", *where.values)
    result = {row["name"]: (row["number"], row["items"]) for row in rows}
    return {name: result.get(name, (0, "[]")) for name in (*asks, "inbox")}


@dataclass(frozen=True, slots=True)
class About:
    """Open records about a child that the reader may see, and who knows; JSON texts but one."""

    number: int = 0
    cards: str = "[]"
    owners: str = "[]"
    """Each owner's number of open records, the most first."""
    outside: str = "[]"
    """Recipients outside the school who know, and by which record, newest first."""


async def open_about(driver: Driver, access: OverviewAccess, child_id: UUID) -> About:
    """Open records about a child that the reader's lists show."""
    where = Conditions(access.actor.school_id)
    of_child = where.place(child_id)
    every = " union all ".join(
        _about(access, resource_type, of_child, where.values) for resource_type in access.conditions
    )
    if not every:
        return About()
    paths = where.place(orjson.dumps(PATHS).decode())
    text = SECTION.format(
        name="open_things", shown=SHOWN, children=_children(access, where.values), paths=paths
    )
    outside = _outside(access, of_child, paths, where.values)
    row = await driver.row(
        f"with open_things as materialized ({every}) select s.*, ({OWNERS}) as owners, "
        f"({outside}) as told from ({text}) s",
        *where.values,
    )
    assert row is not None  # noqa: S101 - a count always answers
    return About(row["number"], row["items"], row["owners"], row["told"])


def _outside(access: OverviewAccess, child: str, paths: str, values: list[Any]) -> str:
    """Recipients outside the school of files that mention a child."""
    parts = []
    for resource_type in access.conditions:
        stored = KIND_MODELS[resource_type].stored()
        if not stored.outside:
            continue
        where = Conditions()
        where.values = values
        access.conditions[resource_type](where)
        parts.append(OUTSIDE.format(
            noun=resource_type, code=stored.outside, at=stored.outside_at,
            table=OPEN[resource_type].table, joins=stored.joins, child=stored.child,
            of_child=child, where=where,
        ))  # fmt: skip
    if not parts:
        return "'[]'"
    return OUTSIDERS.format(every=" union all ".join(parts), paths=paths, shown=SHOWN)


def _about(access: OverviewAccess, resource_type: str, child: str, values: list[Any]) -> str:
    """Open records of a kind about the child or one of the child's concerns."""
    stored = KIND_MODELS[resource_type].stored()
    of_child = [f"{stored.child} = {child}::uuid"] if stored.child != NO_ID else []
    of_concern = (
        [f"{stored.concern} = any(array({CONCERNS_OF.format(child=child)}))"]
        if stored.concern in OF_CONCERN
        else []
    )
    only = " or ".join([*of_child, *of_concern]) or "false"
    return _part(
        access,
        Ask([resource_type], False, only={resource_type: f"({only})"}),
        resource_type,
        values,
    )


def _children(access: OverviewAccess, values: list[Any]) -> str:
    where = Conditions()
    where.values = values
    access.concerns(where)
    return CHILDREN.format(where=where)


def _union(access: OverviewAccess, ask: Ask, values: list[Any]) -> str:
    """Every kind that the section shows this reader; empty if none."""
    nouns = [
        resource_type for resource_type in ask.nouns
        if resource_type in access.conditions and (ask.only is None or resource_type in ask.only)
    ]  # fmt: skip
    return " union all ".join(_part(access, ask, resource_type, values) for resource_type in nouns)


def _part(access: OverviewAccess, ask: Ask, resource_type: str, values: list[Any]) -> str:
    where = Conditions()
    where.values = values
    stored, described = KIND_MODELS[resource_type].stored(), OPEN[resource_type]
    access.conditions[resource_type](where)
    if stored.barred != NO_IDS:  # somebody else decides about it
        where.add(f"not coalesce({{}} = any({stored.barred}), false)", access.actor.id)
    if ask.mine:
        where.add("t.owner_id = {}", access.actor.id)
    where.given("t.due_at < {}::timestamptz", ask.due_before)
    if ask.only is not None:
        extra = ask.only[resource_type]
        if "{me}" in extra:
            extra = extra.replace("{me}", f"{where.place(access.actor.id)}::uuid")
        where.add(extra)
    return PART.format(
        noun=resource_type, reference=stored.reference, code=stored.label, at=stored.since,
        child=stored.child, concern=stored.concern if stored.concern in OF_CONCERN else NO_ID,
        joins=stored.joins, table=described.table, urgent=described.urgent,
        is_open=described.is_open, where=where,
    )  # fmt: skip


def _within(ask: Within, values: list[Any]) -> str:
    part = Conditions()
    part.values = values
    part.given("due_at < {}::timestamptz", ask.due_before)
    part.given("due_at >= {}::timestamptz", ask.due_from)
    part.given("kind = {}::text", ask.resource_type)
    return f"select * from {DUE} where {part}"


def _inbox(actor: Actor, hidden: Collection[UUID], values: list[Any]) -> str:
    where = Conditions()
    where.values = values
    where.add("a.recipient_id = {}", actor.id)
    where.add(WAITS)
    if hidden:
        where.add("a.id <> all({}::uuid[])", list(hidden))
    return ALERTS.format(where=where)
