"""SQL for shares, referrals, agencies and snapshots."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select

from app.db.models import (
    AccountStatement,
    Amendment,
    ConcernChild,
    ReferralEvent,
    ShareEvent,
    Snapshot,
    Staff,
)
from app.db.repositories.repository import Repository


class SharingRepository(Repository):
    """Finds, locks and adds shares, referrals, agencies and snapshots."""

    async def concerns_child(self, concern_id: UUID, child_id: UUID) -> bool:
        """Whether a concern is about a child."""
        found = await self.session.scalar(
            select(ConcernChild.child_id).where(
                ConcernChild.school_id == self.school_id,
                ConcernChild.id == concern_id,
                ConcernChild.child_id == child_id,
            )
        )
        return found is not None

    async def text_lengths(self, concern_id: UUID) -> dict[UUID, int]:
        """How many characters each statement and amendment of a concern has."""
        lengths: dict[UUID, int] = {}
        for model in (AccountStatement, Amendment):
            found = await self.session.execute(
                select(model.id, model.text).where(
                    model.school_id == self.school_id, model.concern_id == concern_id
                )
            )
            lengths.update({row.id: len(row.text) for row in found})
        return lengths

    async def share_events(self, share_id: UUID) -> Sequence[ShareEvent]:
        """What happened with a share, oldest first."""
        found = await self.session.scalars(
            select(ShareEvent)
            .where(ShareEvent.school_id == self.school_id, ShareEvent.share_id == share_id)
            .order_by(ShareEvent.recorded_at, ShareEvent.id)
        )
        return found.all()

    async def referral_events(self, referral_id: UUID) -> Sequence[ReferralEvent]:
        """What happened with a referral, oldest first."""
        found = await self.session.scalars(
            select(ReferralEvent)
            .where(
                ReferralEvent.school_id == self.school_id,
                ReferralEvent.referral_id == referral_id,
            )
            .order_by(ReferralEvent.recorded_at, ReferralEvent.id)
        )
        return found.all()

    async def staff_names(self, ids: Sequence[UUID]) -> dict[UUID, str]:
        """The names of members of staff."""
        found = await self.session.execute(
            select(Staff.id, Staff.name).where(
                Staff.school_id == self.school_id, Staff.id.in_(list(ids))
            )
        )
        return {row.id: row.name for row in found}

    async def snapshot(self, snapshot_id: UUID) -> Snapshot:
        """The snapshot that must exist."""
        found = await self.find(Snapshot, snapshot_id)
        assert found is not None  # noqa: S101 - a foreign key says so
        return found
