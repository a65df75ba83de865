"""Reads of identity providers and of the own identities."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from app.db.paging import Conditions, PageOf
from app.db.session import Driver

COLUMNS = """
p.id, p.kind, p.label, p.issuer, p.client_id, p.tenants, p.second_factor_values, p.enabled,
p.created_by, p.created_at, p.changed_at, p.changed_by, p.approved_by, p.approved_at
"""
PROVIDERS = f"""
select {COLUMNS} from identity_provider p
where p.school_id = $1 and {{where}} order by p.created_at desc, p.id desc limit {{limit}}
"""
PROVIDER = f"""
select {COLUMNS}, p.version from identity_provider p where p.school_id = $1 and p.id = $2
"""
TRUSTED = f"""
select {COLUMNS} from identity_provider p
where p.school_id = $1 and p.enabled and p.approved_at is not null
order by p.created_at, p.id limit 50
"""
IDENTITIES = """
select i.id, i.issuer, i.subject, i.linked_by, i.linked_at, i.last_used_at
from account_identity i where i.account_id = $1 order by i.linked_at, i.id limit 100
"""


async def providers_of(
    driver: Driver, school_id: UUID, asked: PageOf
) -> Sequence[Mapping[str, Any]]:
    """One page of providers, newest first."""
    where = Conditions(school_id)
    if asked.after is not None:
        where.add("(p.created_at, p.id) < ({}, {})", asked.after.at, asked.after.id)
    limit = where.place(asked.fetch)
    return await driver.rows(PROVIDERS.format(where=where, limit=limit), *where.values)


async def provider_of(
    driver: Driver, school_id: UUID, provider_id: UUID
) -> Mapping[str, Any] | None:
    """One provider."""
    return await driver.row(PROVIDER, school_id, provider_id)


async def trusted_by(driver: Driver, school_id: UUID) -> Sequence[Mapping[str, Any]]:
    """The providers a school trusts now."""
    return await driver.rows(TRUSTED, school_id)


async def identities_of(driver: Driver, account_id: UUID) -> Sequence[Mapping[str, Any]]:
    """Everything an account is linked to."""
    return await driver.rows(IDENTITIES, account_id)
