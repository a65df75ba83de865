"""Reads of a child's chronology: a page is read from one narrow index, then joined."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from app.core.pointers import pointer_in_sql
from app.db.paging import Conditions, PageOf
from app.db.repositories.concern_facts import AccessFilter
from app.db.repositories.record.statements import kind_of_statement
from app.db.session import Driver

START = """
with page as materialized (
  (select e.id, e.child_id, e.occurred_at, e.occurred_precision, e.recorded_at, e.late, e.kind,
         e.thing_id, e.concern_id, e.author_id, e.author_role, e.significant,
         coalesce(c.confidentiality, e.confidentiality) as confidentiality,
         c.reference, c.state, c.level, c.primary_category, c.outcome, c.own_categories
  from chronology_entry e
  left join lateral (select * from concern x where x.school_id = $1 and x.id = e.concern_id
                     limit 1) c on true
  where e.school_id = $1 and """
CATEGORY = """{} = any(array(
  select word ->> 'code' from jsonb_array_elements(c.own_categories) word) || c.primary_category)"""
"""Whether its concern is mostly about a common category, or about a word of the school's own."""
ON_ROLL = """
  union all
  (select e.id, e.child_id, e.occurred_at, 'about', e.recorded_at, false, 'enrolment', e.thing_id,
          null, null, null, false, 'K2', null, null, null, null, null, null
   from (
     select s.id, n.child_id, s.day::timestamp at time zone 'UTC' as occurred_at,
            greatest(n.created_at, s.day::timestamp at time zone 'UTC') as recorded_at,
            n.id as thing_id
     from enrolment n cross join lateral (values
       (n.id, n.valid_from), (md5('left/' || n.id::text)::uuid, n.valid_to)) s(id, day)
     where n.school_id = $1 and n.child_id = $2 and s.day is not null) e
   where """
"""When the child came and left, as the roll has it: no rows of their own, and no file by itself."""
KIND = "case p.kind when 'document' then 'attachment' when 'review' then 'review_note' "
KIND += "when 'safety_record' then 'record' else p.kind end"
ABOUT = pointer_in_sql(KIND, "p.thing_id")
JOINED = "case when p.id = p.thing_id then 'Joined the school' else 'Left the school' end"
RARE = (
    "concern_case", "meeting", "past_entry", "received_record", "referral", "review",
    "safety_record", "share", "status", "transfer",
)  # fmt: skip
"""Kinds that most files have none of: half of the tables are read for them alone."""
RARELY = f"""
  select st, s, f, se, fe, rn, mt, mm, cn, sr, tr, rr, pe, came from (select) one
  left join lateral (select * from child_status x where p.kind = 'status' and x.school_id = $1
                     and x.id = p.thing_id limit 1) st on true
  left join lateral (select * from share x where p.kind = 'share' and x.school_id = $1
                     and x.id = p.thing_id limit 1) s on true
  left join lateral (select * from referral x where p.kind = 'referral' and x.school_id = $1
                     and x.id = p.thing_id limit 1) f on true
  left join lateral (select x.kind from share_event x where p.kind = 'share' and x.school_id = $1
                     and x.share_id = p.thing_id and x.recorded_at = p.recorded_at
                     limit 1) se on true
  left join lateral (select x.kind from referral_event x where p.kind = 'referral'
                     and x.school_id = $1 and x.referral_id = p.thing_id
                     and x.recorded_at = p.recorded_at limit 1) fe on true
  left join lateral (select * from review_note x where p.kind = 'review' and x.school_id = $1
                     and x.id = p.thing_id limit 1) rn on true
  left join lateral (select * from meeting x where p.kind = 'meeting' and x.school_id = $1
                     and x.id = p.thing_id limit 1) mt on true
  left join lateral (select * from meeting_minute x where p.kind = 'meeting' and x.school_id = $1
                     and x.meeting_id = p.thing_id order by x.at desc, x.id desc limit 1) mm on true
  left join lateral (select * from case_note x where p.kind = 'concern_case' and x.school_id = $1
                     and x.case_id = p.thing_id and x.at = p.recorded_at limit 1) cn on true
  left join lateral (select * from safety_record x where p.kind = 'safety_record'
                     and x.school_id = $1 and x.id = p.thing_id limit 1) sr on true
  left join lateral (select * from transfer x where p.kind = 'transfer' and x.school_id = $1
                     and x.id = p.thing_id limit 1) tr on true
  left join lateral (select * from received_record x where p.kind = 'received_record'
                     and x.school_id = $1 and x.id = p.thing_id limit 1) rr on true
  left join lateral (select * from past_entry x where p.kind = 'past_entry'
                     and x.school_id = $1 and x.id = p.thing_id limit 1) pe on true
  left join lateral (
    select coalesce(nullif(x.told -> 'recorded_by', 'null'), nullif(x.told -> 'decided_by', 'null'),
                    x.told -> 'events' -> 0 -> 'by') as by,
           x.told -> 'history' -> 0 ->> 'role' as role,
           case when x.told ->> 'level' ~ '^[1-9]$' then (x.told ->> 'level')::int end as level,
           coalesce(x.told -> 'categories' ->> 'primary', x.told ->> 'status') as category,
           coalesce(x.told -> 'outcome' ->> 'outcome', case jsonb_typeof(x.told -> 'outcome')
                    when 'string' then x.told ->> 'outcome' end) as outcome,
           coalesce(x.told -> 'outcome' ->> 'state', x.told ->> 'state') as state
    from (select rr.content as told) x) came on rr.id is not null
  where p.kind in {RARE} offset 0
"""
"""What entries of rare kinds show. The `offset` keeps it apart, so that no other row runs it."""
NOT_RARELY = """
  select null::child_status as st, null::share as s, null::referral as f, null::share_event as se,
         null::referral_event as fe, null::review_note as rn, null::meeting as mt,
         null::meeting_minute as mm, null::case_note as cn, null::safety_record as sr,
         null::transfer as tr, null::received_record as rr, null::past_entry as pe, came
  from (select null::jsonb as by, null::text as role, null::int as level,
               null::text as category, null::text as outcome, null::text as state) came
"""
"""The same of all other entries: nothing. It names none of the tables."""
BESIDE = """),
beside as materialized (
  select o.concern_id,
         json_agg(json_build_object('label', 'another pupil', 'role', x.role)
                  order by x.position) filter (where x.role is not null) as roles,
         array_agg(array[k.legal_given_name, k.legal_family_name, k.known_given_name,
                         k.known_family_name, k.middle_names] order by x.position) as names
  from (select distinct p.concern_id from page p where p.concern_id is not null) o
  cross join lateral (
    select y.child_id, y.role, y.position from concern_child y
    where y.school_id = $1 and y.id = o.concern_id and y.child_id <> $2
    union all
    select y.former_child_id, null, null from concern_correction y
    where y.school_id = $1 and y.concern_id = o.concern_id and y.former_child_id <> $2
    offset 0) x
  join child k on k.school_id = $1 and k.id = x.child_id
  group by o.concern_id"""
"""The other children of each concern of the page, read once for all of its entries."""
OF_CONCERN = "  left join beside others on others.concern_id = p.concern_id"
END = (
    """)
select p.occurred_at, p.id, p.kind, json_build_object(
  'id', p.id, 'kind', p.kind, 'about', """
    + ABOUT
    + """, 'concern_id', p.concern_id,
  'occurred_at', rfc3339(p.occurred_at), 'occurred_precision', p.occurred_precision,
  'recorded_at', rfc3339(coalesce((rare.rr).recorded_at, (rare.pe).recorded_at, p.recorded_at)),
  'late', p.late,
  'significant', p.significant,
  'post_event', coalesce((select min(z.frozen_at) from frozen_file z where z.school_id = $1
      and z.child_id = $2 and z.undone_at is null) < p.recorded_at, false),
  'author', case when p.kind = 'enrolment'
      then json_build_object('id', null, 'name', 'School roll', 'role', null)
      when p.kind = 'past_entry'
      then json_build_object('id', null, 'name', coalesce((rare.pe).author_name, (rare.pe).source),
                             'role', null)
      when p.kind = 'received_record'
      then json_build_object('id', null, 'name', coalesce((rare.came).by ->> 'name',
                             (rare.rr).origin), 'role', null)
      else json_build_object('id', p.author_id, 'name', author.name, 'role', p.author_role) end,
  'received', case when p.kind = 'received_record' then json_build_object(
      'school', (rare.rr).origin, 'record_kind', (rare.rr).kind,
      'author_name', (rare.came).by ->> 'name',
      'author_job_title', (rare.came).by ->> 'job_title', 'author_role', (rare.came).role,
      'recorded_at', rfc3339((rare.rr).recorded_at), 'state', (rare.came).state,
      'accepted_by', json_build_object('id', p.author_id, 'name', author.name),
      'accepted_at', rfc3339(p.recorded_at)) end,
  'past', case when p.kind = 'past_entry' then json_build_object(
      'source', (rare.pe).source, 'kind', (rare.pe).kind, 'author_name', (rare.pe).author_name,
      'author_role', (rare.pe).author_role, 'recorded_at', rfc3339((rare.pe).recorded_at),
      'occurred_unit', (rare.pe).occurred_unit,
      'open', (rare.pe).open and (rare.pe).taken_up_at is null,
      'withdrawn', (rare.pe).withdrawn is not null, 'imported_at', rfc3339(p.recorded_at)) end,
  'reference', coalesce((rare.s).reference, (rare.f).reference, (rare.tr).reference,
                        (rare.rr).reference, p.reference),
  'step', coalesce((rare.se).kind, (rare.fe).kind, (rare.cn).kind),
  'state', case p.kind when 'action' then a.state when 'share' then (rare.s).state
                       when 'referral' then (rare.f).state when 'transfer' then (rare.tr).state
                       when 'meeting' then (rare.mt).state else p.state end,
  'entered_in_error', coalesce(p.state = 'entered_in_error', false),
  'level', coalesce(p.level, (rare.came).level),
  'category', coalesce(p.primary_category, (rare.st).kind, (rare.sr).kind, (rare.came).category,
                       (rare.pe).categories[1]),
  'own_categories', coalesce(jsonb_path_query_array(p.own_categories, '$[*].label'), '[]'),
  'child_role', coalesce(mine.role, (rare.pe).child_role),
  'summary', case when p.state = 'entered_in_error' then null else case p.kind
      when 'concern' then account.told when 'amendment' then am.text when 'comment' then co.text
      when 'decision' then d.question when 'action' then a.what when 'document' then fi.file_name
      when 'review' then (rare.rn).note
      when 'meeting' then concat_ws(', ', (rare.mt).kind, (rare.mm).decisions)
      when 'safety_record' then (rare.sr).summary when 'past_entry' then (rare.pe).text
      when 'status' then concat_ws(', ', (rare.st).kind, (rare.st).detail)
      when 'enrolment' then """
    + JOINED
    + """
      when 'concern_case' then concat_ws(E'\\n', (rare.cn).note, (rare.cn).plan)
      when 'share' then (rare.s).purpose when 'referral' then (rare.f).kind
      when 'transfer' then (rare.tr).reason_code when 'received_record'
      then concat_ws(E'\\n', (rare.rr).origin || ':', (rare.rr).summary) end end,
  'child_said', case when p.kind = 'concern' and p.state <> 'entered_in_error'
                     then account.child_said end,
  'decision', case when p.state is distinct from 'entered_in_error' then d.decision end,
  'reason', case when p.state is distinct from 'entered_in_error'
                  then coalesce(d.reason, am.reason, a.reason, (rare.mt).cancel_reason) end,
  'outcome', case p.kind when 'concern' then p.outcome when 'action' then a.outcome
                         when 'referral' then (rare.f).outcome when 'review' then (rare.rn).outcome
                         when 'meeting' then (rare.mm).result
                         when 'past_entry' then (rare.pe).details ->> 'outcome_text'
                         when 'received_record' then (rare.came).outcome end,
  'others', coalesce(others.roles, '[]'),
  'visibility', coalesce("""
)
TAIL = (
    """)
  )::text as entry, others.names, {child} as child
from page p
  left join staff author on author.school_id = $1 and author.id = p.author_id
  left join concern_child mine on mine.school_id = $1 and mine.id = p.concern_id
                              and mine.child_id = p.child_id
  left join lateral (select * from decision x where p.kind = 'decision' and x.school_id = $1
                     and x.id = p.thing_id limit 1) d on true
  left join lateral (select * from action x where p.kind = 'action' and x.school_id = $1
                     and x.id = p.thing_id limit 1) a on true
  left join lateral (select * from amendment x where p.kind = 'amendment' and x.school_id = $1
                     and x.id = p.thing_id limit 1) am on true
  left join lateral (select * from comment x where p.kind = 'comment' and x.school_id = $1
                     and x.id = p.thing_id limit 1) co on true
  left join lateral (select * from attachment x where p.kind = 'document' and x.school_id = $1
                     and x.id = p.thing_id limit 1) fi on true
  left join lateral ({rare}) rare on true
  left join lateral (
    select string_agg(x.text, E'\\n' order by x.position) filter (where x.kind <> 'child_said')
             as told,
           string_agg(x.text, E'\\n' order by x.position) filter (where x.kind = 'child_said')
             as child_said
    from (select s.text, s.position, """
    + kind_of_statement("s")
    + """ as kind
          from account_statement s
          where p.kind = 'concern' and s.school_id = $1 and s.concern_id = p.thing_id) x
    ) account on true
{others}
order by """
)
OF_ENTRY = """  left join lateral (
    select json_agg(json_build_object('label', 'another pupil', 'role', oc.role)
                    order by oc.position) filter (where oc.role is not null) as roles,
           array_agg(array[k.legal_given_name, k.legal_family_name, k.known_given_name,
                           k.known_family_name, k.middle_names] order by oc.position) as names
    from (select x.child_id, x.role, x.position from concern_child x
          where x.school_id = $1 and x.id = p.concern_id
          union all
          select x.former_child_id, null, null from concern_correction x
          where x.school_id = $1 and x.concern_id = p.concern_id
            and x.former_child_id is not null
          union all
          select x.child_id, x.child_role, 0 from past_entry x
          where p.kind = 'past_entry' and x.school_id = $1
            and x.together_id = (rare.pe).together_id) oc
    join child k on k.school_id = $1 and k.id = oc.child_id
    where oc.child_id <> p.child_id) others on true"""
"""The same, with those of past entries, that hang on no concern."""
CHILD = """
select array[k.year_group, k.registration_group, k.legal_given_name, k.legal_family_name,
             k.known_given_name, k.known_family_name, k.middle_names]
from child k where k.school_id = $1 and k.id = $2 and k.merged_into is null
"""
FIRST = f"case when p.id = (select f.id from page f limit 1) then ({CHILD}) end"
"""The child itself stands in the first row: so a page with entries is one statement."""
WITH_RARE = (
    TAIL.replace("{rare}", RARELY).replace("{others}", OF_ENTRY).replace("{child}", f"({CHILD})")
)
WITHOUT_RARE = (
    TAIL.replace("{rare}", NOT_RARELY).replace("{others}", OF_CONCERN).replace("{child}", FIRST)
)


@dataclass(frozen=True, slots=True)
class ChildOfChronology:
    """Whose chronology it is: what decides who reaches them, and their name columns."""

    groups: Sequence[str | None]
    names: Sequence[str | None]


async def child_of_chronology(
    driver: Driver, school_id: UUID, child_id: UUID, rows: Sequence[Any] = ()
) -> ChildOfChronology | None:
    """The child's groups and names, or None; `rows` of a page may have them already."""
    child = rows[0]["child"] if rows else None
    child = child or await driver.value(CHILD, school_id, child_id)
    return ChildOfChronology(child[:2], child[2:]) if child else None


FAMILY = """
with related as (
  select f.other_child_id as id from relationship f
  where f.school_id = $1 and f.child_id = $2 and f.kind = any($3::text[])
    and f.confirmed_at is not null and f.valid_to is null
  union
  select f.child_id from relationship f
  where f.school_id = $1 and f.other_child_id = $2 and f.kind = any($3::text[])
    and f.confirmed_at is not null and f.valid_to is null
  union
  select $2::uuid)
select c.id, coalesce(c.known_given_name, c.legal_given_name) || ' '
          || coalesce(c.known_family_name, c.legal_family_name) as name
from related r join child c on c.school_id = $1 and c.id = r.id
order by c.id <> $2, c.sort_name, c.id limit $4
"""
MOST_OF_A_FAMILY = 12


async def family_of(
    driver: Driver, school_id: UUID, child_id: UUID, kinds: Sequence[str]
) -> dict[UUID, str]:
    """The child first, then confirmed brothers and sisters at this school, each with a name."""
    rows = await driver.rows(FAMILY, school_id, child_id, list(kinds), MOST_OF_A_FAMILY)
    return {row["id"]: row["name"] for row in rows}


@dataclass(frozen=True, slots=True)
class ChronologyFilter:
    """Which entries a chronology shows."""

    kinds: Sequence[str] = ()
    category: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    significant: bool | None = None
    oldest_first: bool = False
    entry_id: UUID | None = None


async def rows_of_chronology(
    driver: Driver,
    access: AccessFilter,
    child_id: UUID,
    asked: ChronologyFilter,
    paging: PageOf,
    visibility: Mapping[str, str],
) -> Sequence[Any]:
    """Rows (occurred_at, id, kind, entry as JSON text, names of the other children or None, child).

    `visibility` says per class why this actor sees it: JSON texts under `by_role` and `by_part`.
    Entries of rare kinds are read again, with the tables that they need; all are where one of them
    is seen no longer by then.
    """
    statement, values = _statement(access, child_id, asked, paging, visibility)
    rows = await driver.rows(statement, *values)
    rare = [row["id"] for row in rows if row["kind"] in RARE]
    if not rare:
        return rows
    statement, values = _statement(access, child_id, asked, paging, visibility, rare)
    whole = {row["id"]: row for row in await driver.rows(statement, *values)}
    if len(whole) < len(rare):  # a page with a row less than there are would seem to be the last
        return await rows_of_chronology(driver, access, child_id, asked, paging, visibility)
    return [whole.get(row["id"], row) for row in rows]


def _statement(
    access: AccessFilter,
    child_id: UUID,
    asked: ChronologyFilter,
    paging: PageOf,
    visibility: Mapping[str, str],
    rare: Sequence[UUID] = (),
) -> tuple[str, list[Any]]:
    """The statement of a page with its values; `rare` names the only entries that are read."""
    where = Conditions(access.actor.school_id, child_id)
    where.add("e.child_id = $2")
    if rare:
        where.add("e.id = any({}::uuid[])", rare)
    concerns = Conditions()
    concerns.values = where.values
    access.keep(concerns)
    where.add(
        "(e.concern_id is null and e.confidentiality = any({}::text[]) or c.id is not null and "
        + str(concerns).replace("{", "{{").replace("}", "}}")
        + ")",
        _own_classes(access, child_id),
    )
    _keep_files(where, access)
    _keep_past(where, access)
    _narrow(where, asked)
    _after(where, asked, paging)
    direction = "asc" if asked.oldest_first else "desc"
    limit = where.place(paging.fetch)
    order = f"order by occurred_at {direction}, id {direction} limit {limit}"
    roll = None if rare else _of_roll(access, child_id, asked, paging, where.values)
    with_roll = f"{ON_ROLL}{roll} {order}) {order}" if roll else ""
    by_role, by_part = where.place(visibility["by_role"]), where.place(visibility["by_part"])
    return (
        f"{START}{where} {order}){with_roll}{'' if rare else BESIDE}"
        f"{END}{by_role}::jsonb -> p.confidentiality, {by_part}::jsonb -> p.confidentiality"
        f"{WITH_RARE if rare else WITHOUT_RARE}p.occurred_at {direction}, p.id {direction}"
    ), where.values


def _after(where: Conditions, asked: ChronologyFilter, paging: PageOf) -> None:
    if paging.after is not None:
        order = ">" if asked.oldest_first else "<"
        where.add(
            f"(e.occurred_at, e.id) {order} ({{}}::timestamptz, {{}}::uuid)",
            paging.after.at,
            paging.after.id,
        )


def _of_roll(
    access: AccessFilter, child_id: UUID, asked: ChronologyFilter, paging: PageOf, values: list[Any]
) -> str:
    """Which comings and goings are shown; empty where none are asked for, or may be seen."""
    without = asked.kinds and "enrolment" not in asked.kinds
    if without or asked.category or asked.significant or asked.entry_id is not None:
        return ""
    if "K2" not in _own_classes(access, child_id):
        return ""
    where = Conditions()
    where.values = values
    _narrow(where, ChronologyFilter(since=asked.since, until=asked.until))
    _after(where, asked, paging)
    return str(where)


def _keep_files(where: Conditions, access: AccessFilter) -> None:
    """Without shares, referrals and cases that the reader must not know of."""
    for table in ("share", "referral", "concern_case"):
        files = Conditions()
        files.values = where.values
        access.keep_file(table, files)
        if str(files) != "true":
            where.keep(
                f"(e.kind <> '{table}' or exists (select from {table} x where x.school_id = $1 "
                f"and x.id = e.thing_id and {files}))"
            )


def _keep_past(where: Conditions, access: AccessFilter) -> None:
    """Without past entries that are about a relative of the reader, too."""
    if related := list(access.actor.conflicts.children):
        where.add(
            "(e.kind <> 'past_entry' or not coalesce((select true from past_entry t "
            "join past_entry o on o.school_id = $1 and o.together_id = t.together_id "
            "where t.school_id = $1 and t.id = e.thing_id and o.child_id = any({}::uuid[]) "
            "limit 1), false))",
            related,
        )


def _own_classes(access: AccessFilter, child_id: UUID) -> list[str]:
    """The classes of entry that hang on no concern and that this actor reads."""
    granted = (grant.classes for grant in access.actor.grants if grant.child_id == child_id)
    return sorted({*access.classes, *access.cohort_classes}.union(*granted))


def _narrow(where: Conditions, asked: ChronologyFilter) -> None:
    plain: list[tuple[str, Any]] = [
        ("e.kind = any({}::text[])", list(asked.kinds) or None),
        (CATEGORY, asked.category),
        ("e.occurred_at >= {}", asked.since),
        ("e.occurred_at < {}", asked.until),
        ("e.significant = {}", asked.significant),
        ("e.id = {}", asked.entry_id),
    ]
    for condition, value in plain:
        if value is not None:
            where.add(condition, value)
