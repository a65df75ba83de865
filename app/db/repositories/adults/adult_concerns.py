"""SQL for concerns about adults: what decides who sees one, and what raising one needs."""

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.db.repositories.repository import Repository
from app.db.session import Driver

PEOPLE = """
select m.staff_id, m.role from membership m join staff s on s.school_id = $1 and s.id = m.staff_id
  and s.accepted_at is not null and s.suspended_at is null and s.removed_at is null
join account a on a.id = m.staff_id and a.disabled_at is null
where m.school_id = $1 and m.role = any($2::text[])
  and m.valid_from <= $3::date and (m.valid_to is null or m.valid_to > $3::date)
order by m.valid_from, m.id
"""
SUBJECT = """
select s.id,
  coalesce((select true from membership m where m.school_id = $1 and m.staff_id = s.id
    and m.role = 'headteacher' and (
      (m.valid_from <= $3::date and (m.valid_to is null or m.valid_to > $3::date))
      or (m.valid_from <= $4::date and (m.valid_to is null or m.valid_to > $4::date)))
    limit 1), false) as is_head
from staff s where s.school_id = $1 and s.id = $2::uuid
"""
HEADS = """
select distinct s.name from membership m join staff s on s.school_id = $1 and s.id = m.staff_id
where m.school_id = $1 and m.role = 'headteacher' and (
  (m.valid_from <= $2::date and (m.valid_to is null or m.valid_to > $2::date))
  or (m.valid_from <= $3::date and (m.valid_to is null or m.valid_to > $3::date)))
"""
ROLES = """
select m.role from membership m join staff s on s.school_id = $1 and s.id = m.staff_id
  and s.accepted_at is not null and s.suspended_at is null and s.removed_at is null
join account a on a.id = m.staff_id and a.disabled_at is null
where m.school_id = $1 and m.staff_id = $2::uuid
  and m.valid_from <= $3::date and (m.valid_to is null or m.valid_to > $3::date)
"""
NAMES = "select s.id, s.name from staff s where s.school_id = $1 and s.id = any($2::uuid[])"
HOLD_STAFF = "select id from staff where school_id = $1 and id = $2::uuid for share"
CHILDREN = "select id from child where school_id = $1 and id = any($2::uuid[])"
STATEMENT = """
select true from adult_statement where school_id = $1 and concern_id = $2::uuid and id = $3::uuid
"""
TAKEN = "select true from adult_concern where school_id = $1 and reference = $2"
WAS_ALLEGATION = """
select true from adult_event e where e.school_id = $1 and e.concern_id = $2::uuid
  and e.verb = 'assessed' and e.details->>'threshold' = 'allegation' limit 1
"""
UNSETTLED = """
select c.id from adult_concern c where c.school_id = $1 and c.ended_at is null
order by c.recorded_at, c.id
"""


@dataclass(frozen=True, slots=True)
class Subject:
    """A member of staff whom a concern is about; `is_head` today, or on the day it happened."""

    id: UUID
    is_head: bool


class AdultRepository(Repository):
    """Finds, locks and adds concerns about adults and everything said about them."""

    def __init__(self, session: AsyncSession, school_id: UUID, driver: Driver) -> None:
        super().__init__(session, school_id)
        self._driver = driver

    async def people(self, roles: Collection[str], day: date) -> list[tuple[UUID, str]]:
        """Who holds one of the roles on a day, those longest in theirs first."""
        rows = await self._driver.rows(PEOPLE, self.school_id, list(roles), day)
        return [(row["staff_id"], row["role"]) for row in rows]

    async def subject(self, staff_id: UUID, today: date, then: date) -> Subject | None:
        """The member of staff, and whether they are or were a head."""
        row = await self._driver.row(SUBJECT, self.school_id, staff_id, today, then)
        return None if row is None else Subject(row["id"], row["is_head"])

    async def names_of_heads(self, today: date, then: date) -> list[str]:
        """The names of the school's heads, today or on the day it happened."""
        return [row["name"] for row in await self._driver.rows(HEADS, self.school_id, today, then)]

    async def names_of(self, ids: Sequence[UUID]) -> dict[UUID, str]:
        """The names of people by their ids."""
        rows = await self._driver.rows(NAMES, self.school_id, list(ids))
        return {row["id"]: row["name"] for row in rows}

    async def roles_of(self, staff_id: UUID, day: date) -> set[str]:
        """The roles a person holds on a day; their row is held, so that none ends meanwhile."""
        await self._driver.row(HOLD_STAFF, self.school_id, staff_id)
        return {
            row["role"] for row in await self._driver.rows(ROLES, self.school_id, staff_id, day)
        }

    async def known_children(self, ids: Sequence[UUID]) -> set[UUID]:
        """Those of the ids that are children here."""
        if not ids:
            return set()
        return {row["id"] for row in await self._driver.rows(CHILDREN, self.school_id, list(ids))}

    async def has_statement(self, concern_id: UUID, statement_id: UUID) -> bool:
        """Whether a statement belongs to a concern."""
        return bool(await self._driver.value(STATEMENT, self.school_id, concern_id, statement_id))

    async def was_allegation(self, concern_id: UUID) -> bool:
        """Whether it was ever found to meet the harm threshold."""
        return bool(await self._driver.value(WAS_ALLEGATION, self.school_id, concern_id))

    async def new_reference(self, year: int) -> str:
        """A reference drawn by lot, `A-2026-384501`: counted ones would tell how many there are."""
        while True:
            reference = f"A-{year}-{secrets.randbelow(1_000_000):06d}"
            if not await self._driver.value(TAKEN, self.school_id, reference):
                return reference

    async def open_ids(self) -> list[UUID]:
        """Every concern that is not ended, oldest first."""
        return [row["id"] for row in await self._driver.rows(UNSETTLED, self.school_id)]
