"""SQL about files of children who died: what stood in them stays as it was."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from app.db.repositories.file_locks import (
    CHILD_LOCKED,
    FREEZES,
    FROZEN_AT,
    IS_FROZEN,
    IS_HELD,
    IS_LOCKED,
    LOCKS,
    OPEN,
    Closed,
)
from app.db.session import Driver

STANDING = f"""
select one.child_id, {CHILD_LOCKED.format(school="$1", child="one.child_id")} as locked,
       {FROZEN_AT.format(school="$1", child="one.child_id")} as frozen_at
from unnest($2::uuid[]) as one(child_id)
"""
FROZEN = """
select max(f.frozen_at) from frozen_file f
where f.school_id = $1 and f.child_id = any($2::uuid[]) and f.undone_at is null
"""
CONCERN_STANDING = f"""
select {IS_LOCKED} as locked,
       {IS_FROZEN} as frozen, {IS_HELD} as held,
       bool_or(f.id is not null) as after_death
from concern_child cc
join concern c on c.school_id = $1 and c.id = cc.id
{LOCKS} {FREEZES}
where cc.school_id = $1 and cc.id = $2
"""
"""`locked`: it is older than the locks of all its children; one raised after is late, and worked on

until it has followed the file. `frozen`: all of them have died, and it is older; `held`: one has.
"""
CONCERNS_OF = """
select c.id from concern c
join concern_child cc on cc.school_id = $1 and cc.id = c.id and cc.child_id = $2
where c.school_id = $1
  and not exists (
    select from concern_child oc
    where oc.school_id = $1 and oc.id = c.id and oc.child_id <> $2
      and not exists (select from frozen_file f where f.school_id = $1
                      and f.child_id = oc.child_id and f.undone_at is null))
order by c.id
"""
"""Concerns about nobody who is alive."""


async def standings(
    driver: Driver, school_id: UUID, children: Sequence[UUID]
) -> dict[UUID, Closed]:
    """How far each of these children's files is closed."""
    rows = await driver.rows(STANDING, school_id, list(children))
    return {row["child_id"]: Closed(row["locked"], row["frozen_at"]) for row in rows}


async def standing(driver: Driver, school_id: UUID, child_id: UUID) -> Closed:
    """How far a child's file is closed."""
    return (await standings(driver, school_id, [child_id])).get(child_id, OPEN)


async def frozen_since(
    driver: Driver, school_id: UUID, children: Sequence[UUID]
) -> datetime | None:
    """Since when the file of one of the children is frozen, or None."""
    found: datetime | None = await driver.value(FROZEN, school_id, list(children))
    return found


async def concern_standing(driver: Driver, school_id: UUID, concern_id: UUID) -> Any:
    """Whether a concern can be written to, as its children's files are."""
    return await driver.row(CONCERN_STANDING, school_id, concern_id)


async def concerns_of(driver: Driver, school_id: UUID, child_id: UUID) -> list[UUID]:
    """Concerns of a child that are about nobody who is alive."""
    rows = await driver.rows(CONCERNS_OF, school_id, child_id)
    return [row["id"] for row in rows]
