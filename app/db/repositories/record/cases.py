"""SQL beside a case: its concerns, their open actions, and every review."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from app.db.session import Driver

NAME = (
    "coalesce(k.known_given_name, k.legal_given_name) || ' ' "
    "|| coalesce(k.known_family_name, k.legal_family_name)"
)
BESIDE = f"""
select o.name as owner_name, b.name as set_by_name, {NAME} as child_name
from concern_case t
join staff o on o.school_id = $1 and o.id = t.owner_id
join staff b on b.school_id = $1 and b.id = t.set_by
join child k on k.school_id = $1 and k.id = t.child_id
where t.school_id = $1 and t.id = $2
"""
CONCERNS = f"""
select c.id, c.reference, c.state, c.level, c.confidentiality,
       (select coalesce(json_agg(json_build_object('id', k.id, 'name', {NAME})
                                 order by cc.position), '[]')
        from concern_child cc join child k on k.school_id = $1 and k.id = cc.child_id
        where cc.school_id = $1 and cc.id = c.id)::text as children
from concern c
where c.school_id = $1 and c.id = any($2::uuid[])
order by c.recorded_at, c.id
"""
ACTIONS = """
select a.id, a.concern_id, a.what, a.due_at, a.owner_id, o.name as owner_name
from action a join staff o on o.school_id = $1 and o.id = a.owner_id
where a.school_id = $1 and a.concern_id = any($2::uuid[]) and a.ended_at is null
order by a.due_at, a.id
"""
NOTES = """
select n.id, n.kind, n.note, n.plan, n.at, n.by_id, s.name as by_name
from case_note n join staff s on s.school_id = $1 and s.id = n.by_id
where n.school_id = $1 and n.case_id = $2 order by n.at, n.id
"""
ABOUT = """
select c.id, c.confidentiality, c.state, array(
  select cc.child_id from concern_child cc where cc.school_id = $1 and cc.id = c.id) as children
from concern c where c.school_id = $1 and c.id = any($2::uuid[])
"""
HOLDING = (
    "select t.id from concern_case t where t.school_id = $1 and $2 = any(t.concern_ids) order by 1"
)


async def beside(driver: Driver, school_id: UUID, case_id: UUID) -> Any:
    """Names shown with a case that must exist."""
    return await driver.row(BESIDE, school_id, case_id)


async def concerns_of(driver: Driver, school_id: UUID, ids: Sequence[UUID]) -> Sequence[Any]:
    """The concerns in the case, oldest first."""
    return await driver.rows(CONCERNS, school_id, list(ids))


async def actions_of(driver: Driver, school_id: UUID, ids: Sequence[UUID]) -> Sequence[Any]:
    """Open actions of its concerns, soonest due first."""
    return await driver.rows(ACTIONS, school_id, list(ids))


async def notes_of(driver: Driver, school_id: UUID, case_id: UUID) -> Sequence[Any]:
    """Every review of the case, oldest first."""
    return await driver.rows(NOTES, school_id, case_id)


async def about(driver: Driver, school_id: UUID, ids: Sequence[UUID]) -> Sequence[Any]:
    """Class, state and children of concerns."""
    return await driver.rows(ABOUT, school_id, list(ids))


async def holding(driver: Driver, school_id: UUID, concern_id: UUID) -> Sequence[UUID]:
    """Cases that now contain a concern, open or not."""
    return [row["id"] for row in await driver.rows(HOLDING, school_id, concern_id)]
