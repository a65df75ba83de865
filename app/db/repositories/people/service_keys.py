"""SQL for the keys of programs: finding one by its id alone, telling of those that end."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, any_, literal, or_, select

from app.core import clock
from app.db.models import Membership, Organisation, SchoolRole, ServiceKey, Staff
from app.db.repositories.people.staff import live_on
from app.db.repositories.repository import Repository


class ServiceKeyRepository(Repository):
    """Finds, locks and adds service keys."""

    async def claimed(self, key_id: UUID) -> RowMapping | None:
        """School and hashes of the key somebody claims to have, whatever its state.

        Seen through the key's own scope, whatever the school.
        """
        found = await self.session.execute(
            select(
                ServiceKey.school_id,
                ServiceKey.secret_hash,
                ServiceKey.former_hash,
                ServiceKey.former_until,
            ).where(ServiceKey.id == key_id)
        )
        return found.mappings().one_or_none()

    async def organisation(self) -> str | None:
        """The name of the organisation."""
        name: str | None = await self.session.scalar(
            select(Organisation.name).where(Organisation.id == self.school_id)
        )
        return name

    async def ending(self, now: datetime, until: datetime) -> Sequence[ServiceKey]:
        """Live keys that end before a moment and of which nobody was told, locked."""
        found = await self.session.scalars(
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
        return found.all()

    async def told_of(
        self, permission: str, roles: Sequence[str], now: datetime
    ) -> Sequence[tuple[UUID, str]]:
        """Id and addresses of everybody whose role carries a permission today, unconfirmed too."""
        mine: Any = SchoolRole.__table__.c
        defined = select(mine.slug).where(
            mine.school_id == self.school_id,
            mine.ended_at.is_(None),
            literal(permission) == any_(mine.permissions),
        )
        found = await self.session.execute(
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
        return [(row[0], address) for row in found for address in row[1:] if address is not None]
