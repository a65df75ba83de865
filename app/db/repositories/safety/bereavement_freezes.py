"""SQL about files of children who died: entries made before the death do not change."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import false, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.models import BereavementCase, Concern, FrozenFile
from app.db.models.base import SchoolRow
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
from app.db.repositories.repository import lock_where
from app.db.session import Driver

Row = TypeVar("Row", bound=SchoolRow)

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
"""Facts of a concern against the locks and freezes of its children's files.

`locked`: it is older than all their locks; one raised later is worked on until it has followed the
file. `frozen`: all the children have died, and it is older. `held`: one of them has.
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
"""Concerns without a living child."""


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
    """Since when the file of one of the children is frozen; None if none is."""
    moment: datetime | None = await driver.value(FROZEN, school_id, list(children))
    return moment


async def concern_standing(driver: Driver, school_id: UUID, concern_id: UUID) -> Any:
    """Whether a concern can be written to, given the state of its children's files."""
    return await driver.row(CONCERN_STANDING, school_id, concern_id)


async def concerns_of(driver: Driver, school_id: UUID, child_id: UUID) -> list[UUID]:
    """Concerns of a child that are about no living child."""
    rows = await driver.rows(CONCERNS_OF, school_id, child_id)
    return [row["id"] for row in rows]


async def lock_freeze_of(session: AsyncSession, case: BereavementCase) -> FrozenFile | None:
    """A case's freeze that nobody has undone, locked."""
    frozen_file: FrozenFile | None = await session.scalar(
        select(FrozenFile)
        .where(
            FrozenFile.school_id == case.school_id,
            FrozenFile.case_id == case.id,
            FrozenFile.undone_at.is_(None),
        )
        .with_for_update(of=FrozenFile, key_share=True)
    )
    return frozen_file


async def lock_open_concerns(
    session: AsyncSession, school_id: UUID, ids: Collection[UUID]
) -> list[Concern]:
    """The open concerns among these, locked, oldest first."""
    if not ids:
        return []
    open_ = (Concern.id.in_(ids), Concern.ended_at.is_(None))
    return await lock_where(session, Concern, school_id, *open_)


async def lock_open_of(
    session: AsyncSession,
    school_id: UUID,
    kind: type[Row],
    child_id: UUID,
    concerns: Collection[UUID] = (),
) -> list[Row]:
    """Open records of a kind about a child, or about concerns of no other; locked, oldest first."""
    of: Any = kind
    about = _about(kind, child_id, concerns)
    return await lock_where(session, kind, school_id, of.ended_at.is_(None), about)


async def lock_ended_then(
    session: AsyncSession,
    school_id: UUID,
    kind: type[Row],
    child_id: UUID,
    at: datetime,
    concerns: Collection[UUID] = (),
    **why: str,
) -> list[Row]:
    """Records that ended at the moment of a confirmation, by a column; locked, oldest first."""
    of: Any = kind
    lines = [getattr(of, column) == value for column, value in why.items()]
    of_child = _about(kind, child_id, concerns)
    return await lock_where(session, kind, school_id, of.ended_at == at, of_child, *lines)


def _about(kind: type[Any], child_id: UUID, concerns: Collection[UUID]) -> Any:
    columns = kind.__table__.columns
    ways = [columns.child_id == child_id] if "child_id" in columns else []
    if concerns and "concern_id" in columns:
        ways.append(columns.concern_id.in_(concerns))
    return or_(false(), *ways)
