"""SQL for the links and sessions of recipients."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update

from app.db.models import RecipientLink, RecipientSession
from app.db.repositories.repository import Repository

OF = {"share": RecipientLink.share_id, "referral": RecipientLink.referral_id}


class RecipientRepository(Repository):
    """Finds, locks and adds links, and ends what stands behind them."""

    async def live_link(
        self, noun: str, thing_id: UUID, *, lock: bool = False
    ) -> RecipientLink | None:
        """The one link to a share or referral that has not ended, or None."""
        statement = select(RecipientLink).where(
            RecipientLink.school_id == self.school_id,
            OF[noun] == thing_id,
            RecipientLink.ended_at.is_(None),
        )
        if lock:
            statement = statement.with_for_update(
                of=RecipientLink, key_share=True
            ).execution_options(populate_existing=True)
        return (await self.session.scalars(statement)).one_or_none()

    async def end_sessions(self, link_id: UUID, at: datetime) -> None:
        """Nobody reads by this link any more."""
        await self.session.execute(
            update(RecipientSession)
            .where(
                RecipientSession.school_id == self.school_id,
                RecipientSession.link_id == link_id,
                RecipientSession.ended_at.is_(None),
            )
            .values(ended_at=at)
        )

    async def sealed_links(self) -> Sequence[RecipientLink]:
        """Living links whose secret is sealed, locked."""
        found = await self.session.scalars(
            select(RecipientLink)
            .where(
                RecipientLink.school_id == self.school_id,
                RecipientLink.ended_at.is_(None),
                RecipientLink.sealed.is_not(None),
            )
            .order_by(RecipientLink.id)
            .with_for_update(of=RecipientLink, key_share=True)
        )
        return found.all()
