"""Reads of the own account."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from app.db.paging import Conditions, Cursor, Page, PageOf, page_of
from app.db.session import Driver

ACCOUNT = """
select a.email, s.name, s.new_email, s.new_phone, s.reach_changed_at
from account a left join staff s on s.school_id = $1 and s.id = a.id
where a.id = $2
"""
MEMBERSHIPS = """
select m.school_id as organisation_id, o.name as organisation, o.kind, m.role, m.valid_from,
       m.valid_to
from membership m join organisation o on o.id = m.school_id
join staff s on s.school_id = m.school_id and s.id = m.staff_id and s.accepted_at is not null
             and s.suspended_at is null
where m.staff_id = $1 and m.valid_from <= $2 and (m.valid_to is null or m.valid_to > $2)
order by o.name, m.role
"""
FACTORS = """
select exists (select from totp_secret t
               where t.account_id = $1 and t.confirmed_at is not null) as totp,
       (select count(*) from passkey p where p.account_id = $1) as passkeys,
       (select count(*) from recovery_code c
        where c.account_id = $1 and c.used_at is null) as recovery_codes
"""
PASSKEYS = """
select p.id, p.name, p.backed_up as synced, p.created_at, p.last_used_at
from passkey p where p.account_id = $1 order by p.id
"""
INVITATIONS = """
select s.school_id as organisation_id, o.name as organisation, o.kind, s.name, s.created_at,
       array(select distinct m.role from membership m
             where m.school_id = s.school_id and m.staff_id = s.id
               and (m.valid_to is null or m.valid_to > $2) order by 1) as roles
from staff s join organisation o on o.id = s.school_id
where s.id = $1 and s.accepted_at is null and s.declined_at is null
order by o.name, s.school_id
"""
SESSION = """
s.id, s.device, s.network, s.created_at, s.seen_at, s.expires_at, s.role, s.amr,
s.organisation_id, o.name as organisation
"""


async def factors_of(driver: Driver, account_id: UUID) -> Any:
    """Which second factors the account has, and how many recovery codes are left."""
    return await driver.row(FACTORS, account_id)


async def passkeys_of(driver: Driver, account_id: UUID) -> Sequence[Any]:
    """The account's passkeys, oldest first."""
    return await driver.rows(PASSKEYS, account_id)


async def sessions_of(
    driver: Driver, account_id: UUID, present: UUID | None, at: datetime, wanted: PageOf
) -> Page[dict[str, Any]]:
    """The account's live sessions, newest first; `present` is the one that asks.

    The organisation's name is null where the person has no role there any more.
    """
    where = Conditions(account_id, at)
    where.add("s.account_id = $1 and s.revoked_at is null and s.expires_at > $2")
    if wanted.after is not None:
        where.add("(s.created_at, s.id) < ({}, {})", wanted.after.at, wanted.after.id)
    limit = where.place(wanted.fetch)
    rows = await driver.rows(
        f"select {SESSION} from auth_session s "
        f"left join organisation o on o.id = s.organisation_id where {where} "
        f"order by s.created_at desc, s.id desc limit {limit}",
        *where.values,
    )
    return page_of(
        rows,
        wanted,
        key=lambda row: Cursor(row["created_at"], row["id"]),
        shape=lambda row: {**row, "current": row["id"] == present},
    )


async def account_of(driver: Driver, school_id: UUID, account_id: UUID) -> Any:
    """E-mail address and name here of an account that must exist."""
    return await driver.row(ACCOUNT, school_id, account_id)


async def memberships_of(driver: Driver, account_id: UUID, day: date) -> Sequence[Any]:
    """Every membership of the account on a day; its own scope shows them in each school."""
    return await driver.rows(MEMBERSHIPS, account_id, day)


async def invitations_of(driver: Driver, account_id: UUID, day: date) -> Sequence[Any]:
    """Every organisation that waits for the account's answer, with the roles meant for it."""
    return await driver.rows(INVITATIONS, account_id, day)
