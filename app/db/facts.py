"""The facts that decide who sees a row of any kind, for opening, events and alerts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson

from app.core import clock
from app.db.models.base import NO_ID, NO_IDS, TODAY, SchoolRow, Stored
from app.db.repositories.concern_facts import FACTS, ConcernAccess, Pupil, concern_access_from
from app.db.repositories.shared_items import Chosen, ItemRow, items_of, keys_of
from app.db.session import Driver


@dataclass(frozen=True, slots=True)
class Mentioned:
    """A further concern that a row mentions."""

    id: UUID
    confidentiality: str
    children: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """The facts of one row that decide who sees it, whatever its kind."""

    id: UUID
    holders: frozenset[UUID] = frozenset()
    own_class: str | None = None
    concern: ConcernAccess | None = None
    named_concern: UUID | None = None
    """The concern that the row itself names. One that is only behind it is never disclosed."""
    child: Pupil | None = None
    candidates: frozenset[UUID] = frozenset()
    barred: frozenset[UUID] = frozenset()
    hidden: frozenset[UUID] = frozenset()
    mentions: tuple[Mentioned, ...] = ()
    items: tuple[ItemRow | None, ...] = ()
    """The items it is made of; None for an item that does not exist."""
    marks: frozenset[str] = frozenset()
    owner_id: UUID | None = None
    urgent: bool = False
    is_open: bool = True

    @property
    def people(self) -> frozenset[UUID]:
        """People who may see it differently from others in their role."""
        named = {*self.holders, *self.hidden}
        for of in (self.concern, *self.item_concerns):
            if of is not None:
                named |= {of.reporter_id, of.owner_id or of.reporter_id, *of.action_owners}
        return frozenset(named)

    @property
    def item_concerns(self) -> tuple[ConcernAccess, ...]:
        """The concerns behind its items."""
        gates = [gate for row in self.items if row is not None for gate in row.gates]
        return tuple(gate.access for gate in gates if gate.access is not None)


FACTS_OF = f"""
select t.id, array[{{holders}}]::uuid[] || {{team}} as holders, {{own_class}} as own_class,
       {{barred}} as barred, {{hidden}} as hidden, {{mentions}} as mentions,
       {{items}} as items, {{marks}} as marks,
       {{candidates}} as candidates, {{owner}} as owned_by,
       coalesce({{urgent}}, false) as urgent, {{open_when}} as is_open,
       {{named}} as named_concern,
       k.id as child_id, k.year_group, k.registration_group, {FACTS.replace("{}", "{{}}")}
from {{table}} t
cross join lateral (select {{concern}} as id offset 0) behind
left join concern c on c.school_id = $1 and c.id = behind.id
left join child k on k.school_id = $1 and k.id = {{child}}
where t.school_id = $1 and t.id = any($2::uuid[]) and {{among}}
"""
MENTIONED = """
(select jsonb_agg(jsonb_build_array(m.id, m.confidentiality, array(
   select cc.child_id from concern_child cc where cc.school_id = $1 and cc.id = m.id)))
 from unnest({ids}) as told(id)
 cross join lateral (select * from concern x where x.school_id = $1 and x.id = told.id offset 0) m
)::text
"""


async def facts_of(
    driver: Driver, school_id: UUID, model: type[SchoolRow], ids: Sequence[UUID]
) -> dict[UUID, Facts]:
    """Read rows' deciding facts: one statement for a kind's opening, events and ladder."""
    stored = model.stored()
    statement = FACTS_OF.format(
        table=model.__tablename__, holders=", ".join(stored.holders),
        team=stored.team, own_class=stored.own_class, barred=stored.barred,
        hidden=stored.hidden or stored.barred,
        mentions=_mentioned(NO_IDS if stored.items else stored.mentions),
        items=f"({stored.items})::text" if stored.items else "null::text",
        marks=stored.named_marks,
        named=_named_concern(model, stored),
        candidates=stored.candidates, concern=stored.concern, child=stored.child,
        owner=stored.owner, urgent=stored.urgent, open_when=stored.open_when, among=stored.among,
    )  # fmt: skip
    values: list[Any] = [school_id, list(ids)]
    if TODAY in statement:
        statement = statement.replace(TODAY, "$3::date")
        values.append(clock.day_of(clock.now()))
    rows = await driver.rows(statement, *values) if ids else ()
    made_of = {row["id"]: keys_of(orjson.loads(row["items"] or "[]")) for row in rows}
    asked = [key for keys in made_of.values() for key in keys]
    items = await items_of(driver, school_id, None, Chosen.of(asked)) if asked else {}
    return {
        row["id"]: _facts(row, tuple(items.get(key) for key in made_of[row["id"]])) for row in rows
    }


def _mentioned(ids: str) -> str:
    return "null::text" if ids == NO_IDS else MENTIONED.format(ids=ids)


def _named_concern(model: type[SchoolRow], stored: Stored) -> str:
    if stored.concern == "t.id":
        return stored.concern
    return "t.concern_id" if "concern_id" in model.__table__.columns else NO_ID


def _facts(row: Mapping[str, Any], items: tuple[ItemRow | None, ...]) -> Facts:
    child = row["child_id"]
    return Facts(
        row["id"],
        frozenset(holder for holder in row["holders"] if holder is not None),
        row["own_class"],
        concern_access_from(row) if row["facts_id"] is not None else None,
        row["named_concern"],
        Pupil(child, row["year_group"], row["registration_group"]) if child else None,
        frozenset(row["candidates"] or ()),
        frozenset(row["barred"] or ()),
        frozenset(row["hidden"] or ()),
        tuple(
            Mentioned(UUID(id_), confidentiality, tuple(UUID(item) for item in children))
            for id_, confidentiality, children in orjson.loads(row["mentions"] or "[]")
        ),
        items,
        frozenset(row["marks"]),
        row["owned_by"],
        row["urgent"],
        row["is_open"],
    )
