"""SQL for staff, their memberships, and the work they leave behind."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select, text

from app.db.models import Action, Concern, Membership, Referral, Share
from app.db.repositories.repository import Repository

Owned = TypeVar("Owned", Share, Referral)

ADD_ALERT = text("""
insert into alert (school_id, id, recipient_id, kind, urgent, concern_id, created_at)
values (:school_id, :id, :recipient_id, 'concern_assigned', false, :concern_id, :at)
""")


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

    async def lock_live(self, role: str, day: date) -> Sequence[Membership]:
        """Every membership of a role that holds on a day, locked in one order."""
        found = await self.session.scalars(
            select(Membership)
            .where(Membership.school_id == self.school_id, Membership.role == role, live_on(day))
            .order_by(Membership.id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
        return found.all()

    async def lock_open_concerns(
        self, owner_id: UUID, classes: Collection[str]
    ) -> Sequence[Concern]:
        """Concerns of some classes that are not ended and belong to a person, locked."""
        found = await self.session.scalars(
            select(Concern)
            .where(
                Concern.school_id == self.school_id,
                Concern.owner_id == owner_id,
                Concern.ended_at.is_(None),
                Concern.confidentiality.in_(classes),
            )
            .order_by(Concern.id)
            .with_for_update()
        )
        return found.all()

    async def lock_open_actions(self, owner_id: UUID) -> Sequence[Action]:
        """Actions that are open and belong to a person, locked."""
        found = await self.session.scalars(
            select(Action)
            .where(
                Action.school_id == self.school_id,
                Action.owner_id == owner_id,
                Action.state == "open",
            )
            .order_by(Action.id)
            .with_for_update()
        )
        return found.all()

    async def lock_open(self, model: type[Owned], owner_id: UUID) -> Sequence[Owned]:
        """Shares or referrals that are not ended and belong to a person, locked."""
        found = await self.session.scalars(
            select(model)
            .where(
                model.school_id == self.school_id,
                model.owner_id == owner_id,
                model.ended_at.is_(None),
            )
            .order_by(model.id)
            .with_for_update()
        )
        return found.all()

    async def add_assignment_alert(
        self, id_: UUID, recipient_id: UUID, concern_id: UUID, at: datetime
    ) -> None:
        """Tell a person that a concern is theirs now."""
        await self.session.execute(
            ADD_ALERT,
            {
                "school_id": self.school_id,
                "id": id_,
                "recipient_id": recipient_id,
                "concern_id": concern_id,
                "at": at,
            },
        )
