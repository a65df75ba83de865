"""SQL behind webhooks: endpoints, their deliveries and attempts, in pages."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from app.db.cards import name_in_sql
from app.db.paging import Conditions, PageOf
from app.db.session import Driver

COLUMNS = f"""
w.id, w.url, w.description, w.kinds, w.state, w.owner_id, w.sponsor_id, w.sponsor_role,
{name_in_sql("w.owner_id")} as owner_name, {name_in_sql("w.sponsor_id")} as sponsor_name,
{name_in_sql("w.created_by")} as created_by_name,
w.former_until, w.rotated_at, w.disabled_at, w.disabled_reason_code, w.due_at, w.created_by,
w.created_at, w.changed_at, w.ended_at, p.failing_since, p.answered_at, p.last_code
"""
FROM = """
from webhook w join webhook_progress p on p.school_id = $1 and p.id = w.id
"""
WEBHOOKS = f"""
select {COLUMNS} {FROM}
where w.school_id = $1 and {{where}} order by w.created_at desc, w.id desc limit {{limit}}
"""
WEBHOOK = f"""
select {COLUMNS}, w.version, p.hold_until,
       (select count(*) from webhook_delivery d
        where d.school_id = $1 and d.webhook_id = w.id and d.state = 'pending') as waiting,
       (select r.classes from school_role r
        where r.school_id = $1 and r.slug = w.sponsor_role and r.ended_at is null)
         as defined_classes
{FROM} where w.school_id = $1 and w.id = $2
"""
DELIVERY_COLUMNS = """
d.id, d.event_id, d.kind, d.state, d.attempts, d.last_status, d.last_code, d.next_at, d.created_at,
d.ended_at
"""
DELIVERIES = f"""
select {DELIVERY_COLUMNS} from webhook_delivery d
where d.school_id = $1 and {{where}} order by d.created_at desc, d.id desc limit {{limit}}
"""
DELIVERY = f"""
select {DELIVERY_COLUMNS} from webhook_delivery d
where d.school_id = $1 and d.webhook_id = $2 and d.id = $3
"""
ATTEMPTS = """
select a.number, a.at, a.status, a.milliseconds, a.code from webhook_attempt a
where a.school_id = $1 and a.delivery_id = $2 order by a.number desc limit 100
"""


async def webhooks_of(
    driver: Driver, school_id: UUID, *, state: str, asked: PageOf
) -> Sequence[Mapping[str, Any]]:
    """One page of endpoints, newest first."""
    where = Conditions(school_id)
    if state == "open":
        where.add("w.state <> 'ended'")
    else:
        where.add("w.state = {}", state)
    limit = where.page(asked, "w.created_at")
    return await driver.rows(WEBHOOKS.format(where=where, limit=limit), *where.values)


async def webhook_of(driver: Driver, school_id: UUID, id_: UUID) -> Mapping[str, Any] | None:
    """One endpoint."""
    return await driver.row(WEBHOOK, school_id, id_)


async def deliveries_of(
    driver: Driver, school_id: UUID, webhook_id: UUID, *, state: str | None, asked: PageOf
) -> Sequence[Mapping[str, Any]]:
    """One page of an endpoint's deliveries, newest first."""
    where = Conditions(school_id)
    where.add("d.webhook_id = {}", webhook_id)
    where.given("d.state = {}", state)
    limit = where.page(asked, "d.created_at")
    return await driver.rows(DELIVERIES.format(where=where, limit=limit), *where.values)


async def delivery_of(
    driver: Driver, school_id: UUID, webhook_id: UUID, delivery_id: UUID
) -> Mapping[str, Any] | None:
    """One delivery."""
    return await driver.row(DELIVERY, school_id, webhook_id, delivery_id)


async def attempts_of(
    driver: Driver, school_id: UUID, delivery_id: UUID
) -> Sequence[Mapping[str, Any]]:
    """The last hundred attempts at a delivery, newest first."""
    return await driver.rows(ATTEMPTS, school_id, delivery_id)
