"""The one statement that raises a concern: every row of it, its trace, alerts and job.

One round trip instead of ten. The reference number is drawn inside it, as late as can be,
since its counter row stays locked until the commit.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from app.core import moments
from app.db.session import Driver

RAISE = """
with doc as materialized (select $7::jsonb as d, $1::uuid as school_id, $2::timestamptz as at),
new_alert as (
  select * from doc, jsonb_to_recordset(d->'alerts') as
    a(id uuid, recipient_id uuid, urgent bool, kind text, concern_id uuid, noun text,
      thing_id uuid)),
number as (
  insert into reference_counter (school_id, kind, year, last)
  select school_id, 'C', (d->>'year')::int, 1 from doc
  on conflict (school_id, kind, year) do update set last = reference_counter.last + 1
  returning last),
added as (
  insert into concern (school_id, id, reference, reporter_id, recorded_at, occurred_at,
    occurred_precision, place, source, context, alleged_source_of_harm, immediacy,
    reported_categories, told_already, parents_told, state, confidentiality, primary_category,
    categories, owner_id, due_at, due_rule, changed_at)
  select doc.school_id, c.id, 'C-' || (d->>'year') || '-' || lpad(number.last::text, 6, '0'),
    c.reporter_id, doc.at, c.occurred_at, c.occurred_precision, c.place, c.source, c.context,
    c.alleged_source_of_harm, c.immediacy, c.categories, coalesce(c.told_already, '[]'),
    c.parents_told, 'raised', c.confidentiality, c.primary_category, c.categories, c.owner_id,
    c.due_at, c.due_rule, doc.at
  from doc, number, jsonb_to_record(d->'concern') as
    c(id uuid, reporter_id uuid, occurred_at timestamptz, occurred_precision text, place text,
      source text, context text, alleged_source_of_harm text, immediacy text, categories text[],
      told_already jsonb, parents_told jsonb, confidentiality text, primary_category text,
      owner_id uuid, due_at timestamptz, due_rule text)
  returning id, reference, occurred_at, occurred_precision, confidentiality, reporter_id),
children as (
  insert into concern_child (school_id, id, child_id, role, position)
  select doc.school_id, added.id, k.child_id, k.role, k.position
  from doc, added, jsonb_to_recordset(d->'children') as k(child_id uuid, role text, position int)),
statements as (
  insert into account_statement (school_id, id, concern_id, position, kind, text, prompted_by,
    told_by, basis)
  select doc.school_id, s.id, added.id, s.position, s.kind, s.text, s.prompted_by, s.told_by,
    s.basis
  from doc, added, jsonb_to_recordset(d->'account') as
    s(id uuid, position int, kind text, text text, prompted_by text, told_by text, basis text)),
marks as (
  insert into body_mark (school_id, id, concern_id, child_id, position, view, x, y, region, size_mm,
    colour, shape, explanation, details)
  select doc.school_id, m.id, added.id, m.child_id, m.position, m.view, m.x, m.y, m.region,
    m.size_mm, m.colour, m.shape, m.explanation, coalesce(m.details, '{}')
  from doc, added, jsonb_to_recordset(d->'body_map') as
    m(id uuid, child_id uuid, position int, view text, x float8, y float8, region text, size_mm int,
      colour text, shape text, explanation text, details jsonb)),
entries as (
  insert into chronology_entry (school_id, id, child_id, occurred_at, occurred_precision,
    recorded_at, late, kind, thing_id, concern_id, confidentiality, author_id, author_role)
  select doc.school_id, k.entry_id, k.child_id, added.occurred_at, added.occurred_precision, doc.at,
    (d->>'late')::bool, 'concern', added.id, added.id, added.confidentiality, added.reporter_id,
    d->>'author_role'
  from doc, added, jsonb_to_recordset(d->'children') as k(child_id uuid, entry_id uuid)),
step as (
  insert into concern_event (school_id, id, concern_id, verb, at, by_id, by_role, to_state)
  select doc.school_id, (d->>'event_id')::uuid, added.id, 'raised', doc.at, added.reporter_id,
    d->>'author_role', 'raised'
  from doc, added),
alerts as (
  insert into alert (school_id, id, recipient_id, kind, urgent, concern_id, noun, thing_id,
    created_at)
  select a.school_id, a.id, a.recipient_id, coalesce(a.kind, 'concern_raised'), a.urgent,
    coalesce(a.concern_id, added.id), a.noun, a.thing_id, a.at
  from new_alert a, added),
pathway as (
  insert into self_harm (school_id, id, kind_told, told, reported_immediacy, begun_by, begun_at,
    kind, state, pupils, last_event_at, changed_at)
  select doc.school_id, added.id, p.kind, p.told, p.reported_immediacy, added.reporter_id, doc.at,
    p.kind, p.state, p.pupils, doc.at, doc.at
  from doc, added, jsonb_to_recordset(d->'pathways') as
    p(kind text, told jsonb, reported_immediacy text, state text, pupils jsonb)),
others as (
  select h.id, h.state, o.step_id, o.verb, o.details, o.child_ids,
    case when o.verb = 'new_event' and h.state = any(array(select jsonb_array_elements_text(
      d->'late_states'))) then 'followed' else h.state end as to_state
  from doc
  cross join lateral jsonb_to_recordset(d->'other_pathways') as
    o(id uuid, step_id uuid, verb text, details jsonb, child_ids uuid[])
  join self_harm h on h.school_id = doc.school_id and h.id = o.id),
moved as (
  update self_harm h set state = o.to_state, changed_at = doc.at,
    pupils = case when o.verb <> 'new_event' then h.pupils else
      case when h.state = 'settled' then coalesce((
        select jsonb_object_agg(k.child_id, h.state) from concern_child k
        where k.school_id = h.school_id and k.id = h.id and k.role in ('subject', 'harmed')
          and k.child_id <> all(o.child_ids)), '{}') else '{}' end
      || coalesce((
        select jsonb_object_agg(p.key, case when p.key = any(o.child_ids::text[])
          and p.value = any(array(select jsonb_array_elements_text(d->'late_states')))
          then 'followed' else p.value end) from jsonb_each_text(h.pupils) p), '{}') end,
    last_event_at = case when o.verb = 'new_event' then doc.at else h.last_event_at end,
    settled_at = case when o.to_state = 'settled' then h.settled_at end
  from doc, others o where h.school_id = doc.school_id and h.id = o.id),
taken as (
  insert into self_harm_step (school_id, id, concern_id, verb, at, recorded_at, by_id, by_role,
    from_state, to_state, details, child_ids)
  select doc.school_id, s.id, added.id, s.verb, doc.at, doc.at, $3::uuid, $4::text, s.from_state,
    s.to_state, s.details, s.child_ids
  from doc, added, jsonb_to_recordset(d->'pathway_steps') as
    s(id uuid, verb text, from_state text, to_state text, details jsonb, child_ids uuid[])
  union all
  select doc.school_id, o.step_id, o.id, o.verb, doc.at, doc.at, $3::uuid, $4::text, o.state,
    o.to_state, o.details, o.child_ids
  from doc, others o),
unmatched as (
  insert into unmatched_child (school_id, id, told, marks)
  select doc.school_id, added.id, u.told, u.marks
  from doc, added, jsonb_to_recordset(d->'unmatched') as u(told jsonb, marks jsonb)),
tasks as (
  insert into task (school_id, id, kind, child_id, concern_id, confidentiality, owner_id, due_at,
    due_rule, urgent, barred, facts, set_at, state, changed_at)
  select doc.school_id, t.id, t.kind, t.child_id, added.id, added.confidentiality, t.owner_id,
    t.due_at, t.due_rule, t.urgent, t.barred, '{}', doc.at, 'open', doc.at
  from doc, added, jsonb_to_recordset(d->'tasks') as
    t(id uuid, kind text, child_id uuid, owner_id uuid, due_at timestamptz, due_rule text,
      urgent bool, barred uuid[])),
clocks as (
  insert into deadline (school_id, id, noun, thing_id, rule_id, rule_version, calendar,
    calendar_version, ladder, started_at, due_at, made_by, made_at, next_at)
  select doc.school_id, k.id, k.noun, k.thing_id, k.rule_id, k.rule_version, k.calendar,
    k.calendar_version, k.ladder, k.started_at, k.due_at, $3::uuid, doc.at, k.due_at
  from doc, jsonb_to_recordset(d->'clocks') as
    k(id uuid, noun text, thing_id uuid, rule_id text, rule_version text, calendar text,
      calendar_version int, ladder text, started_at timestamptz, due_at timestamptz)),
traced as (
  insert into trail (school_id, id, at, actor_id, actor_role, session_id, request_id, verb, noun,
    noun_id, child_id, reason, after_hash, details)
  select doc.school_id, e.id, doc.at, $3::uuid, $4::text, $5::uuid, $6::text, e.verb,
    e.noun, e.noun_id, e.child_id, e.reason, e.after_hash, e.details
  from doc, jsonb_to_recordset(d->'trail') as
    e(id uuid, verb text, noun text, noun_id uuid, child_id uuid, reason text, after_hash text,
      details jsonb)),
deferred as (
  select procrastinate_defer_jobs_v1(array(
    select row(j.queue, j.task, j.priority, j.lock, j.queueing_lock, j.args, j.at)
             ::procrastinate_job_to_defer_v1
    from doc, jsonb_to_recordset(d->'jobs') as
         j(queue text, task text, priority int, lock text, queueing_lock text, args jsonb,
           at timestamptz))) as ids)
select added.reference, (select count(*) from deferred) as jobs from added
"""


async def raise_in_one_statement(
    driver: Driver, document: Mapping[str, Any], bindings: Sequence[Any]
) -> str:
    """Write the whole concern and answer its reference."""
    packed = moments.packed(document).decode()
    row: Any = await driver.write(RAISE, *bindings, packed)
    reference: str = row["reference"]
    return reference
