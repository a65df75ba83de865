"""SQL for shares, referrals, agencies and snapshots."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import and_, func, select, union_all

from app.db.models import (
    AccountStatement,
    Agency,
    Amendment,
    Attachment,
    ReferralEvent,
    ShareEvent,
    Snapshot,
    SnapshotFile,
    Staff,
)
from app.db.repositories.repository import Repository


class SharingRepository(Repository):
    """Finds, locks and adds shares, referrals, agencies and snapshots."""

    async def text_lengths(self, concerns: Sequence[UUID]) -> dict[UUID, dict[UUID, int]]:
        """How many characters each statement and amendment has, by concern."""
        texts = [
            select(model.concern_id, model.id, func.char_length(model.text).label("length")).where(
                model.school_id == self.school_id, model.concern_id.in_(concerns)
            )
            for model in (AccountStatement, Amendment)
        ]
        lengths: dict[UUID, dict[UUID, int]] = {}
        for row in await self.session.execute(union_all(*texts)):
            lengths.setdefault(row.concern_id, {})[row.id] = row.length
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

    async def frozen_file(self, snapshot_id: UUID, number: int) -> tuple[SnapshotFile, str] | None:
        """A file of a snapshot, and the state its attachment is in today; or None."""
        found = await self.session.execute(
            select(SnapshotFile, Attachment.state)
            .join(
                Attachment,
                and_(
                    Attachment.school_id == self.school_id,
                    Attachment.id == SnapshotFile.attachment_id,
                ),
            )
            .where(
                SnapshotFile.school_id == self.school_id,
                SnapshotFile.snapshot_id == snapshot_id,
                SnapshotFile.number == number,
            )
        )
        row = found.one_or_none()
        return None if row is None else (row[0], row[1])

    async def staff_names(self, ids: Sequence[UUID]) -> dict[UUID, str]:
        """The names of members of staff."""
        found = await self.session.execute(
            select(Staff.id, Staff.name).where(
                Staff.school_id == self.school_id, Staff.id.in_(list(ids))
            )
        )
        return {row.id: row.name for row in found}

    async def sealed_agencies(self) -> Sequence[Agency]:
        """Agencies with a sealed secret, locked."""
        found = await self.session.scalars(
            select(Agency)
            .where(Agency.school_id == self.school_id, Agency.webhook_secret.is_not(None))
            .with_for_update(of=Agency, key_share=True)
        )
        return found.all()

    async def snapshot(self, snapshot_id: UUID) -> Snapshot:
        """The snapshot that must exist."""
        found = await self.find(Snapshot, snapshot_id)
        assert found is not None  # noqa: S101 - a foreign key says so
        return found
