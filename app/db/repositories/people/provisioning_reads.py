"""Reads of users and groups as an identity provider sees them, and of proposed roles."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from app.db.paging import Conditions, PageOf
from app.db.repositories.people.provisioning import RESOURCE_ID
from app.db.session import Driver

PERSON = f"""
select {RESOURCE_ID} as id, s.id as staff_id, coalesce(u.user_name, s.email) as user_name,
  u.external_id, s.suspended_at is null as active, s.version, s.changed_at,
  coalesce(u.created_at, s.created_at) as created_at,
  coalesce(u.attributes, jsonb_strip_nulls(jsonb_build_object(
    'displayName', s.name, 'title', s.job_title, 'emails', jsonb_build_array(
      jsonb_build_object('value', s.email, 'type', 'work', 'primary', true))))) as attributes
from staff s left join scim_user u on u.school_id = $1 and u.staff_id = s.id
where s.school_id = $1 and s.removed_at is null
"""
PEOPLE = f"with person as ({PERSON})"
USER_COLUMNS = """
p.id, p.staff_id, p.user_name, p.external_id, p.active, p.version, p.changed_at, p.created_at,
p.attributes::text as attributes
"""
GROUPS_OF = """
select m.staff_id, g.id, g.display_name
from scim_group_member m join scim_group g on g.school_id = $1 and g.id = m.group_id
where m.school_id = $1 and m.staff_id = any($2::uuid[])
order by g.created_at, g.id
"""
GROUP_COLUMNS = "g.id, g.display_name, g.external_id, g.version, g.created_at, g.changed_at"
MEMBERS_OF = f"""
select m.group_id, {RESOURCE_ID} as id
from scim_group_member m
join staff s on s.school_id = $1 and s.id = m.staff_id
left join scim_user u on u.school_id = $1 and u.staff_id = s.id
where m.school_id = $1 and m.group_id = any($2::uuid[])
order by m.created_at, m.id
"""
GROUP_CARDS = """
select g.id, g.display_name, g.role, g.version, g.created_at, g.changed_at,
  (select count(*) from scim_group_member m where m.school_id = $1 and m.group_id = g.id) as members
from scim_group g where {} order by g.created_at desc, g.id desc
"""
PROPOSAL = """
select r.id, r.staff_id, s.name, s.email, r.role, r.group_id, r.group_name, r.state, r.owner_id,
  r.due_at, r.decided_by, r.decided_at, r.created_at, r.version
from role_proposal r join staff s on s.school_id = $1 and s.id = r.staff_id
where {}
"""


async def count_users(driver: Driver, where: Conditions) -> int:
    """How many users match."""
    statement = f"{PEOPLE} select count(*) from person p where {where}"
    return int(await driver.value(statement, *where.values))


async def users_of(driver: Driver, where: Conditions, start: int, count: int) -> Sequence[Any]:
    """The matching users from a place on (the first is 0), in the order they were added."""
    offset, limit = where.place(start), where.place(count)
    return await driver.rows(
        f"{PEOPLE} select {USER_COLUMNS} from person p where {where} "
        f"order by p.created_at, p.id offset {offset} limit {limit}",
        *where.values,
    )


async def groups_of(driver: Driver, school_id: UUID, staff: Sequence[UUID]) -> Sequence[Any]:
    """The groups each of some people is in."""
    return await driver.rows(GROUPS_OF, school_id, staff)


async def count_groups(driver: Driver, where: Conditions) -> int:
    """How many groups match."""
    statement = f"select count(*) from scim_group g where {where}"
    return int(await driver.value(statement, *where.values))


async def scim_groups_of(
    driver: Driver, where: Conditions, start: int, count: int
) -> Sequence[Any]:
    """The matching groups from a place on (the first is 0), in the order they were added."""
    offset, limit = where.place(start), where.place(count)
    return await driver.rows(
        f"select {GROUP_COLUMNS} from scim_group g where {where} "
        f"order by g.created_at, g.id offset {offset} limit {limit}",
        *where.values,
    )


async def members_of(driver: Driver, school_id: UUID, groups: Sequence[UUID]) -> Sequence[Any]:
    """The members of each of some groups, by resource id."""
    return await driver.rows(MEMBERS_OF, school_id, groups)


async def group_cards(driver: Driver, school_id: UUID, asked: PageOf) -> Sequence[Any]:
    """Groups with their roles, newest first: one row more than the page shows."""
    where = Conditions(school_id)
    where.add("g.school_id = $1")
    if asked.after is not None:
        where.add("(g.created_at, g.id) < ({}, {})", asked.after.at, asked.after.id)
    limit = where.place(asked.fetch)
    return await driver.rows(f"{GROUP_CARDS.format(where)} limit {limit}", *where.values)


async def group_card(driver: Driver, school_id: UUID, group_id: UUID) -> Any:
    """One group with its role, or None."""
    where = Conditions(school_id)
    where.add("g.school_id = $1")
    where.add("g.id = {}", group_id)
    return await driver.row(GROUP_CARDS.format(where), *where.values)


async def proposals(
    driver: Driver, school_id: UUID, state: str | None, asked: PageOf
) -> Sequence[Any]:
    """Proposed roles, newest first: one row more than the page shows."""
    where = Conditions(school_id)
    where.add("r.school_id = $1")
    if state is not None:
        where.add("r.state = {}", state)
    if asked.after is not None:
        where.add("(r.created_at, r.id) < ({}, {})", asked.after.at, asked.after.id)
    limit = where.place(asked.fetch)
    return await driver.rows(
        f"{PROPOSAL.format(where)} order by r.created_at desc, r.id desc limit {limit}",
        *where.values,
    )


async def proposal_of(driver: Driver, school_id: UUID, proposal_id: UUID) -> Any:
    """One proposal, or None."""
    where = Conditions(school_id)
    where.add("r.school_id = $1")
    where.add("r.id = {}", proposal_id)
    return await driver.row(PROPOSAL.format(where), *where.values)
