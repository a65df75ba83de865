"""SQL for incomplete reports: lists, one whole, and the people it may name."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.models import Child, IncompleteReport
from app.db.paging import Conditions, PageOf
from app.db.repositories.repository import lock_where
from app.db.session import Driver

INCOMPLETE_REPORT = """
select u.id, u.reporter_id, s.name as reporter_name, u.operation, u.thing_id, u.signed_in,
       u.register, u.received_at, u.urgent, u.times, u.state, u.concern_id, u.ended_at
from incomplete_report u
join staff s on s.school_id = $1 and s.id = u.reporter_id
where u.school_id = $1 and {where}
"""
OPEN_ABOUT_ADULTS = """
select u.id from incomplete_report u
where u.school_id = $1 and u.register = 'adults' and u.ended_at is null
order by u.received_at, u.id
"""


NAMED_IN_INCOMPLETE_REPORT = """
select s.id from staff s where s.school_id = $1 and s.id = any($2::uuid[])
union
select x.staff_id from conflict x
where x.school_id = $1 and x.ended_at is null and x.state <> 'suggested'
  and (x.concern_id = any($2::uuid[]) or x.child_id = any($2::uuid[])
       or x.child_id in (select k.child_id from concern_child k
                         where k.school_id = $1 and k.id = any($2::uuid[]))
       or x.child_id in (select i.child_id from check_in i
                         where i.school_id = $1 and i.id = any($2::uuid[])))
order by 1
"""


async def named_in_incomplete_report(
    driver: Driver, school_id: UUID, ids: Sequence[UUID]
) -> list[UUID]:
    """Staff among some ids, and everyone close to the records of other ids.

    Such a record is a child, or a concern or check-in about one.
    """
    rows = await driver.rows(NAMED_IN_INCOMPLETE_REPORT, school_id, list(ids))
    return [row["id"] for row in rows]


async def page_of_incomplete_reports(
    driver: Driver, where: Conditions, *, ended: bool, paging: PageOf
) -> Sequence[Any]:
    """Incomplete reports, newest first; `where` limits them to what the reader sees."""
    where.add(f"u.ended_at is {'not ' if ended else ''}null")
    limit = where.page(paging, "u.received_at")
    order = "order by u.received_at desc, u.id desc"
    statement = f"{INCOMPLETE_REPORT.format(where=where)} {order} limit {limit}"
    return await driver.rows(statement, *where.values)


async def one_incomplete_report(driver: Driver, school_id: UUID, incomplete_report_id: UUID) -> Any:
    """One report that must exist."""
    return await driver.row(
        INCOMPLETE_REPORT.format(where="u.id = $2"), school_id, incomplete_report_id
    )


async def open_about_adults(driver: Driver, school_id: UUID) -> list[UUID]:
    """Open reports about adults, oldest first."""
    return [row["id"] for row in await driver.rows(OPEN_ABOUT_ADULTS, school_id)]


async def sent_before(
    session: AsyncSession, school_id: UUID, reporter_id: UUID | None, digest: bytes, since: datetime
) -> IncompleteReport | None:
    """The newest open one by the same person with the same words, received after a moment."""
    incomplete_report: IncompleteReport | None = await session.scalar(
        select(IncompleteReport)
        .where(
            IncompleteReport.school_id == school_id,
            IncompleteReport.reporter_id == reporter_id,
            IncompleteReport.digest == digest,
            IncompleteReport.ended_at.is_(None),
            IncompleteReport.received_at > since,
        )
        .order_by(IncompleteReport.received_at.desc())
        .limit(1)
    )
    return incomplete_report


async def lock_moving_with(
    session: AsyncSession, school_id: UUID, concern_id: UUID
) -> list[IncompleteReport]:
    """The children's register's rows of a concern, open or ended; locked."""
    return await lock_where(
        session, IncompleteReport, school_id, IncompleteReport.register == "children",
        or_(IncompleteReport.thing_id == concern_id, IncompleteReport.concern_id == concern_id),
    )  # fmt: skip


async def children_among(
    session: AsyncSession, school_id: UUID, ids: Collection[UUID]
) -> set[UUID]:
    """The ids that are children of the school."""
    rows = await session.scalars(
        select(Child.id).where(Child.school_id == school_id, Child.id.in_(ids))
    )
    return set(rows)
