"""SQL for a school's support services and authority contacts."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.models import AuthorityContacts, SupportService
from app.db.session import Driver

MOST = 500
"""More than any school has; the list has no pages."""

SHOWN = """
select s.id, s.national, s.content::text as content, s.checked_on, s.check_by,
       s.checked_by, b.name as checked_by_name, s.version, s.ended_at
from support_service s join staff b on b.school_id = $1 and b.id = s.checked_by
where s.school_id = $1 and {where}
"""
HERE = SHOWN.format(where=f"s.ended_at is null order by s.added_at, s.id limit {MOST}")
ONE = SHOWN.format(where="s.id = $2")

AUTHORITY_CONTACTS = """
select p.id, p.authority, p.content::text as content, p.checked_on, p.check_by,
       p.checked_by, b.name as checked_by_name, p.version
from authority_contacts p join staff b on b.school_id = $1 and b.id = p.checked_by
where p.school_id = $1 {where} order by p.authority limit """ + str(MOST)
ALL_AUTHORITY_CONTACTS = AUTHORITY_CONTACTS.format(where="")
AUTHORITY_CONTACTS_OF = AUTHORITY_CONTACTS.format(where="and p.authority = $2")

OLD = """
select 'support_service' as noun, s.id, s.check_by, s.checked_by from support_service s
where s.school_id = $1 and s.ended_at is null and s.check_by < $2
union all
select 'authority_contacts', p.id, p.check_by, p.checked_by from authority_contacts p
where p.school_id = $1 and p.check_by < $2
order by 3, 2
"""
"""Entries whose check is overdue."""


async def support_services_of(driver: Driver, school_id: UUID) -> Sequence[Any]:
    """The school's own and adopted support services on show, oldest first."""
    return await driver.rows(HERE, school_id)


async def support_service_of(driver: Driver, school_id: UUID, support_service_id: UUID) -> Any:
    """One support service, ended or not; None if it does not exist."""
    return await driver.row(ONE, school_id, support_service_id)


async def all_authority_contacts(driver: Driver, school_id: UUID) -> Sequence[Any]:
    """The school's authority contacts."""
    return await driver.rows(ALL_AUTHORITY_CONTACTS, school_id)


async def authority_contacts_of(driver: Driver, school_id: UUID, authority: str) -> Any:
    """The school's contacts of an authority; None if it has none."""
    return await driver.row(AUTHORITY_CONTACTS_OF, school_id, authority)


async def old_ones(driver: Driver, school_id: UUID, today: date) -> Sequence[Any]:
    """noun, id, check_by, checked_by of entries whose check is overdue."""
    return await driver.rows(OLD, school_id, today)


def content_of(row: Any) -> dict[str, Any]:
    """The fields of a support service that readers see."""
    content: dict[str, Any] = orjson.loads(row["content"])
    return content


async def is_adopted(session: AsyncSession, school_id: UUID, national: str) -> bool:
    """Whether the school shows a national service."""
    value = await session.scalar(
        select(SupportService.id).where(
            SupportService.school_id == school_id,
            SupportService.national == national,
            SupportService.ended_at.is_(None),
        )
    )
    return value is not None


async def lock_authority_contacts(
    session: AsyncSession, school_id: UUID, authority: str
) -> AuthorityContacts | None:
    """Lock the contacts of an authority; None if the school has none yet."""
    authority_contacts: AuthorityContacts | None = await session.scalar(
        select(AuthorityContacts)
        .where(AuthorityContacts.school_id == school_id, AuthorityContacts.authority == authority)
        .with_for_update()
    )
    return authority_contacts
