"""The facts that decide who may read each item of a share, a referral or a transfer."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from app.db.models import SafetyRecord
from app.db.models.sharing.shares import LET_GO, OF_DECISION
from app.db.repositories.concern_facts import FACTS, ConcernAccess, Pupil, concern_access_from
from app.db.session import Driver

ITEMS = f"""
with recursive told as (
  select asked.kind, asked.id, asked.kind as of_kind, asked.id as of_id
  from (select 'concern' as kind, unnest($3::uuid[]) as id
        union all select 'decision', unnest($4::uuid[])
        union all select 'status', unnest($5::uuid[])
        union all select 'record', unnest($6::uuid[])) asked
  union
  select behind.item ->> 'kind', (behind.item ->> 'id')::uuid, t.of_kind, t.of_id
  from told t {LET_GO.format(of="t")})
select t.of_kind, t.of_id, t.kind, t.id, t.kind = t.of_kind and t.id = t.of_id as is_asked,
       case when r.id is not null then r.child_id is not distinct from $2::uuid
            when c.id is not null
            then exists (select from concern_child cc where cc.school_id = $1 and cc.id = c.id
                         and cc.child_id = $2::uuid)
            else coalesce(d.child_id, s.child_id) is not distinct from $2::uuid end as about,
       case when d.id is null or d.concern_id is not null
            then coalesce(s.confidentiality, r.confidentiality)
            else {OF_DECISION} end as own_class,
       {SafetyRecord.stored("r").named_marks} as marks, k.id as child_id, k.year_group,
       k.registration_group, c.id is not null as has_concern, r.kind as record,
       coalesce(c.state = 'entered_in_error', false) as in_error, {FACTS}
from told t
left join lateral (select * from decision x where t.kind = 'decision' and x.school_id = $1
                   and x.id = t.id limit 1) d on true
left join lateral (select * from child_status x where t.kind = 'status' and x.school_id = $1
                   and x.id = t.id limit 1) s on true
left join lateral (select * from safety_record x where t.kind = 'record' and x.school_id = $1
                   and x.id = t.id limit 1) r on true
left join lateral (select * from concern x where x.school_id = $1
                   and x.id = case t.kind when 'concern' then t.id
                              when 'record' then r.concern_id else d.concern_id end
                   limit 1) c on true
left join child k on k.school_id = $1 and k.id = coalesce(r.child_id, s.child_id, d.child_id)
where coalesce(c.id, d.id, s.id, r.id) is not null
"""
"""The requested items, each with the records behind a decision made by approving.

Such a decision has no concern: it is as strict as every item of its share or referral, and as
the strictest class if none names it any longer.
"""


ABOUT = """
with recursive about as (
  select unnest({ids}) as id
  union
  select behind.id
  from about a
  cross join lateral (
    select d.concern_id from decision d where d.school_id = $1 and d.id = a.id
    union all
    select x.concern_id from safety_record x where x.school_id = $1 and x.id = a.id
    union all
    select (i.item ->> 'id')::uuid
    from share s cross join jsonb_array_elements(s.items) as i (item)
    where s.school_id = $1 and s.child_id = $2 and s.decision_id = a.id
    union all
    select (i.item ->> 'id')::uuid
    from referral r cross join jsonb_array_elements(r.items) as i (item)
    where r.school_id = $1 and r.child_id = $2 and r.decision_id = a.id
    union all
    select r.concern_id from referral r
    where r.school_id = $1 and r.child_id = $2 and r.decision_id = a.id
    union all
    select cc.id from transfer t
    join concern_child cc on cc.school_id = $1 and cc.child_id = t.child_id
    where t.school_id = $1 and t.child_id = $2 and t.decision_id = a.id) behind (id)
  where behind.id is not null)
select about.id from about
"""
"""The ids of a child's items ($2) and of everything behind them: the concern of a decision or
record, and the items approved by a decision.
"""
HOLD = """
select c.id, c.confidentiality from concern c
where c.school_id = $1 and c.id = any($2::uuid[]) order by c.id for share
"""


@dataclass(frozen=True, slots=True)
class Chosen:
    """The ids of items by kind."""

    concerns: Sequence[UUID] = ()
    decisions: Sequence[UUID] = ()
    statuses: Sequence[UUID] = ()
    records: Sequence[UUID] = ()

    @classmethod
    def of(cls, keys: Iterable[tuple[str, UUID]], also: Sequence[UUID] = ()) -> "Chosen":
        """The ids by kind, each once; `also` are further concerns."""
        ids: dict[str, dict[UUID, None]] = {
            "concern": {}, "decision": {}, "status": {}, "record": {}
        }  # fmt: skip
        for kind, id_ in keys:
            ids[kind][id_] = None
        concerns = {**ids["concern"], **dict.fromkeys(also)}
        return cls((*concerns,), (*ids["decision"],), (*ids["status"],), (*ids["record"],))

    @property
    def values(self) -> tuple[list[UUID], list[UUID], list[UUID], list[UUID]]:
        """As a statement binds them."""
        return list(self.concerns), list(self.decisions), list(self.statuses), list(self.records)


def keys_of(items: Iterable[Mapping[str, Any]]) -> list[tuple[str, UUID]]:
    """Kind and id of each item."""
    return [(item["kind"], UUID(item["id"])) for item in items]


@dataclass(frozen=True, slots=True)
class Gate:
    """One record that decides who sees an item: the item itself, or a record behind it."""

    kind: str
    id: UUID
    own_class: str | None
    """Its own class. A decision made by approving has one if no item says how strict it is."""
    access: ConcernAccess | None
    """Its concern; for a concern, the concern itself."""
    child: Pupil | None
    marks: frozenset[str]

    @property
    def confidentiality(self) -> str | None:
        """The class, if any."""
        return self.own_class if self.access is None else self.access.confidentiality


@dataclass(frozen=True, slots=True)
class ItemRow:
    """Whether an item is about the child, and every gate before it."""

    about: bool
    gates: Sequence[Gate]
    record: str | None = None
    """The kind of safety record, if it is one."""
    in_error: bool = False
    """Whether its concern was entered in error."""


async def items_of(
    driver: Driver, school_id: UUID, child_id: UUID | None, chosen: Chosen
) -> dict[tuple[str, UUID], ItemRow]:
    """The items that exist, by kind and id; `about` is whether each is about the child."""
    rows = await driver.rows(ITEMS, school_id, child_id, *chosen.values)
    gates: dict[tuple[str, UUID], list[Gate]] = {}
    for row in rows:
        gates.setdefault((row["of_kind"], row["of_id"]), []).append(_gate(row))
    return {
        (row["kind"], row["id"]): ItemRow(
            row["about"], gates[row["kind"], row["id"]], row["record"], row["in_error"]
        )
        for row in rows
        if row["is_asked"]
    }


async def hold_concerns(driver: Driver, school_id: UUID, rows: Iterable[ItemRow]) -> bool:
    """Hold the concerns behind items until the work ends; False if one has changed class.

    None can meanwhile move to the adult register, which would not learn of what begins here.
    """
    read = [gate.access for row in rows for gate in row.gates if gate.access is not None]
    known = {access.id: access.confidentiality for access in read}
    held = await driver.rows(HOLD, school_id, list(known)) if known else ()
    return all(known[row["id"]] == row["confidentiality"] for row in held)


def _gate(row: Mapping[str, Any]) -> Gate:
    child = row["child_id"]
    return Gate(
        row["kind"], row["id"], row["own_class"],
        concern_access_from(row) if row["has_concern"] else None,
        Pupil(child, row["year_group"], row["registration_group"]) if child else None,
        frozenset(row["marks"]),
    )  # fmt: skip
