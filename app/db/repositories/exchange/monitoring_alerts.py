"""Reads of sources and of the inbox of monitoring alerts."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from app.db.paging import Conditions, PageOf
from app.db.session import Driver

SOURCE = """
s.id, s.name, s.kind, s.created_at, s.changed_at, s.rotated_at, s.former_until, s.ended_at,
s.version,
(select max(b.received_at) from monitoring_alert b
 where b.school_id = $1 and b.source_id = s.id) as last_received_at,
(select count(*) from monitoring_alert b
 where b.school_id = $1 and b.source_id = s.id and b.state = 'open') as open
"""
WHOLE_SOURCE = f"""
select {SOURCE}, s.severities::text, s.categories::text, s.identifiers, s.service_key_id
from intake_source s where s.school_id = $1 and s.id = $2
"""
COUNTS = """
select coalesce(a.category, 'uncategorised') as category, count(*) as received,
       count(*) filter (where coalesce(h.state, a.state) = 'open') as open,
       count(*) filter (where coalesce(h.state, a.state) = 'taken_up') as taken_up,
       count(*) filter (where coalesce(h.state, a.state) = 'dismissed') as dismissed,
       count(*) filter (where coalesce(h.outcome, a.outcome) = 'false_positive')
         as false_positives
from monitoring_alert a
left join monitoring_alert h on h.school_id = $1 and h.id = a.collapsed_into
where a.school_id = $1 and a.source_id = $2
group by 1 order by 2 desc, 1
"""
UNMAPPED = """
select array(select distinct a.source_severity from monitoring_alert a
             where a.school_id = $1 and a.source_id = $2 and not a.severity_known
               and a.source_severity is not null order by 1 limit 50) as severities,
       array(select distinct a.source_category from monitoring_alert a
             where a.school_id = $1 and a.source_id = $2 and a.category is null
               and a.source_category is not null order by 1 limit 50) as categories
"""
NAME = """
coalesce(k.known_given_name, k.legal_given_name) || ' '
  || coalesce(k.known_family_name, k.legal_family_name)
"""
CARD = f"""
t.id, t.severity, t.source_severity, t.severity_known, t.category, t.source_category,
t.own_category::text as own_category,
t.occurred_at, t.received_at, t.last_at, t.count, t.state, t.confidence, t.collapsed_into,
t.due_at, t.outcome, t.ended_at, t.version, t.child_id, {NAME} as child_name,
t.source_id, s.name as source_name, s.ended_at <= t.received_at as source_had_ended,
t.owner_id, o.name as owner_name
"""
CARD_FIELDS = (
    "id", "severity", "source_severity", "severity_known", "category", "source_category",
    "occurred_at", "received_at", "last_at", "count", "state", "confidence", "collapsed_into",
    "due_at", "outcome", "ended_at",
)  # fmt: skip
FROM = """
from monitoring_alert t
join intake_source s on s.school_id = $1 and s.id = t.source_id
left join child k on k.school_id = $1 and k.id = t.child_id
left join staff o on o.school_id = $1 and o.id = t.owner_id
"""
WHOLE = """
, t.external_id, t.detected_at, t.hits::text as hits, t.candidates, t.reason, t.concern_id,
t.confidentiality, d.id as decided_id,
d.name as decided_name
"""
WHOLE_FROM = f"{FROM} left join staff d on d.school_id = $1 and d.id = t.decided_by"
GRAVITY = "array_position(array['critical', 'high', 'medium', 'low'], {}.severity)"
BODIES = f"""
select k.number, k.received_at, k.sha256, k.severity, k.content, k.body
from (select b.number, b.received_at, encode(b.sha256, 'hex') as sha256, b.severity,
             b.content::text as content, b.body, row_number() over (order by b.number desc) as age,
             row_number() over (order by {GRAVITY.format("b")}, b.number desc) as gravity
      from monitoring_body b where b.school_id = $1 and b.alert_id = $2) k
where k.age <= 50 or k.number = 1 or k.gravity = 1 order by k.number desc
"""
BURST = f"""
select a.id, a.severity, a.occurred_at, a.child_id, a.candidates, b.content::text as content
from monitoring_alert a
join lateral (select b.content from monitoring_body b
              where b.school_id = $1 and b.alert_id = a.id order by b.number desc limit 1) b on true
where a.school_id = $1 and a.collapsed_into = $2
order by {GRAVITY.format("a")}, a.occurred_at, a.id limit $3
"""
NAMES_SENT = """
select distinct b.content->'subject'->>'name' as name from monitoring_body b
where b.school_id = $1 and b.alert_id = $2 and b.content->'subject'->>'name' is not null
"""
CHILDREN = f"""
select k.id, {NAME} as name, k.year_group, k.registration_group, k.roll_status
from child k where k.school_id = $1 and k.id = any($2::uuid[]) order by k.sort_name, k.id
"""
LIKE_NAMED = """
select t.id from child_name_token t
where t.school_id = $1 and t.token = any($2::text[])
group by t.id having count(distinct t.token) = cardinality($2::text[]) order by t.id limit 5
"""
FEEDBACK = """
select a.id, a.source_id, s.name as source, a.external_id,
       coalesce(h.outcome, a.outcome) as outcome, coalesce(h.ended_at, a.ended_at) as at
from monitoring_alert a
join intake_source s on s.school_id = $1 and s.id = a.source_id
left join monitoring_alert h on h.school_id = $1 and h.id = a.collapsed_into
where a.school_id = $1 and coalesce(h.state, a.state) = 'dismissed' and {where}
order by at, a.id limit {limit}
"""


RECEIVED = (
    "(select true from monitoring_alert b where b.school_id = $1 and b.source_id = s.id limit 1)"
)
IN_STATE = {
    "open": "s.ended_at is null",
    "waiting": f"s.ended_at is null and {RECEIVED} is null",
    "active": f"s.ended_at is null and {RECEIVED}",
    "ended": "s.ended_at is not null",
}


async def page_of_sources(
    driver: Driver, school_id: UUID, asked: PageOf, *, state: str
) -> Sequence[Any]:
    """Sources in a state, newest first."""
    where = Conditions(school_id)
    where.add(IN_STATE[state])
    limit = where.page(asked, "s.created_at")
    return await driver.rows(
        f"select {SOURCE} from intake_source s where s.school_id = $1 and {where} "
        f"order by s.created_at desc, s.id desc limit {limit}",
        *where.values,
    )


async def whole_source(driver: Driver, school_id: UUID, source_id: UUID) -> Any | None:
    """One source, or None."""
    return await driver.row(WHOLE_SOURCE, school_id, source_id)


async def counts_of(driver: Driver, school_id: UUID, source_id: UUID) -> Sequence[Any]:
    """The number of a source's alerts and their outcomes, by category."""
    return await driver.rows(COUNTS, school_id, source_id)


async def unmapped_of(driver: Driver, school_id: UUID, source_id: UUID) -> Any:
    """A source's words that nobody has mapped."""
    return await driver.row(UNMAPPED, school_id, source_id)


async def page_of_alerts(
    driver: Driver, where: Conditions, asked: Mapping[str, Any], paging: PageOf
) -> Sequence[Any]:
    """Alerts, newest first; `where` limits them to what the reader sees."""
    for column in ("state", "severity", "source_id", "owner_id", "child_id", "concern_id",
                   "collapsed_into"):  # fmt: skip
        if (value := asked[column]) is not None:
            where.add(f"t.{column} = {{}}", value)
    if asked["matched"] is not None:
        where.add("t.child_id is not null" if asked["matched"] else "t.child_id is null")
    limit = where.page(paging, "t.received_at")
    return await driver.rows(
        f"select {CARD} {FROM} where t.school_id = $1 and {where} "
        f"order by t.received_at desc, t.id desc limit {limit}",
        *where.values,
    )


async def whole_alert(driver: Driver, school_id: UUID, alert_id: UUID) -> Any | None:
    """One alert, or None, for any reader."""
    return await driver.row(
        f"select {CARD} {WHOLE} {WHOLE_FROM} where t.school_id = $1 and t.id = $2",
        school_id, alert_id,
    )  # fmt: skip


async def bodies_of(driver: Driver, school_id: UUID, alert_id: UUID) -> Sequence[Any]:
    """The versions of an alert, newest first: 50, the first and the gravest."""
    return await driver.rows(BODIES, school_id, alert_id)


async def burst_of(driver: Driver, school_id: UUID, alert_id: UUID, limit: int) -> Sequence[Any]:
    """The alerts counted with an alert, each in its last version, gravest first."""
    return await driver.rows(BURST, school_id, alert_id, limit)


async def names_sent(driver: Driver, school_id: UUID, alert_id: UUID) -> Sequence[Any]:
    """Every name sent for the subject of an alert."""
    return await driver.rows(NAMES_SENT, school_id, alert_id)


async def children_of(driver: Driver, school_id: UUID, children: Sequence[UUID]) -> Sequence[Any]:
    """Names and groups of children."""
    return await driver.rows(CHILDREN, school_id, list(children))


async def like_named(driver: Driver, school_id: UUID, tokens: Sequence[str]) -> list[UUID]:
    """Children whose names have all of the words."""
    rows = await driver.rows(LIKE_NAMED, school_id, list(tokens))
    return [row["id"] for row in rows]


async def feedback(
    driver: Driver,
    school_id: UUID,
    *,
    since: datetime | None,
    until: datetime,
    service_key_id: UUID,
    source_id: UUID | None,
    asked: PageOf,
) -> Sequence[Any]:
    """Alerts from a key's sources that were dismissed before `until`, oldest first."""
    where = Conditions(school_id)
    where.add("coalesce(h.ended_at, a.ended_at) <= {}", until)
    where.add("s.service_key_id = {}", service_key_id)
    where.given("coalesce(h.ended_at, a.ended_at) >= {}", since)
    where.given("a.source_id = {}", source_id)
    if asked.after is not None:
        where.add(
            "(coalesce(h.ended_at, a.ended_at), a.id) > ({}, {})", asked.after.at, asked.after.id
        )
    limit = where.place(asked.fetch)
    return await driver.rows(FEEDBACK.format(where=where, limit=limit), *where.values)
