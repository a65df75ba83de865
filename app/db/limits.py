"""Rate limits, counted in the database so that every process agrees.

One statement for each request (GCRA, the leaky bucket as a meter): a row holds the moment at which
its bucket will be full again. The database's own clock counts, so machines' clocks do not matter.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.core import clock
from app.core.limits import Policy
from app.db.session import Database, Driver

# $1 key, $2 how far tests moved the clock, $3 time one request costs, $4 time a full bucket holds
TAKE = """
with moment as (select statement_timestamp() + $2::interval as now),
taken as (
  insert into rate_limit as kept (key, full_at)
  select $1, now + $3::interval from moment
  on conflict (key) do update
    set full_at = greatest(kept.full_at + $3::interval, excluded.full_at)
    where kept.full_at + $3::interval <= excluded.full_at - $3::interval + $4::interval
  returning full_at)
select moment.now, taken.full_at as granted,
       (select full_at from rate_limit where key = $1) as refused
from moment left join taken on true
"""

GIVE_BACK = """
update rate_limit set full_at = full_at - $2::interval where key = $1
"""

FORGET = """
delete from rate_limit where full_at < statement_timestamp() + $1::interval - interval '1 hour'
"""


@dataclass(frozen=True, slots=True)
class Taken:
    """The answer to one request; `retry_after_seconds` is 0 if allowed."""

    allowed: bool
    remaining: int
    retry_after_seconds: float


async def take(
    database: Database, key: str | Sequence[str], policy: Policy, cost: int = 1
) -> Taken:
    """Use up `cost` of a key's allowance, all of it or nothing.

    Raises the driver's error while the database is away, and `ValueError` for a cost that can never
    be met.
    """
    if not 1 <= cost <= policy.burst:
        raise ValueError(f"{policy.name} never allows {cost} at once")
    step = policy.step * cost
    async with database.outside() as driver:
        row = await driver.fetchrow(TAKE, _key(policy, key), clock.moved_by(), step, policy.span)
    assert row is not None  # noqa: S101 - the moment is always a row
    return _answer(policy, step, row["now"], row["granted"], row["refused"])


async def take_within(driver: Driver, key: str | Sequence[str], policy: Policy) -> Taken:
    """Use up one within a transaction. It counts once committed.

    Until then other requests for the key wait.
    """
    row = await driver.write(TAKE, _key(policy, key), clock.moved_by(), policy.step, policy.span)
    assert row is not None  # noqa: S101 - the moment is always a row
    return _answer(policy, policy.step, row["now"], row["granted"], row["refused"])


async def give_back_within(driver: Driver, key: str | Sequence[str], policy: Policy) -> None:
    """Undo a `take_within` of the same transaction that turned out not to count."""
    await driver.write(GIVE_BACK, _key(policy, key), policy.step)


def _key(policy: Policy, key: str | Sequence[str]) -> bytes:
    return policy.key_of(*((key,) if isinstance(key, str) else key))


def _answer(
    policy: Policy,
    step: timedelta,
    now: datetime,
    granted: datetime | None,
    moment: datetime | None,
) -> Taken:
    """`moment` is None if the refusing row was added after the statement began."""
    latest = now + policy.span
    full_at = granted or moment or latest
    remaining = max(0, (latest - full_at) // policy.step)
    if granted is not None:
        return Taken(True, remaining, 0.0)
    wait = (full_at + step - latest).total_seconds()
    return Taken(False, remaining, max(wait, policy.step.total_seconds() / 100))


async def give_back(
    database: Database, key: str | Sequence[str], policy: Policy, cost: int = 1
) -> None:
    """Undo a `take` that turned out not to count."""
    async with database.outside() as driver:
        await driver.execute(GIVE_BACK, _key(policy, key), policy.step * cost)


async def forget_full(database: Database) -> None:
    """Remove the rows of buckets that have long been full again."""
    async with database.outside() as driver:
        await driver.execute(FORGET, clock.moved_by())
