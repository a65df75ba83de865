"""SQL for concerns and everything written about them."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.models import (
    AccountStatement,
    Action,
    BodyMark,
    Concern,
    ConcernChild,
    Conflict,
    SelfHarm,
)
from app.db.repositories.access.conflicts import IN_CONFLICT
from app.db.repositories.concern_facts import ConcernAccess, access_to
from app.db.repositories.repository import Repository
from app.db.session import Driver

HIGHEST_LEVEL = """
with recursive merged as (
  select id from concern where school_id = $1 and id = $2
  union
  select c.id from concern c join merged m on c.duplicate_of = m.id where c.school_id = $1)
select max((e.details->>'level')::int) from merged m
join concern_event e on e.school_id = $1 and e.concern_id = m.id and e.verb = 'triaged'
"""
SHARES_CHILD = """
select exists (
  select from concern_child one
  join concern_child two on two.school_id = $1 and two.id = $3 and two.child_id = one.child_id
  where one.school_id = $1 and one.id = $2)
"""
HOLD_STAFF = text("select id from staff where school_id = :school_id and id = :id for share")
CAN_OWN = f"""
select exists (select from membership m
               join staff s on s.school_id = m.school_id and s.id = m.staff_id
                           and s.accepted_at is not null and s.suspended_at is null
               where m.school_id = $1 and m.staff_id = $2 and m.role = any($5)
                 and m.valid_from <= $6 and (m.valid_to is null or m.valid_to > $6))
  and not ({IN_CONFLICT})
"""


class ConcernRepository(Repository):
    """Finds, locks and adds concerns and their parts."""

    def __init__(self, session: AsyncSession, school_id: UUID, driver: Driver) -> None:
        super().__init__(session, school_id)
        self._driver = driver

    async def access_to(self, concern_id: UUID) -> ConcernAccess | None:
        """The facts that decide who may see a concern; None if it does not exist."""
        return await access_to(self._driver, self.school_id, concern_id)

    async def child_ids(self, concern_id: UUID) -> list[UUID]:
        """The children a concern is about, in their order."""
        rows = await self.session.scalars(
            select(ConcernChild.child_id)
            .where(ConcernChild.school_id == self.school_id, ConcernChild.id == concern_id)
            .order_by(ConcernChild.position)
        )
        return list(rows)

    async def children_of(self, concern_id: UUID) -> list[tuple[UUID, str]]:
        """The children a concern is about, with their roles."""
        rows = await self.session.execute(
            select(ConcernChild.child_id, ConcernChild.role).where(
                ConcernChild.school_id == self.school_id, ConcernChild.id == concern_id
            )
        )
        return [(child_id, role) for child_id, role in rows]

    async def parts_of(
        self, model: type[AccountStatement] | type[BodyMark], concern_id: UUID
    ) -> Sequence[Any]:
        """The statements or marks of a concern, in their order."""
        rows = await self.session.scalars(
            select(model)
            .where(model.school_id == self.school_id, model.concern_id == concern_id)
            .order_by(model.position)
        )
        return rows.all()

    async def immediacy_of(self, concern_id: UUID) -> str | None:
        """How urgent a concern is; None if it does not exist."""
        result: str | None = await self.session.scalar(
            select(Concern.immediacy).where(
                Concern.school_id == self.school_id, Concern.id == concern_id
            )
        )
        return result

    async def ids_about(self, child_id: UUID) -> list[UUID]:
        """Every concern that a child has a part in."""
        rows = await self.session.scalars(
            select(ConcernChild.id).where(
                ConcernChild.school_id == self.school_id, ConcernChild.child_id == child_id
            )
        )
        return list(rows)

    async def locked_out_of(self, concern_id: UUID) -> list[UUID]:
        """Staff with a conflict of interest about a concern, such as being named in it."""
        rows = await self.session.scalars(
            select(Conflict.staff_id).where(
                Conflict.school_id == self.school_id,
                Conflict.concern_id == concern_id,
                Conflict.ended_at.is_(None),
                Conflict.state != "suggested",
            )
        )
        return list(rows)

    async def pathway_of(self, concern_id: UUID, *, lock: bool = False) -> SelfHarm | None:
        """The self-harm pathway of a concern, or None."""
        await self.session.flush()  # a lock reads the row again
        return await (self.lock if lock else self.find)(SelfHarm, concern_id)

    async def shares_child(self, concern_id: UUID, other_id: UUID) -> bool:
        """Whether two concerns have a child in common."""
        shares: bool = await self._driver.value(SHARES_CHILD, self.school_id, concern_id, other_id)
        return shares

    async def merged_into(self, concern_id: UUID) -> list[UUID]:
        """The concerns that go on in another one as its duplicates."""
        rows = await self.session.scalars(
            select(Concern.id)
            .where(
                Concern.school_id == self.school_id,
                Concern.duplicate_of == concern_id,
                Concern.state == "duplicate_of",
            )
            .order_by(Concern.id)
        )
        return list(rows)

    async def statement_kind(self, concern_id: UUID, statement_id: UUID) -> str | None:
        """Whose words a statement is, as reported; None if it is not the concern's."""
        result: str | None = await self.session.scalar(
            select(AccountStatement.kind).where(
                AccountStatement.school_id == self.school_id,
                AccountStatement.concern_id == concern_id,
                AccountStatement.id == statement_id,
            )
        )
        return result

    async def highest_level(self, concern_id: UUID) -> int | None:
        """The highest level of need that it, or a concern merged into it, ever had."""
        level: int | None = await self._driver.value(HIGHEST_LEVEL, self.school_id, concern_id)
        return level

    async def open_actions(self, concern_id: UUID) -> int:
        """How many actions of a concern are open."""
        number = await self.session.scalar(
            select(func.count()).where(
                Action.school_id == self.school_id,
                Action.concern_id == concern_id,
                Action.state == "open",
            )
        )
        return number or 0

    async def can_own(
        self, staff_id: UUID, concern_id: UUID, roles: Sequence[str], day: date
    ) -> bool | None:
        """Whether a person has one of the roles here on a day, and no conflict about a concern.

        None if nobody here has this ID. Holds their row first, so that a role cannot end between
        this check and our commit.
        """
        held = {"school_id": self.school_id, "id": staff_id}
        if await self.session.scalar(HOLD_STAFF, held) is None:
            return None
        value = await self._driver.value(
            CAN_OWN, self.school_id, staff_id, [concern_id], [], list(roles), day
        )
        return bool(value)
