"""Reads of alerts: one person's inbox, alerts still to be mailed, and bad addresses."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from app.core.alert_ends import MAILED_ALONE
from app.core.words import Actor
from app.db.paging import Conditions, PageOf
from app.db.repositories.concern_facts import FACTS
from app.db.session import Driver

CARD = f"""
a.id, a.recipient_id, a.kind, a.urgent, a.concern_id, a.action_id, a.counts::text as counts,
a.created_at, a.acknowledged_at, a.rung, a.rung_at, a.times, a.deadline_id, a.round, a.about_id,
d.noun, d.thing_id, d.ladder, a.noun as told_noun, a.thing_id as told_id,
case when a.ended_at is not null then 'settled'
     when a.acknowledged_at is not null then 'acknowledged' else 'open' end as state,
a.ended_at, a.ended_reason_code, a.ended_by,
e.name as ended_by_name, {FACTS}
"""
INBOX = """
from alert a left join deadline d on d.school_id = $1 and d.id = a.deadline_id
left join staff e on e.school_id = $1 and e.id = a.ended_by
left join concern c on c.school_id = $1 and c.id = a.concern_id
"""
ALERTS = f"select {CARD} {INBOX} where a.school_id = $1 and a.id = any($2::uuid[])"
WAITS = "a.acknowledged_at is null and a.ended_at is null"
WAITING = f"select {CARD} {INBOX} where a.school_id = $1 and a.recipient_id = $2 and {WAITS}"
UNSENT = """
select a.id, a.kind, a.urgent, a.recipient_id, s.email, s.new_email, c.reference,
       case when a.rung_at > a.created_at then a.rung_at end as rung_again_at
from alert a join staff s on s.school_id = $1 and s.id = a.recipient_id
left join concern c on c.school_id = $1 and c.id = a.concern_id
where a.school_id = $1 and {which} and a.sent_at is null and s.suspended_at is null
  and a.acknowledged_at is null and a.ended_at is null
  and exists (select from membership m
              where m.school_id = $1 and m.staff_id = a.recipient_id
                and m.valid_from <= $3 and (m.valid_to is null or m.valid_to > $3))
  and not exists (select from trail t
                  where t.school_id = $1 and t.noun_id = a.id and t.verb = 'alert.refused'
                    and t.at >= coalesce(a.rung_at, a.created_at))
  and not exists (select from adult_trail t
                  where t.school_id = $1 and t.noun_id = a.id and t.verb = 'alert.refused'
                    and t.at >= coalesce(a.rung_at, a.created_at))
order by a.created_at, a.id
"""
UNSENT_OF = UNSENT.format(which="a.concern_id = $2 and a.mail = 'at_once'")
UNSENT_WITH = UNSENT.format(
    which="""(a.id = $2 or a.mail = 'at_once' and exists (
    select from alert g where g.school_id = $1 and g.id = $2 and g.recipient_id = a.recipient_id
      and (g.kind = any($4)) = (a.kind = any($4))))"""
)
GATHERED = UNSENT.format(
    which="""a.mail = 'digest' and coalesce(a.rung_at, a.created_at) <= $2::timestamptz
  and coalesce(a.rung_at, a.created_at) > $4::timestamptz
  and ($5::uuid is null or a.recipient_id = $5)"""
)

UNTOLD = """
select s.id from staff s
where s.school_id = $1 and s.suspended_at is null and s.removed_at is null
  and s.accepted_at is not null
  and exists (
    select from membership m
    where m.school_id = $1 and m.staff_id = s.id and m.role = any($2)
      and m.valid_from <= ($4::timestamptz at time zone 'Europe/London')::date
      and (m.valid_to is null or m.valid_to > ($4::timestamptz at time zone 'Europe/London')::date))
  and not exists (
    select from alert a
    where a.school_id = $1 and a.recipient_id = s.id and a.kind = $3
      and a.created_at > $4::timestamptz - interval '1 day')
order by s.id
"""


async def inbox_of(driver: Driver, actor: Actor, state: str | None, asked: PageOf) -> Sequence[Any]:
    """One person's alerts, newest first, hidden ones included: one row more than the page shows.

    Each row has the facts of the concern that it names. Acknowledged alerts count as ended.
    """
    where = Conditions(actor.school_id, actor.id)
    where.add("a.school_id = $1 and a.recipient_id = $2")
    if state is not None:
        where.add(WAITS if state == "open" else f"not ({WAITS})")
    limit = where.page(asked, "a.created_at")
    return await driver.rows(
        f"select {CARD} {INBOX} where {where} order by a.created_at desc, a.id desc limit {limit}",
        *where.values,
    )


async def own_alerts(
    driver: Driver, school_id: UUID, staff_id: UUID, alert_ids: Sequence[UUID]
) -> Sequence[Any]:
    """One person's own alerts among these."""
    rows = await alerts_of(driver, school_id, alert_ids)
    return [row for row in rows if row["recipient_id"] == staff_id]


async def alerts_of(driver: Driver, school_id: UUID, alert_ids: Sequence[UUID]) -> Sequence[Any]:
    """These alerts, including other people's."""
    return await driver.rows(ALERTS, school_id, list(alert_ids)) if alert_ids else ()


async def unsent_of(driver: Driver, school_id: UUID, concern_id: UUID, day: date) -> Sequence[Any]:
    """Alerts of a concern not yet in any message, for people who work here on a day.

    Leaves out what was refused permanently since it last rang, and people who are now suspended.
    """
    return await driver.rows(UNSENT_OF, school_id, concern_id, day)


async def gathered(
    driver: Driver, school_id: UUID, until: datetime, day: date, since: datetime, only: UUID | None
) -> Sequence[Any]:
    """Alerts to mail in one message for each person, or for `only` one, by the same rules."""
    return await driver.rows(GATHERED, school_id, until, day, since, only)


async def unsent_with(driver: Driver, school_id: UUID, alert_id: UUID, day: date) -> Sequence[Any]:
    """An alert, and any others to mail to its recipient at once, by the same rules."""
    return await driver.rows(UNSENT_WITH, school_id, alert_id, day, sorted(MAILED_ALONE))


WAITING_ABOUT = """
select a.recipient_id from alert a
where a.school_id = $1 and a.kind = $2 and a.noun = $3 and a.thing_id = $4
  and a.acknowledged_at is null and a.ended_at is null
"""


async def waiting_about(
    driver: Driver, school_id: UUID, kind: str, about: tuple[str, UUID]
) -> set[UUID]:
    """People with an unacknowledged alert of a kind about a record."""
    rows = await driver.rows(WAITING_ABOUT, school_id, kind, *about)
    return {row["recipient_id"] for row in rows}


REACHED_BY = """
select s.id, s.name, o.phone
from staff s join organisation o on o.id = $1
where s.school_id = $1 and s.id = any($2::uuid[])
"""


async def reached_by(
    driver: Driver, school_id: UUID, people: Collection[UUID]
) -> dict[UUID, dict[str, Any]]:
    """Names of members of staff and the school's number, by id."""
    if not people:
        return {}
    rows = await driver.rows(REACHED_BY, school_id, list(people))
    return {
        row["id"]: {"id": row["id"], "name": row["name"], "phone": row["phone"]} for row in rows
    }


ALERTED = """
select distinct a.recipient_id from alert a
where a.school_id = $1 and a.concern_id = $2
  and not exists (select from action t where t.school_id = $1 and t.concern_id = $2
                  and t.owner_id = a.recipient_id and t.state = 'open')
  and not exists (
    select from access_grant g
    where g.school_id = $1 and g.staff_id = a.recipient_id and g.ended_at is null
      and g.valid_to > $3::timestamptz and (g.concern_id = $2 or g.child_id in (
          select c.child_id from concern_child c where c.school_id = $1 and c.id = $2)))
"""


async def alerted_of(driver: Driver, school_id: UUID, concern_id: UUID, now: datetime) -> set[UUID]:
    """Everyone ever alerted about a concern, without people who opened a part of it by a grant."""
    rows = await driver.rows(ALERTED, school_id, concern_id, now)
    return {row["recipient_id"] for row in rows}


async def list_unnotified(
    driver: Driver, school_id: UUID, roles: Sequence[str], kind: str, now: datetime
) -> list[UUID]:
    """People with one of the roles and no alert of the kind for a day."""
    rows = await driver.rows(UNTOLD, school_id, list(roles), kind, now)
    return [row["id"] for row in rows]
