"""Reads of alerts: one person's tray, and what is still to be mailed."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from app.db.paging import Conditions, PageOf
from app.db.session import Driver

CARD = """
a.id, a.kind, a.urgent, a.concern_id, a.action_id, a.created_at, a.acknowledged_at
"""
UNSENT = """
select a.id, a.urgent, s.email
from alert a join staff s on s.school_id = $1 and s.id = a.recipient_id
where a.school_id = $1 and a.concern_id = $2 and a.sent_at is null
  and exists (select from membership m
              where m.school_id = $1 and m.staff_id = a.recipient_id
                and m.valid_from <= $3 and (m.valid_to is null or m.valid_to > $3))
  and not exists (select from trail t
                  where t.school_id = $1 and t.noun_id = a.id and t.verb = 'alert.refused')
order by a.created_at, a.id
"""


async def tray_of(
    driver: Driver,
    school_id: UUID,
    recipient_id: UUID,
    acknowledged: bool | None,
    asked: PageOf,
) -> Sequence[Any]:
    """One person's alerts, newest first: one row more than the page shows."""
    where = Conditions(school_id, recipient_id)
    where.add("a.school_id = $1 and a.recipient_id = $2")
    if acknowledged is not None:
        where.add(f"a.acknowledged_at is {'not ' if acknowledged else ''}null")
    if asked.after is not None:
        where.add("(a.created_at, a.id) < ({}, {})", asked.after.at, asked.after.id)
    limit = where.place(asked.fetch)
    return await driver.rows(
        f"select {CARD} from alert a where {where} "
        f"order by a.created_at desc, a.id desc limit {limit}",
        *where.values,
    )


async def unsent_of(driver: Driver, school_id: UUID, concern_id: UUID, day: date) -> Sequence[Any]:
    """Alerts of a concern that no message has carried yet, for people who work here on a day.

    An address that was refused for good is not tried again.
    """
    return await driver.rows(UNSENT, school_id, concern_id, day)
