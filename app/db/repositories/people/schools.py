"""SQL for schools and trusts."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, text

from app.db.models import KIND_MODELS, AuthSession, Organisation, SchoolRow
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
coalesce((o.settings->>'roster_identifier_percent')::int, 10) as roster_identifier_percent,
coalesce((o.settings->>'roster_stale_days')::int, 3) as roster_stale_days
"""
WAIT = text(
    "select set_config('lock_timeout', '60000', true),"
    " set_config('statement_timeout', '60000', true)"
)
"""An operator's command may wait longer for another than a request may."""
HOLD = text("select pg_advisory_xact_lock(hashtextextended('cairn.founding', 0))")
EVERYWHERE = text("select schools_in_trail()")
WITH_DEADLINES = "select schools_in_deadline() as id"
WITH_ADULT_CONCERNS = "select schools_in_adult_trail(null) as id"
WITH_CHILD_SEARCHES = "select schools_in_child_search() as id"
WITH_DIGESTS = "select schools_with_digest() as id"
WITH_SUPPORT = """
select schools_in_support_plan() as id union select schools_in_support_list_entry()
"""
WITH_URN = text("select d.id, d.urn from transfer_destinations(:urn, null, 200) d")
BEFORE_RECORDS = frozenset({"drill", "failed_job", "role_proposal", "task", "webhook"})
"""Kinds a school may have before its first record: drills, programs and tasks."""


def _stands_alone(model: type[SchoolRow]) -> bool:
    """Whether a row needs no child or concern of the school, so that it may be the first."""
    table: Any = model.__table__
    needed = {
        key.referred_table.name
        for key in table.foreign_key_constraints
        if not any(column.nullable for column in key.columns)
    }
    return needed.isdisjoint({"child", "concern"})


CONTENT = [
    model.__tablename__
    for resource_type, model in KIND_MODELS.items()
    if resource_type not in BEFORE_RECORDS and _stands_alone(model)
]
"""Tables that may hold a school's first record.

It may be about a pupil or an adult, about someone unmatched, or from another school.
"""
HAS_BEGUN = "select " + " or ".join(
    f"(select true from {table} t where t.school_id = $1 limit 1)" for table in CONTENT
)
IS_TRUST = "select o.kind = 'trust' from organisation o where o.id = $1"
IS_SCHOOL_OF = """
select exists (select from organisation o
               where o.id = $1 and o.parent_id = $2 and o.kind = 'school')
"""
REACHED = "o.kind = 'school' and (o.id = $1 or o.parent_id = $1)"


class OrganisationRepository(Repository):
    """Finds, locks and adds schools and trusts."""

    async def lock_own(self) -> Organisation | None:
        """The organisation this work is scoped to, locked; only it can be changed here."""
        rows = await self.session.scalars(
            select(Organisation)
            .where(Organisation.id == self.school_id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
        return rows.one_or_none()

    async def own(self) -> Organisation | None:
        """The organisation this work is scoped to."""
        return await self.session.get(Organisation, self.school_id)

    async def schools(self) -> Sequence[Organisation]:
        """The schools of the trust this work is scoped to, by name."""
        rows = await self.session.scalars(
            select(Organisation)
            .where(Organisation.parent_id == self.school_id, Organisation.kind == "school")
            .order_by(func.lower(Organisation.name), Organisation.id)
        )
        return rows.all()

    async def hold_founding(self) -> None:
        """Let trusts be founded one at a time: no scope shows one that another work is making."""
        await self.session.execute(WAIT)
        await self.session.execute(HOLD)

    async def everywhere(self) -> Sequence[UUID]:
        """The id of every organisation, and nothing else about them."""
        return list(await self.session.scalars(EVERYWHERE))

    async def with_urn(self, urn: str) -> UUID | None:
        """A school with this URN, under any trust; for the operator."""
        result = await self.session.execute(WITH_URN, {"urn": urn})
        return next((row.id for row in result if row.urn == urn), None)

    async def signed_in_since(self, moment: datetime) -> Sequence[UUID]:
        """Organisations that somebody signed in to after a moment.

        Sessions belong to people, not schools, so this needs no scope.
        """
        rows = await self.session.scalars(
            select(AuthSession.organisation_id).where(AuthSession.auth_time > moment).distinct()
        )
        return rows.all()


async def schools_of(driver: Driver, organisation_id: UUID, asked: PageOf) -> Sequence[Any]:
    """Schools within an organisation's reach, by name: one row more than the page shows."""
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
    """The organisation itself, or a school within its reach, or None."""
    return await driver.row(
        f"select {WHOLE} from organisation o where (o.id = $1 or o.parent_id = $1) and o.id = $2",
        organisation_id,
        school_id,
    )


async def is_trust(driver: Driver, organisation_id: UUID) -> bool:
    """Whether an organisation is a trust."""
    return bool(await driver.value(IS_TRUST, organisation_id))


async def is_school_of(driver: Driver, trust_id: UUID, school_id: UUID) -> bool:
    """Whether a trust has this school."""
    return bool(await driver.value(IS_SCHOOL_OF, school_id, trust_id))


async def has_begun(driver: Driver, school_id: UUID) -> bool:
    """Whether there is any record that a person with a role in the school could read."""
    return bool(await driver.value(HAS_BEGUN, school_id))


async def schools_with(driver: Driver, these: str) -> list[UUID]:
    """Every school that one of the `WITH_` statements finds."""
    return [row["id"] for row in await driver.rows(these)]
