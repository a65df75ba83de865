"""SQL for the time after a death: cases, their parts, family links, and hard days."""

from collections.abc import Sequence
from datetime import date
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.words import Actor
from app.db.models import (
    AffectedPerson,
    BereavementCase,
    BereavementDate,
    BereavementEntry,
    BereavementMember,
)
from app.db.paging import Conditions, PageOf
from app.db.session import Driver

Part = TypeVar("Part", AffectedPerson, BereavementDate)

NAME = (
    "coalesce(k.known_given_name, k.legal_given_name) || ' ' || "
    "coalesce(k.known_family_name, k.legal_family_name)"
)
CARD = f"""
select c.proposed_at, c.id, json_build_object(
  'id', c.id, 'state', c.state, 'person_died', c.person_died,
  'child', case when k.id is not null then json_build_object('id', k.id, 'name', {NAME}) end,
  'person', c.person, 'proposed_at', rfc3339(c.proposed_at),
  'lead', json_build_object('id', c.lead_id, 'name', l.name),
  'decided_at', rfc3339(c.decided_at), 'ended_at', rfc3339(c.ended_at))::text as card
from bereavement_case c
join staff l on l.school_id = $1 and l.id = c.lead_id
left join child k on k.school_id = $1 and k.id = c.child_id
where c.school_id = $1 and {{where}}
order by c.proposed_at desc, c.id desc limit {{limit}}
"""
BESIDE = f"""
select l.name as lead_name, p.name as proposed_name, d.name as decided_name, a.name as asked_name,
       {NAME} as child_name,
       (select f.frozen_at from frozen_file f where f.school_id = $1 and f.case_id = c.id
        and f.undone_at is null) as frozen_at,
       (select o.nation from organisation o where o.id = $1) as nation,
       (select q.content::text from authority_contacts q where q.school_id = $1
          and (q.authority = c.authority or c.authority is null)
        order by q.authority limit 1) as contacts
from bereavement_case c
join staff l on l.school_id = $1 and l.id = c.lead_id
join staff p on p.school_id = $1 and p.id = c.proposed_by
left join staff d on d.school_id = $1 and d.id = c.decided_by
left join staff a on a.school_id = $1 and a.id = (c.pending ->> 'by')::uuid
left join child k on k.school_id = $1 and k.id = c.child_id
where c.school_id = $1 and c.id = $2
"""
TEAM = """
select m.id, m.role, m.staff_id, s.name as staff_name, m.deputy_id, d.name as deputy_name,
       m.added_at, m.left_at, m.version
from bereavement_member m
join staff s on s.school_id = $1 and s.id = m.staff_id
left join staff d on d.school_id = $1 and d.id = m.deputy_id
where m.school_id = $1 and m.case_id = $2 order by m.added_at, m.id
"""
DUTIES = """
select t.id, t.kind, t.facts ->> 'duty' as duty, t.due_at, t.due_rule, t.state, t.owner_id,
       o.name as owner_name, t.ended_at
from task t join staff o on o.school_id = $1 and o.id = t.owner_id
where t.school_id = $1 and t.about_id = $2 and t.about_noun = 'bereavement_case'
order by t.due_at, t.id
"""
PEOPLE = f"""
select p.id, p.child_id, {NAME} as child_name, k.roll_status, p.staff_id, s.name as staff_name,
       p.reason_codes, p.note, p.offer, p.owner_id, o.name as owner_name, p.next, p.left_alone,
       p.moved_to, p.added_at, p.ended_at, p.version
from affected_person p
join staff o on o.school_id = $1 and o.id = p.owner_id
left join child k on k.school_id = $1 and k.id = p.child_id
left join staff s on s.school_id = $1 and s.id = p.staff_id
where p.school_id = $1 and p.case_id = $2
  and coalesce(p.child_id <> all($3::uuid[]), true) and ($4::uuid is null or p.id = $4)
order by p.added_at, p.id
"""
ENTRY = """
select e.id, e.kind, e.content::text as content, e.about_id, e.amends_id, e.by_id,
       b.name as by_name, e.at,
       (select x.id from bereavement_entry x
        where x.school_id = $1 and x.amends_id = e.id) as amended_by_id
from bereavement_entry e join staff b on b.school_id = $1 and b.id = e.by_id
where e.school_id = $1 and {where} order by e.at desc, e.id desc limit {limit}
"""
DATES = """
select d.id, d.kind, d.falls_on, d.yearly, d.owner_id, o.name as owner_name, d.days_before,
       d.days_after, d.ended_at, d.version
from bereavement_date d join staff o on o.school_id = $1 and o.id = d.owner_id
where d.school_id = $1 and d.case_id = $2 and ($3::uuid is null or d.id = $3)
order by d.falls_on, d.id
"""
PAUSED = """
select l.id from recipient_link l
join share s on s.school_id = $1 and s.id = l.share_id
where l.school_id = $1 and l.paused_at is not null and l.ended_at is null
  and (s.child_id = $2 or lower(l.address) in (
    select lower(t.email) from contact t where t.school_id = $1 and t.child_id = $2))
order by l.id
"""
FAMILY = """
select l.id from recipient_link l
join share s on s.school_id = $1 and s.id = l.share_id
where l.school_id = $1 and l.ended_at is null and l.paused_at is null
  and ((s.child_id = $2 and s.contact_id is not null)
       or lower(l.address) in (
         select lower(t.email) from contact t where t.school_id = $1 and t.child_id = $2))
order by l.id
"""
"""Links to a child's contacts, and any link mailed to a contact's address."""
LINKS = """
select l.id, l.share_id, s.reference, l.paused_at, l.mailed_at is not null as mailed
from recipient_link l join share s on s.school_id = $1 and s.id = l.share_id
where l.school_id = $1 and l.id = any($2::uuid[]) order by l.id
"""
LIVE_DATES = """
select d.id, d.case_id, d.kind, d.falls_on, d.yearly, d.owner_id, d.days_before, d.days_after,
       c.child_id
from bereavement_date d
join bereavement_case c on c.school_id = $1 and c.id = d.case_id
                       and c.state in ('open', 'closed')
where d.school_id = $1 and d.ended_at is null and d.falls_on - d.days_before <= $2
order by d.id
"""
LIVE_PEOPLE = """
select p.id, p.case_id, p.child_id, p.staff_id, p.owner_id, p.left_alone, p.moved_to,
       k.roll_status
from affected_person p
left join child k on k.school_id = $1 and k.id = p.child_id
where p.school_id = $1 and p.ended_at is null and p.case_id = any($2::uuid[])
order by p.id
"""
KNOWN = "select dedupe from task where school_id = $1 and dedupe = any($2::text[])"


async def page_of_cases(
    driver: Driver, where: Conditions, paging: PageOf, *, ended: bool
) -> Sequence[Any]:
    """Cards as JSON texts, newest first; `where` has what the reader sees."""
    where.add(f"c.ended_at is {'not ' if ended else ''}null")
    limit = where.page(paging, "c.proposed_at")
    return await driver.rows(CARD.format(where=where, limit=limit), *where.values)


async def beside(driver: Driver, school_id: UUID, case_id: UUID) -> Any:
    """Names and first facts shown with a case that must exist."""
    return await driver.row(BESIDE, school_id, case_id)


async def team(driver: Driver, school_id: UUID, case_id: UUID) -> Sequence[Any]:
    """Everyone who is or was in a team."""
    return await driver.rows(TEAM, school_id, case_id)


async def duties(driver: Driver, school_id: UUID, case_id: UUID) -> Sequence[Any]:
    """The tasks of a case, ended or not."""
    return await driver.rows(DUTIES, school_id, case_id)


async def people(
    driver: Driver, actor: Actor, case_id: UUID, person_id: UUID | None = None
) -> Sequence[Any]:
    """People who may be affected, without those the actor is related to."""
    related = list(actor.conflicts.children)
    return await driver.rows(PEOPLE, actor.school_id, case_id, related, person_id)


async def page_of_entries(
    driver: Driver, school_id: UUID, case_id: UUID, kinds: Sequence[str], paging: PageOf
) -> Sequence[Any]:
    """Entries, newest first."""
    where = Conditions(school_id)
    where.add("e.case_id = {}", case_id)
    if kinds:
        where.add("e.kind = any({}::text[])", list(kinds))
    limit = where.page(paging, "e.at")
    return await driver.rows(ENTRY.format(where=where, limit=limit), *where.values)


async def entry(driver: Driver, school_id: UUID, entry_id: UUID) -> Any:
    """One entry that must exist."""
    return await driver.row(ENTRY.format(where="e.id = $2", limit=1), school_id, entry_id)


async def dates(
    driver: Driver, school_id: UUID, case_id: UUID, date_id: UUID | None = None
) -> Sequence[Any]:
    """The days of a case, or one of them."""
    return await driver.rows(DATES, school_id, case_id, date_id)


async def family_links(driver: Driver, school_id: UUID, child_id: UUID) -> list[UUID]:
    """Live links to the contacts of a child."""
    return [row["id"] for row in await driver.rows(FAMILY, school_id, child_id)]


async def paused_links(driver: Driver, school_id: UUID, child_id: UUID) -> list[UUID]:
    """The paused links among them."""
    return [row["id"] for row in await driver.rows(PAUSED, school_id, child_id)]


async def links_told(driver: Driver, school_id: UUID, links: Sequence[UUID]) -> Sequence[Any]:
    """What a lead sees of each link, to decide about it."""
    return await driver.rows(LINKS, school_id, list(links))


async def live_dates(driver: Driver, school_id: UUID, today: date) -> Sequence[Any]:
    """Days whose window may have opened."""
    return await driver.rows(LIVE_DATES, school_id, today)


async def live_people(driver: Driver, school_id: UUID, cases: Sequence[UUID]) -> Sequence[Any]:
    """People who may be affected in some cases."""
    return await driver.rows(LIVE_PEOPLE, school_id, list(cases))


async def known(driver: Driver, school_id: UUID, names: Sequence[str]) -> set[str]:
    """The tasks among these that were set before."""
    return {row["dedupe"] for row in await driver.rows(KNOWN, school_id, list(names))}


async def has_case(session: AsyncSession, school_id: UUID, child_id: UUID) -> bool:
    """Whether a child has a case that was neither withdrawn nor undone."""
    value = await session.scalar(
        select(BereavementCase.id).where(
            BereavementCase.school_id == school_id,
            BereavementCase.child_id == child_id,
            BereavementCase.state.not_in(("taken_back", "undone")),
        )
    )
    return value is not None


async def lock_live(session: AsyncSession, kind: type[Part], case: BereavementCase) -> list[Part]:
    """Open hard days or people of a case, locked, oldest first."""
    rows = await session.scalars(
        select(kind)
        .where(kind.school_id == case.school_id, kind.case_id == case.id, kind.ended_at.is_(None))
        .order_by(kind.id)
        .with_for_update(of=kind, key_share=True)
    )
    return list(rows)


async def is_named(
    session: AsyncSession, case: BereavementCase, child_id: UUID | None, staff_id: UUID | None
) -> bool:
    """Whether a case now names a child, or without one a member of staff, as affected."""
    named = AffectedPerson.child_id == child_id if child_id else AffectedPerson.staff_id == staff_id
    value = await session.scalar(
        select(AffectedPerson.id).where(
            AffectedPerson.school_id == case.school_id,
            AffectedPerson.case_id == case.id,
            named,
            AffectedPerson.ended_at.is_(None),
        )
    )
    return value is not None


async def members_of(
    session: AsyncSession, school_id: UUID, case_id: UUID
) -> Sequence[BereavementMember]:
    """The present members of a bereavement team, longest in it first."""
    rows = await session.scalars(
        select(BereavementMember)
        .where(
            BereavementMember.school_id == school_id,
            BereavementMember.case_id == case_id,
            BereavementMember.left_at.is_(None),
        )
        .order_by(BereavementMember.added_at, BereavementMember.id)
    )
    return rows.all()


async def is_amended(session: AsyncSession, school_id: UUID, entry_id: UUID) -> bool:
    """Whether a later entry replaces this one."""
    later = await session.scalar(
        select(BereavementEntry.id).where(
            BereavementEntry.school_id == school_id, BereavementEntry.amends_id == entry_id
        )
    )
    return later is not None


async def is_approved_by_another(session: AsyncSession, words: BereavementEntry) -> bool:
    """Whether anyone except their author has approved the words."""
    value = await session.scalar(
        select(BereavementEntry.id)
        .where(
            BereavementEntry.school_id == words.school_id,
            BereavementEntry.about_id == words.id,
            BereavementEntry.kind == "communication_approved",
            BereavementEntry.by_id != words.by_id,
        )
        .limit(1)
    )
    return value is not None
