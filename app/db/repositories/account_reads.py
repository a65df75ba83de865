"""Reads of the own account."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from app.db.session import Driver

ACCOUNT = """
select a.email, s.name
from account a left join staff s on s.school_id = $1 and s.id = a.id
where a.id = $2
"""
MEMBERSHIPS = """
select m.school_id as organisation_id, o.name as organisation, o.kind, m.role, m.valid_from,
       m.valid_to
from membership m join organisation o on o.id = m.school_id
where m.staff_id = $1 and m.valid_from <= $2 and (m.valid_to is null or m.valid_to > $2)
order by o.name, m.role
"""


async def account_of(driver: Driver, school_id: UUID, account_id: UUID) -> Any:
    """E-mail address and name here of an account that must exist."""
    return await driver.row(ACCOUNT, school_id, account_id)


async def memberships_of(driver: Driver, account_id: UUID, day: date) -> Sequence[Any]:
    """Every membership of the account on a day; its own scope shows them in each school."""
    return await driver.rows(MEMBERSHIPS, account_id, day)
