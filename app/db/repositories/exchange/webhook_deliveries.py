"""SQL behind webhooks: relaying events, claiming attempts and recording their results.

Rows are locked in one order: webhook, progress, delivery.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import orjson
from sqlalchemy import select

from app.core import clock
from app.db.models import Webhook
from app.db.repositories.duty.owners import LIVE as LIVE_PEOPLE
from app.db.repositories.exchange.events import ADULT_LOG, CHILDREN_LOG, COLUMNS, Place
from app.db.repositories.repository import Repository
from app.db.scope import LIVE, MEMBER_FACTS
from app.db.session import Driver

SCHOOLS_WITH_WORK = "select schools_with_webhook_work($1::xid8, $2) as id"
SCHOOLS = "select schools_with_webhooks() as id"
TO_TEND = """
select w.id from webhook w
where w.school_id = $1 and w.state <> 'ended'
  and (w.state = 'active' or exists (
    select from webhook_delivery d
    where d.school_id = $1 and d.webhook_id = w.id and d.state = 'pending' and d.next_at <= $2))
order by w.id
"""
HOLD = """
select p.id, p.xid, p.log, p.seq, p.failures, p.hold_until, w.state, w.kinds, w.url,
       w.sponsor_id, w.sponsor_role, w.secret, w.former_secret, w.former_until
from webhook_progress p join webhook w on w.school_id = $1 and w.id = p.id
where p.school_id = $1 and p.id = $2
for no key update of p skip locked
"""
SPONSOR = (
    """
select m.role, MEMBER_FACTS from membership m
join account a on a.id = m.staff_id and a.disabled_at is null
join staff s on s.school_id = $1 and s.id = m.staff_id and s.removed_at is null
where m.school_id = $1 and m.staff_id = $2 and m.role = $3 and LIVE limit 1
""".replace("MEMBER_FACTS", MEMBER_FACTS)
    .replace("LIVE", LIVE)
    .replace("NOW", "$4")
)
"""The present sight of the person behind an endpoint; empty if they have lost the role."""
ADD_PROGRESS = """
insert into webhook_progress (school_id, id, xid, log, seq)
values ($1, $2, $3::xid8, $4, $5)
"""
MOVE = """
update webhook_progress set xid = $3::xid8, log = $4, seq = $5
where school_id = $1 and id = $2
"""
ADD_DELIVERIES = """
insert into webhook_delivery
  (school_id, id, webhook_id, event_id, kind, body, state, next_at, created_at)
select $1, e.id, $2, e.event_id, e.kind, e.body, 'pending', $3, $3
from jsonb_to_recordset($4::jsonb) as e(id uuid, event_id uuid, kind text, body text)
on conflict (school_id, webhook_id, event_id) do nothing
"""
IN_FLIGHT = """
select count(*) from webhook_delivery
where school_id = $1 and webhook_id = $2 and state = 'pending' and claimed_until > $3
"""
CLAIM = """
with due as materialized (
  select c.id from webhook_delivery c
  where c.school_id = $1 and c.webhook_id = $2 and c.state = 'pending' and c.next_at <= $3
    and ($6::text is null or c.kind = $6)
  order by c.next_at, c.id limit $5
  for no key update skip locked)
update webhook_delivery d
set attempts = d.attempts + 1, claimed_until = $4, next_at = $4
from due
where d.school_id = $1 and d.id = due.id
returning d.id, d.event_id, d.kind, d.body, d.attempts as number, d.step
"""
"""Materialized: as the inner side of a nested loop it would run again for each row and, as it skips
rows already claimed, claim more than its limit.
"""
ENTRIES = f"""
select {CHILDREN_LOG} as log, {COLUMNS}, t.details->>'concern_id' as concern_id
from trail t where t.school_id = $1 and t.id = any($2::uuid[])
union all
select {ADULT_LOG}, {COLUMNS}, null
from adult_trail t where t.school_id = $1 and t.id = any($2::uuid[])
"""
WITHHOLD = """
update webhook_delivery
set state = 'withheld', next_at = null, claimed_until = null, ended_at = $3, last_code = $4
where school_id = $1 and id = any($2::uuid[])
"""
WITHHOLD_WAITING = """
update webhook_delivery
set state = 'withheld', next_at = null, claimed_until = null, ended_at = $3, last_code = $4
where school_id = $1 and webhook_id = $2 and state = 'pending'
"""
WAIT_NO_LONGER = """
update webhook_delivery set next_at = $3, step = 0
where school_id = $1 and webhook_id = $2 and state = 'pending'
  and coalesce(claimed_until, '-infinity') <= $3
"""
BRING_FORWARD = """
update webhook_delivery set next_at = $3
where school_id = $1 and webhook_id = $2 and state = 'pending' and next_at > $3
  and coalesce(claimed_until, '-infinity') <= $3
"""
PROGRESS = """
select p.failing_since, p.answered_at, p.last_code, p.told_at from webhook_progress p
where p.school_id = $1 and p.id = $2 for no key update
"""
NOTE = """
update webhook_delivery
set state = $4, step = $5, next_at = $6, claimed_until = null, last_status = $7, last_code = $8,
    ended_at = case when $4 = 'pending' then null else $9::timestamptz end
where school_id = $1 and id = $2 and attempts = $3 and state = 'pending'
returning created_at
"""
ADD_ATTEMPT = """
insert into webhook_attempt (school_id, id, delivery_id, number, at, status, milliseconds, code)
values ($1, $2, $3, $4, $5, $6, $7, $8)
"""
ANSWERED = """
update webhook_progress
set failures = 0, failing_since = null, answered_at = $3, last_code = null, hold_until = null,
    told_at = null
where school_id = $1 and id = $2
"""
FAILED = """
update webhook_progress
set failures = failures + 1, failing_since = coalesce(failing_since, $3), last_code = $4,
    hold_until = coalesce($5, hold_until), told_at = coalesce($6, told_at)
where school_id = $1 and id = $2
"""
GONE = """
update webhook_progress set last_code = $3 where school_id = $1 and id = $2
"""
HOLD_PROGRESS = """
select 1 from webhook_progress where school_id = $1 and id = $2 for no key update
"""
START_AGAIN = """
update webhook_progress
set failures = 0, failing_since = null, last_code = null, hold_until = null, told_at = null
where school_id = $1 and id = $2
"""
REPLAY_ONE = """
update webhook_delivery
set state = 'pending', step = 0, next_at = $4, claimed_until = null, ended_at = null
where school_id = $1 and webhook_id = $2 and id = $3
  and coalesce(claimed_until, '-infinity') <= $4
returning id
"""
REPLAY_SINCE = """
with chosen as (
  select id from webhook_delivery
  where school_id = $1 and webhook_id = $2 and created_at >= $3 and state = any($5::text[])
    and kind <> $7
  order by created_at, id limit $6 for no key update),
again as (
  update webhook_delivery d
  set state = 'pending', step = 0, next_at = $4, claimed_until = null, ended_at = null
  from chosen where d.school_id = $1 and d.id = chosen.id returning d.id)
select count(*) as replayed from again
"""
LIVING = "select count(*) from webhook where school_id = $1 and state <> 'ended'"
ONE_AT_A_TIME = "select pg_advisory_xact_lock(hashtextextended('cairn.webhooks/' || $1, 0))"
HOLDERS = f"""
select l.staff_id, array_agg(l.role) as roles from ({LIVE_PEOPLE}) l
where l.role = any($3::text[]) group by l.staff_id order by min(l.created_at), l.staff_id
"""
OLD = """
with old as materialized (
  select id from webhook_delivery
  where school_id = $1 and created_at < $2 and state <> 'pending'
  order by created_at limit $3
  for update skip locked),
attempts as (
  delete from webhook_attempt a using old where a.school_id = $1 and a.delivery_id = old.id),
gone as (
  delete from webhook_delivery d using old where d.school_id = $1 and d.id = old.id
  returning d.id)
select count(*) as forgotten from gone
"""


class WebhookRepository(Repository):
    """Finds, locks and adds endpoints."""

    async def lock_living(self) -> Sequence[Webhook]:
        """All endpoints that were not removed, locked."""
        rows = await self.session.scalars(
            select(Webhook)
            .where(Webhook.school_id == self.school_id, Webhook.state != "ended")
            .order_by(Webhook.id)
            .with_for_update(key_share=True)
        )
        return rows.all()


class NewDelivery(NamedTuple):
    """An event for an endpoint."""

    id: UUID
    event_id: UUID
    kind: str
    body: str


class AttemptResult(NamedTuple):
    """The result of an attempt: the delivery's new state, step and time; status and code."""

    state: str
    step: int
    next_at: datetime | None
    status: int | None
    code: str | None


class Attempt(NamedTuple):
    """An attempt as saved."""

    id: UUID
    delivery_id: UUID
    number: int
    at: datetime
    status: int | None
    milliseconds: int
    code: str | None


async def schools_with_work(driver: Driver, since: int | None, now: datetime) -> list[UUID]:
    """Schools with entries to relay, of that transaction or later, or with a due attempt."""
    rows = await driver.rows(SCHOOLS_WITH_WORK, since, now)
    return [row["id"] for row in rows]


async def schools_with_webhooks(driver: Driver) -> list[UUID]:
    """Schools that ever had an endpoint."""
    return [row["id"] for row in await driver.rows(SCHOOLS)]


async def endpoints_due(driver: Driver, school_id: UUID, now: datetime) -> list[UUID]:
    """Endpoints that may have something to relay or to send."""
    return [row["id"] for row in await driver.rows(TO_TEND, school_id, now)]


async def hold(driver: Driver, school_id: UUID, webhook_id: UUID) -> Any | None:
    """An endpoint with its progress locked; None if another worker has it."""
    return await driver.row(HOLD, school_id, webhook_id)


async def sponsor(
    driver: Driver, school_id: UUID, person_id: UUID, role: str, now: datetime
) -> Any | None:
    """What a person sees in a role they have, or None."""
    return await driver.row(SPONSOR, school_id, person_id, role, now)


async def add_progress(driver: Driver, school_id: UUID, webhook_id: UUID, place: Place) -> None:
    """Begin an endpoint's progress at a place."""
    await driver.write(ADD_PROGRESS, school_id, webhook_id, place.xid, place.log, place.seq)


async def move(driver: Driver, school_id: UUID, webhook_id: UUID, place: Place) -> None:
    """Record that everything up to a place was read."""
    await driver.write(MOVE, school_id, webhook_id, place.xid, place.log, place.seq)


async def add_deliveries(
    driver: Driver, school_id: UUID, webhook_id: UUID, now: datetime, new: Sequence[NewDelivery]
) -> None:
    """Queue events; those already queued do not change."""
    if new:
        content = orjson.dumps([item._asdict() for item in new], default=str).decode()
        await driver.write(ADD_DELIVERIES, school_id, webhook_id, now, content)


async def in_flight(driver: Driver, school_id: UUID, webhook_id: UUID, now: datetime) -> int:
    """Number of attempts at an endpoint running now, in any worker."""
    number: int = await driver.value(IN_FLIGHT, school_id, webhook_id, now)
    return number


async def claim(
    driver: Driver,
    school_id: UUID,
    webhook_id: UUID,
    *,
    now: datetime,
    until: datetime,
    limit: int,
    kind: str | None,
) -> Sequence[Mapping[str, Any]]:
    """Claim due attempts, each with the next number; after `until` a claim lapses."""
    return await driver.rows(CLAIM, school_id, webhook_id, now, until, limit, kind)


async def entries_of(driver: Driver, school_id: UUID, ids: Sequence[UUID]) -> Sequence[Any]:
    """Entries of the trails by id, in the form of `event_reads.scan`."""
    return await driver.rows(ENTRIES, school_id, ids)


async def withhold(
    driver: Driver, school_id: UUID, ids: Sequence[UUID], now: datetime, code: str
) -> None:
    """End deliveries that may no longer be sent."""
    await driver.write(WITHHOLD, school_id, ids, now, code)


async def withhold_waiting(
    driver: Driver, school_id: UUID, webhook_id: UUID, now: datetime, code: str
) -> None:
    """End everything queued for an endpoint."""
    await driver.write(WITHHOLD_WAITING, school_id, webhook_id, now, code)


async def gone(driver: Driver, school_id: UUID, webhook_id: UUID, code: str) -> None:
    """Record a test's result and nothing else: it sets no pace."""
    await driver.write(GONE, school_id, webhook_id, code)


async def hold_progress(driver: Driver, school_id: UUID, webhook_id: UUID) -> None:
    """Lock an endpoint's progress: nobody relays or claims meanwhile."""
    await driver.value(HOLD_PROGRESS, school_id, webhook_id)


async def start_again(driver: Driver, school_id: UUID, webhook_id: UUID, now: datetime) -> None:
    """Delete an endpoint's failure record; its queue begins its schedule again, at once."""
    await driver.write(START_AGAIN, school_id, webhook_id)
    await driver.write(WAIT_NO_LONGER, school_id, webhook_id, now)


async def progress(driver: Driver, school_id: UUID, webhook_id: UUID) -> Any:
    """How an endpoint has answered recently, locked."""
    return await driver.row(PROGRESS, school_id, webhook_id)


async def note(
    driver: Driver,
    school_id: UUID,
    delivery_id: UUID,
    number: int,
    came: AttemptResult,
    now: datetime,
) -> datetime | None:
    """Record an attempt's result; answers when the delivery began, or None if another took over."""
    row = await driver.write(NOTE, school_id, delivery_id, number, *came, now)
    return row["created_at"] if row else None


async def add_attempt(driver: Driver, school_id: UUID, attempt: Attempt) -> None:
    """Save an attempt."""
    await driver.write(ADD_ATTEMPT, school_id, *attempt)


async def answered(driver: Driver, school_id: UUID, webhook_id: UUID, now: datetime) -> None:
    """Record that the endpoint took something."""
    await driver.write(ANSWERED, school_id, webhook_id, now)


async def bring_forward(driver: Driver, school_id: UUID, webhook_id: UUID, now: datetime) -> None:
    """Make everything queued for a later attempt due now."""
    await driver.write(BRING_FORWARD, school_id, webhook_id, now)


async def failed(
    driver: Driver,
    school_id: UUID,
    webhook_id: UUID,
    now: datetime,
    *,
    code: str,
    hold_until: datetime | None,
    told_at: datetime | None,
) -> None:
    """Record one more failure of the endpoint."""
    await driver.write(FAILED, school_id, webhook_id, now, code, hold_until, told_at)


async def replay_one(
    driver: Driver, school_id: UUID, webhook_id: UUID, delivery_id: UUID, now: datetime
) -> bool:
    """Send a delivery again with its old id; False while an attempt at it runs."""
    row = await driver.write(REPLAY_ONE, school_id, webhook_id, delivery_id, now)
    return row is not None


async def replay_since(
    driver: Driver,
    school_id: UUID,
    webhook_id: UUID,
    *,
    since: datetime,
    now: datetime,
    states: Sequence[str],
    limit: int,
    but: str,
) -> int:
    """Send deliveries in some states again, oldest first; answers their number."""
    row = await driver.write(
        REPLAY_SINCE, school_id, webhook_id, since, now, list(states), limit, but
    )
    assert row is not None  # noqa: S101 - a count
    number: int = row["replayed"]
    return number


async def living(driver: Driver, school_id: UUID) -> int:
    """The number of a school's endpoints; nobody else adds one before this work ends."""
    await driver.value(ONE_AT_A_TIME, str(school_id))
    number: int = await driver.value(LIVING, school_id)
    return number


async def holders(
    driver: Driver, school_id: UUID, now: datetime, roles: Sequence[str]
) -> Sequence[Any]:
    """People who can sign in today in one of the roles, longest there first."""
    return await driver.rows(HOLDERS, school_id, clock.day_of(now), list(roles))


async def forget_before(driver: Driver, school_id: UUID, before: datetime, limit: int) -> int:
    """Delete earlier deliveries with their attempts, unless they wait; answers the number."""
    row = await driver.write(OLD, school_id, before, limit)
    assert row is not None  # noqa: S101 - a count
    forgotten: int = row["forgotten"]
    return forgotten
