"""Reads of referrals beyond the list: local forms, facts for a draft, and an agency's referrals."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.db.models import ReferralVariant
from app.db.models.record.concerns import kind_of_statement
from app.db.paging import Conditions, PageOf
from app.db.session import Driver

VARIANT = """
select v.variant, v.number, v.kind, v.authority, v.content::text as content
from referral_variant v
where v.school_id = $1 and v.variant = $2 and ($3::int is null or v.number = $3)
order by v.number desc limit 1
"""
VARIANT_OF_AUTHORITY = """
select v.variant, v.number, v.kind, v.authority, v.content::text as content
from referral_variant v
where v.school_id = $1 and v.kind = $2 and v.authority = $3
order by v.added_at desc, v.number desc limit 1
"""
VARIANTS = """
select distinct on (v.variant) v.variant, v.number, v.kind, v.authority,
       v.content ->> 'title' as title, v.added_at
from referral_variant v where v.school_id = $1
order by v.variant, v.number desc
"""


async def variant_of(
    driver: Driver, school_id: UUID, variant: str, number: int | None
) -> Any | None:
    """A local form of the school, in one version or the newest."""
    return await driver.row(VARIANT, school_id, variant, number)


async def variant_of_authority(
    driver: Driver, school_id: UUID, kind: str, authority: str
) -> Any | None:
    """The newest local form of an authority for a kind."""
    return await driver.row(VARIANT_OF_AUTHORITY, school_id, kind, authority)


async def variants(driver: Driver, school_id: UUID) -> Sequence[Any]:
    """The local forms of the school, each in its newest version."""
    return await driver.rows(VARIANTS, school_id)


def json_of(text: str) -> Mapping[str, Any]:
    """Parse a JSON column."""
    content: Mapping[str, Any] = orjson.loads(text)
    return content


RECORD = (
    """
select
 (select row_to_json(x) from (
   select c.legal_given_name, c.legal_family_name, c.known_given_name, c.known_family_name, c.sex,
          c.year_group, c.registration_group, c.first_language, c.ethnicity, c.sen_provision,
          c.address, o.name as school
   from child c join organisation o on o.id = c.school_id
   where c.school_id = $1 and c.id = $2) x)::text as child,
 (select coalesce(json_agg(x), '[]') from (
   select i.system, i.value from child_identifier i
   where i.school_id = $1 and i.child_id = $2 and i.valid_to is null and not i.suppressed
     and i.system in ('upn', 'nhs_number')) x)::text as identifiers,
 (select coalesce(json_agg(x), '[]') from (
   select k.kind, k.name, k.organisation, k.email, k.phone, k.address, k.parental_responsibility,
          k.lives_with, k.is_parent, k.alleged_source_of_harm, k.court_orders
   from contact k
   where k.school_id = $1 and k.child_id = $2
     and (k.valid_to is null or k.valid_to > ($5::timestamptz at time zone 'Europe/London')::date)
   order by k.priority nulls last, k.id limit 60) x)::text as contacts,
 (select coalesce(json_agg(x), '[]') from (
   select o.id, r.kind, r.confirmed_at is not null as confirmed, o.year_group, o.roll_status,
          o.date_of_birth, o.legal_given_name, o.legal_family_name
   from relationship r
   join child o on o.school_id = $1
               and o.id = case when r.child_id = $2 then r.other_child_id else r.child_id end
   where r.school_id = $1 and (r.child_id = $2 or r.other_child_id = $2) and r.valid_to is null
   order by r.kind, o.id limit 30) x)::text as children,
 (select coalesce(json_agg(x), '[]') from (
   select s.kind, s.detail, s.valid_from, s.valid_to, s.lead_agency, s.worker, s.confidentiality
   from child_status s
   where s.school_id = $1 and s.child_id = $2 and s.confidentiality not in ('K5', 'K6')
   order by s.valid_from desc, s.id limit 60) x)::text as statuses,
 (select row_to_json(x) from (
   select c.occurred_at, c.occurred_precision, c.recorded_at, c.place, c.level, c.reference,
          s.name as reporter, s.job_title as reporter_title
   from concern c join staff s on s.school_id = $1 and s.id = c.reporter_id
   where c.school_id = $1 and c.id = $3
     and c.confidentiality not in ('K5', 'K6')) x)::text as concern,
 (select coalesce(json_agg(x), '[]') from (
   select """
    + kind_of_statement("a")
    + """ as kind, a.text, a.prompted_by, a.told_by, a.basis
   from account_statement a join concern c on c.school_id = $1 and c.id = a.concern_id
   where a.school_id = $1 and a.concern_id = $3 and c.confidentiality not in ('K5', 'K6')
   order by a.position) x)::text as statements,
 (select coalesce(json_agg(x), '[]') from (
   select m.region, m.size_mm, m.colour, m.shape, m.explanation
   from body_mark m join concern c on c.school_id = $1 and c.id = m.concern_id
   where m.school_id = $1 and m.concern_id = $3 and m.child_id = $2
     and c.confidentiality not in ('K5', 'K6')
   order by m.position) x)::text as marks,
 (select coalesce(json_agg(x), '[]') from (
   select a.what, a.state, a.outcome
   from action a join concern c on c.school_id = $1 and c.id = a.concern_id
   where a.school_id = $1 and a.concern_id = $3 and a.state <> 'dropped'
     and c.confidentiality not in ('K5', 'K6')
   order by a.set_at, a.id limit 40) x)::text as actions,
 (select coalesce(json_agg(x), '[]') from (
   select r.kind, r.sent_at, r.outcome, r.items, r.concern_id, a.name as agency
   from referral r join agency a on a.school_id = $1 and a.id = r.agency_id
   where r.school_id = $1 and r.child_id = $2 and r.sent_at is not null
   order by r.sent_at desc, r.id desc limit 60) x)::text as referrals,
 (select row_to_json(x) from (
   select s.name, s.job_title, s.email, s.phone from staff s
   where s.school_id = $1 and s.id = $4) x)::text as me,
 (select row_to_json(x) from (
   select s.name, s.job_title, s.email, s.phone from membership m
   join staff s on s.school_id = $1 and s.id = m.staff_id and s.removed_at is null
   where m.school_id = $1 and m.role = 'dsl'
     and m.valid_from <= ($5::timestamptz at time zone 'Europe/London')::date
     and (m.valid_to is null or m.valid_to > ($5::timestamptz at time zone 'Europe/London')::date)
   order by m.created_at, m.id limit 1) x)::text as lead
"""
)
"""Facts that can fill a draft about one child: none of class K5, no suppressed number.

The items of each referral decide who may know of it.
"""


async def record_for_draft(
    driver: Driver,
    school_id: UUID,
    child_id: UUID,
    concern_id: UUID | None,
    staff_id: UUID,
    at: datetime,
) -> dict[str, Any]:
    """Child, contacts, statuses and the rest, each as parsed JSON; None for a missing part."""
    row: Any = await driver.row(RECORD, school_id, child_id, concern_id, staff_id, at)
    return {name: None if text is None else orjson.loads(text) for name, text in row.items()}


ENTRIES = """
select e.id, e.kind, e.thing_id, e.concern_id, e.occurred_at, e.occurred_precision,
       e.recorded_at, e.late, c.primary_category as category, r.kind as referral_kind,
       r.outcome as referral_outcome, r.items::text as items, g.name as agency
from chronology_entry e
left join concern c on c.school_id = $1 and c.id = e.concern_id
left join referral r on e.kind = 'referral' and r.school_id = $1 and r.id = e.thing_id
left join agency g on g.school_id = $1 and g.id = r.agency_id
where e.school_id = $1 and e.child_id = $2
  and case when $3::uuid[] is null then e.significant else e.id = any($3::uuid[]) end
  and e.kind in ('concern', 'decision', 'action', 'status', 'referral')
  and coalesce(c.confidentiality, e.confidentiality) not in ('K5', 'K6')
  and c.state is distinct from 'entered_in_error'
order by e.occurred_at, e.id limit 300
"""


async def entries_of(
    driver: Driver, school_id: UUID, child_id: UUID, ids: Sequence[UUID] | None
) -> Sequence[Any]:
    """A child's chronology entries that can leave, oldest first: by id, or the significant ones.

    Never one of class K5, of a concern entered in error, or of the discussion among staff.
    """
    return await driver.rows(ENTRIES, school_id, child_id, None if ids is None else list(ids))


ANSWERS_IT = """a.kind = 'answer' and (a.details->>'question_id' = q.id::text
  or a.details->>'question_id' is null and a.recorded_at > q.recorded_at)"""
"""An answer names its question, or answers every earlier one."""
SENT_TO_AGENCY = f"""
select r.id, r.reference, r.kind, r.urgency, r.state, r.sent_at, r.agency_reference, r.outcome,
       n.sha256,
       exists (select from referral_event q where q.school_id = $1 and q.referral_id = r.id
               and q.kind = 'question'
               and not exists (select from referral_event a where a.school_id = $1
                               and a.referral_id = r.id and {ANSWERS_IT})) as waits_for_answer
from referral r
join snapshot n on n.school_id = $1 and n.id = r.snapshot_id
join service_key k on k.school_id = $1 and k.id = $2 and k.agency_id = r.agency_id
join agency a on a.school_id = $1 and a.id = k.agency_id and a.retired_at is null
where r.school_id = $1 and {{where}} order by r.sent_at desc, r.id desc limit {{limit}}
"""


async def sent_to_agency(
    driver: Driver, school_id: UUID, key_id: UUID, state: str | None, asked: PageOf
) -> Sequence[Any]:
    """A page of the referrals to a key's agency, newest first, without any content."""
    where = Conditions(school_id, key_id)
    where.add("r.sent_at is not null and r.state not in ('closed', 'withdrawn')")
    where.given("r.state = {}", state)
    limit = where.page(asked, "r.sent_at")
    return await driver.rows(SENT_TO_AGENCY.format(where=where, limit=limit), *where.values)


AFTER_WITHDRAWING = """
select c.owner_id as concern_owner_id,
       array(select f.staff_id from conflict f
             where f.school_id = $1 and f.concern_id = r.concern_id and f.ended_at is null
               and f.state <> 'suggested') as barred,
       array(select o.id from referral o
             where o.school_id = $1 and o.child_id = r.child_id and o.id <> r.id
               and o.concern_id is not distinct from r.concern_id and o.kind = r.kind
               and o.ended_at is null and o.state <> 'withdrawn') as others
from referral r
left join concern c on c.school_id = $1 and c.id = r.concern_id
where r.school_id = $1 and r.id = $2
"""
"""Who refers again: the concern's owner, the staff it names, and other open referrals."""


async def after_withdrawing(driver: Driver, school_id: UUID, referral_id: UUID) -> Any:
    """The facts that decide whether somebody must refer again, and who."""
    return await driver.row(AFTER_WITHDRAWING, school_id, referral_id)


OWN_DUTIES = """
select r.id, r.reference, r.kind, r.state, r.due_at, r.sent_at, r.drafted_at
from referral r where r.school_id = $1 and r.duty_of = $2
order by r.drafted_at desc, r.id desc limit 100
"""


async def own_duties(driver: Driver, school_id: UUID, staff_id: UUID) -> Sequence[Any]:
    """The newest reports that are a person's own duty."""
    return await driver.rows(OWN_DUTIES, school_id, staff_id)


RESTS_ON = """
select f.owner_id, f.confidentiality
from (
  select case when p.state = 'agreed' then 2 else 1 end as place, p.lead_id as owner_id,
         p.confidentiality, p.id
  from safety_plan p
  where p.school_id = $1 and p.child_id = $2
    and p.state in ('agreed', 'in_use', 'under_review')
  union all
  select 3, c.owner_id, c.confidentiality, c.id
  from self_harm h
  join concern c on c.school_id = $1 and c.id = h.id and c.ended_at is null
                and c.frozen_at is null
  join concern_child cc on cc.school_id = $1 and cc.id = h.id and cc.child_id = $2
                       and cc.role in ('subject', 'harmed')
  where h.school_id = $1 and h.state <> 'closed'
  union all
  select 4, m.made_by, s.confidentiality, m.id
  from support_plan m
  join safety_record s on s.school_id = $1 and s.id = m.record_id
  where m.school_id = $1 and m.child_id = $2 and m.ended_at is null) f
order by f.place, f.id limit 1
"""
"""What keeps a pupil safe: a safety plan, or an open pathway, or a support plan, in that order."""


async def rests_on(driver: Driver, school_id: UUID, child_id: UUID) -> Any | None:
    """The owner and class of a child's plan in force; None without one."""
    return await driver.row(RESTS_ON, school_id, child_id)


async def newest_variant(
    session: AsyncSession, school_id: UUID, variant: str
) -> tuple[str | None, int]:
    """The kind of a local form and the number of its newest version; None and 0 without one."""
    result = await session.execute(
        select(func.max(ReferralVariant.kind), func.max(ReferralVariant.number)).where(
            ReferralVariant.school_id == school_id, ReferralVariant.variant == variant
        )
    )
    kind, number = result.one()
    return kind, number or 0
