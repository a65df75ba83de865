"""SQL for schools and trusts."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from app.db.models import AuthSession, Organisation
from app.db.repositories.repository import Repository


class OrganisationRepository(Repository):
    """Finds, locks and adds schools and trusts."""

    async def lock_own(self) -> Organisation | None:
        """The organisation this work is scoped to, locked; only it can be changed here."""
        found = await self.session.scalars(
            select(Organisation)
            .where(Organisation.id == self.school_id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
        return found.one_or_none()

    async def signed_in_since(self, moment: datetime) -> Sequence[UUID]:
        """Organisations somebody signed in to after a moment.

        Sessions belong to people and no school, so this needs no scope.
        """
        found = await self.session.scalars(
            select(AuthSession.organisation_id).where(AuthSession.auth_time > moment).distinct()
        )
        return found.all()
