create temp table pupil on commit drop as
  select n, gen_random_uuid() as id from generate_series(1, 300) n;
create temp table worry on commit drop as
  select n, gen_random_uuid() as id, now() - n * interval '1 hour' as at
  from generate_series(1, 4000) n;
insert into child (school_id, id, legal_given_name, legal_family_name, year_group,
  registration_group, sort_name, created_at, changed_at)
select '{school}', id, 'Given' || n, 'Family' || n, (7 + n % 5)::text, '7' || n % 20,
       'family' || n || ' given' || n, now(), now() from pupil;
insert into child_name_token (school_id, id, token)
select '{school}', id, word || n from pupil, unnest('{{given,family}}'::text[]) word;
insert into concern (school_id, id, reference, reporter_id, recorded_at, occurred_at,
  occurred_precision, source, immediacy, reported_categories, told_already, state,
  confidentiality, categories, owner_id, due_at, ended_at, changed_at)
select '{school}', id, 'P-' || n,
       case when n % 40 = 0 then '{teacher}'::uuid else '{lead}'::uuid end,
       at, at, 'exact', 'staff_observation', 'routine', '{{not_sure}}', '[]',
       case when n % 5 = 0 then 'raised' else 'closed' end, 'K3', '{{not_sure}}', '{lead}',
       at + interval '1 day', case when n % 5 = 0 then null else at end, at
from worry;
insert into concern_child (school_id, id, child_id, role, position)
select '{school}', w.id, p.id, 'subject', 0
from worry w join pupil p on p.n = case when w.n % 10 = 0 then 1 else 1 + w.n % 300 end;
insert into account_statement (school_id, id, concern_id, position, kind, text)
select '{school}', gen_random_uuid(), id, 0, 'observed', 'Seen.' from worry;
insert into action (school_id, id, concern_id, what, owner_id, due_at, state, set_by, set_at,
  ended_at, changed_at)
select '{school}', gen_random_uuid(), id, 'Look again.', '{lead}', at,
       case when n % 20 = 0 then 'open' else 'done' end, '{lead}', at,
       case when n % 20 = 0 then null else at end, at
from worry where n % 2 = 0;
insert into task (school_id, id, kind, child_id, concern_id, confidentiality, owner_id, due_at,
  urgent, barred, facts, set_by, set_at, state, ended_at, ended_by, changed_at)
select '{school}', gen_random_uuid(), 'follow_up', p.id, w.id, 'K3',
       case when n % 200 = 0 then '{teacher}'::uuid else '{lead}'::uuid end, w.at, false, '{{}}',
       '{{}}', '{lead}', w.at, case when n % 8 = 0 then 'open' else 'done' end,
       case when n % 8 = 0 then null else w.at end,
       case when n % 8 = 0 then null else '{lead}'::uuid end, w.at
from worry w join pupil p using (n);
insert into incomplete_report (school_id, id, reporter_id, register, about_head, operation, signed_in,
  body, cut, digest,
  asks, urgent, barred, received_at, times, last_at, state, ended_by, ended_at, changed_at)
select '{school}', gen_random_uuid(), '{teacher}', 'children', false, 'raise_concern', true, '{{}}', false,
       decode(md5(n::text), 'hex'), '{{}}', false, '{{}}', at, 1, at, case when n % 200 = 0 then 'open' else 'resolved' end,
       case when n % 200 = 0 then null else '{lead}'::uuid end,
       case when n % 200 = 0 then null else at end, at
from worry;
insert into child_group (school_id, id, kind, source, stated_by, stated_at, ended_by, ended_at, end_reason,
  changed_at)
select '{school}', gen_random_uuid(), 'friend', 'staff', '{lead}', at,
       case when n % 200 = 0 then null else '{lead}'::uuid end,
       case when n % 200 = 0 then null else at end, case when n % 200 = 0 then null else 'over' end,
       at
from worry;
insert into linked_concern (school_id, id, rule_id, rule_version, fired_at, confidentiality,
  event_ids, links, state, ended_by, ended_at, changed_at)
select '{school}', gen_random_uuid(), 'sh.linked_pair', '1', at, 'K3', array[id], '[]',
       case when n % 200 = 0 then 'open' else 'looked_together' end,
       case when n % 200 = 0 then null else '{lead}'::uuid end,
       case when n % 200 = 0 then null else at end, at
from worry;
insert into deadline (school_id, id, noun, thing_id, rule_id, rule_version, ladder, started_at,
  due_at, made_by, made_at, next_at)
select '{school}', gen_random_uuid(), t.noun, t.id, 'set_by_person', '2026-11', 'routine', t.due_at,
       t.due_at, '{lead}', t.due_at, now() + interval '1 year'
from (select 'concern' as noun, id, due_at from concern
      where school_id = '{school}' and ended_at is null
      union all
      select 'action', id, due_at from action where school_id = '{school}' and state = 'open'
      union all
      select 'task', id, due_at from task where school_id = '{school}' and ended_at is null) t;
insert into chronology_entry (school_id, id, child_id, occurred_at, occurred_precision, recorded_at,
  late, kind, thing_id, concern_id, confidentiality, author_id, author_role)
select '{school}', gen_random_uuid(), k.child_id, c.occurred_at, 'exact', c.recorded_at, false,
       'concern', c.id, c.id, 'K3', c.reporter_id, 'staff'
from concern c join concern_child k on k.school_id = c.school_id and k.id = c.id
where c.school_id = '{school}';
