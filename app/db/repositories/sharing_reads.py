"""Reads of agencies, shares and referrals, and of everything a snapshot is built from."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import orjson

from app.db.paging import Conditions, PageOf
from app.db.repositories.concern_sight import FACTS, SightRow, sight_from
from app.db.session import Driver

AGENCIES = """
select a.id, a.name, a.kind, a.local_authority, a.route, a.phone, a.out_of_hours_phone,
       a.retired_at, a.created_at
from agency a where {where} order by a.created_at desc, a.id desc limit {limit}
"""
AGENCY = """
select a.id, a.name, a.kind, a.local_authority, a.phone, a.out_of_hours_phone, a.email, a.address,
       a.route, a.retired_at, a.created_at, a.changed_at, a.version
from agency a where a.school_id = $1 and a.id = $2
"""
SHARES = """
select s.id, s.reference, s.child_id,
       coalesce(c.known_given_name, c.legal_given_name) || ' '
         || coalesce(c.known_family_name, c.legal_family_name) as child_name,
       s.recipient_kind, s.purpose, s.state, s.owner_id, s.due_at, s.drafted_at, s.ended_at
from share s join child c on c.school_id = $1 and c.id = s.child_id
where s.school_id = $1 and {where} order by s.drafted_at desc, s.id desc limit {limit}
"""
REFERRALS = """
select r.id, r.reference, r.child_id,
       coalesce(c.known_given_name, c.legal_given_name) || ' '
         || coalesce(c.known_family_name, c.legal_family_name) as child_name,
       r.kind, r.agency_id, a.name as agency_name, r.urgency, r.state, r.outcome, r.owner_id,
       r.due_at, r.due_rule, r.drafted_at, r.sent_at, r.ended_at,
       (r.state <> 'draft' and r.approvals = '[]'::jsonb) as approval_owed
from referral r
join child c on c.school_id = $1 and c.id = r.child_id
join agency a on a.school_id = $1 and a.id = r.agency_id
where r.school_id = $1 and {where} order by r.drafted_at desc, r.id desc limit {limit}
"""

CHILD = """
select c.legal_given_name, c.legal_family_name, c.middle_names, c.known_given_name,
       c.known_family_name, c.date_of_birth, o.name as school
from child c join organisation o on o.id = c.school_id
where c.school_id = $1 and c.id = $2
"""
OTHERS = """
select c.id, c.legal_given_name, c.legal_family_name, c.middle_names, c.known_given_name,
       c.known_family_name,
       coalesce((select array_agg(i.value) from child_identifier i
                 where i.school_id = $1 and i.child_id = c.id), '{}') as identifiers
from child c
join (select near.id, min(near.place) as place
      from (select cc.child_id as id,
                   coalesce(array_position($3::uuid[], cc.id), 500000) * 1000 + cc.position as place
            from (select unnest($3::uuid[]) as id
                  union
                  select d.concern_id from decision d
                  where d.school_id = $1 and d.id = any($4::uuid[])) told
            join concern_child cc on cc.school_id = $1 and cc.id = told.id
            union all
            select case when r.child_id = $2 then r.other_child_id else r.child_id end, 1000000000
            from relationship r
            where r.school_id = $1 and (r.child_id = $2 or r.other_child_id = $2)) near
      where near.id <> $2 group by near.id) around on around.id = c.id
where c.school_id = $1
order by around.place, c.id
"""
CONCERNS = """
select c.id, c.reference, c.reporter_id, c.recorded_at, c.occurred_at, c.occurred_precision,
       c.place, c.context, c.source, c.primary_category, c.categories, c.state, c.outcome,
       c.confidentiality
from concern c where c.school_id = $1 and c.id = any($3::uuid[])
"""
CHILDREN = """
select cc.id as concern_id, cc.child_id, cc.role
from concern_child cc where cc.school_id = $1 and cc.id = any($3::uuid[])
order by cc.id, cc.position
"""
STATEMENTS = """
select a.id, a.concern_id, a.kind, a.text, a.prompted_by, a.told_by, a.basis
from account_statement a where a.school_id = $1 and a.concern_id = any($3::uuid[])
order by a.concern_id, a.position
"""
AMENDMENTS = """
select a.id, a.concern_id, a.kind, a.text, a.author_id, a.recorded_at
from amendment a where a.school_id = $1 and a.concern_id = any($3::uuid[])
order by a.concern_id, a.recorded_at, a.id
"""
MARKS = """
select m.concern_id, m.view, m.x, m.y, m.region, m.size_mm, m.colour, m.shape, m.explanation
from body_mark m where m.school_id = $1 and m.child_id = $2 and m.concern_id = any($3::uuid[])
order by m.concern_id, m.position
"""
DECISIONS = """
select d.id, d.concern_id, d.kind, d.question, d.decision, d.reasons, d.decided_by, d.decided_at
from decision d
where d.school_id = $1 and (d.concern_id = any($3::uuid[]) or d.id = any($4::uuid[]))
order by d.decided_at, d.id
"""
ACTIONS = """
select a.concern_id, a.what, a.state, a.outcome, a.owner_id, a.due_at
from action a where a.school_id = $1 and a.concern_id = any($3::uuid[])
order by a.set_at, a.id
"""
STATUSES = """
select s.id, s.kind, s.detail, s.valid_from, s.valid_to, s.lead_agency, s.confidentiality
from child_status s where s.school_id = $1 and s.child_id = $2 and s.id = any($5::uuid[])
"""
STAFF = """
select s.id, s.name, s.job_title from staff s where s.school_id = $1 and s.id = any($2::uuid[])
"""
MATERIAL: Mapping[str, str] = {
    "child": CHILD,
    "others": OTHERS,
    "concerns": CONCERNS,
    "children": CHILDREN,
    "statements": STATEMENTS,
    "amendments": AMENDMENTS,
    "marks": MARKS,
    "decisions": DECISIONS,
    "actions": ACTIONS,
    "statuses": STATUSES,
}
"""All over school, child, concerns, decisions and statuses: `$1` to `$5`."""
WHOLE_MATERIAL = "select " + ",\n".join(
    f"(select coalesce(json_agg(part), '[]') from ({rows}) part)::text as {name}"
    for name, rows in MATERIAL.items()
)
"""Every part in one statement, each as a JSON array in the part's own order."""
TYPES: Mapping[str, Callable[[Any], Any]] = {
    **dict.fromkeys(
        ("id", "concern_id", "child_id", "reporter_id", "author_id", "decided_by", "owner_id"),
        UUID,
    ),
    **dict.fromkeys(("recorded_at", "occurred_at", "decided_at", "due_at"), datetime.fromisoformat),
    **dict.fromkeys(("date_of_birth", "valid_from", "valid_to"), date.fromisoformat),
    **dict.fromkeys(("x", "y"), float),
}
"""What the columns of the material are, where JSON does not say it."""

ITEMS = f"""
select i.kind, i.id, i.about, i.own_class, c.id is not null as has_concern, {FACTS}
from (select 'concern' as kind, k.id, k.id as concern_id, null::text as own_class,
             exists (select from concern_child cc where cc.school_id = $1 and cc.id = k.id
                     and cc.child_id = $2::uuid) as about
      from concern k where k.school_id = $1 and k.id = any($3::uuid[])
      union all
      select 'decision', d.id, d.concern_id, null,
             case when d.concern_id is null then d.child_id is not distinct from $2::uuid
                  else exists (select from concern_child cc
                               where cc.school_id = $1 and cc.id = d.concern_id
                                 and cc.child_id = $2::uuid) end
      from decision d where d.school_id = $1 and d.id = any($4::uuid[])
      union all
      select 'status', s.id, null, s.confidentiality, s.child_id is not distinct from $2::uuid
      from child_status s where s.school_id = $1 and s.id = any($5::uuid[])) i
left join concern c on c.school_id = $1 and c.id = i.concern_id
"""
CLASSES = """
select c.confidentiality from concern c where c.school_id = $1 and c.id = any($2::uuid[])
union
select c.confidentiality from decision d
join concern c on c.school_id = $1 and c.id = d.concern_id
where d.school_id = $1 and d.id = any($3::uuid[])
union
select s.confidentiality from child_status s where s.school_id = $1 and s.id = any($4::uuid[])
"""
BESIDE_SHARE = """
select c.legal_given_name, c.legal_family_name, c.known_given_name, c.known_family_name,
       n.sha256, n.made_at, octet_length(n.content) as size
from share s
join child c on c.school_id = $1 and c.id = s.child_id
left join snapshot n on n.school_id = $1 and n.id = s.snapshot_id
where s.school_id = $1 and s.id = $2
"""
BESIDE_REFERRAL = """
select c.legal_given_name, c.legal_family_name, c.known_given_name, c.known_family_name,
       a.name as agency_name, n.sha256, n.made_at, octet_length(n.content) as size
from referral r
join child c on c.school_id = $1 and c.id = r.child_id
join agency a on a.school_id = $1 and a.id = r.agency_id
left join snapshot n on n.school_id = $1 and n.id = r.snapshot_id
where r.school_id = $1 and r.id = $2
"""


@dataclass(frozen=True, slots=True)
class Chosen:
    """The ids of items by kind."""

    concerns: Sequence[UUID] = ()
    decisions: Sequence[UUID] = ()
    statuses: Sequence[UUID] = ()

    @property
    def values(self) -> tuple[list[UUID], list[UUID], list[UUID]]:
        """As a statement binds them."""
        return list(self.concerns), list(self.decisions), list(self.statuses)


@dataclass(frozen=True, slots=True)
class ItemRow:
    """What decides who sees an item: its concern's facts, or a class of its own, or neither."""

    about: bool
    own_class: str | None
    sight: SightRow | None


async def agencies_of(
    driver: Driver, school_id: UUID, kind: str | None, *, retired: bool, asked: PageOf
) -> Sequence[Any]:
    """A page of agencies, newest first."""
    where = Conditions(school_id)
    where.add("a.school_id = $1")
    where.add("a.retired_at is not null" if retired else "a.retired_at is null")
    if kind is not None:
        where.add("a.kind = {}", kind)
    return await _page(driver, AGENCIES, where, asked, "a.created_at", "a.id")


async def agency_of(driver: Driver, school_id: UUID, agency_id: UUID) -> Any:
    """One agency, or None."""
    return await driver.row(AGENCY, school_id, agency_id)


async def shares_of(
    driver: Driver, school_id: UUID, child_id: UUID | None, state: str | None, asked: PageOf
) -> Sequence[Any]:
    """A page of shares, newest first."""
    where = Conditions(school_id)
    if child_id is not None:
        where.add("s.child_id = {}", child_id)
    if state is not None:
        where.add("s.state = {}", state)
    return await _page(driver, SHARES, where, asked, "s.drafted_at", "s.id")


async def referrals_of(
    driver: Driver, school_id: UUID, filters: Mapping[str, Any], asked: PageOf
) -> Sequence[Any]:
    """A page of referrals, newest first; filters: child_id, agency_id, kind, state."""
    where = Conditions(school_id)
    for column in ("child_id", "agency_id", "kind", "state"):
        if filters.get(column) is not None:
            where.add(f"r.{column} = {{}}", filters[column])
    return await _page(driver, REFERRALS, where, asked, "r.drafted_at", "r.id")


async def material_of(
    driver: Driver, school_id: UUID, child_id: UUID, chosen: Chosen, people: Sequence[UUID]
) -> dict[str, Sequence[Any]]:
    """Every row a snapshot of one child is built from, by what it is; `people` are told, too."""
    whole: Any = await driver.row(WHOLE_MATERIAL, school_id, child_id, *chosen.values)
    rows = {name: [_typed(row) for row in orjson.loads(whole[name])] for name in MATERIAL}
    named = {
        *people,
        *(row["reporter_id"] for row in rows["concerns"]),
        *(row["author_id"] for row in rows["amendments"]),
        *(row["decided_by"] for row in rows["decisions"]),
        *(row["owner_id"] for row in rows["actions"]),
    }
    return {**rows, "staff": await driver.rows(STAFF, school_id, sorted(named))}


def _typed(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: TYPES[name](value) if value is not None and name in TYPES else value
        for name, value in row.items()
    }


async def items_of(
    driver: Driver, school_id: UUID, child_id: UUID | None, chosen: Chosen
) -> dict[tuple[str, UUID], ItemRow]:
    """Those of the items that exist, by kind and id; `about` means the child."""
    rows = await driver.rows(ITEMS, school_id, child_id, *chosen.values)
    return {
        (row["kind"], row["id"]): ItemRow(
            row["about"], row["own_class"], sight_from(row) if row["has_concern"] else None
        )
        for row in rows
    }


async def classes_of(driver: Driver, school_id: UUID, chosen: Chosen) -> list[str]:
    """The confidentiality classes found among the items; each once, in no order."""
    rows = await driver.rows(CLASSES, school_id, *chosen.values)
    return [row["confidentiality"] for row in rows]


async def beside(driver: Driver, statement: str, school_id: UUID, id_: UUID) -> Any:
    """What is shown beside a share or a referral that must exist: names, and the snapshot."""
    return await driver.row(statement, school_id, id_)


async def _page(
    driver: Driver, statement: str, where: Conditions, asked: PageOf, at: str, id_: str
) -> Sequence[Any]:
    if asked.after is not None:
        after: tuple[datetime, UUID] = (asked.after.at, asked.after.id)
        where.add(f"({at}, {id_}) < ({{}}, {{}})", *after)
    limit = where.place(asked.fetch)
    return await driver.rows(statement.format(where=where, limit=limit), *where.values)
