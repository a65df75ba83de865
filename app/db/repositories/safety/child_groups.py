"""SQL for child groups: lists, one whole, and the children of the roster's groups."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from app.db.paging import Conditions, PageOf
from app.db.session import Driver

NAME = (
    "coalesce(k.known_given_name, k.legal_given_name) || ' ' || "
    "coalesce(k.known_family_name, k.legal_family_name)"
)
STATE = (
    "case when t.ended_at is not null then 'ended' when t.confirmed_at is not null "
    "then 'confirmed' else 'unconfirmed' end"
)
CARD = f"""
select t.stated_at as sort_at, t.id, json_build_object(
  'id', t.id, 'kind', t.kind, 'label', t.label, 'source', t.source, 'state', {STATE},
  'members', (select count(*) from child_group_member m where m.school_id = $1 and m.id = t.id),
  'stated_by', json_build_object('id', b.id, 'name', b.name), 'stated_at', rfc3339(t.stated_at),
  'confirmed_at', rfc3339(t.confirmed_at), 'ended_at', rfc3339(t.ended_at))::text as card
from child_group t join staff b on b.school_id = $1 and b.id = t.stated_by
where t.school_id = $1 and {{where}}
order by t.stated_at desc, t.id desc limit {{limit}}
"""
MEMBERS = f"""
select k.id, {NAME} as name, m.added_at, s.id as by_id, s.name as by_name
from child_group_member m
join child k on k.school_id = $1 and k.id = m.child_id
join staff s on s.school_id = $1 and s.id = m.added_by
where m.school_id = $1 and m.id = $2
order by k.sort_name, k.id
"""
PEOPLE = "select s.id, s.name from staff s where s.school_id = $1 and s.id = any($2::uuid[])"
KNOWN = "select k.id from child k where k.school_id = $1 and k.id = any($2::uuid[])"
IN_GROUP = """
select k.id from child k
where k.school_id = $1 and k.roll_status = 'on_roll' and k.registration_group = $2
order by k.id limit {most}
"""


IN_STATE = {
    "open": "t.ended_at is null",
    "confirmed": "t.ended_at is null and t.confirmed_at is not null",
    "unconfirmed": "t.ended_at is null and t.confirmed_at is null",
    "ended": "t.ended_at is not null",
}


@dataclass(frozen=True, slots=True)
class ChildGroupFilter:
    """Which child groups a list shows."""

    state: str = "open"
    kind: str | None = None
    child_id: UUID | None = None


async def page_of_child_groups(
    driver: Driver, where: Conditions, asked: ChildGroupFilter, paging: PageOf
) -> Sequence[Any]:
    """Cards, newest first, of the child groups (alias `t`) that `where` keeps."""
    where.add(IN_STATE[asked.state])
    where.given("t.kind = {}", asked.kind)
    where.given(
        "coalesce((select true from child_group_member m where m.school_id = $1 and m.id = t.id "
        "and m.child_id = {} limit 1), false)",
        asked.child_id,
    )
    limit = where.page(paging, "t.stated_at")
    return await driver.rows(CARD.format(where=where, limit=limit), *where.values)


async def members_of(driver: Driver, school_id: UUID, child_group_id: UUID) -> Sequence[Any]:
    """The children of a child group, each with the person who added them."""
    return await driver.rows(MEMBERS, school_id, child_group_id)


async def names_of(driver: Driver, school_id: UUID, staff: Sequence[UUID]) -> dict[UUID, Any]:
    """Members of staff as others see them."""
    rows = await driver.rows(PEOPLE, school_id, list(staff))
    return {row["id"]: {"id": row["id"], "name": row["name"]} for row in rows}


async def known_children(driver: Driver, school_id: UUID, children: Sequence[UUID]) -> set[UUID]:
    """The children known to the school."""
    return {row["id"] for row in await driver.rows(KNOWN, school_id, list(children))}


async def in_group(driver: Driver, school_id: UUID, group: str, limit: int) -> list[UUID]:
    """Children on roll in a registration group."""
    rows = await driver.rows(IN_GROUP.format(most=limit), school_id, group)
    return [row["id"] for row in rows]
