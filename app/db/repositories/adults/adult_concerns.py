"""SQL for concerns about adults: who sees one, the facts for raising one, and every read."""

import secrets
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.core.pointers import pointer_in_sql
from app.core.words import Actor
from app.db.models.adults.adult_concerns import about_head
from app.db.paging import Conditions, Page, PageOf, cut_cards, keep_states
from app.db.repositories.duty.cover import AWAY_ON
from app.db.repositories.repository import Repository
from app.db.session import Driver

PEOPLE = """
select m.staff_id, m.role from membership m join staff s on s.school_id = $1 and s.id = m.staff_id
  and s.accepted_at is not null and s.suspended_at is null and s.removed_at is null
join account a on a.id = m.staff_id and a.disabled_at is null
where m.school_id = $1 and m.role = any($2::text[])
  and m.valid_from <= $3::date and (m.valid_to is null or m.valid_to > $3::date)
order by m.valid_from, m.id
"""
SUBJECT = """
select s.id,
  coalesce((select true from membership m where m.school_id = $1 and m.staff_id = s.id
    and m.role = 'headteacher' and (
      (m.valid_from <= $3::date and (m.valid_to is null or m.valid_to > $3::date))
      or (m.valid_from <= $4::date and (m.valid_to is null or m.valid_to > $4::date)))
    limit 1), false) as is_head
from staff s where s.school_id = $1 and s.id = $2::uuid
"""
HEAD_NAMES = """
select distinct s.name from membership m join staff s on s.school_id = $1 and s.id = m.staff_id
where m.school_id = $1 and m.role = 'headteacher' and (
  (m.valid_from <= $2::date and (m.valid_to is null or m.valid_to > $2::date))
  or (m.valid_from <= $3::date and (m.valid_to is null or m.valid_to > $3::date)))
"""
ROLES = """
select m.role from membership m join staff s on s.school_id = $1 and s.id = m.staff_id
  and s.accepted_at is not null and s.suspended_at is null and s.removed_at is null
join account a on a.id = m.staff_id and a.disabled_at is null
where m.school_id = $1 and m.staff_id = $2::uuid
  and m.valid_from <= $3::date and (m.valid_to is null or m.valid_to > $3::date)
"""
STAFF_NAMES = """
select s.id, n.name from staff s
cross join lateral (select s.name union select f.name from staff_name f
                    where f.school_id = $1 and f.staff_id = s.id) n
where s.school_id = $1 and s.removed_at is null
"""
NAMES = "select s.id, s.name from staff s where s.school_id = $1 and s.id = any($2::uuid[])"
REACHED = "select s.name, s.phone from staff s where s.school_id = $1 and s.id = $2::uuid"
HOLD_STAFF = "select id from staff where school_id = $1 and id = $2::uuid for share"
CHILDREN = "select id from child where school_id = $1 and id = any($2::uuid[])"
STATEMENT = """
select true from adult_statement where school_id = $1 and concern_id = $2::uuid and id = $3::uuid
"""
TAKEN = "select true from adult_concern where school_id = $1 and reference = $2"
ALLEGATION_SINCE = """
select min(e.at) from adult_event e where e.school_id = $1 and e.concern_id = $2::uuid
  and e.verb = 'assessed' and e.details->>'threshold' = 'allegation'
"""
UNSETTLED = """
select c.id from adult_concern c where c.school_id = $1 and c.ended_at is null
order by c.recorded_at, c.id
"""

ABOUT = """
json_build_object('staff_id', c.staff_id, 'name', coalesce(s.name, c.adult_name),
  'role', c.adult_role, 'employer', c.adult_employer)
"""
PERSON = """
case when c.{0}_id is null then null else json_build_object('id', c.{0}_id, 'name', {1}.name) end
"""
OWNER, CASE_MANAGER = PERSON.format("owner", "o"), PERSON.format("case_manager", "g")
NAMES_BESIDE = """
  left join staff s on s.school_id = $1 and s.id = c.staff_id
  left join staff o on o.school_id = $1 and o.id = c.owner_id
  left join staff g on g.school_id = $1 and g.id = c.case_manager_id
"""
CARD = f"""
select c.sort_at, c.id, json_build_object(
  'id', c.id, 'reference', c.reference, 'state', c.state, 'kind', c.kind,
  'threshold', c.threshold, 'about', {ABOUT}, 'about_head', {about_head("c", "$2::date")},
  'immediate_risk', c.immediate_risk, 'recorded_at', rfc3339(c.recorded_at),
  'occurred_at', rfc3339(c.occurred_at), 'due_at', rfc3339(c.due_at),
  'waiting_for_signature', c.pending is not null, 'outcome', c.outcome,
  'owner', {OWNER}, 'case_manager', {CASE_MANAGER})::text as card
from ("""
CARD_END = f") c {NAMES_BESIDE}"
MINE = """
select c.recorded_at as sort_at, c.id, json_build_object(
  'id', c.id, 'reference', c.reference, 'recorded_at', rfc3339(c.recorded_at),
  'occurred_at', rfc3339(c.occurred_at), 'immediate_risk', c.immediate_risk,
  'kind', case when c.child_report->>'moved_from' is null then c.kind else 'not_sure' end,
  'progress', case when c.state = 'raised' then 'received'
                   when c.ended_at is null then 'being_handled' else 'thank_you' end)::text as card
from adult_concern c where """


@dataclass(frozen=True, slots=True)
class Subject:
    """The member of staff that a concern is about; `is_head` today, or on the day it happened."""

    id: UUID
    is_head: bool


class AdultRepository(Repository):
    """Finds, locks and adds concerns about adults and everything written about them."""

    def __init__(self, session: AsyncSession, school_id: UUID, driver: Driver) -> None:
        super().__init__(session, school_id)
        self._driver = driver

    async def people(self, roles: Collection[str], day: date) -> list[tuple[UUID, str]]:
        """People with one of the roles on a day, longest in theirs first."""
        rows = await self._driver.rows(PEOPLE, self.school_id, list(roles), day)
        return [(row["staff_id"], row["role"]) for row in rows]

    async def away(self, day: date) -> set[UUID]:
        """People who are away on a day."""
        rows = await self._driver.rows(AWAY_ON.format(day="$2::date"), self.school_id, day)
        return {row["away_id"] for row in rows}

    async def subject(self, staff_id: UUID, today: date, then: date) -> Subject | None:
        """The member of staff, and whether they are or were a head."""
        row = await self._driver.row(SUBJECT, self.school_id, staff_id, today, then)
        return None if row is None else Subject(row["id"], row["is_head"])

    async def names_of_heads(self, today: date, then: date) -> list[str]:
        """The names of the school's heads, today or on the day it happened."""
        return [
            row["name"] for row in await self._driver.rows(HEAD_NAMES, self.school_id, today, then)
        ]

    async def names_of_staff(self) -> list[tuple[UUID, str]]:
        """Everyone on the staff, under each name they have or had."""
        rows = await self._driver.rows(STAFF_NAMES, self.school_id)
        return [(row["id"], row["name"]) for row in rows]

    async def names_of(self, ids: Sequence[UUID]) -> dict[UUID, str]:
        """The names of people by their ids."""
        rows = await self._driver.rows(NAMES, self.school_id, list(ids))
        return {row["id"]: row["name"] for row in rows}

    async def reached(self, staff_id: UUID) -> str:
        """A person's name, with their phone number if there is one."""
        row: Any = await self._driver.row(REACHED, self.school_id, staff_id)
        return f"{row['name']}, {row['phone']}" if row["phone"] else str(row["name"])

    async def roles_of(self, staff_id: UUID, day: date) -> set[str]:
        """A person's roles on a day; holds their row, so that none ends meanwhile."""
        await self._driver.row(HOLD_STAFF, self.school_id, staff_id)
        return {
            row["role"] for row in await self._driver.rows(ROLES, self.school_id, staff_id, day)
        }

    async def known_children(self, ids: Sequence[UUID]) -> set[UUID]:
        """The ids that are children here."""
        if not ids:
            return set()
        return {row["id"] for row in await self._driver.rows(CHILDREN, self.school_id, list(ids))}

    async def has_statement(self, concern_id: UUID, statement_id: UUID) -> bool:
        """Whether a statement belongs to a concern."""
        return bool(await self._driver.value(STATEMENT, self.school_id, concern_id, statement_id))

    async def allegation_since(self, concern_id: UUID) -> datetime | None:
        """When it was first found to meet the harm threshold; None if it never was."""
        since: datetime | None = await self._driver.value(
            ALLEGATION_SINCE, self.school_id, concern_id
        )
        return since

    async def new_reference(self, year: int) -> str:
        """A random reference, `A-2026-384501`: a counted one would reveal how many there are."""
        while True:
            reference = f"A-{year}-{secrets.randbelow(1_000_000):06d}"
            if not await self._driver.value(TAKEN, self.school_id, reference):
                return reference

    async def open_ids(self) -> list[UUID]:
        """Every open concern, oldest first."""
        return [row["id"] for row in await self._driver.rows(UNSETTLED, self.school_id)]


@dataclass(frozen=True, slots=True)
class AdultFilter:
    """Which concerns about adults a list shows."""

    states: Sequence[str] = ()
    staff_id: UUID | None = None
    kind: str | None = None
    threshold: str | None = None
    overdue_at: datetime | None = None
    soonest_due: bool = False


def _asked(asked: AdultFilter, where: Conditions) -> None:
    if asked.overdue_at is not None or asked.soonest_due:
        where.add("t.ended_at is null")
    keep_states(where, "t", asked.states)
    where.given("t.staff_id = {}::uuid", asked.staff_id)
    where.given("t.kind = {}", asked.kind)
    where.given("t.threshold = {}", asked.threshold)
    where.given("t.due_at < {}", asked.overdue_at)


async def page_of_concerns(
    driver: Driver, where: Conditions, asked: AdultFilter, paging: PageOf
) -> Page[str]:
    """Cards as JSON texts; `where` begins with school and day, and limits them to the reader's."""
    _asked(asked, where)
    column, order, sign = (
        ("due_at", "", ">") if asked.soonest_due else ("recorded_at", " desc", "<")
    )
    if paging.after is not None:
        after = f"(t.{column}, t.id) {sign} ({{}}::timestamptz, {{}}::uuid)"
        where.add(after, paging.after.at, paging.after.id)
    limit = where.place(paging.fetch)
    statement = (
        f"{CARD} select t.*, t.{column} as sort_at from adult_concern t "
        f"where t.school_id = $1 and {where} "
        f"order by t.{column}{order}, t.id{order} limit {limit}{CARD_END} "
        f"order by c.sort_at{order}, c.id{order}"
    )
    return _page(await driver.rows(statement, *where.values), paging)


async def page_of_mine(
    driver: Driver, school_id: UUID, reporter_id: UUID, paging: PageOf
) -> Page[str]:
    """Cards of a person's own reports with their content-free progress."""
    where = Conditions(school_id, reporter_id)
    where.add("c.school_id = $1 and c.reporter_id = $2")
    limit = where.page(paging, "c.recorded_at")
    statement = f"{MINE}{where} order by c.recorded_at desc, c.id desc limit {limit}"
    return _page(await driver.rows(statement, *where.values), paging)


def _page(rows: Sequence[Any], paging: PageOf) -> Page[str]:
    return cut_cards(rows, paging)


NOTES = """
coalesce((select json_agg(json_build_object(
    'id', n.id, 'statement_id', n.statement_id, 'kind', n.kind, 'text', n.text,
    'reason', n.reason, 'recorded_at', rfc3339(n.recorded_at),
    'author', json_build_object('id', n.author_id, 'name', p.name)) order by n.recorded_at, n.id)
  from adult_note n join staff p on p.school_id = $1 and p.id = n.author_id
  where n.school_id = $1 and n.concern_id = c.id and {}), '[]')
"""
ADVICE = """
coalesce((select json_agg(e.details || jsonb_build_object(
    'id', e.id, 'recorded_at', rfc3339(e.at),
    'by', json_build_object('id', e.by_id, 'name', p.name)) order by e.at, e.id)
  from adult_event e join staff p on p.school_id = $1 and p.id = e.by_id
  where e.school_id = $1 and e.concern_id = c.id and e.verb in ('advised', 'referred')), '[]')
"""
CHILDREN_NAMED = """
coalesce((select json_agg(json_build_object('id', k.id,
    'name', coalesce(k.known_given_name, k.legal_given_name) || ' ' ||
            coalesce(k.known_family_name, k.legal_family_name)) order by k.sort_name, k.id)
  from child k where k.school_id = $1 and k.id = any(c.children)), '[]')
"""
OPEN = f"""
select c.version, c.state, c.pending::text as pending, json_build_object(
  'id', c.id, 'reference', c.reference, 'recorded_at', rfc3339(c.recorded_at),
  'kind', c.kind, 'occurred_at', rfc3339(c.occurred_at),
  'occurred_precision', c.occurred_precision, 'place', c.place,
  'immediate_risk', c.immediate_risk, 'anonymity_asked', c.anonymity_asked,
  'reported_about', c.reported_about, 'child_report', c.child_report,
  'children', {CHILDREN_NAMED},
  'reporter', json_build_object('id', c.reporter_id, 'name', r.name),
  'account', coalesce((select json_agg(json_build_object(
      'id', t.id, 'kind', t.kind, 'text', t.text, 'prompted_by', t.prompted_by,
      'told_by', t.told_by, 'basis', t.basis) order by t.position)
    from adult_statement t where t.school_id = $1 and t.concern_id = c.id), '[]'),
  'amendments', {NOTES.format("n.kind <> 'note' and (not $5::bool or n.author_id = $2)")}
  )::text as report,
  case when $5::bool then null else json_build_object(
  'state', c.state, 'about', {ABOUT}, 'about_head', {about_head("c", "$3::date")},
  'threshold', c.threshold, 'harm_tests', c.harm_tests,
  'owner', {OWNER}, 'case_manager', {CASE_MANAGER},
  'due_at', rfc3339(c.due_at), 'due_rule', c.due_rule,
  'acknowledged_at', rfc3339(c.acknowledged_at), 'assessed_at', rfc3339(c.assessed_at),
  'advised_at', rfc3339(c.advised_at), 'outcome', c.outcome, 'ended_at', rfc3339(c.ended_at),
  'pending', c.pending, 'locked_out', c.locked_out, 'namesakes', c.namesakes,
  'notes', {NOTES.format("n.kind = 'note'")}, 'advice_taken', {ADVICE})::text end as work
from adult_concern c join staff r on r.school_id = $1 and r.id = c.reporter_id {NAMES_BESIDE}
where c.school_id = $1 and c.id = $4::uuid
"""


async def whole_concern(
    driver: Driver, actor: Actor, day: date, concern_id: UUID, *, as_reporter: bool
) -> Any:
    """One in JSON parts: `report` and, unless `as_reporter`, `work`; None if it does not exist."""
    return await driver.row(OPEN, actor.school_id, actor.id, day, concern_id, as_reporter)


HISTORY = """
select e.id, e.verb, e.at, json_build_object('id', e.by_id, 'name', s.name)::text as by,
       e.by_role, e.from_state, e.to_state, e.reason, e.details::text as details
from adult_event e join staff s on s.school_id = $1 and s.id = e.by_id
where e.school_id = $1 and e.concern_id = $2::uuid
order by e.at, e.id
"""


async def history_of(driver: Driver, school_id: UUID, concern_id: UUID) -> Sequence[Any]:
    """Every step of a concern, oldest first."""
    return await driver.rows(HISTORY, school_id, concern_id)


async def earlier_about(driver: Driver, where: Conditions, staff_id: UUID) -> Sequence[Any]:
    """Concerns about one member of staff, newest first; `where` has what the reader sees."""
    where.add("t.staff_id = {}::uuid and t.state <> 'entered_in_error'", staff_id)
    return await driver.rows(
        "select t.id, t.reference, t.kind, t.threshold, t.state, t.recorded_at, t.occurred_at, "
        f"t.outcome from adult_concern t where t.school_id = $1 and {where} "
        "order by t.recorded_at desc, t.id desc limit 200",
        *where.values,
    )


TRAIL = f"""
select e.at as sort_at, e.id, json_build_object(
  'id', e.id, 'at', rfc3339(e.at), 'actor_id', e.actor_id, 'actor_name', p.name,
  'actor_role', e.actor_role, 'verb', e.verb,
  'about', {pointer_in_sql("e.noun", "e.noun_id")},
  'reason', e.reason, 'details', e.details)::text as card
from adult_trail e left join staff p on p.school_id = $1 and p.id = e.actor_id
where e.school_id = $1 and (e.actor_id = $2::uuid{{seen}}) and {{more}}
order by e.at desc, e.id desc limit {{limit}}
"""
SEEN = " or e.noun_id in (select t.id from {table} t where t.school_id = $1 and {where})"


async def page_of_trail(
    driver: Driver,
    actor: Actor,
    keeps: Mapping[str, Callable[[Conditions], None]],
    concern_id: UUID | None,
    paging: PageOf,
) -> Page[str]:
    """Entries about records that the actor may read, and the actor's own, newest first.

    `keeps` adds, by table of the register, the condition for rows (`t`) that the actor sees.
    """
    more, seen = Conditions(actor.school_id, actor.id), []
    for table, keep in keeps.items():
        where = more.beside()
        keep(where)
        seen.append(SEEN.format(table=table, where=where))
    more.given("e.noun_id = {}::uuid", concern_id)
    limit = more.page(paging, "e.at")
    statement = TRAIL.format(seen="".join(seen), more=more, limit=limit)
    return _page(await driver.rows(statement, *more.values), paging)
