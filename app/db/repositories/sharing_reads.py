"""Reads of agencies, shares and referrals, and of everything a snapshot is built from."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from app.db.paging import Conditions, PageOf
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
            from concern_child cc
            where cc.school_id = $1
              and (cc.id = any($3::uuid[])
                   or cc.id in (select d.concern_id from decision d
                                where d.school_id = $1 and d.id = any($4::uuid[])))
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
from concern c where c.school_id = $1 and c.id = any($2::uuid[])
"""
CHILDREN = """
select cc.id as concern_id, cc.child_id, cc.role
from concern_child cc where cc.school_id = $1 and cc.id = any($2::uuid[])
order by cc.id, cc.position
"""
STATEMENTS = """
select a.id, a.concern_id, a.kind, a.text, a.prompted_by, a.told_by, a.basis
from account_statement a where a.school_id = $1 and a.concern_id = any($2::uuid[])
order by a.concern_id, a.position
"""
AMENDMENTS = """
select a.id, a.concern_id, a.kind, a.text, a.author_id, a.recorded_at
from amendment a where a.school_id = $1 and a.concern_id = any($2::uuid[])
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
where d.school_id = $1 and (d.concern_id = any($2::uuid[]) or d.id = any($3::uuid[]))
order by d.decided_at, d.id
"""
ACTIONS = """
select a.concern_id, a.what, a.state, a.outcome, a.owner_id, a.due_at
from action a where a.school_id = $1 and a.concern_id = any($2::uuid[])
order by a.set_at, a.id
"""
STATUSES = """
select s.id, s.kind, s.detail, s.valid_from, s.valid_to, s.lead_agency, s.confidentiality
from child_status s where s.school_id = $1 and s.child_id = $2 and s.id = any($3::uuid[])
"""
STAFF = """
select s.id, s.name, s.job_title from staff s where s.school_id = $1 and s.id = any($2::uuid[])
"""
MATERIAL: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "child": (CHILD, ("child",)),
    "others": (OTHERS, ("child", "concerns", "decisions")),
    "concerns": (CONCERNS, ("concerns",)),
    "children": (CHILDREN, ("concerns",)),
    "statements": (STATEMENTS, ("concerns",)),
    "amendments": (AMENDMENTS, ("concerns",)),
    "marks": (MARKS, ("child", "concerns")),
    "decisions": (DECISIONS, ("concerns", "decisions")),
    "actions": (ACTIONS, ("concerns",)),
    "statuses": (STATUSES, ("child", "statuses")),
}
"""Each statement with the values that follow the school's id, in their order."""


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
    driver: Driver,
    school_id: UUID,
    child_id: UUID,
    concerns: Sequence[UUID],
    decisions: Sequence[UUID],
    statuses: Sequence[UUID],
) -> dict[str, Sequence[Any]]:
    """Every row a snapshot of one child is built from, by what it is."""
    known = {
        "child": child_id,
        "concerns": list(concerns),
        "decisions": list(decisions),
        "statuses": list(statuses),
    }
    rows = {
        name: await driver.rows(statement, school_id, *(known[value] for value in values))
        for name, (statement, values) in MATERIAL.items()
    }
    people = {row["reporter_id"] for row in rows["concerns"]}
    people |= {row["author_id"] for row in rows["amendments"]}
    people |= {row["decided_by"] for row in rows["decisions"]}
    people |= {row["owner_id"] for row in rows["actions"]}
    rows["staff"] = await driver.rows(STAFF, school_id, sorted(people))
    return rows


async def _page(
    driver: Driver, statement: str, where: Conditions, asked: PageOf, at: str, id_: str
) -> Sequence[Any]:
    if asked.after is not None:
        after: tuple[datetime, UUID] = (asked.after.at, asked.after.id)
        where.add(f"({at}, {id_}) < ({{}}, {{}})", *after)
    limit = where.place(asked.fetch)
    return await driver.rows(statement.format(where=where, limit=limit), *where.values)
