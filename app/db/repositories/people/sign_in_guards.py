"""SQL that counts sign-in attempts, by email address and network, before they are checked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from app.core import clock
from app.db.session import Database

# $1 key, $2 how far tests moved the clock, $3 attempts before waiting, $4 the waits from then on
BEGIN = """
with moment as (select statement_timestamp() + $2::interval as now),
counted as (
  insert into sign_in_guard as kept (key, failed_count, locked_until, changed_at)
  select $1, 1, case when $3 <= 1 then now + ($4::interval[])[1] end, now from moment
  on conflict (key) do update set
    failed_count = kept.failed_count + 1,
    locked_until = case when kept.failed_count + 1 >= $3 then
      excluded.changed_at
      + least(
        ($4::interval[])[least(kept.failed_count + 2 - $3, cardinality($4::interval[]))],
        case when kept.proved_at > excluded.changed_at - interval '30 days'
          then interval '60 seconds' end) end,
    changed_at = excluded.changed_at
    where kept.locked_until is null or kept.locked_until <= excluded.changed_at
  returning proved_at)
select counted.proved_at is not null as known, true as let_in, null::interval as wait
from counted
union all
select false, false, g.locked_until - moment.now
from moment left join sign_in_guard g on g.key = $1
where not exists (select from counted)
"""

PROVED = """
update sign_in_guard set failed_count = 0, locked_until = null,
  changed_at = statement_timestamp() + $2::interval,
  proved_at = statement_timestamp() + $2::interval
where key = $1
"""

VOID = """
update sign_in_guard set failed_count = greatest(failed_count - 1, 0), locked_until = null
where key = $1
"""

FORGET = """
delete from sign_in_guard where changed_at < statement_timestamp() + $1::interval - $2::interval
"""


@dataclass(frozen=True, slots=True)
class Begun:
    """Whether an attempt may continue; `known` if this address has signed in from there before."""

    let_in: bool
    known: bool
    wait: timedelta


async def begin(database: Database, key: bytes, allowed: int, waits: Sequence[timedelta]) -> Begun:
    """Count an attempt as failed in advance; the one that uses up the allowance already locks."""
    async with database.outside() as driver:
        row = await driver.fetchrow(BEGIN, key, clock.moved_by(), allowed, list(waits))
    assert row is not None  # noqa: S101 - one of the two branches is always there
    return Begun(row["let_in"], row["known"], row["wait"] or timedelta(seconds=1))


async def proved(database: Database, key: bytes) -> None:
    """Reset the count: the person has proved who they are."""
    async with database.outside() as driver:
        await driver.execute(PROVED, key, clock.moved_by())


async def void(database: Database, key: bytes) -> None:
    """Take back an attempt that was never checked, for a reason of ours."""
    async with database.outside() as driver:
        await driver.execute(VOID, key)


async def forget(database: Database, older_than: timedelta) -> None:
    """Delete guards unchanged for this long."""
    async with database.outside() as driver:
        await driver.execute(FORGET, clock.moved_by(), older_than)
