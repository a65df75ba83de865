"""SQL for conflicts of interest: found from the roster, moved by merges, and who owns what."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from app.db.former import with_later
from app.db.new_ids import NEW_ID
from app.db.paging import Conditions, PageOf
from app.db.repositories.absences import is_away
from app.db.repositories.concern_facts import AccessFilter
from app.db.session import Driver

# $1 to $6 are who acts (unit of work), $7 the kinds of contact that are family,
# $8 the kinds of relationship that make a household, $9 the roles that lead, $10 the source of
# hand-typed facts, $11 whether a roster is being applied, $12 who brought what is matched, $13 the
# import that is applied or undone. `typed`: by hand, by another person than the one it is about.
# `own`: the person it is about writes it now.
FIND = f"""
with family as materialized (
  select c.child_id, c.id, c.source, c.source_id, lower(c.email) as email, c.typed_by,
         c.source = $10 or c.typed_by is not null as typed, c.changed_at = $2 as written
  from contact c
  where c.school_id = $1 and c.kind = any($7::text[])
    and (c.valid_to is null or c.valid_to > ($2::timestamptz at time zone 'Europe/London')::date)),
person as materialized (
  select s.id, lower(s.email) as email from staff s where s.school_id = $1
  union
  select s.id, a.email_key from staff s join account a on a.id = s.id where s.school_id = $1),
seen as materialized (
  select s.id as staff_id, f.child_id, f.id as contact_id, f.typed_by,
         f.typed and f.typed_by is distinct from s.id as typed,
         f.written and f.typed_by is not distinct from s.id and s.id = $3 as own
  from family f join person s on s.email = f.email),
parent as materialized (
  select staff_id, child_id, (array_agg(contact_id order by typed, contact_id))[1] as contact_id,
         bool_and(typed) as typed, bool_or(own) as own,
         coalesce(array_agg(distinct typed_by) filter (where typed_by is not null),
                  '{{}}') as typists
  from seen group by staff_id, child_id),
related as (
  select r.child_id, r.other_child_id as other_id,
         r.source = $10 and r.confirmed_by is not distinct from r.added_by as typed,
         array_remove(array[r.added_by, r.confirmed_by], null) as typists
  from relationship r
  where r.school_id = $1 and r.kind = any($8::text[]) and r.confirmed_at is not null
    and (r.valid_to is null or r.valid_to > ($2::timestamptz at time zone 'Europe/London')::date)),
beside as (
  select child_id, other_id, typed, typists from related
  union all
  select other_id, child_id, typed, typists from related
  union all
  select one.child_id, other.child_id, false, '{{}}'::uuid[]
  from family one join family other on other.source_id = one.source_id
                                   and other.source = one.source and other.child_id <> one.child_id
  where one.child_id in (select child_id from parent)
  union all
  select one.child_id, other.child_id, one.typed or other.typed,
         array_remove(array[one.typed_by, other.typed_by], null)
  from family one join family other on other.email = one.email and other.child_id <> one.child_id
  where one.child_id in (select child_id from parent)),
relative as (
  select p.staff_id, b.other_id as child_id, p.contact_id, p.typists || b.typists as typists,
         (p.typed and not exists (
            select from conflict x
            where x.school_id = $1 and x.staff_id = p.staff_id and x.child_id = p.child_id
              and x.kind = 'roster_parent' and x.ended_at is null and x.state = 'in_force'))
         or (b.typed and b.typists <> array[p.staff_id]
                     and b.typists <> array[p.staff_id, p.staff_id]) as typed
  from parent p join beside b on b.child_id = p.child_id
  where not exists (select from parent x
                    where x.staff_id = p.staff_id and x.child_id = b.other_id)),
wanted as materialized (
  select staff_id, child_id, contact_id, typed, own, typists, 'roster_parent' as kind from parent
  union all
  select r.staff_id, r.child_id, (array_agg(r.contact_id order by r.typed, r.contact_id))[1],
         bool_and(r.typed), false,
         coalesce(array_agg(distinct t.id) filter (where t.id is not null), '{{}}'),
         'roster_relative'
  from relative r left join lateral unnest(r.typists) t(id) on true
  group by r.staff_id, r.child_id),
sighted as materialized (
  select m.staff_id, bool_or(m.role = any($9::text[])) as leads
  from membership m
  join staff s on s.school_id = $1 and s.id = m.staff_id and s.accepted_at is not null
              and s.suspended_at is null
  where m.school_id = $1 and m.valid_from <= ($2::timestamptz at time zone 'Europe/London')::date
    and (m.valid_to is null or m.valid_to > ($2::timestamptz at time zone 'Europe/London')::date)
    and (m.role = any($9::text[]) or exists (
         select from school_role r where r.school_id = $1 and r.slug = m.role
           and r.ended_at is null and cardinality(r.classes) > 0))
  group by m.staff_id),
fresh as materialized (
  select w.staff_id, w.child_id, w.kind, w.contact_id, w.own, w.typists,
         exists (select from sighted d where d.staff_id = w.staff_id and d.leads) as leads
  from wanted w
  left join conflict x on x.school_id = $1 and x.staff_id = w.staff_id and x.child_id = w.child_id
                      and x.kind = w.kind and x.ended_at is null
  where x.id is null and not exists (
    select from conflict y
    where y.school_id = $1 and y.staff_id = w.staff_id and y.child_id = w.child_id
      and y.kind = w.kind and y.ended_by is not null
      and (w.typed or y.contact_id is not distinct from w.contact_id))),
bar as materialized (
  select x.staff_id, x.child_id, x.concern_id from conflict x
  where x.school_id = $1 and x.ended_at is null and x.state <> 'suggested'
    and exists (select from fresh f where f.leads and f.own)
  union
  select f.staff_id, f.child_id, null from fresh f where f.leads and f.own),
held as materialized (
  select f.child_id from (select distinct child_id from fresh where leads and own) f
  where not exists (
      select from sighted d where d.leads and not exists (
        select from bar b where b.staff_id = d.staff_id and b.child_id = f.child_id))
    or exists (
      select from concern_child cc where cc.school_id = $1 and cc.child_id = f.child_id
        and not exists (
          select from sighted d where d.leads and not exists (
            select from bar b where b.staff_id = d.staff_id
              and (b.concern_id = cc.id or b.child_id in (
                   select o.child_id from concern_child o
                   where o.school_id = $1 and o.id = cc.id)))))),
judged as materialized (
  select f.*, case when f.own and not (f.leads and f.child_id in (select h.child_id from held h))
                   then 'in_force' else 'suggested' end as state
  from fresh f),
added as (
  insert into conflict (school_id, id, staff_id, child_id, kind, contact_id, created_by,
                        created_at, state, typed_by, import_id)
  select $1::uuid, {NEW_ID}, j.staff_id, j.child_id, j.kind, j.contact_id, $3::uuid,
         $2::timestamptz, j.state,
         case when j.own then '{{}}' else array_remove(j.typists || $12::uuid, null) end, $13::uuid
  from judged j
  on conflict do nothing
  returning id, staff_id, child_id, kind, state),
now as (
  select l.id, l.state = 'suggested' as suggested, l.ground_gone_at is null as firm,
         exists (select from wanted w where w.staff_id = l.staff_id
                 and w.child_id = l.child_id and w.kind = l.kind) as holds,
         $11 and (l.import_id = $13 or exists (
           select from contact c where c.school_id = $1 and c.id = l.contact_id
             and c.source <> $10 and c.typed_by is null)) as taken_back
  from conflict l
  where l.school_id = $1 and l.kind in ('roster_parent', 'roster_relative')
    and l.ended_at is null),
moved as (
  update conflict x
  set version = x.version + 1,
      state = case when y.suggested then x.state
                   when y.holds then 'in_force' else 'to_confirm' end,
      ground_gone_at = case when y.suggested and not y.holds then $2::timestamptz end,
      ended_at = case when y.suggested and y.taken_back and not y.holds then $2::timestamptz end,
      end_reason = case when y.suggested and y.taken_back and not y.holds
                        then 'The roster no longer says so.' end
  from now y
  where x.school_id = $1 and x.id = y.id
    and y.holds = case when y.suggested then not y.firm else x.state = 'to_confirm' end
  returning x.id, x.staff_id, x.child_id, x.kind, y.suggested,
            case when x.ended_at is not null then 'conflict.ended'
                 when not y.holds then 'conflict.to_confirm'
                 when y.suggested then 'conflict.suggested'
                 else 'conflict.found' end as verb),
changed as (
  select case when a.state = 'suggested' then 'conflict.suggested'
              else 'conflict.found' end as verb, a.id, a.staff_id, a.child_id, a.kind,
         case when a.state = 'suggested' then
           case when $13::uuid is null or a.staff_id in (select d.staff_id from sighted d)
                then 'asked' else 'listed' end end as task
  from added a
  union all select m.verb, m.id, m.staff_id, m.child_id, m.kind,
                   case when m.verb = 'conflict.ended' then 'ended'
                        when m.suggested and m.verb = 'conflict.to_confirm' then 'doubted'
                        when m.suggested then 'borne_out' end
  from moved m),
traced as (
  insert into trail (school_id, id, at, actor_id, actor_role, session_id, request_id, verb, noun,
                     noun_id, child_id, details)
  select $1::uuid, {NEW_ID}, $2::timestamptz, $3::uuid, $4::text, $5::uuid, $6::text, c.verb,
         'conflict', c.id, c.child_id,
         jsonb_build_object('staff_id', c.staff_id, 'kind', c.kind)
  from changed c)
select count(*) as changed, count(*) filter (where c.verb = 'conflict.found') as found,
       coalesce(array_agg(distinct c.staff_id)
                filter (where d.staff_id is not null and c.verb <> 'conflict.ended'),
                '{{}}') as sighted,
       coalesce(jsonb_object_agg(c.id, c.task) filter (where c.task is not null),
                '{{}}')::text as tasks
from changed c left join sighted d on d.staff_id = c.staff_id
"""
"""Compares the facts with the conflicts in one statement: begins new ones, doubts old ones.

What matching finds is only suggested: it locks nobody out until a person confirms it. It takes
effect at once only for a person who writes it about themselves, unless no lead or head would be
left for the child or one of its concerns. A doubted conflict stays in force until a person ends it.
If its ground is gone, a suggestion stays and says so: only a person who may judge it ends it, or
the roster whose own word it was, or the undo of the import that caused it.

A link that a person ended stays ended while it rests on the same contact; a typed one, for that
person and child.
"""

LEFT_WITHOUT = """
select not exists (
    select from unnest($4::uuid[]) d(id)
    where d.id <> $2 and not exists (
      select from conflict x
      where x.school_id = $1 and x.staff_id = d.id and x.ended_at is null
        and x.state <> 'suggested' and x.child_id = $3))
  or exists (
    select from concern_child cc
    where cc.school_id = $1 and cc.child_id = $3 and not exists (
      select from unnest($4::uuid[]) d(id)
      where d.id <> $2 and not exists (
        select from conflict x
        where x.school_id = $1 and x.staff_id = d.id and x.ended_at is null
          and x.state <> 'suggested'
          and (x.concern_id = cc.id or x.child_id in (
               select o.child_id from concern_child o
               where o.school_id = $1 and o.id = cc.id)))))
"""
"""Whether nobody in $4 except $2 could read the file of child $3, or a concern in it."""

CHAIN = """
with recursive chain as (
  select $2::uuid as id
  union
  select case when c.id = chain.id then c.duplicate_of else c.id end
  from chain join concern c on c.school_id = $1 and (c.id = chain.id or c.duplicate_of = chain.id)
  where c.id <> chain.id or c.duplicate_of is not null)
select id from chain
"""
NAMED = """
select x.staff_id, min(x.reason) as reason from conflict x
where x.school_id = $1 and x.concern_id = any($2::uuid[]) and x.kind = 'named'
  and x.ended_at is null and x.state = 'in_force'
group by x.staff_id
"""
LIVE_NAMED = """
select x.id, x.staff_id, x.concern_id, x.created_by from conflict x
where x.school_id = $1 and x.concern_id = any($2::uuid[]) and x.kind = 'named'
  and x.ended_at is null and ($3::uuid is null or x.staff_id = $3)
"""
CANDIDATES = f"""
select m.staff_id, m.role, exists (
         select from conflict x
         where x.school_id = $1 and x.staff_id = m.staff_id and x.ended_at is null
           and x.state <> 'suggested' and (x.concern_id = $2
             or x.child_id in {with_later("$3::uuid[]", "$1")})
       ) as in_conflict,
       {is_away("m.staff_id", "$5::date")} as away
from membership m
join staff s on s.school_id = $1 and s.id = m.staff_id and s.accepted_at is not null
            and s.suspended_at is null
where m.school_id = $1 and m.role = any($4::text[])
  and m.valid_from <= $5::date and (m.valid_to is null or m.valid_to > $5::date)
order by m.created_at, m.id
"""
CHILDREN_TOO = """$4::uuid[] || array(
            select cc.child_id from concern_child cc
            where cc.school_id = $1 and cc.id = any($3::uuid[]))"""
IN_CONFLICT = f"""
select exists (
  select from conflict x
  where x.school_id = $1 and x.staff_id = $2 and x.ended_at is null
    and x.state <> 'suggested' and (x.concern_id = any($3::uuid[])
         or x.child_id in {with_later(CHILDREN_TOO, "$1")}))
"""
CARD = """
select x.id, x.kind, x.state, x.staff_id, s.name as staff_name, x.child_id,
       coalesce(k.known_given_name, k.legal_given_name) || ' '
         || coalesce(k.known_family_name, k.legal_family_name) as child_name,
       x.concern_id, c.reference, x.reason, x.contact_id, x.created_by, x.created_at,
       x.ground_gone_at, x.ended_at, x.ended_by, x.end_reason, x.version,
       array_append(x.typed_by, (select f.typed_by from contact f
                                 where f.school_id = $1 and f.id = x.contact_id)) as typed_by
from conflict x
join staff s on s.school_id = $1 and s.id = x.staff_id
left join child k on k.school_id = $1 and k.id = x.child_id
left join concern c on c.school_id = $1 and c.id = x.concern_id
where x.school_id = $1 and {where} order by x.created_at desc, x.id desc limit {limit}
"""
SUGGESTED = """
select s.id as staff_id, s.name as staff_name, c.child_id,
       coalesce(k.known_given_name, k.legal_given_name) || ' '
         || coalesce(k.known_family_name, k.legal_family_name) as child_name,
       c.id as contact_id, c.kind as contact_kind
from contact c
join staff s on s.school_id = $1 and lower(s.name) = lower(c.name)
  and right(regexp_replace(s.phone, '[^0-9]', '', 'g'), 9)
      = right(regexp_replace(c.phone, '[^0-9]', '', 'g'), 9)
join child k on k.school_id = $1 and k.id = c.child_id
where c.school_id = $1 and (c.valid_to is null or c.valid_to > $2::date)
  and length(regexp_replace(c.phone, '[^0-9]', '', 'g')) >= 9
  and not exists (select from conflict x where x.school_id = $1 and x.staff_id = s.id
                  and x.child_id = c.child_id)
order by s.name, k.sort_name, c.id
limit 200
"""


async def find_from_roster(
    driver: Driver,
    acting: Sequence[Any],
    kinds: tuple[Sequence[str], Sequence[str]],
    leads: Sequence[str],
    by_hand: str,
    *,
    by_roster: bool,
    brought_by: UUID | None,
    import_id: UUID | None,
) -> Any:
    """Begin and doubt conflicts from contacts, relationships and staff addresses.

    `kinds` are those of family and of a household.
    `by_roster` while a roster is being applied or undone. Answers how many `changed`, how many were
    `found`, which readers are affected (`sighted`), and as JSON `tasks`: by id, what becomes of the
    question to a second person: `asked`, `listed` (an import's, of a person who reads no concerns),
    `ended`, `doubted` (its ground is gone) or `borne_out` again.
    """
    return await driver.write(
        FIND, *acting, *map(list, kinds), list(leads), by_hand, by_roster, brought_by,
        import_id,
    )  # fmt: skip


async def leaves_nobody(
    driver: Driver, school_id: UUID, without: UUID, child_id: UUID, leads: Sequence[UUID]
) -> bool:
    """Whether, without one person, no lead could read a child's file or one of its concerns."""
    return bool(await driver.value(LEFT_WITHOUT, school_id, without, child_id, list(leads)))


async def chain_of(driver: Driver, school_id: UUID, concern_id: UUID) -> list[UUID]:
    """The concern, everything merged into it, and everything it was merged into."""
    return [row["id"] for row in await driver.rows(CHAIN, school_id, concern_id)]


async def named_in(
    driver: Driver, school_id: UUID, concerns: Sequence[UUID]
) -> dict[UUID, str | None]:
    """The people named in any of the concerns, each with a reason."""
    rows = await driver.rows(NAMED, school_id, list(concerns))
    return {row["staff_id"]: row["reason"] for row in rows}


async def live_named(
    driver: Driver, school_id: UUID, concerns: Sequence[UUID], staff_id: UUID | None = None
) -> Sequence[Any]:
    """The people named in the concerns; several people may have named the same one in one."""
    return await driver.rows(LIVE_NAMED, school_id, list(concerns), staff_id)


async def candidates(
    driver: Driver,
    school_id: UUID,
    concern_id: UUID | None,
    children: Sequence[UUID],
    roles: Sequence[str],
    day: Any,
) -> Sequence[Any]:
    """People with one of the roles today, whether they are locked out, and whether away."""
    return await driver.rows(CANDIDATES, school_id, concern_id, list(children), list(roles), day)


DECLARED = """
select exists (
  select from conflict x
  where x.school_id = $1 and x.staff_id = $2 and x.child_id = $3 and x.kind = 'declared'
    and x.ended_at is null)
"""


async def is_declared(driver: Driver, school_id: UUID, staff_id: UUID, child_id: UUID) -> bool:
    """Whether the person declared it, even if a second person has yet to agree."""
    return bool(await driver.value(DECLARED, school_id, staff_id, child_id))


async def is_in_conflict(
    driver: Driver,
    school_id: UUID,
    staff_id: UUID,
    concerns: Sequence[UUID],
    children: Sequence[UUID],
) -> bool:
    """Whether a person is locked out from one of the concerns, or from one of the children."""
    value = await driver.value(IN_CONFLICT, school_id, staff_id, list(concerns), list(children))
    return bool(value)


STANDING = ("in_force", "to_confirm", "suggested")


async def page_of_conflicts(
    driver: Driver,
    access: AccessFilter,
    asked: dict[str, Any],
    paging: PageOf,
    *,
    all_of_them: bool,
) -> Sequence[Any]:
    """Conflicts, newest first.

    A person's own list has only those about children: one about a concern would tell them that they
    are named in it. A reader of all conflicts sees those of concerns that they may read.
    """
    where = Conditions(access.actor.school_id)
    concerns = where.beside()
    if all_of_them:
        access.keep(concerns)
        where.add("(x.concern_id is null or " + _kept_where(str(concerns)) + ")")
        where.add("(x.concern_id is null or x.staff_id <> {})", access.actor.id)
    else:
        where.add("x.staff_id = {} and x.concern_id is null", access.actor.id)
    for column in ("staff_id", "child_id", "concern_id", "id"):
        if asked.get(column) is not None:
            where.add(f"x.{column} = {{}}", asked[column])
    if asked.get("about") is not None:
        where.add("(x.child_id = any({}::uuid[]) or x.concern_id = any({}::uuid[]))",
                  *asked["about"])  # fmt: skip
    if asked.get("state") is not None:
        where.add(f"x.ended_at is {'not ' if asked['state'] == 'ended' else ''}null")
    if asked.get("state") in STANDING:
        where.add("x.state = {}", asked["state"])
    limit = where.page(paging, "x.created_at")
    return await driver.rows(CARD.format(where=where, limit=limit), *where.values)


def _kept_where(condition: str) -> str:
    return condition.replace("{", "{{").replace("}", "}}")


async def suggested(driver: Driver, school_id: UUID, day: Any) -> Sequence[Any]:
    """Unjudged pairs of staff and contact with the same name and phone."""
    return await driver.rows(SUGGESTED, school_id, day)


async def one_conflict(driver: Driver, school_id: UUID, conflict_id: UUID) -> Any:
    """One conflict that must exist, for any reader."""
    where = Conditions(school_id)
    where.add("x.id = {}", conflict_id)
    return await driver.row(CARD.format(where=where, limit=1), *where.values)
