"""SQL for staff and their memberships."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select, update

from app.core.words import Role
from app.db.models import Account, Membership, Staff
from app.db.repositories.repository import Repository, change_rows


def live_on(day: date) -> ColumnElement[bool]:
    """Memberships that hold on a day."""
    return and_(
        Membership.valid_from <= day, or_(Membership.valid_to.is_(None), Membership.valid_to > day)
    )


class StaffRepository(Repository):
    """Finds, locks and adds staff and their memberships."""

    async def memberships_from(self, staff_id: UUID, day: date) -> Sequence[Membership]:
        """A person's memberships that hold on a day or begin after it."""
        found = await self.session.scalars(
            select(Membership)
            .where(
                Membership.school_id == self.school_id,
                Membership.staff_id == staff_id,
                or_(Membership.valid_to.is_(None), Membership.valid_to > day),
            )
            .order_by(Membership.valid_from, Membership.id)
        )
        return found.all()

    async def lock_leads(self, day: date) -> Sequence[Membership]:
        """The leads' memberships that hold on a day or begin after it, locked in one order.

        Only of those who can sign in: who joined, and whose account is not disabled.
        """
        found = await self.session.scalars(
            select(Membership)
            .join(
                Staff,
                and_(Staff.school_id == Membership.school_id, Staff.id == Membership.staff_id),
            )
            .join(Account, Account.id == Membership.staff_id)
            .where(
                Membership.school_id == self.school_id,
                Membership.role == Role.DSL.value,
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
        return found.all()

    async def has_joined(self, staff_id: UUID) -> bool:
        """Whether a person of this staff accepted to be on it, and still is."""
        found = await self.session.scalar(
            select(Staff.id).where(
                Staff.school_id == self.school_id,
                Staff.id == staff_id,
                Staff.accepted_at.is_not(None),
                Staff.suspended_at.is_(None),
                Staff.removed_at.is_(None),
            )
        )
        return found is not None

    async def accept(self, staff_id: UUID, at: datetime) -> bool:
        """Note that a person joins; False where nobody asked them, or they answered."""
        return await self._answered(staff_id, accepted_at=at, declined_at=None)

    async def decline(self, staff_id: UUID, at: datetime) -> bool:
        """Note that a person does not join; False where nobody asked them, or they answered."""
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
