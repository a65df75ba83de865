"""SQL for notes of supervision sessions; every statement is limited to one of the two people."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from app.db.paging import Conditions, PageOf
from app.db.session import Driver

SESSION = """
select t.id, t.held_on, t.supervisee_id, e.name as supervisee_name, t.supervisor_id,
       r.name as supervisor_name, t.note, t.children_named, t.concerns_named,
       t.agreed::text as agreed, t.set_by, t.set_at
from supervision_session t
join staff e on e.school_id = $1 and e.id = t.supervisee_id
join staff r on r.school_id = $1 and r.id = t.supervisor_id
where t.school_id = $1 and (t.supervisee_id = $2 or t.supervisor_id = $2) and {where}
"""
TASKS = """
select t.id, t.owner_id, s.name as owner_name, t.due_at, t.state, t.ended_at
from task t join staff s on s.school_id = $1 and s.id = t.owner_id
where t.school_id = $1 and t.id = any($2::uuid[])
"""
CHILDREN = """
with recursive named as (
  select c.id, c.merged_into from child c where c.school_id = $1 and c.id = any($2::uuid[])
  union
  select k.id, k.merged_into from named n
  join child k on k.school_id = $1 and k.id = n.merged_into)
select k.id, coalesce(k.known_given_name, k.legal_given_name) || ' '
         || coalesce(k.known_family_name, k.legal_family_name) as name
from child k join named n on n.id = k.id and n.merged_into is null where k.school_id = $1
"""
CONCERNS = "select c.id, c.reference from concern c where c.school_id = $1 and c.id = any($2)"


async def page_of_sessions(
    driver: Driver, school_id: UUID, person_id: UUID, paging: PageOf
) -> Sequence[Any]:
    """One person's sessions, newest first."""
    where = Conditions(school_id, person_id)
    where.add("true")
    limit = where.page(paging, "t.set_at")
    statement = f"{SESSION.format(where=where)} order by t.set_at desc, t.id desc limit {limit}"
    return await driver.rows(statement, *where.values)


async def one_session(driver: Driver, school_id: UUID, person_id: UUID, session_id: UUID) -> Any:
    """A session of this person, or None."""
    return await driver.row(SESSION.format(where="t.id = $3"), school_id, person_id, session_id)


async def tasks_of(driver: Driver, school_id: UUID, ids: Sequence[UUID]) -> dict[UUID, Any]:
    """The state of each agreed action, by the id of its task."""
    return {row["id"]: row for row in await driver.rows(TASKS, school_id, list(ids))}


async def names_of(
    driver: Driver, school_id: UUID, children: Sequence[UUID], concerns: Sequence[UUID]
) -> tuple[Sequence[Any], Sequence[Any]]:
    """The children and concerns referred to; for a merged child, the one who goes on."""
    return (
        await driver.rows(CHILDREN, school_id, list(children)),
        await driver.rows(CONCERNS, school_id, list(concerns)),
    )
