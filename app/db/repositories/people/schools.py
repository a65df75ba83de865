"""SQL for schools and trusts."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app.db.models import AuthSession, Organisation
from app.db.paging import Conditions, PageOf
from app.db.repositories.repository import Repository
from app.db.session import Driver

CARD = "o.id, o.kind, o.name, o.urn, o.laestab, o.nation, o.created_at"
WHOLE = """
o.id, o.kind, o.name, o.parent_id as trust_id, o.urn, o.laestab, o.local_authority, o.nation,
o.phone, o.created_at, o.changed_at, o.version,
array(select jsonb_array_elements_text(coalesce(o.settings->'second_factor_roles', '[]')))
  as second_factor_roles,
coalesce((o.settings->>'roster_leaving_percent')::int, 10) as roster_leaving_percent,
coalesce((o.settings->>'roster_identifier_percent')::int, 10) as roster_identifier_percent
"""
REACHED = "o.kind = 'school' and (o.id = $1 or o.parent_id = $1)"


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


async def schools_of(driver: Driver, organisation_id: UUID, asked: PageOf) -> Sequence[Any]:
    """Schools an organisation reaches, by name: one row more than the page shows."""
    where = Conditions(organisation_id)
    where.add(REACHED)
    if asked.after is not None:
        where.add(
            "(lower(o.name), o.id) > "
            "(select lower(l.name), l.id from organisation l where l.id = {})",
            asked.after.id,
        )
    limit = where.place(asked.fetch)
    return await driver.rows(
        f"select {CARD} from organisation o where {where} "
        f"order by lower(o.name), o.id limit {limit}",
        *where.values,
    )


async def school_of(driver: Driver, organisation_id: UUID, school_id: UUID) -> Any:
    """One school an organisation reaches, or None."""
    return await driver.row(
        f"select {WHOLE} from organisation o where {REACHED} and o.id = $2",
        organisation_id,
        school_id,
    )
