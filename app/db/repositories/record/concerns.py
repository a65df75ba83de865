"""SQL for concerns and everything said about them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.models import AccountStatement, Action, ConcernChild, Conflict, SelfHarm
from app.db.paging import Conditions
from app.db.repositories.access.conflicts import IN_CONFLICT
from app.db.repositories.concern_facts import SIGHT, ConcernAccess, concern_access_from
from app.db.repositories.duty.cover import AWAY_ON, STANDS_IN
from app.db.repositories.duty.lead_availability import SOCIAL_CARE
from app.db.repositories.record.concern_reports import raise_in_one_statement
from app.db.repositories.repository import Repository
from app.db.session import Driver

NEAR = timedelta(hours=24)
"""Open concerns about the same child and the same thing, so near one another, may be the same."""
ALIKE = """c.ended_at is null and {known} && {categories}
        and c.occurred_at between {occurred_at} - {near}::interval
                              and {occurred_at} + {near}::interval"""
NOTHING_ALIKE = "'[]' as alike"
ALIKE_BEFORE = """
coalesce((select jsonb_agg(jsonb_build_array(x.id, x.reference)) from (
   select c.id, c.reference from concern c
   where c.school_id = $1 and {alike} and {seen}
     and c.id = any(array(select k.id from concern_child k
                          where k.school_id = $1 and k.child_id = any({children}::uuid[])))
   order by c.recorded_at desc, c.id limit {most}) x), '[]')::text as alike
"""
# Who stands in for somebody away comes after them, with their role; a role of the school's own
# that reads new concerns is enough for it.
WHO_AND_WHAT = f"""
with away as (
  {AWAY_ON.format(day="$3")}),
team as (
  select m.staff_id, m.role, m.created_at, m.id
  from membership m
  join staff s on s.school_id = $1 and s.id = m.staff_id and s.accepted_at is not null
              and s.suspended_at is null and s.removed_at is null
  join account b on b.id = m.staff_id and b.disabled_at is null
  where m.school_id = $1
    and m.role in ('dsl', 'deputy_dsl', 'headteacher', 'pastoral', 'school_admin')
    and m.valid_from <= $3 and (m.valid_to is null or m.valid_to > $3)),
people as (
  select t.staff_id, t.role, t.created_at, t.id, 0 as position from team t
  union all
  select p.staff_id, t.role, t.created_at, t.id, p.position + 1
  from away a
  join team t on t.staff_id = a.away_id and t.role in ('dsl', 'deputy_dsl', 'headteacher')
  join cover_person p on p.school_id = $1 and p.cover_id = a.id
  where {STANDS_IN.format(person="p.staff_id", first="$3", end="$3::date + 1")})
select coalesce((select array_agg(k.id) from child k
                 where k.school_id = $1 and k.id = any($2::uuid[])
                   and k.merged_into is null), '{{}}') as children,
       coalesce((select jsonb_agg(jsonb_build_array(x.staff_id, x.role)
                                  order by x.created_at, x.id, x.position)
                 from people x), '[]')::text as leads,
       array(select a.away_id from away a) as away,
       coalesce((select array_agg(x.staff_id) from conflict x
                 where x.school_id = $1 and x.child_id = any($2::uuid[]) and x.ended_at is null
                   and x.state <> 'suggested'),
                '{{}}') as locked_out,
       case when $4::uuid[] = '{{}}' then '{{}}' else
         coalesce((select array_agg(s.id) from staff s
                   where s.school_id = $1 and s.id = any($4::uuid[])), '{{}}') end as named,
       coalesce((select jsonb_agg(distinct jsonb_build_array(h.id, o.owner_id, cc.child_id))
                 from concern_child cc
                 join self_harm h on h.school_id = $1 and h.id = cc.id and h.state <> 'closed'
                 join concern o on o.school_id = $1 and o.id = h.id
                 where cc.school_id = $1 and cc.child_id = any($2::uuid[])
                   and cc.role in ('subject', 'harmed')), '[]')::text as pathways,
       array(select p.child_id from safety_plan p
             where p.school_id = $1 and p.child_id = any($2::uuid[])
               and p.state in ('agreed', 'in_use', 'under_review')) as planned,
       ({SOCIAL_CARE}) as care, {NOTHING_ALIKE},
       coalesce((select o.nation from organisation o where o.id = $1), 'england') as nation,
       coalesce(k.number, 0) as calendar_number, coalesce(k.content, '{{}}')::text as calendar
from (select) one
left join lateral (select c.number, c.content from school_calendar c where c.school_id = $1
                   order by c.number desc limit 1) k on true
"""
HIGHEST_LEVEL = """
with recursive merged as (
  select id from concern where school_id = $1 and id = $2
  union
  select c.id from concern c join merged m on c.duplicate_of = m.id where c.school_id = $1)
select max((e.details->>'level')::int) from merged m
join concern_event e on e.school_id = $1 and e.concern_id = m.id and e.verb = 'triaged'
"""
SHARES_CHILD = """
select exists (
  select from concern_child one
  join concern_child two on two.school_id = $1 and two.id = $3 and two.child_id = one.child_id
  where one.school_id = $1 and one.id = $2)
"""
HOLD_STAFF = text("select id from staff where school_id = :school_id and id = :id for share")
CAN_OWN = f"""
select exists (select from membership m
               join staff s on s.school_id = m.school_id and s.id = m.staff_id
                           and s.accepted_at is not null and s.suspended_at is null
               where m.school_id = $1 and m.staff_id = $2 and m.role = any($5)
                 and m.valid_from <= $6 and (m.valid_to is null or m.valid_to > $6))
  and not ({IN_CONFLICT})
"""


@dataclass(frozen=True, slots=True)
class Raising:
    """What decides whether a new report may be one that was raised before."""

    children: Sequence[UUID]
    categories: Sequence[str]
    occurred_at: datetime
    most: int
    keep: Callable[[Conditions], None]
    """Keep the concerns (alias `c`) that the reporter may open, also as its reporter."""

    def told_before(self, where: Conditions) -> str:
        """SQL of open concerns like it, newest first, as JSON text of ids and references."""
        seen = where.beside()
        self.keep(seen)
        alike = ALIKE.format(
            known="c.reported_categories",  # a reporter may not learn what triage made of it
            categories=where.place([*self.categories]) + "::text[]",
            occurred_at=where.place(self.occurred_at) + "::timestamptz",
            near=where.place(NEAR),
        )
        return ALIKE_BEFORE.format(
            alike=alike, seen=seen, children=where.place([*self.children]),
            most=where.place(self.most),
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class RaisingFacts:
    """Who and what there is when a concern is raised."""

    children: frozenset[UUID]
    """Those of the children that exist here."""
    people: Sequence[tuple[UUID, str]]
    """Present leads, heads, pastoral members and administrators, as (person, role)."""
    locked_out: frozenset[UUID]
    """Staff with a conflict of interest about one of the children."""
    named: frozenset[UUID]
    """Those of the named staff who exist here."""
    away: frozenset[UUID] = frozenset()
    """Leads, deputies and heads who are away today."""
    calendar: tuple[int, str, str] = (0, "england", "{}")
    """Number, nation and JSON text of the school's calendar."""
    pathways: Sequence[tuple[UUID, UUID | None, UUID]] = ()
    """What is open about one of the children already: concern, its owner, child."""
    care: str = "{}"
    """JSON text of the numbers of children's social care, by day and by night."""
    planned: frozenset[UUID] = frozenset()
    """Those of the children with a safety plan that is agreed or in use."""
    alike: Sequence[tuple[UUID, str]] = ()
    """Id and reference of concerns that the reporter may open, and that may be the same."""


class ConcernRepository(Repository):
    """Finds, locks and adds concerns and their parts."""

    def __init__(self, session: AsyncSession, school_id: UUID, driver: Driver) -> None:
        super().__init__(session, school_id)
        self._driver = driver

    async def facts_for_raising(
        self, children: Sequence[UUID], day: Any, named: Sequence[UUID] = (),
        raising: Raising | None = None,
    ) -> RaisingFacts:  # fmt: skip
        """What raising a concern about some children, and naming some staff, has to know."""
        where = Conditions(self.school_id, list(children), day, list(named))
        alike = NOTHING_ALIKE if raising is None else raising.told_before(where)
        statement = WHO_AND_WHAT.replace(NOTHING_ALIKE, alike)
        row: Any = await self._driver.row(statement, *where.values)
        leads = [(UUID(person), role) for person, role in orjson.loads(row["leads"])]
        return RaisingFacts(
            frozenset(row["children"]),
            leads,
            frozenset(row["locked_out"]),
            frozenset(row["named"]),
            frozenset(row["away"]),
            (row["calendar_number"], row["nation"], row["calendar"]),
            [
                (UUID(concern), owner and UUID(owner), UUID(child))
                for concern, owner, child in orjson.loads(row["pathways"])
            ],
            row["care"],
            frozenset(row["planned"]),
            [(UUID(id_), reference) for id_, reference in orjson.loads(row["alike"])],
        )

    async def raise_whole(self, document: Mapping[str, Any], bindings: Sequence[Any]) -> str:
        """Write a whole concern with its trace, alerts and job; answers the reference."""
        return await raise_in_one_statement(self._driver, document, bindings)

    async def access_to(self, concern_id: UUID) -> ConcernAccess | None:
        """What decides who may see a concern, or None where there is none."""
        row: Any = await self._driver.row(SIGHT, self.school_id, concern_id)
        return None if row is None else concern_access_from(row)

    async def child_ids(self, concern_id: UUID) -> list[UUID]:
        """The children a concern is about, in their order."""
        found = await self.session.scalars(
            select(ConcernChild.child_id)
            .where(ConcernChild.school_id == self.school_id, ConcernChild.id == concern_id)
            .order_by(ConcernChild.position)
        )
        return list(found)

    async def locked_out_of(self, concern_id: UUID) -> list[UUID]:
        """Staff who have a conflict of interest about a concern, such as being named in it."""
        found = await self.session.scalars(
            select(Conflict.staff_id).where(
                Conflict.school_id == self.school_id,
                Conflict.concern_id == concern_id,
                Conflict.ended_at.is_(None),
                Conflict.state != "suggested",
            )
        )
        return list(found)

    async def pathway_of(self, concern_id: UUID, *, lock: bool = False) -> SelfHarm | None:
        """The self-harm pathway of a concern, or None."""
        await self.session.flush()  # a lock reads the row again
        return await (self.lock if lock else self.find)(SelfHarm, concern_id)

    async def shares_child(self, concern_id: UUID, other_id: UUID) -> bool:
        """Whether two concerns are about a common child."""
        shares: bool = await self._driver.value(SHARES_CHILD, self.school_id, concern_id, other_id)
        return shares

    async def statement_kind(self, concern_id: UUID, statement_id: UUID) -> str | None:
        """Whose words a statement is, as it was told; None where it is not the concern's."""
        found: str | None = await self.session.scalar(
            select(AccountStatement.kind).where(
                AccountStatement.school_id == self.school_id,
                AccountStatement.concern_id == concern_id,
                AccountStatement.id == statement_id,
            )
        )
        return found

    async def highest_level(self, concern_id: UUID) -> int | None:
        """The highest level of need it was ever put at, itself or what was merged into it."""
        level: int | None = await self._driver.value(HIGHEST_LEVEL, self.school_id, concern_id)
        return level

    async def open_actions(self, concern_id: UUID) -> int:
        """How many actions of a concern are open."""
        number = await self.session.scalar(
            select(func.count()).where(
                Action.school_id == self.school_id,
                Action.concern_id == concern_id,
                Action.state == "open",
            )
        )
        return number or 0

    async def can_own(
        self, staff_id: UUID, concern_id: UUID, roles: Sequence[str], day: date
    ) -> bool:
        """Whether a person holds one of the roles here on a day, and no interest in a concern.

        Their row is held first, so that a role cannot end between this look and our commit.
        """
        await self.session.execute(HOLD_STAFF, {"school_id": self.school_id, "id": staff_id})
        found = await self._driver.value(
            CAN_OWN, self.school_id, staff_id, [concern_id], [], list(roles), day
        )
        return bool(found)
