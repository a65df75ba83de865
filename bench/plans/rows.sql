-- What else a large school has after some years: steps, tasks, plans, alerts, files and the trail.
-- Made by sets over the rows of `bench/rows.sql`; most of it has ended, as in a school. Each step
-- begins with a line `-- step: what it makes`. Run as superuser with triggers off.

-- step: who and what there is
create temp table place as
select substr(name, 8)::int as n, id as school_id from organisation where kind = 'school';
create temp table person as
select p.n, s.school_id, split_part(s.name, ' ', 2)::int as k, s.id,
       count(*) over (partition by s.school_id) as many
from staff s join place p using (school_id);
create index on person (school_id, k);
create temp table pupil as
select p.n, c.school_id, c.id, row_number() over (partition by c.school_id order by c.id) as k,
       count(*) over (partition by c.school_id) as many
from child c join place p using (school_id);
create index on pupil (school_id, k);
create temp table worry as
select p.n, c.school_id, c.id, c.recorded_at as at, c.ended_at is null as is_open, c.owner_id,
       cc.child_id, row_number() over (partition by c.school_id order by c.recorded_at desc) as k,
       o.k as owner_k, o.many
from concern c join place p using (school_id)
join concern_child cc on cc.school_id = c.school_id and cc.id = c.id and cc.position = 0
join person o on o.school_id = c.school_id and o.id = c.owner_id;
create index on worry (school_id, k);
analyze place, person, pupil, worry;
insert into organisation (id, kind, name, created_at, changed_at)
values ('00000000-0000-7000-8000-00000000beef', 'trust', 'The trust', now(), now());
update organisation set parent_id = '00000000-0000-7000-8000-00000000beef' where kind = 'school';
update staff set accepted_at = created_at where accepted_at is null;
update membership m set role = r.role, cohort = r.cohort
from person p join (values (5, 'pastoral', '{"year_groups": ["8"]}'::jsonb),
                           (6, 'school_admin', '{}'))
  as r(k, role, cohort) on r.k = p.k
where m.school_id = p.school_id and m.staff_id = p.id;
update auth_session s set role = m.role, amr = '{pwd,otp}', auth_time = now()
from membership m where m.school_id = s.organisation_id and m.staff_id = s.account_id;

-- step: clocks of concerns
insert into deadline (school_id, id, noun, thing_id, rule_id, rule_version, ladder, started_at,
  due_at, made_by, made_at, next_at, ended_at, ended_reason_code)
select school_id, gen_random_uuid(), 'concern', id, 'concern.triage', '2026-11', 'routine', at,
       at + interval '14 days', owner_id, at,
       now() + interval '1 minute' * (case when k % 400 = 1 then -5 else 60 + k end),
       case when not is_open then at + interval '20 days' end,
       case when not is_open then 'closed' end
from worry;

-- step: tasks, one in twenty open
create temp table duty as
select w.n, w.school_id, gen_random_uuid() as id, w.id as concern_id, w.child_id, w.at, w.k,
       w.k % 20 = 0 as is_open, o.id as owner_id, c.id as cover_id
from worry w
join person o on o.school_id = w.school_id
             and o.k = case when w.k % 3 = 0 then 1 + w.k % w.many else w.owner_k end
join person c on c.school_id = w.school_id and c.k = 1 + (w.k * 7 + 3) % w.many;
insert into task (school_id, id, kind, child_id, concern_id, confidentiality, owner_id, cover_id,
  due_at, urgent, barred, facts, set_at, state, outcome, ended_at, ended_by, changed_at)
select school_id, id, (array['speak_with_pupil', 'decide_parents', 'sh_check', 'follow_up'])
       [1 + k % 4], child_id, concern_id, case when k % 7 = 0 then 'anyone' else 'K3' end, owner_id,
       case when k % 2 = 0 then cover_id end,
       case when is_open then now() + interval '1 hour' * (k % 400 - 40)
            else at + interval '3 days' end,
       k % 10 = 0, '{}', '{}', at, case when is_open then 'open' else 'done' end,
       case when is_open then null else 'done' end,
       case when is_open then null else at + interval '2 days' end,
       case when is_open then null else owner_id end, at
from duty;
insert into deadline (school_id, id, noun, thing_id, rule_id, rule_version, ladder, started_at,
  due_at, made_by, made_at, next_at, ended_at, ended_reason_code)
select school_id, gen_random_uuid(), 'task', id, 'task.follow_up', '2026-11', 'routine', at,
       at + interval '3 days', owner_id, at, now() + interval '1 minute' * (60 + k),
       case when not is_open then at + interval '2 days' end,
       case when not is_open then 'done' end
from duty;

-- step: alerts, one in fifty waiting, and many that were settled unread
insert into alert (school_id, id, recipient_id, kind, urgent, concern_id, matter_id, created_at,
  sent_at, acknowledged_at)
select w.school_id, gen_random_uuid(), p.id, 'concern_raised', false, w.id, w.id, w.at, w.at,
       case when w.k % 50 <> 0 then w.at + interval '1 hour' end
from worry w join person p on p.school_id = w.school_id and p.k <= 3;
insert into alert (school_id, id, recipient_id, kind, urgent, matter_id, created_at, sent_at,
  deadline_id, round, rung, rung_at, ended_at, ended_reason_code)
select d.school_id, gen_random_uuid(), p.id, 'overdue', false, d.thing_id,
       d.started_at + interval '4 days', d.started_at + interval '4 days', d.id, 0, 1,
       d.started_at + interval '4 days', d.ended_at, 'task.done'
from deadline d join person p on p.school_id = d.school_id and p.k <= 2
where d.noun = 'task' and d.ended_at is not null and abs(hashtext(d.id::text)) % 10 = 0;

-- step: pathways and safety records
insert into self_harm (school_id, id, kind_told, told, reported_immediacy, begun_by, begun_at, kind,
  state, last_event_at, settled_at, changed_at)
select school_id, id, 'thoughts_of_suicide', '{}', 'today', owner_id, at, 'thoughts_of_suicide',
       case when k % 60 = 0 then 'told' else 'closed' end, at, null, at
from worry where k % 6 = 0;
insert into self_harm_step (school_id, id, concern_id, verb, at, recorded_at, by_id, by_role,
  to_state, details)
select school_id, gen_random_uuid(), id, 'told', at, at, owner_id, 'dsl', 'told', '{}'
from worry, generate_series(1, 3) where k % 6 = 0;
insert into safety_record (school_id, id, child_id, concern_id, kind, content, summary, occurred_at,
  occurred_precision, recorded_at, late, confidentiality, by_id, by_role, post_event)
select w.school_id, gen_random_uuid(), w.child_id, w.id,
       (array['safety_check', 'parents_decision', 'support_note', 'support_plan', 'reintegration',
              'found_item', 'home_safety_talk', 'friend_support'])[1 + (w.k + s) % 8],
       '{"good_until": "2036-01-01T00:00:00+00:00"}', 'Spoken with.', w.at, 'exact', w.at + interval '1 minute' * s,
       false, 'K3', w.owner_id, 'dsl', false
from worry w, generate_series(1, 2) s;

-- step: safety plans
insert into safety_plan (school_id, id, child_id, number, state, confidentiality, content, lead_id,
  chosen_adult_id, cover_adult_id, record_id, made_by, made_at, agreed_by, agreed_at, used_at,
  ended_at, ended_by, changed_at)
select p.school_id, gen_random_uuid(), p.id, v, case when v = 3 then 'in_use' else 'replaced' end,
       'K3', '{"made_with": "joint", "made_with_reason": null, "helped_by": null, "formats": [],
               "language": "en", "steps": {"signs": [], "alone": [], "company": [], "helpers": [],
               "services": [], "safer_space": []}, "hold_on_to": [], "at_school": {},
               "not_helpful": [], "staff_note": null}', l.id, a.id, c.id, gen_random_uuid(), l.id,
       now() - interval '30 days' * (4 - v), l.id, now() - interval '30 days' * (4 - v),
       now() - interval '30 days' * (4 - v),
       case when v < 3 then now() - interval '30 days' * (3 - v) end, case when v < 3 then l.id end,
       now()
from pupil p cross join generate_series(1, 3) v
join person l on l.school_id = p.school_id and l.k = 1
join person a on a.school_id = p.school_id and a.k = 8 + p.k % (l.many - 8)
join person c on c.school_id = p.school_id and c.k = 8 + (p.k + 3) % (l.many - 8)
where p.k % 5 = 0;

-- step: support plans, check-ins and the support list
create temp table supported as
select p.n, p.school_id, gen_random_uuid() as id, p.id as child_id, p.k, r.id as record_id,
       a.id as adult_id, c.id as cover_id, l.id as lead_id, p.k % 20 = 0 as is_open
from pupil p
join person l on l.school_id = p.school_id and l.k = 1
join person a on a.school_id = p.school_id and a.k = 8 + p.k % (l.many - 8)
join person c on c.school_id = p.school_id and c.k = 8 + (p.k + 3) % (l.many - 8)
join lateral (select s.id from safety_record s where s.school_id = p.school_id
              and s.child_id = p.id limit 1) r on true
where p.k % 5 = 0;
insert into support_plan (school_id, id, child_id, record_id, adult_id, cover_id, windows, cadence,
  began_on, review_due_at, made_at, made_by, ended_at, ended_by, changed_at)
select school_id, id, child_id, record_id, adult_id, cover_id,
       '[{"from": "10:30", "to": "11:00"}]', '[{"per_week": 2}]', current_date - 60,
       now() + interval '20 days', now() - interval '60 days', lead_id,
       case when not is_open then now() - interval '5 days' end,
       case when not is_open then lead_id end, now()
from supported;
insert into check_in (school_id, id, child_id, plan_id, owner_id, cover_id, opens_at, due_at, state,
  ended_at, ended_by, done_at, done_by, how, outcome, made_at, changed_at)
select school_id, gen_random_uuid(), child_id, id, adult_id, cover_id,
       now() + interval '1 day' * d - interval '2 hours', now() + interval '1 day' * d + interval
       '1 minute' * k, case when d > 0 and is_open then 'open' else 'done' end,
       case when d > 0 and is_open then null else now() end,
       case when d > 0 and is_open then null else adult_id end,
       case when d > 0 and is_open then null else now() end,
       case when d > 0 and is_open then null else adult_id end, 'in_person', 'fine', now(), now()
from supported, generate_series(-60, 3) d;
insert into support_list_entry (school_id, id, child_id, reason_code, source_noun, source_id, until, put_at,
  put_by, ended_at, ended_by, end_reason, changed_at)
select school_id, gen_random_uuid(), child_id, 'support_plan', 'support_plan', id,
       now() + interval '1 hour' * (s * 40 + k % 100), now() - interval '9 days' * s, lead_id,
       case when s > 1 or not is_open then now() end,
       case when s > 1 or not is_open then lead_id end,
       case when s > 1 or not is_open then 'over' end, now()
from supported, generate_series(1, 10) s;
insert into support_list_hand_over (school_id, id, to_id, note, content, by_id, at, acknowledged_at)
select l.school_id, gen_random_uuid(), d.id, 'Both are in touch.',
       (select coalesce(jsonb_agg(jsonb_build_object('child_id', x.child_id)), '[]')
        from (select child_id from supported s where s.school_id = l.school_id and s.is_open
              limit 20) x), l.id, now() - interval '7 days' * g, now() - interval '6 days' * g
from person l join person d on d.school_id = l.school_id and d.k = 2, generate_series(1, 100) g
where l.k = 1;
insert into staff_away (school_id, id, staff_id, valid_from, valid_to, said_by, said_at, ended_at,
  ended_by)
select school_id, gen_random_uuid(), id, current_date - g * 10, current_date - g * 10 + 2, id,
       now() - interval '10 days' * g, null, null
from person, generate_series(0, 20) g where k % 4 = 0;

-- step: reintegrations, marks, sanctions, places, offers and reports that could not be taken
insert into reintegration (school_id, id, child_id, record_id, expected_on, returned_on, set_by,
  set_at, ended_at, changed_at)
select s.school_id, gen_random_uuid(), s.child_id, s.record_id, current_date - g * 30,
       current_date - g * 30, s.lead_id, now() - interval '30 days' * g,
       case when g > 0 then now() end, now()
from supported s, generate_series(0, 5) g;
insert into attendance_mark (school_id, id, child_id, day, session, mark, explained, marked_at,
  received_at)
select school_id, gen_random_uuid(), child_id, current_date - d, session, 'present', false, now(),
       now()
from supported, generate_series(1, 60) d, unnest('{am,pm}'::text[]) session;
insert into sanction (school_id, id, child_id, kind, day, school_reason, sent_by, sent_at, looked_at)
select school_id, gen_random_uuid(), child_id, 'suspension', current_date - g, 'behaviour', lead_id,
       now(), now()
from supported, generate_series(1, 3) g;
insert into site_request (school_id, id, place, needs, noted_by, noted_at)
select school_id, gen_random_uuid(), 'The far stairs', 'A light', id, now() - interval '1 day' * g
from person, generate_series(1, 30) g where k = 1;
insert into staff_support_offer (school_id, id, person_id, offered_by, offered_at, answer,
  answered_at)
select p.school_id, gen_random_uuid(), p.id, l.id, now() - interval '1 day' * g, 'thanks', now()
from person p join person l on l.school_id = p.school_id and l.k = 1, generate_series(1, 5) g
where p.k > 1;
insert into incomplete_report (school_id, id, reporter_id, register, about_head, operation, signed_in,
  body, cut, digest,
  asks, urgent, barred, received_at, times, last_at, state, ended_by, ended_at, reason, changed_at)
select w.school_id, gen_random_uuid(), w.owner_id, 'children', false, 'raise_concern', true, '{}', false,
       decode(md5(w.id::text), 'hex'), '{/children}', true, '{}', w.at, 1, w.at, case when w.k % 150 = 0 then 'open' else 'done'
       end, case when w.k % 150 = 0 then null else w.owner_id end,
       case when w.k % 150 = 0 then null else w.at end, null, w.at
from worry w where w.k % 3 = 0;

-- step: child groups, linked concerns, what was named, what was on
create temp table group_of as
select w.n, w.school_id, gen_random_uuid() as id, w.owner_id, w.at, w.k
from worry w where w.k % 5 = 0;
insert into child_group (school_id, id, kind, label, source, stated_by, stated_at, confirmed_by,
  confirmed_at, ended_by, ended_at, end_reason, changed_at)
select school_id, id, 'friends', 'The drama club', 'staff', owner_id, at, owner_id, at,
       case when k % 100 <> 0 then owner_id end, case when k % 100 <> 0 then at end,
       case when k % 100 <> 0 then 'over' end, at
from group_of;
insert into child_group_member (school_id, id, child_id, added_by, added_at)
select g.school_id, g.id, p.id, g.owner_id, g.at
from group_of g cross join generate_series(0, 3) s
join pupil p on p.school_id = g.school_id and p.k = 1 + (g.k + s * 11) % p.many;
insert into linked_concern (school_id, id, rule_id, rule_version, fired_at, confidentiality,
  event_ids, links, state, ended_by, ended_at, reason, looked_at, looked_with, changed_at)
select w.school_id, x.id, 'sh.linked_pair', '1', w.at, 'K3',
       array(select v.id from worry v where v.school_id = w.school_id and v.k in (w.k, w.k + 1)
             order by v.id), '[]', case when w.k % 400 = 0 then 'open' else 'looked_together' end,
       case when w.k % 400 <> 0 then w.owner_id end, case when w.k % 400 <> 0 then w.at end, null,
       null, null, w.at
from worry w cross join lateral (select md5(w.id::text)::uuid as id) x where w.k % 20 = 0;
insert into linked_row (school_id, id, concern_id, child_id)
select l.school_id, l.id, c.id, c.child_id from linked_concern l
cross join unnest(l.event_ids) as e(id)
join worry c on c.school_id = l.school_id and c.id = e.id;
insert into named_content (school_id, id, kind, label, stated_by, stated_at)
select school_id, gen_random_uuid(), 'group_online', 'A group', id, now() - interval '1 day' * g
from person, generate_series(1, 300) g where k = 1;
insert into concern_mark (school_id, id, concern_id, named_content_id, marked_by, marked_at)
select w.school_id, gen_random_uuid(), w.id, n.id, w.owner_id, w.at
from worry w join lateral (select c.id from named_content c where c.school_id = w.school_id
                           limit 1) n on true
where w.k % 25 = 0;
insert into calendar_note (school_id, id, kind, label, starts_on, ends_on, added_by, added_at,
  changed_at)
select school_id, gen_random_uuid(), 'exams', 'Mocks', current_date - g, current_date - g, id,
       now(), now()
from person, generate_series(1, 300) g where k = 1;

-- step: the time after a death, support services, authority contacts
insert into bereavement_case (school_id, id, state, person_died, person, learned_from, died_on,
  cause_wording, cause_approvals, lead_id, proposed_by, proposed_at, decided_by, decided_at,
  ended_at, changed_at)
select l.school_id, gen_random_uuid(), case when g = 0 then 'open' else 'closed' end, 'pupil',
       'A former pupil', 'police', current_date - 30, 'died', '[]', l.id, l.id,
       now() - interval '100 days' * g, d.id, now(), case when g > 0 then now() end, now()
from person l join person d on d.school_id = l.school_id and d.k = 2, generate_series(0, 5) g
where l.k = 1;
insert into bereavement_member (school_id, id, case_id, role, staff_id, added_by, added_at)
select c.school_id, gen_random_uuid(), c.id, 'lead', p.id, c.lead_id, now()
from bereavement_case c join person p on p.school_id = c.school_id and p.k <= 4;
insert into affected_person (school_id, id, case_id, child_id, reason_codes, offer, owner_id,
  left_alone, added_by, added_at, changed_at)
select c.school_id, gen_random_uuid(), c.id, p.id, '{friend}', 'made', c.lead_id, false, c.lead_id,
       now(), now()
from bereavement_case c join pupil p on p.school_id = c.school_id and p.k % 50 = 0;
insert into bereavement_entry (school_id, id, case_id, kind, content, by_id, at)
select c.school_id, gen_random_uuid(), c.id, 'note', '{"text": "Spoken with."}', c.lead_id,
       now() - interval '1 hour' * g
from bereavement_case c, generate_series(1, 400) g;
insert into bereavement_date (school_id, id, case_id, kind, falls_on, yearly, owner_id, days_before,
  days_after, set_at, changed_at)
select c.school_id, gen_random_uuid(), c.id, 'anniversary', current_date + g * 30, true, c.lead_id,
       7, 7, now(), now()
from bereavement_case c, generate_series(1, 4) g;
insert into support_service (school_id, id, content, checked_on, check_by, checked_by, added_at, changed_at,
  ended_at, ended_by)
select school_id, gen_random_uuid(), '{"name": "A line", "audiences": ["pupils"], "channels": []}',
       current_date, current_date + 90, id, now(), now(), case when g > 20 then now() end,
       case when g > 20 then id end
from person, generate_series(1, 200) g where k = 1;
insert into authority_contacts (school_id, id, authority, content, checked_on, check_by, checked_by,
  added_at, changed_at)
select school_id, gen_random_uuid(), 'Authority ' || g, '{}', current_date, current_date + 90, id,
       now(), now()
from person, generate_series(1, 5) g where k = 1;

-- step: agencies, shares, referrals and transfers
insert into agency (school_id, id, name, kind, route, created_at, changed_at)
select school_id, gen_random_uuid(), 'Agency ' || g, 'social_care', 'phoned', now(), now()
from person, generate_series(1, 10) g where k = 1;
insert into share (school_id, id, reference, child_id, recipient_kind, recipient, purpose, items,
  state, owner_id, due_at, ended_at, drafted_by, drafted_at, changed_at)
select school_id, gen_random_uuid(), 'S-' || k, child_id, 'professional', '{}', 'inform_parent',
       jsonb_build_array(jsonb_build_object('kind', 'concern', 'id', id)),
       case when k % 100 = 0 then 'draft' else 'revoked' end, owner_id, at + interval '9 days',
       case when k % 100 = 0 then null else at end, owner_id, at, at
from worry where k % 4 = 0;
insert into referral (school_id, id, reference, child_id, concern_id, kind, agency_id, urgency,
  fields, items, state, owner_id, due_at, sent_at, ended_at, drafted_by, drafted_at, changed_at)
select w.school_id, gen_random_uuid(), 'R-' || w.k, w.child_id, w.id, 'childrens_social_care', a.id,
       'urgent', '{}', jsonb_build_array(jsonb_build_object('kind', 'concern', 'id', w.id)),
       case when w.k % 100 = 0 then 'draft' else 'closed' end, w.owner_id, w.at + interval '9 days',
       case when w.k % 100 = 0 then null else w.at end,
       case when w.k % 100 = 0 then null else w.at end, w.owner_id, w.at, w.at
from worry w join lateral (select x.id from agency x where x.school_id = w.school_id limit 1) a
  on true
where w.k % 4 = 0;
insert into transfer (school_id, id, reference, child_id, reason_code, destination_kind, destination,
  state, ended_at, owner_id, due_at, prepared_at, changed_at)
select p.school_id, gen_random_uuid(), 'T-' || p.k, p.id, 'leaving', 'unknown', '{}',
       case when p.k % 100 = 0 then 'prepared' else 'cancelled' end,
       case when p.k % 100 = 0 then null else now() end, l.id, now() + interval '9 days',
       now() - interval '1 hour' * p.k, now()
from pupil p join person l on l.school_id = p.school_id and l.k = 1 where p.k % 2 = 0;
insert into incoming_transfer (school_id, id, reference, sender, signer, about, key, size, sha256,
  manifest_sha256, received_at, state, ended_at, owner_id, due_at, changed_at)
select p.school_id, gen_random_uuid(), 'I-' || p.k, '{}', '{}', '{}', 'none', 0, md5(p.id::text),
       md5(p.id::text), now() - interval '1 hour' * p.k,
       case when p.k % 100 = 0 then 'waiting' else 'accepted' end,
       case when p.k % 100 = 0 then null else now() end, l.id, now() + interval '9 days', now()
from pupil p join person l on l.school_id = p.school_id and l.k = 1 where p.k % 2 = 0;
insert into file_request (school_id, id, direction, child_id, other, about, state, made_at,
  ended_at, owner_id, due_at, changed_at)
select p.school_id, gen_random_uuid(), 'made', p.id, '{}', '{}',
       case when p.k % 100 = 0 then 'open' else 'answered' end, now() - interval '1 hour' * p.k,
       case when p.k % 100 = 0 then null else now() end, l.id, now() + interval '9 days', now()
from pupil p join person l on l.school_id = p.school_id and l.k = 1 where p.k % 2 = 0;

-- step: alerts of tools
insert into intake_source (school_id, id, name, kind, severities, categories, identifiers, sealed,
  created_by, created_at, changed_at)
select school_id, gen_random_uuid(), 'Filter ' || g, 'filtering', '{}', '{}', '{upn}', '\x00', id,
       now(), now()
from person, generate_series(1, 2) g where k = 1;
insert into monitoring_alert (school_id, id, source_id, external_id, occurred_at, received_at,
  severity, severity_known, confidence, state, last_at, child_id, owner_id, due_at, outcome,
  decided_by, ended_at, changed_at)
select w.school_id, gen_random_uuid(), s.id, w.id::text, w.at, w.at,
       (array['low', 'medium', 'high', 'critical'])[1 + w.k % 4], true, 'certain',
       case when w.k % 200 = 0 then 'open' else 'dismissed' end, w.at,
       case when w.k % 3 <> 0 then w.child_id end, w.owner_id, w.at + interval '1 day',
       case when w.k % 200 = 0 then null else 'false_positive' end,
       case when w.k % 200 = 0 then null else w.owner_id end,
       case when w.k % 200 = 0 then null else w.at + interval '1 hour' end, w.at
from worry w join lateral (select x.id from intake_source x where x.school_id = w.school_id limit 1)
  s on true
where w.k % 2 = 0;

-- step: webhooks
insert into webhook (school_id, id, url, kinds, state, owner_id, sponsor_id, sponsor_role, secret,
  created_by, created_at, changed_at)
select school_id, gen_random_uuid(), 'https://example.org/' || g, '{}', 'active', id, id,
       'school_admin', '\x00', id, now(), now()
from person, generate_series(1, 2) g where k = 6;
insert into webhook_progress (school_id, id, xid, log, seq)
select school_id, id, pg_current_xact_id(), 0, 0 from webhook;
insert into webhook_delivery (school_id, id, webhook_id, event_id, kind, body, state, attempts,
  next_at, created_at, ended_at)
select w.school_id, gen_random_uuid(), h.id, gen_random_uuid(), 'concern.raised', '{}',
       case when w.k % 500 = 0 then 'pending' when w.k % 300 = 0 then 'failed' else 'delivered' end,
       1, case when w.k % 500 = 0 then now() - interval '1 minute' end, w.at,
       case when w.k % 500 <> 0 then w.at end
from worry w join webhook h on h.school_id = w.school_id;

-- step: reviews, grants, conflicts, notices, covers, drills, failed jobs
insert into review (school_id, id, concern_id, what, confidentiality, owner_id, due_at, set_by,
  set_at, ended_at, ended_by, changed_at)
select school_id, gen_random_uuid(), id, 'Look again.', 'K3', owner_id, at + interval '30 days',
       owner_id, at, case when k % 100 <> 0 then at end, case when k % 100 <> 0 then owner_id end,
       at
from worry where k % 4 = 0;
insert into access_grant (school_id, id, kind, staff_id, child_id, classes, reason, granted_by,
  valid_from, valid_to, created_at, ended_at, reviewed_at, owner_id, due_at)
select p.school_id, gen_random_uuid(), case when p.k % 2 = 0 then 'grant' else 'break_glass' end,
       s.id, p.id, '{K3}', 'For the form.', l.id, now() - interval '9 days',
       now() - interval '2 days', now() - interval '1 hour' * p.k, null,
       case when p.k % 3 <> 0 then now() end, l.id, now() + interval '3 days'
from pupil p join person l on l.school_id = p.school_id and l.k = 1
join person s on s.school_id = p.school_id and s.k = 8 + p.k % (l.many - 8)
where p.k % 10 = 1;
insert into conflict (school_id, id, staff_id, child_id, kind, created_by, created_at, ended_at,
  ended_by, end_reason)
select p.school_id, gen_random_uuid(), s.id, p.id, 'roster_parent', s.id,
       now() - interval '1 hour' * p.k, case when p.k % 3 = 0 then now() end,
       case when p.k % 3 = 0 then s.id end, case when p.k % 3 = 0 then 'over' end
from pupil p join person s on s.school_id = p.school_id and s.k = 2 + p.k % (s.many - 2)
where p.k % 40 = 1;
insert into conflict (school_id, id, staff_id, child_id, kind, created_by, created_at)
select p.school_id, gen_random_uuid(), s.id, p.id, 'declared', s.id, now()
from person s join pupil p on p.school_id = s.school_id and p.k in (3, 7, 11) where s.k in (2, 3, 5);
insert into reading_notice (school_id, id, rule, rule_version, reader_id, child_id, since, until,
  measured, entries, dedupe, owner_id, due_at, created_at, reviewed_at)
select w.school_id, gen_random_uuid(), 'many_files', '2026-11', p.id, w.child_id, w.at, w.at, '{}',
       '{}', w.id::text, l.id, w.at, w.at, case when w.k % 400 <> 0 then now() end
from worry w join person l on l.school_id = w.school_id and l.k = 1
join person p on p.school_id = w.school_id and p.k = 8
where w.k % 10 = 0;
insert into cover (school_id, id, away_id, valid_from, valid_to, created_by, created_at)
select school_id, gen_random_uuid(), id, current_date - g * 7, current_date - g * 7 + 2, id,
       now() - interval '7 days' * g
from person, generate_series(0, 150) g where k = 2;
insert into drill (school_id, id, ladder, owner_id, due_at, started_by, started_at, ended_at,
  ended_reason_code)
select school_id, gen_random_uuid(), 'routine', id, now(), id, now() - interval '7 days' * g, now(),
       'acknowledged'
from person, generate_series(1, 100) g where k = 1;
insert into failed_job (school_id, id, job_id, task, queue, priority, args, attempts, error,
  failed_at, owner_id, due_at, ended_at, ended_reason_code)
select w.school_id, gen_random_uuid(), row_number() over (), 'recipients.send_link', 'default', 0,
       '{}', 5, 'OSError', w.at, w.owner_id, w.at, case when w.k % 1000 <> 0 then w.at end,
       case when w.k % 1000 <> 0 then 'dropped' end
from worry w where w.k % 20 = 0;

-- step: around children
insert into contact (school_id, id, child_id, kind, name, email, source, created_at, changed_at)
select school_id, gen_random_uuid(), id, kind, 'A parent', kind || k || '@example.org', 'roster',
       now(), now()
from pupil, unnest('{mother,father}'::text[]) kind;
insert into child_status (school_id, id, child_id, kind, valid_from, valid_to, source,
  confidentiality, added_by, created_at, changed_at)
select p.school_id, gen_random_uuid(), p.id, 'young_carer', current_date - 90, null, 'school', 'K3',
       l.id, now(), now()
from pupil p join person l on l.school_id = p.school_id and l.k = 1 where p.k % 5 = 0;
insert into child_identifier (school_id, id, child_id, system, value, source, created_at)
select school_id, gen_random_uuid(), id, 'upn', 'A' || n || '-' || k, 'roster', now() from pupil;
insert into relationship (school_id, id, child_id, other_child_id, kind, source, confirmed_at,
  created_at)
select p.school_id, gen_random_uuid(), p.id, q.id, 'sibling', 'roster', now(), now()
from pupil p join pupil q on q.school_id = p.school_id and q.k = p.k + 1 where p.k % 4 = 0;
insert into attachment (school_id, id, concern_id, file_name, content_type, size, sha256, key,
  added_by, recorded_at)
select school_id, gen_random_uuid(), id, 'note.txt', 'text/plain', 9, 'x', 'none', owner_id, at
from worry where k % 10 = 0;

-- step: concerns about adults
insert into adult_concern (school_id, id, reference, reporter_id, recorded_at, kind, occurred_at,
  occurred_precision, children, immediate_risk, anonymity_asked, reported_about, staff_id,
  adult_role, about_head, locked_out, state, harm_tests, namesakes, owner_id, due_at, ended_at, changed_at)
select w.school_id, gen_random_uuid(), 'A-' || w.k, w.owner_id, w.at, 'low_level', w.at, 'exact',
       '{}', false, false, '{}', p.id, 'teacher', false, '{}',
       case when w.k % 1000 = 0 then 'raised' else 'closed' end, '{}', '{}', h.id, w.at,
       case when w.k % 1000 = 0 then null else w.at end, w.at
from worry w join person h on h.school_id = w.school_id and h.k = 4
join person p on p.school_id = w.school_id and p.k = 8 + w.k % (w.many - 8)
where w.k % 40 = 0;
insert into adult_trail (school_id, id, at, actor_id, actor_role, verb, noun, noun_id)
select school_id, gen_random_uuid(), recorded_at, owner_id, 'headteacher', 'adult_concern.opened',
       'adult_concern', id
from adult_concern, generate_series(1, 5);

-- step: the trail of looks
insert into trail (school_id, id, at, actor_id, actor_role, verb, noun, noun_id, child_id)
select w.school_id, gen_random_uuid(), w.at + interval '1 hour' * g, p.id, 'dsl',
       (array['concern.opened', 'chronology.read', 'child.opened', 'concern.triaged'])[g],
       (array['concern', 'child', 'child', 'concern'])[g],
       case when g in (1, 4) then w.id else w.child_id end, w.child_id
from worry w join person p on p.school_id = w.school_id and p.k = 1 + w.k % 4,
     generate_series(1, 4) g;

-- step: programs, and a lead of the trust
insert into service_key (school_id, id, name, agency_id, scopes, networks, secret_hash, created_by,
  created_at, changed_at)
select p.school_id, gen_random_uuid(), 'Program ' || g,
       case when g = 2 then (select r.agency_id from referral r where r.school_id = p.school_id
                             limit 1) end,
       case when g = 1 then '{alert:intake,attendance:send}'::text[]
            else '{referral:answer}'::text[] end, '{}', '\x00', p.id, now(), now()
from person p, generate_series(1, 2) g where p.k = 1;
update intake_source i set service_key_id = k.id
from service_key k where k.school_id = i.school_id and k.name = 'Program 1';
with who as (select gen_random_uuid() as id, '00000000-0000-7000-8000-00000000beef'::uuid as trust),
account as (insert into account (id, email, created_at)
            select id, 'lead@trust.example', now() from who),
staff as (insert into staff (school_id, id, name, email, created_at, changed_at, accepted_at)
          select trust, id, 'Lead of the trust', 'lead@trust.example', now(), now(), now() from who),
membership as (insert into membership (school_id, id, staff_id, role, valid_from, created_at)
               select trust, gen_random_uuid(), id, 'trust_lead', current_date - 9, now() from who)
insert into auth_session (id, account_id, organisation_id, role, amr, auth_time, expires_at, seen_at)
select gen_random_uuid(), id, trust, 'trust_lead', '{pwd,otp}', now(), now() + interval '12 hours',
       now() from who;
insert into linked_count (school_id, id, month, rule_id, schools, linked_concerns, speak, counted_at)
select '00000000-0000-7000-8000-00000000beef', gen_random_uuid(),
       date_trunc('month', now() - interval '1 month' * g)::date, 'rule_' || r, 'fewer than five',
       'fewer than five', false, now()
from generate_series(0, 60) g, generate_series(1, 6) r;
