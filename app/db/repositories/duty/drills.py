"""Reads of drills: which there were, who each alerted at which step, and who answered."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from app.db.paging import Conditions, PageOf
from app.db.session import Driver

LAST = """
select d.started_at, d.ended_at from drill d where d.school_id = $1 and d.ladder = $2
order by d.started_at desc, d.id desc limit 1
"""
WHOLE = """
select d.id, d.ladder, d.reason, d.started_at, d.ended_at, d.ended_reason_code, d.version,
       case when d.ended_at is null then 'running' else 'ended' end as state,
       json_build_object('id', o.id, 'name', o.name)::text as owner,
       json_build_object('id', b.id, 'name', b.name)::text as started_by
from drill d
join staff o on o.school_id = $1 and o.id = d.owner_id
join staff b on b.school_id = $1 and b.id = d.started_by
where
"""
CLIMBS = """
select t.at, t.details->>'name' as name, (t.details->>'rung')::int as rung,
       (t.details->>'round')::int as round, (t.details->'recipients')::text as recipients,
       jsonb_array_length(t.details->'in_trust') as in_trust
from deadline d
join trail t on t.school_id = $1 and t.noun_id = d.id
            and t.verb in ('deadline.missed', 'deadline.climbed')
where d.school_id = $1 and d.noun = 'drill' and d.thing_id = $2
order by t.at, t.seq
"""
NOTIFIED = """
select json_build_object('id', s.id, 'name', s.name)::text as person, a.round, a.rung, a.rung_at,
       a.sent_at, a.acknowledged_at
from deadline d
join alert a on a.school_id = $1 and a.deadline_id = d.id
join staff s on s.school_id = $1 and s.id = a.recipient_id
where d.school_id = $1 and d.noun = 'drill' and d.thing_id = $2
order by a.round, a.created_at, a.id
"""


async def last_of(driver: Driver, school_id: UUID, ladder: str) -> Any | None:
    """The newest drill of a ladder: when it began and ended; or None."""
    return await driver.row(LAST, school_id, ladder)


async def drills_of(
    driver: Driver, school_id: UUID, state: str | None, asked: PageOf
) -> Sequence[Any]:
    """Drills, newest first: one row more than the page shows."""
    where = Conditions(school_id)
    where.add("d.school_id = $1")
    if state is not None:
        where.add("d.ended_at is null" if state == "running" else "d.ended_at is not null")
    limit = where.page(asked, "d.started_at")
    return await driver.rows(
        f"{WHOLE} {where} order by d.started_at desc, d.id desc limit {limit}", *where.values
    )


async def drill_of(driver: Driver, school_id: UUID, drill_id: UUID) -> Any | None:
    """One drill, or None."""
    return await driver.row(f"{WHOLE} d.school_id = $1 and d.id = $2", school_id, drill_id)


async def climbs_of(driver: Driver, school_id: UUID, drill_id: UUID) -> Sequence[Any]:
    """Each ring of a drill: when, at which step, and the ids (JSON) of the people alerted."""
    return await driver.rows(CLIMBS, school_id, drill_id)


async def told_by(driver: Driver, school_id: UUID, drill_id: UUID) -> Sequence[Any]:
    """The people a drill alerted in the school: last step, message and acknowledgement."""
    return await driver.rows(NOTIFIED, school_id, drill_id)
