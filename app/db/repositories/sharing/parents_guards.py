"""SQL for the facts that decide whether home may be told: one statement for a child."""

from collections.abc import Callable, Collection
from datetime import date
from typing import Any
from uuid import UUID

from app.db.paging import Conditions
from app.db.repositories.concern_facts import AccessFilter
from app.db.repositories.duty.lead_availability import SOCIAL_CARE
from app.db.repositories.shared_items import ABOUT
from app.db.session import Driver

NOT_SUPERSEDED = """not exists (select from safety_record n
                    where n.school_id = $1 and n.supersedes_id = r.id)"""
WORDS = f"""
select coalesce(json_agg(json_build_object(
         'adviser', w ->> 'adviser', 'says', w ->> 'says', 'at', w ->> 'at',
         'until', w ->> 'wait_until', 'stands', {NOT_SUPERSEDED})), '[]')::text
from safety_record r
cross join jsonb_array_elements(coalesce(r.content -> 'advice', '[]')) w
where r.school_id = $1
  and (r.concern_id = any(g.ids) or w ->> 'says' = 'tell' and r.concern_id = any(g.above))
  and r.kind = 'parents_decision' and w ->> 'adviser' is not null
  and (r.child_id = k.child_id or w ->> 'says' = 'wait' and not exists (
    select from concern_child x
    where x.school_id = $1 and x.id = c.id and x.child_id = r.child_id))
"""
"""Advice about this child's home. Advice to wait is for the whole concern: it holds for the
children in it now, if its child turned out to be another. Advice to tell may stand with the concern
it was merged into, where people go on.
"""
FEARED = """
array(select x.id from contact x
      where x.school_id = $1 and x.child_id = k.child_id and x.alleged_source_of_harm)
"""
"""Contacts named as a source of harm, of any kind."""
DECIDED = f"""
array(select h.value::uuid from safety_record r
      cross join jsonb_array_elements_text(coalesce(r.content -> 'source_of_harm', '[]')) h
      where r.school_id = $1 and r.concern_id = any(g.ids) and r.child_id = k.child_id
        and r.kind = 'parents_decision' and {NOT_SUPERSEDED})
"""
"""Contacts named by a decision as the source of this concern's harm."""
ABOVE = """
with recursive above as (
  select {id} as id
  union
  select m.duplicate_of from above
  join concern m on m.school_id = $1 and m.id = above.id and m.duplicate_of is not null)
select above.id from above
"""
"""A concern, and the ones it was merged into, one after the other."""
MERGED = f"""
with recursive one as (
  select c.id, c.recorded_at
  union
  select m.id, m.recorded_at
  from one join concern m on m.school_id = $1 and m.duplicate_of = one.id)
select array_agg(one.id) as ids, max(one.recorded_at) as since,
       array({ABOVE.format(id="c.id")}) as above
from one
"""
"""A concern, everything merged into it, when the last of them was recorded; and `ABOVE`."""
NAMED = """
array(select distinct named.code
      from unnest(g.ids) merged(id)
      cross join lateral (
        select x.categories || x.reported_categories || x.primary_category as codes
        from concern x where x.school_id = $1 and x.id = merged.id offset 0) m
      cross join unnest(m.codes) named(code)
      where named.code is not null
      order by named.code)
"""
"""Every category that anyone gave it: removing a category lifts no guard."""
OF_CONCERN = """
from referral f
where f.school_id = $1 and f.child_id = k.child_id and f.sent_at is not null
  and f.state <> 'withdrawn'
  and (f.concern_id = any(g.ids)
       or f.items @> jsonb_build_array(jsonb_build_object('kind', 'concern', 'id', c.id)))
"""
BESIDE = """
({beside} and c.ended_at is null and cc.role in ('subject', 'harmed', 'alleged_to_have_harmed'))
"""
"""Concerns that count whatever is shared."""


def check_with(*names: str) -> str:
    """SQL for the last safety check that has one of these answers; what was not asked is no answer.

    Only what the child says again can take back what they said.
    """
    answered = " or ".join(f"r.content -> '{name}' ->> 'value' is not null" for name in names)
    return f"""
select r.id, r.content, ({{check_seen}}) as is_seen
from safety_record r
join child k on k.school_id = $1 and k.id = r.child_id
left join concern c on c.school_id = $1 and c.id = r.concern_id
where r.school_id = $1 and r.child_id = $2 and r.kind = 'safety_check' and ({answered})
  and {NOT_SUPERSEDED}
order by r.recorded_at desc, r.id desc limit 1
"""


FACTS = f"""
with kin as (
  select $2::uuid as child_id, false as of_sibling
  union
  select r.other_child_id, true from relationship r
  where {{beside}} and r.school_id = $1 and r.child_id = $2 and r.kind = any($5::text[])
    and r.confirmed_at is not null and (r.valid_to is null or r.valid_to > $4::date)
  union
  select r.child_id, true from relationship r
  where {{beside}} and r.school_id = $1 and r.other_child_id = $2 and r.kind = any($5::text[])
    and r.confirmed_at is not null and (r.valid_to is null or r.valid_to > $4::date)
), asked as (
  select i.item, b.id from unnest($3::uuid[]) i (item)
  cross join lateral ({ABOUT.format(ids="array[i.item]")}) a
  cross join lateral ({ABOVE.format(id="a.id")}) b
), found as (
  select c.id, k.of_sibling, ({NAMED}) as categories, g.since,
         c.level, c.alleged_source_of_harm as source, c.context, c.place, ({{seen}}) as is_seen,
         exists (select {OF_CONCERN} and f.kind = 'childrens_social_care') as is_referred,
         (select max(e.at) {
    OF_CONCERN.replace(
        "from referral f",
        '''from referral f
          join referral_event e on e.school_id = $1 and e.referral_id = f.id
            and e.kind = 'outcome_received' and e.details ->> 'outcome' = any($6::text[])''',
    )
})
           as enquiry_since,
         (select count(*) from concern_child x where x.school_id = $1 and x.id = c.id
            and x.role in ('subject', 'harmed', 'alleged_to_have_harmed')) as children,
         ({WORDS}) as words, {FEARED} as feared, {DECIDED} as decided,
         {BESIDE} as is_beside, array(select a.item from asked a where a.id = c.id) as items
  from kin k
  join concern_child cc on cc.school_id = $1 and cc.child_id = k.child_id
  join concern c on c.school_id = $1 and c.id = cc.id
  cross join lateral ({MERGED}) g
  where (not k.of_sibling and c.id = any(array(select a.id from asked a)))
     or {BESIDE}
)
select coalesce(l.number, 0) as number, o.nation, coalesce(l.content, '{{{{}}}}')::text as content,
       ({SOCIAL_CARE}) as care, t.id as check_id,
       t.is_seen as check_seen, p.id as privacy_id, p.is_seen as privacy_seen,
       coalesce(t.content -> 'safe_at_home' ->> 'value' = 'no', false)
         or t.content -> 'anyone_hurting_you' ->> 'value' is not null as is_afraid,
       coalesce(p.content -> 'who_must_not_know' ->> 'value', '[]') <> '[]' as asked_for_privacy,
       f.*
from organisation o
left join lateral (select c.number, c.content from school_calendar c where c.school_id = $1
                   order by c.number desc limit 1) l on true
left join lateral ({check_with("safe_at_home", "anyone_hurting_you")}) t on true
left join lateral ({check_with("who_must_not_know")}) p on true
left join found f on true
where o.id = $1
order by f.of_sibling, f.id
"""
SIBLINGS = (
    "sibling", "half_sibling", "step_sibling", "adoptive_sibling", "foster_sibling", "twin",
    "household",
)  # fmt: skip
"""Kinds of relationships in which two children share a home."""
ENQUIRY = ("strategy_discussion", "immediate_protection")
"""Referral outcomes that mean an open enquiry."""


async def home_facts(
    driver: Driver,
    access: AccessFilter,
    keep_records: Callable[[Conditions], None],
    child_id: UUID,
    items: Collection[UUID],
    *,
    beside: bool,
    today: date,
) -> list[Any]:
    """A row for each concern that decides, and at least one, with the school's facts beside it.

    Each names its own `items`, and whether it counts without them (`is_beside`). `items` are ids of
    concerns, or of decisions and records about one. `beside` includes every other open concern of
    the child and of confirmed siblings. `keep_records` keeps records (alias `r`) that the actor may
    read.
    """
    where = Conditions(
        access.actor.school_id, child_id, list(items), today, list(SIBLINGS), list(ENQUIRY)
    )
    access.keep(where)
    checks = where.beside()
    keep_records(checks)
    statement = FACTS.format(seen=where, check_seen=checks, beside=str(beside).lower())
    return list(await driver.rows(statement, *where.values))
