"""Reads of concerns: lists that the database makes into JSON, and one whole concern."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from app.core.words import Actor
from app.db.cards import columns_as_json
from app.db.models import Concern
from app.db.models.record.concerns import kind_of_statement
from app.db.paging import Conditions, Page, PageOf, cut_cards, keep_states
from app.db.repositories.concern_facts import AccessFilter
from app.db.repositories.duty.ladder import MAY_TELL
from app.db.repositories.file_locks import CONCERN_CLOSED
from app.db.session import Driver

CHILDREN = """
  cross join lateral (
    select coalesce(json_agg(json_build_object(
             'id', k.id, 'role', cc.role,
             'name', coalesce(k.known_given_name, k.legal_given_name) || ' ' ||
                     coalesce(k.known_family_name, k.legal_family_name),
             'year_group', k.year_group, 'registration_group', k.registration_group)
             order by cc.position), '[]') as list
    from concern_child cc join child k on k.school_id = cc.school_id and k.id = cc.child_id
    where cc.school_id = c.school_id and cc.id = c.id) children
"""
CATEGORY = """{} = any(c.categories || array(
  select word ->> 'code'
  from jsonb_array_elements(c.own_categories || c.reported_own_categories) word))"""
"""Whether it is about a common category, or one of the school's own words, by code."""
CARD = """
select c.sort_at, c.id, json_build_object(
  'id', c.id, 'reference', c.reference, 'state', c.state, 'immediacy', c.immediacy,
  'level', c.level, 'level_label', c.level_label, 'primary_category', c.primary_category,
  'confidentiality', c.confidentiality, 'recorded_at', rfc3339(c.recorded_at),
  'occurred_at', rfc3339(c.occurred_at), 'due_at', rfc3339(c.due_at),
  'waiting_for_signature', c.pending is not null,
  'owner', case when c.owner_id is null then null
           else json_build_object('id', c.owner_id, 'name', o.name) end,
  'reporter', json_build_object('id', c.reporter_id, 'name', r.name),
  'children', children.list)::text as card
from ("""
CARD_END = (
    """) c
  join staff r on r.school_id = c.school_id and r.id = c.reporter_id
  left join staff o on o.school_id = c.school_id and o.id = c.owner_id
"""
    + CHILDREN
)
AS_TOLD = """
case when c.immediacy = 'immediate_danger' then coalesce((
  select case when h.reported_immediacy = 'routine' and h.kind_told in (
           'thoughts_of_suicide', 'plan_or_preparation', 'suicide_attempt')
         then 'today' else h.reported_immediacy end
  from self_harm h where h.school_id = c.school_id and h.id = c.id), c.immediacy)
else c.immediacy end
"""
"""The urgency as the reporter gave it: what leads found out later is for leads."""
MINE = f"""
select c.sort_at, c.id, c.state, json_build_object(
  'id', c.id, 'reference', c.reference, 'recorded_at', rfc3339(c.recorded_at),
  'occurred_at', rfc3339(c.occurred_at), 'immediacy', {AS_TOLD},
  'progress', case when c.state = 'raised' then 'received'
                   when c.ended_at is null or c.state = 'moved_to_adults' then 'being_handled'
                   else 'thank_you' end,
  'children', children.list)::text as card
from ("""
NEWEST = (
    "select c.*, c.recorded_at as sort_at from concern c where c.school_id = $1 and ",
    " order by c.recorded_at desc, c.id desc limit ",
    " order by c.recorded_at desc, c.id desc",
    "(c.recorded_at, c.id) < ({}::timestamptz, {}::uuid)",
)
SOONEST_DUE = (
    "select c.*, c.due_at as sort_at from concern c where c.school_id = $1 and ",
    " order by c.due_at, c.id limit ",
    " order by c.due_at, c.id",
    "(c.due_at, c.id) > ({}::timestamptz, {}::uuid)",
)


@dataclass(frozen=True, slots=True)
class ConcernFilter:
    """Which concerns a list shows."""

    states: Sequence[str] = ()
    child_id: UUID | None = None
    owner_id: UUID | None = None
    reporter_id: UUID | None = None
    category: str | None = None
    level: int | None = None
    immediacy: str | None = None
    overdue_at: datetime | None = None
    since: datetime | None = None
    until: datetime | None = None
    soonest_due: bool = False


def _filtered(access: AccessFilter, asked: ConcernFilter) -> Conditions:
    where = Conditions(access.actor.school_id)
    if asked.overdue_at is not None or asked.soonest_due:
        where.add("c.ended_at is null")
    keep_states(where, "c", asked.states)
    where.given(
        "exists (select from concern_child f where f.school_id = c.school_id "
        "and f.child_id = {} and f.id = c.id)",
        asked.child_id,
    )
    where.given("c.owner_id = {}", asked.owner_id)
    where.given("c.reporter_id = {}", asked.reporter_id)
    where.given(CATEGORY, asked.category)
    where.given("c.level = {}", asked.level)
    where.given("c.immediacy = {}", asked.immediacy)
    where.given("c.due_at < {}", asked.overdue_at)
    where.given("c.recorded_at >= {}", asked.since)
    where.given("c.recorded_at < {}", asked.until)
    access.keep(where)
    return where


async def page_of_concerns(
    driver: Driver, access: AccessFilter, asked: ConcernFilter, paging: PageOf
) -> Page[str]:
    """Cards of the concerns that the actor may read whole, as JSON texts."""
    where = _filtered(access, asked)
    start, inner_order, outer_order, after = SOONEST_DUE if asked.soonest_due else NEWEST
    if paging.after is not None:
        where.add(after, paging.after.at, paging.after.id)
    limit = where.place(paging.fetch)
    statement = f"{CARD}{start}{where}{inner_order}{limit}{CARD_END}{outer_order}"
    rows = await driver.rows(statement, *where.values)
    return _page(rows, paging)


async def page_of_mine(driver: Driver, actor: Actor, paging: PageOf) -> Page[str]:
    """Cards of the actor's own reports with their content-free progress."""
    where = Conditions(actor.school_id)
    where.add("c.reporter_id = {}", actor.id)
    start, inner_order, outer_order, after = NEWEST
    if paging.after is not None:
        where.add(after, paging.after.at, paging.after.id)
    limit = where.place(paging.fetch)
    statement = f"{MINE}{start}{where}{inner_order}{limit}) c {CHILDREN}{outer_order}"
    rows = await driver.rows(statement, *where.values)
    return _page(rows, paging)


def _page(rows: Sequence[Any], paging: PageOf) -> Page[str]:
    return cut_cards(rows, paging)


STANDING = f"""
{CONCERN_CLOSED} as closed,
c.reporter_id <> $3 and {MAY_TELL.format(staff="c.reporter_id", concern="c.id", day="$4")}
  as reporter_there
"""
"""Facts besides its state that decide which steps a concern (alias `c`) allows."""
OPEN = (
    f"""
select {STANDING}, c.version, c.state, c.reporter_id, c.pending::text as pending, json_build_object(
  'id', c.id, 'reference', c.reference, 'recorded_at', rfc3339(c.recorded_at),
  'occurred_at', rfc3339(c.occurred_at), 'occurred_precision', c.occurred_precision,
  {columns_as_json(Concern, Concern.__reported__, "c")},
  'immediacy', case when $5::bool then {AS_TOLD} else c.immediacy end,
  'reported_categories', c.reported_categories,
  'children', children.list,
  'reporter', json_build_object('id', c.reporter_id, 'name', r.name),
  'account', coalesce((select json_agg(json_build_object(
      'id', s.id, 'kind', {kind_of_statement("s")},
      'kind_told', s.kind, 'text', s.text, 'prompted_by', s.prompted_by,
      'told_by', s.told_by, 'basis', s.basis) order by s.position)
    from account_statement s where s.school_id = $1 and s.concern_id = c.id), '[]'),
  'body_map', coalesce((select json_agg(json_build_object(
      'id', m.id, 'child_id', m.child_id, 'view', m.view, 'x', m.x, 'y', m.y, 'region', m.region,
      'size_mm', m.size_mm, 'colour', m.colour, 'shape', m.shape, 'explanation', m.explanation,
      'details', m.details) order by m.position)
    from body_mark m where m.school_id = $1 and m.concern_id = c.id), '[]'))::text as submission,
  json_build_object(
  'told_reporter', c.told_reporter, 'told_reporter_at', rfc3339(c.told_reporter_at),
  'questions', coalesce((select json_agg(json_build_object(
      'id', q.id, 'text', q.text, 'asked_at', rfc3339(q.asked_at),
      'asked_by', json_build_object('id', q.asked_by, 'name', p.name),
      'answer', q.answer, 'answered_at', rfc3339(q.answered_at)) order by q.asked_at, q.id)
    from concern_question q join staff p on p.school_id = $1 and p.id = q.asked_by
    where q.school_id = $1 and q.concern_id = c.id), '[]'),
  'amendments', coalesce((select json_agg(json_build_object(
      'id', a.id, 'statement_id', a.statement_id, 'kind', a.kind, 'text', a.text,
      'reason', a.reason, 'told_already', a.told_already,
      'statement_kind', a.statement_kind, 'immediacy', a.immediacy, 'categories', a.categories,
      'self_harm', a.self_harm,
      'recorded_at', rfc3339(a.recorded_at), 'post_event', a.post_event,
      'author', json_build_object('id', a.author_id, 'name', p.name)) order by a.recorded_at, a.id)
    from amendment a join staff p on p.school_id = $1 and p.id = a.author_id
    where a.school_id = $1 and a.concern_id = c.id and (not $5::bool or a.author_id = $3)), '[]'),
  'attachments', coalesce((select json_agg(json_build_object(
      'id', f.id, 'file_name', f.file_name, 'content_type', f.content_type, 'size', f.size,
      'sha256', f.sha256, 'description', f.description, 'recorded_at', rfc3339(f.recorded_at),
      'state', f.state, 'scan_result', f.scan_result, 'scanned_at', rfc3339(f.scanned_at),
      'flags', f.flags, 'stripped', case when f.stripped_key is not null then json_build_object(
        'size', f.stripped_size, 'sha256', f.stripped_sha256) end,
      'added_by', json_build_object('id', f.added_by, 'name', p.name)) order by f.recorded_at, f.id)
    from attachment f join staff p on p.school_id = $1 and p.id = f.added_by
    where f.school_id = $1 and f.concern_id = c.id and (not $5::bool or f.added_by = $3)),
    '[]'))::text as additions,
  case when $5::bool then null else json_build_object(
  'state', c.state, 'confidentiality', c.confidentiality, 'level', c.level,
  'level_label', c.level_label, 'primary_category', c.primary_category,
  'categories', c.categories, 'own_categories', c.own_categories,
  'due_at', rfc3339(c.due_at), 'due_rule', c.due_rule,
  'owner', case when c.owner_id is null then null
           else json_build_object('id', c.owner_id, 'name', o.name) end,
  'acknowledged_at', rfc3339(c.acknowledged_at), 'triaged_at', rfc3339(c.triaged_at),
  'outcome', c.outcome, 'ended_at', rfc3339(c.ended_at), 'duplicate_of', c.duplicate_of,
  'pending', jsonb_set(c.pending, array['proposed_at'],
                       to_jsonb(rfc3339((c.pending->>'proposed_at')::timestamptz))),
  'comments', coalesce((select json_agg(json_build_object(
      'id', m.id, 'text', m.text, 'recorded_at', rfc3339(m.recorded_at),
      'author', json_build_object('id', m.author_id, 'name', p.name)) order by m.recorded_at, m.id)
    from comment m join staff p on p.school_id = $1 and p.id = m.author_id
    where m.school_id = $1 and m.concern_id = c.id), '[]'),
  'decisions', coalesce((select json_agg(json_build_object(
      'id', d.id, 'kind', d.kind, 'question', d.question, 'options', d.options,
      'decision', d.decision, 'reason', d.reason, 'advice', d.advice,
      'decided_at', rfc3339(d.decided_at), 'recorded_at', rfc3339(d.recorded_at),
      'review_on', rfc3339(d.review_on),
      'decided_by', json_build_object('id', d.decided_by, 'name', p.name))
      order by d.decided_at, d.id)
    from decision d join staff p on p.school_id = $1 and p.id = d.decided_by
    where d.school_id = $1 and d.concern_id = c.id), '[]'),
  'actions', coalesce((select json_agg(json_build_object(
      'id', a.id, 'what', a.what, 'due_at', rfc3339(a.due_at), 'state', a.state,
      'outcome', a.outcome, 'reason', a.reason, 'set_at', rfc3339(a.set_at),
      'ended_at', rfc3339(a.ended_at),
      'owner', json_build_object('id', a.owner_id, 'name', p.name)) order by a.set_at, a.id)
    from action a join staff p on p.school_id = $1 and p.id = a.owner_id
    where a.school_id = $1 and a.concern_id = c.id), '[]'))::text end as work
from concern c
  join staff r on r.school_id = $1 and r.id = c.reporter_id
  left join staff o on o.school_id = $1 and o.id = c.owner_id
"""
    + CHILDREN
    + " where c.school_id = $1 and c.id = $2"
)


async def whole_concern(
    driver: Driver, actor: Actor, concern_id: UUID, day: date, *, as_reporter: bool
) -> Any | None:
    """One concern in JSON parts: `submission`, `additions` and, unless `as_reporter`, `work`.

    Also whether it is `closed`, and whether the actor can ask its reporter that day
    (`reporter_there`).
    """
    return await driver.row(OPEN, actor.school_id, concern_id, actor.id, day, as_reporter)


STEPPED = f"""
select {STANDING},
  exists (select from self_harm h where h.school_id = $1 and h.id = c.id) as on_pathway,
  exists (select from task t where t.school_id = $1 and t.concern_id = c.id
          and t.kind = 'child_unmatched' and t.ended_at is null) as unmatched
from concern c where c.school_id = $1 and c.id = $2
"""


async def standing(driver: Driver, actor: Actor, concern_id: UUID, day: date) -> Any:
    """How far a concern is closed, if it can be asked about, has a pathway, an unknown child."""
    return await driver.row(STEPPED, actor.school_id, concern_id, actor.id, day)


HISTORY = """
select e.id, e.verb, e.at, json_build_object('id', e.by_id, 'name', s.name) ::text as by,
       e.by_role, e.from_state, e.to_state, e.reason, e.details::text as details
from concern_event e join staff s on s.school_id = $1 and s.id = e.by_id
where e.school_id = $1 and e.concern_id = $2
order by e.at, e.id
"""


async def history_of(driver: Driver, school_id: UUID, concern_id: UUID) -> Sequence[Any]:
    """Every step of a concern, oldest first."""
    return await driver.rows(HISTORY, school_id, concern_id)
