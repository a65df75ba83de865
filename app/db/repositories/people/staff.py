"""SQL for staff and their memberships, and for who works in a school today."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_, select, update

from app.core.words import ROLE_BY_NAME, Actor, Role
from app.db.models import Account, Membership, Staff
from app.db.paging import Conditions, PageOf
from app.db.repositories.repository import Repository, change_rows
from app.db.scope import LIVE, MEMBER_FACTS, known_member
from app.db.session import Driver

ROLES = """
array(select distinct m.role from membership m
      where m.school_id = $1 and m.staff_id = s.id and m.valid_from <= $2
        and (m.valid_to is null or m.valid_to > $2) order by m.role)
"""
HOLDS = """
exists (select from membership h
        where h.school_id = $1 and h.staff_id = s.id and h.role = {} and h.valid_from <= $2
          and (h.valid_to is null or h.valid_to > $2))
"""
LEADS = """
s.accepted_at is not null and s.suspended_at is null and s.removed_at is null
and exists (select from account a where a.id = s.id and a.disabled_at is null)
"""
"""Whether a member of staff (alias `s`) can sign in, and so counts as a lead or administrator."""
HELD = f"""
(select json_agg(json_build_object(
   'role', m.role,
   'last', m.role in ('dsl', 'school_admin') and m.valid_to is null and {LEADS} and not exists (
     select from membership l join staff s on s.school_id = $1 and s.id = l.staff_id
     where l.school_id = $1 and l.role = m.role and l.valid_to is null and l.id <> m.id
       and {LEADS})))::text
 from membership m where m.school_id = $1 and m.staff_id = s.id
   and (m.valid_to is null or m.valid_to > $2))
"""
"""Memberships on a day, and coming ones; `last` marks the only remaining lead's, and the only
remaining administrator's."""
WHOLE = f"""
select s.id, s.name, s.job_title, s.email, s.phone, s.new_email, s.new_phone,
       {ROLES} as roles, s.created_at, s.changed_at,
       s.version, s.accepted_at, s.declined_at, {HELD} as held,
       coalesce((select json_agg(json_build_object('name', n.name, 'until', rfc3339(n.until))
                                 order by n.until)
                 from staff_name n where n.school_id = $1 and n.staff_id = s.id), '[]')::text
         as former_names
from staff s where s.school_id = $1 and s.id = $3
"""
MEMBERSHIP = """
m.id, m.staff_id, m.role, m.valid_from, m.valid_to, m.cohort::text as cohort, m.created_at,
'"' || m.version || '"' as etag
"""
ONE_MEMBERSHIP = f"select {MEMBERSHIP} from membership m where m.school_id = $1 and m.id = $2"

FIRST = """
select m.id, m.role, m.staff_id, s.name, s.email, m.created_at, s.accepted_at
from membership m join staff s on s.school_id = $1 and s.id = m.staff_id
where m.school_id = $1 and m.role = any($3::text[]) and m.valid_from <= $2
  and (m.valid_to is null or m.valid_to > $2)
  and s.suspended_at is null and s.removed_at is null
order by m.created_at, m.id
"""
MEMBERS = f"""
select m.id, m.staff_id, s.name, m.role, {MEMBER_FACTS}
from membership m
join staff s on s.school_id = $1 and s.id = m.staff_id and s.accepted_at is not null
            and s.suspended_at is null
where m.school_id = $1 and ($3::uuid is null or m.staff_id = $3) and {LIVE}
order by lower(s.name), s.id, m.id
""".replace("NOW", "$2")


def live_on(day: date) -> ColumnElement[bool]:
    """Memberships valid on a day."""
    return and_(
        Membership.valid_from <= day, or_(Membership.valid_to.is_(None), Membership.valid_to > day)
    )


class StaffRepository(Repository):
    """Finds, locks and adds staff and their memberships."""

    async def memberships_from(self, staff_id: UUID, day: date) -> Sequence[Membership]:
        """A person's memberships valid on a day or later."""
        rows = await self.session.scalars(
            select(Membership)
            .where(
                Membership.school_id == self.school_id,
                Membership.staff_id == staff_id,
                or_(Membership.valid_to.is_(None), Membership.valid_to > day),
            )
            .order_by(Membership.valid_from, Membership.id)
        )
        return rows.all()

    async def reached_by(self, email: str) -> Staff | None:
        """A member of this staff whose alerts go to this address, or None."""
        rows = await self.session.scalars(
            select(Staff)
            .where(Staff.school_id == self.school_id, func.lower(Staff.email) == func.lower(email))
            .order_by(Staff.id)
            .limit(1)
        )
        return rows.one_or_none()

    async def lock_holders(self, role: str, day: date) -> Sequence[Membership]:
        """Lock the memberships of a role valid on a day or later, in one order.

        Only of people who can sign in: who joined, and whose account is not disabled.
        """
        rows = await self.session.scalars(
            select(Membership)
            .join(
                Staff,
                and_(Staff.school_id == Membership.school_id, Staff.id == Membership.staff_id),
            )
            .join(Account, Account.id == Membership.staff_id)
            .where(
                Membership.school_id == self.school_id,
                Membership.role == role,
                or_(Membership.valid_to.is_(None), Membership.valid_to > day),
                Staff.accepted_at.is_not(None),
                Staff.suspended_at.is_(None),
                Staff.removed_at.is_(None),
                Account.disabled_at.is_(None),
            )
            .order_by(Membership.id)
            .with_for_update(of=Membership)
            .execution_options(populate_existing=True)
        )
        return rows.all()

    async def has_joined(self, staff_id: UUID) -> bool:
        """Whether a person accepted to be on this staff, and still is."""
        value = await self.session.scalar(
            select(Staff.id).where(
                Staff.school_id == self.school_id,
                Staff.id == staff_id,
                Staff.accepted_at.is_not(None),
                Staff.suspended_at.is_(None),
                Staff.removed_at.is_(None),
            )
        )
        return value is not None

    async def accept(self, staff_id: UUID, at: datetime) -> bool:
        """Record that a person joins; False if nobody invited them, or they have answered."""
        return await self._answered(staff_id, accepted_at=at, declined_at=None)

    async def decline(self, staff_id: UUID, at: datetime) -> bool:
        """Record that a person declines; False if nobody invited them, or they have answered."""
        return await self._answered(staff_id, declined_at=at)

    async def _answered(self, staff_id: UUID, **values: datetime | None) -> bool:
        done = await change_rows(
            self.session,
            update(Staff)
            .where(
                Staff.school_id == self.school_id,
                Staff.id == staff_id,
                Staff.accepted_at.is_(None),
                Staff.declined_at.is_(None),
                Staff.removed_at.is_(None),
            )
            .values(**values),
        )
        return done > 0


async def staff_of(
    driver: Driver,
    school_id: UUID,
    day: date,
    asked: PageOf,
    *,
    name: str | None = None,
    role: str | None = None,
) -> Sequence[Any]:
    """Staff by name, with their roles on a day: one row more than the page shows.

    The cursor holds only an id; this looks up its name again.
    """
    where = Conditions(school_id, day)
    where.add("s.school_id = $1")
    where.given("strpos(lower(s.name), lower({})) > 0", name)
    if role is not None:
        where.add(HOLDS, role)
    if asked.after is not None:
        where.add(
            "(lower(s.name), s.id) > (select lower(l.name), l.id from staff l "
            "where l.school_id = $1 and l.id = {})",
            asked.after.id,
        )
    limit = where.place(asked.fetch)
    return await driver.rows(
        f"select s.id, s.name, s.job_title, {ROLES} as roles, s.created_at "
        f"from staff s where {where} order by lower(s.name), s.id limit {limit}",
        *where.values,
    )


async def member_of_staff(driver: Driver, school_id: UUID, day: date, staff_id: UUID) -> Any:
    """One person with their roles on a day, or None."""
    return await driver.row(WHOLE, school_id, day, staff_id)


async def memberships_of(
    driver: Driver, school_id: UUID, staff_id: UUID, asked: PageOf
) -> Sequence[Any]:
    """A person's past, present and coming memberships here, newest first."""
    where = Conditions(school_id, staff_id)
    where.add("m.school_id = $1 and m.staff_id = $2")
    limit = where.page(asked, "m.created_at")
    return await driver.rows(
        f"select {MEMBERSHIP} from membership m where {where} "
        f"order by m.created_at desc, m.id desc limit {limit}",
        *where.values,
    )


async def membership_of(driver: Driver, school_id: UUID, membership_id: UUID) -> Any:
    """One membership, or None."""
    return await driver.row(ONE_MEMBERSHIP, school_id, membership_id)


async def holders_of(
    driver: Driver, school_id: UUID, day: date, roles: Sequence[str]
) -> Sequence[Any]:
    """People with one of the roles on a day, joined or only invited."""
    return await driver.rows(FIRST, school_id, day, roles)


async def members_of(
    driver: Driver, school_id: UUID, now: datetime, staff_id: UUID | None = None
) -> Sequence[tuple[str, Actor]]:
    """Name and actor for each live role of each person, or of one; as a request would know them."""
    rows = await driver.rows(MEMBERS, school_id, now, staff_id)
    return [(row["name"], _actor(school_id, row)) for row in rows]


def _actor(school_id: UUID, row: Any) -> Actor:
    role = ROLE_BY_NAME.get(row["role"], Role.CUSTOM)
    custom = row["role"] if role is Role.CUSTOM else None
    return known_member(Actor(row["staff_id"], school_id, role, custom_role=custom), row)
