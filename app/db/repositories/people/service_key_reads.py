"""Reads of service keys."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from app.db.paging import Conditions, PageOf
from app.db.session import Driver

COLUMNS = """
k.id, k.name, k.scopes, k.networks::text[] as networks, k.expires_at, k.former_until, k.rotated_at,
k.last_used_at, k.last_used_from, k.created_by, k.created_at, k.changed_at, k.revoked_at
"""
KEYS = f"""
select {COLUMNS} from service_key k
where k.school_id = $1 and {{where}} order by k.created_at desc, k.id desc limit {{limit}}
"""
KEY = f"select {COLUMNS}, k.version from service_key k where k.school_id = $1 and k.id = $2"


async def keys_of(
    driver: Driver, school_id: UUID, *, revoked: bool, asked: PageOf
) -> Sequence[Mapping[str, Any]]:
    """One page of keys, newest first."""
    where = Conditions(school_id)
    where.add("k.revoked_at is not null" if revoked else "k.revoked_at is null")
    if asked.after is not None:
        where.add("(k.created_at, k.id) < ({}, {})", asked.after.at, asked.after.id)
    limit = where.place(asked.fetch)
    return await driver.rows(KEYS.format(where=where, limit=limit), *where.values)


async def key_of(driver: Driver, school_id: UUID, key_id: UUID) -> Mapping[str, Any] | None:
    """One key."""
    return await driver.row(KEY, school_id, key_id)


OF_AGENCY = """
select k.id, k.name, k.networks::text[] as networks, k.expires_at, k.last_used_at, k.created_by,
       k.created_at, k.revoked_at, '"' || k.version || '"' as etag
from service_key k where k.school_id = $1 and k.agency_id = $2
order by k.created_at desc, k.id desc limit 100
"""


async def keys_of_agency(
    driver: Driver, school_id: UUID, agency_id: UUID
) -> Sequence[Mapping[str, Any]]:
    """The keys of an agency, newest first."""
    return await driver.rows(OF_AGENCY, school_id, agency_id)
