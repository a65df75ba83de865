"""SQL of alert intake: sources, earlier alerts, and the owners of identifiers."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession

from app.db import one_at_a_time
from app.db.models import Alert
from app.db.session import Driver

SOURCE = """
select s.id, s.name, s.severities::text, s.categories::text, s.identifiers, s.created_by,
       s.ended_at, s.service_key_id
from intake_source s
where s.school_id = $1 and (s.id::text = lower($2) or lower(s.name) = lower($2))
order by s.ended_at is not null, s.ended_at desc limit 1
"""
"""By id or name; an ended source only if no live one has the name."""
CLAIMED = """
select s.school_id, s.sealed, s.former_sealed, s.former_until, s.ended_at
from intake_source s where s.id = $1
"""
"""Read through the source's own scope, whatever the school."""
LIVING = """
select s.id from intake_source s where s.school_id = $1 and s.ended_at is null order by s.id
"""
SENT = """
select a.id from monitoring_alert a
where a.school_id = $1 and a.source_id = $2 and a.external_id = $3
"""
VERSIONS = """
select b.number, b.sha256, octet_length(b.body) as size from monitoring_body b
where b.school_id = $1 and b.alert_id = $2 order by b.number
"""
HITS = """
select w.part, i.system, i.child_id,
       i.valid_to is null or i.valid_to > $5::date as live, k.roll_status <> 'left' as on_roll
from unnest($2::text[], $3::text[], $4::text[]) as w(part, system, value)
join child_identifier i on i.school_id = $1 and i.system = w.system and i.value = w.value
join child k on k.school_id = $1 and k.id = i.child_id
order by live desc, w.part, i.child_id
"""
NAMED_LIKE = """
select t.id from child_name_token t
where t.school_id = $1 and t.token = any($2::text[])
group by t.id having count(distinct t.token) >= least(2, cardinality($2::text[])) order by t.id
"""
HEAD = """
select a.id from monitoring_alert a
where a.school_id = $1 and a.source_id = $2 and a.burst_key = $3 and a.state = 'open'
  and a.occurred_at between $4::timestamptz - $5::interval and $4::timestamptz + $5::interval
  and a.severity = any($6::text[]) and ($7::uuid is null or a.child_id = $7)
order by a.occurred_at, a.id limit 1
"""
PARTS = """
select a.id from monitoring_alert a where a.school_id = $1 and a.collapsed_into = $2
order by array_position(array['critical', 'high', 'medium', 'low'], a.severity), a.occurred_at, a.id
"""
UNREAD = """
select exists (select from alert a where a.school_id = $1 and a.thing_id = $2)
   and not exists (select from alert a where a.school_id = $1 and a.thing_id = $2
                   and a.acknowledged_at is not null)
   and not exists (select from deadline d where d.school_id = $1 and d.thing_id = $2
                   and d.ended_at is null and d.acknowledged_at is not null)
"""
MAY_REVIEW = """
select exists (
  select from membership m
  join staff s on s.school_id = $1 and s.id = m.staff_id and s.accepted_at is not null
              and s.suspended_at is null
  where m.school_id = $1 and m.staff_id = $2 and m.role = any($3::text[])
    and m.valid_from <= $4::date and (m.valid_to is null or m.valid_to > $4::date))
"""


async def hold(driver: Driver, *parts: object) -> None:
    """Make identical deliveries wait until this transaction ends."""
    await one_at_a_time.hold(driver, "intake", *parts)


async def source_named(driver: Driver, school_id: UUID, name: str) -> Any | None:
    """A source by its id or its name, or None."""
    return await driver.row(SOURCE, school_id, name)


async def source_claimed(driver: Driver, source_id: UUID) -> Any | None:
    """School and sealed secrets of the source that a caller claims to be, or None."""
    return await driver.row(CLAIMED, source_id)


async def living_sources(driver: Driver, school_id: UUID) -> list[UUID]:
    """The sources in use."""
    return [row["id"] for row in await driver.rows(LIVING, school_id)]


async def alert_sent(
    driver: Driver, school_id: UUID, source_id: UUID, external_id: str
) -> UUID | None:
    """The alert that a source sent before under this id, or None."""
    value: UUID | None = await driver.value(SENT, school_id, source_id, external_id)
    return value


async def versions_of(driver: Driver, school_id: UUID, alert_id: UUID) -> Sequence[Any]:
    """Number, hash and size of each version of an alert."""
    return await driver.rows(VERSIONS, school_id, alert_id)


async def hits_of(
    driver: Driver, school_id: UUID, wanted: Sequence[tuple[str, str, str]], day: Any
) -> Sequence[Any]:
    """Identifiers equal to one of (part, system, value), live ones first."""
    if not wanted:
        return ()
    parts, systems, values = (list(column) for column in zip(*wanted, strict=True))
    return await driver.rows(HITS, school_id, parts, systems, values, day)


async def named_like(driver: Driver, school_id: UUID, tokens: Sequence[str]) -> list[UUID]:
    """Children whose names have two of the words, or the only one: better one too many."""
    return [row["id"] for row in await driver.rows(NAMED_LIKE, school_id, list(tokens))]


async def head_of(
    driver: Driver,
    school_id: UUID,
    source_id: UUID,
    burst_key: str,
    at: datetime,
    window: timedelta,
    severities: Sequence[str],
    child_id: UUID | None,
) -> UUID | None:
    """The open alert that counts others of its burst, or None.

    It has one of the severities, and is about the same child if that is known.
    """
    value: UUID | None = await driver.value(
        HEAD, school_id, source_id, burst_key, at, window, list(severities), child_id
    )
    return value


async def parts_of(driver: Driver, school_id: UUID, head_id: UUID) -> list[UUID]:
    """The alerts counted with an alert, gravest first."""
    return [row["id"] for row in await driver.rows(PARTS, school_id, head_id)]


async def alerts_to_fold(
    session: AsyncSession,
    school_id: UUID,
    people: Sequence[UUID],
    kind: str,
    since: datetime,
    *,
    loud: bool,
) -> Sequence[Alert]:
    """Each person's newest open alert that counts others, locked; `loud`: only mailed ones."""
    newest = (
        select(Alert.id)
        .ext(distinct_on(Alert.recipient_id))
        .where(
            Alert.school_id == school_id,
            Alert.recipient_id.in_(people),
            Alert.kind == kind,
            Alert.created_at > since,
            Alert.acknowledged_at.is_(None),
            Alert.ended_at.is_(None),
            Alert.urgent.is_(False),
            Alert.counts.is_not(None),
            Alert.deadline_id.is_(None),
            *([Alert.counts.op("?")("high")] if loud else []),
        )
        .order_by(Alert.recipient_id, Alert.created_at.desc())
    )
    rows = await session.scalars(
        select(Alert)
        .where(Alert.school_id == school_id, Alert.id.in_(newest))
        .order_by(Alert.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return [row for row in rows if row.acknowledged_at is None and row.ended_at is None]


OVER = """
select a.id from alert a
where a.school_id = $1 and a.kind = $2 and a.matter_id = a.id
  and a.acknowledged_at is null and a.ended_at is null
  and not exists (select from monitoring_alert m
                  where m.school_id = $1 and m.state = 'open' and m.received_at >= a.created_at
                    and m.received_at <= a.created_at + $3::interval)
"""


async def folded_and_over(
    driver: Driver, school_id: UUID, kind: str, within: timedelta
) -> Sequence[UUID]:
    """Inbox alerts that count a tool's alerts, none of which is still open."""
    return [row["id"] for row in await driver.rows(OVER, school_id, kind, within)]


async def is_unread(driver: Driver, school_id: UUID, alert_id: UUID) -> bool:
    """Whether people have an alert about it and nobody has acknowledged that, or its clock."""
    return bool(await driver.value(UNREAD, school_id, alert_id))


async def holds_one(
    driver: Driver, school_id: UUID, staff_id: UUID, roles: Sequence[str], day: Any
) -> bool:
    """Whether a present person has one of the roles on a day."""
    return bool(await driver.value(MAY_REVIEW, school_id, staff_id, list(roles), day))
