"""SQL for the keys of programs: lists, lookup by id alone, and expiring keys."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, any_, literal, or_, select

from app.core import clock
from app.db.cards import name_in_sql
from app.db.models import Membership, Organisation, SchoolRole, ServiceKey, Staff
from app.db.paging import Conditions, PageOf
from app.db.repositories.people.staff import live_on
from app.db.repositories.repository import Repository
from app.db.session import Driver

COLUMNS = f"""
k.id, k.name, k.scopes, k.networks::text[] as networks, k.roster_sources, k.expires_at,
k.former_until, k.rotated_at, k.last_used_at, k.last_used_from, k.created_by,
{name_in_sql("k.created_by")} as created_by_name, k.created_at, k.changed_at, k.revoked_at,
case when k.revoked_at is null then 'active' else 'revoked' end as state
"""
KEYS = f"""
select {COLUMNS} from service_key k
where k.school_id = $1 and {{where}} order by k.created_at desc, k.id desc limit {{limit}}
"""
KEY = f"select {COLUMNS}, k.version from service_key k where k.school_id = $1 and k.id = $2"
AGENCY = """
select k.agency_id from service_key k
join agency a on a.school_id = $1 and a.id = k.agency_id and a.retired_at is null
where k.school_id = $1 and k.id = $2
"""


class ServiceKeyRepository(Repository):
    """Finds, locks and adds service keys."""

    async def claimed(self, key_id: UUID) -> RowMapping | None:
        """School and hashes of the key that a caller claims to have, whatever its state.

        Read through the key's own scope, whatever the school.
        """
        result = await self.session.execute(
            select(
                ServiceKey.school_id,
                ServiceKey.secret_hash,
                ServiceKey.former_hash,
                ServiceKey.former_until,
            ).where(ServiceKey.id == key_id)
        )
        return result.mappings().one_or_none()

    async def organisation(self) -> str | None:
        """The name of the organisation."""
        name: str | None = await self.session.scalar(
            select(Organisation.name).where(Organisation.id == self.school_id)
        )
        return name

    async def ending(self, now: datetime, until: datetime) -> Sequence[ServiceKey]:
        """Live keys that end before a moment without a notice yet, locked."""
        rows = await self.session.scalars(
            select(ServiceKey)
            .where(
                ServiceKey.school_id == self.school_id,
                ServiceKey.revoked_at.is_(None),
                ServiceKey.expiry_told_at.is_(None),
                ServiceKey.expires_at > now,
                ServiceKey.expires_at <= until,
            )
            .order_by(ServiceKey.id)
            .with_for_update()
        )
        return rows.all()

    async def told_of(
        self, permission: str, roles: Sequence[str], now: datetime
    ) -> Sequence[tuple[UUID, str]]:
        """Id and addresses of everyone whose role has a permission today, unconfirmed ones too."""
        mine: Any = SchoolRole.__table__.c
        defined = select(mine.slug).where(
            mine.school_id == self.school_id,
            mine.ended_at.is_(None),
            literal(permission) == any_(mine.permissions),
        )
        result = await self.session.execute(
            select(Staff.id, Staff.email, Staff.new_email)
            .distinct()
            .join(
                Membership,
                (Membership.school_id == self.school_id) & (Membership.staff_id == Staff.id),
            )
            .where(
                Staff.school_id == self.school_id,
                live_on(clock.day_of(now)),
                or_(Membership.role.in_(roles), Membership.role.in_(defined)),
            )
            .order_by(Staff.id)
        )
        return [(row[0], address) for row in result for address in row[1:] if address is not None]


async def keys_of(
    driver: Driver, school_id: UUID, *, state: str, asked: PageOf
) -> Sequence[Mapping[str, Any]]:
    """One page of keys, newest first."""
    where = Conditions(school_id)
    where.add("k.revoked_at is not null" if state == "revoked" else "k.revoked_at is null")
    limit = where.page(asked, "k.created_at")
    return await driver.rows(KEYS.format(where=where, limit=limit), *where.values)


async def key_of(driver: Driver, school_id: UUID, key_id: UUID) -> Mapping[str, Any] | None:
    """One key."""
    return await driver.row(KEY, school_id, key_id)


OF_AGENCY = f"""
select k.id, k.name, k.networks::text[] as networks, k.expires_at, k.last_used_at, k.created_by,
       {name_in_sql("k.created_by")} as created_by_name, k.created_at, k.revoked_at,
       '"' || k.version || '"' as etag
from service_key k where k.school_id = $1 and k.agency_id = $2
order by k.created_at desc, k.id desc limit 100
"""


async def keys_of_agency(
    driver: Driver, school_id: UUID, agency_id: UUID
) -> Sequence[Mapping[str, Any]]:
    """The keys of an agency, newest first."""
    return await driver.rows(OF_AGENCY, school_id, agency_id)


async def agency_of(driver: Driver, school_id: UUID, key_id: UUID) -> UUID | None:
    """The agency of a key; None once it was retired."""
    value: UUID | None = await driver.value(AGENCY, school_id, key_id)
    return value
