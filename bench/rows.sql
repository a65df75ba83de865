-- The rows of the benchmark, made by sets. Each step begins with a line `-- step: what it makes`.
-- Run as superuser with triggers off: every reference is right because of how it is made.
-- `size` holds how many schools, pupils and concerns; school 1 has a fifth of everything.

-- step: words
create temp table sentence (list text[]);
insert into sentence values (array[
  'Came in late again and said there had been no breakfast at home.',
  'Did not want to change for games and kept the sleeves pulled down.',
  'Cried in the corridor after lunch and asked not to be sent home early.',
  'A friend told me about messages on a phone which I have not seen.',
  'Looked tired, fell asleep twice during the lesson and was hard to wake.',
  'Talked about an argument between the adults at home last night.',
  'Was collected by somebody whom the office did not know.',
  'Has lost weight since half term and takes food from the canteen bins.',
  'Asked whether what is said here stays between the two of us; I explained that it cannot.',
  'Drew a picture that worried me, and tore it up when I asked about it.',
  'Was wearing the same clothes as on Monday, which were damp.',
  'Said that a cousin is staying and that the bedroom is shared now.',
  'Became very quiet when the visit on Saturday was mentioned.',
  'Has a bruise on the left arm, about the size of a coin, and said it was from football.',
  'Mother said on the telephone that things are difficult at the moment.',
  'Was with two older pupils whom I do not know, outside the gate.'
]);
create function pg_temp.said(number int) returns text language sql volatile as $$
  select string_agg(list[1 + floor(random() * 16)::int], ' ')
  from sentence, generate_series(1, number)
$$;
create function pg_temp.id_at(at timestamptz) returns uuid language sql volatile as $$
  select encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid())
    placing substring(int8send((extract(epoch from at) * 1000)::bigint) from 3) from 1 for 6),
    52, 1), 53, 1), 'hex')::uuid
$$;
select setseed(0.42);

-- step: schools
create temp table school as
select n, pg_temp.id_at(now() - interval '3 years') as id,
       case n when 1 then pupils / 5 else pupils * 4 / 5 / (schools - 1) end as pupils,
       case n when 1 then concerns / 5 else concerns * 4 / 5 / (schools - 1) end as concerns
from size, generate_series(1, schools) n;
insert into organisation (id, kind, name, created_at, changed_at)
select id, 'school', 'School ' || n, now(), now() from school;

-- step: staff
create temp table person as
select s.n, s.id as school_id, k, pg_temp.id_at(now() - interval '3 years') as id,
       case when k = 1 then 'dsl' when k <= 3 then 'deputy_dsl' when k = 4 then 'headteacher'
            else 'staff' end as role
from school s, generate_series(1, 14 + s.pupils / 16) k;
create index on person (n, k);
insert into account (id, email, created_at)
select id, 'person-' || k || '@school-' || n || '.example', now() from person;
insert into staff (school_id, id, name, email, created_at, changed_at, accepted_at)
select school_id, id, 'Person ' || k || ' of ' || n, 'person-' || k || '@school-' || n || '.example',
       now(), now(), now() from person;
insert into membership (school_id, id, staff_id, role, valid_from, created_at)
select school_id, pg_temp.id_at(now()), id, role, current_date - 900, now() from person;
insert into auth_session (id, account_id, organisation_id, role, amr, auth_time, expires_at, seen_at)
select pg_temp.id_at(now()), id, school_id, role, '{pwd,otp}', now(), now(), now() from person;

-- step: pupils
create temp table name (given text[], family text[]);
insert into name values (
  '{Amira,Bertie,Carys,Dilan,Ewan,Farah,Gethin,Hana,Idris,Jodie,Kamal,Lowri,Milo,Nia,Osian,Priya}',
  '{Ashworth,Begum,Cartwright,Davies,Ellison,Farouk,Griffiths,Hussain,Ibbotson,Jenkins,Khan}');
create temp table pupil as
select s.n, s.id as school_id, k, pg_temp.id_at(now() - interval '2 years') as id,
       given[1 + floor(random() * 16)::int] as given,
       family[1 + floor(random() * 11)::int] || chr(97 + k % 26) as family,
       (7 + k % 5)::text as year_group, (7 + k % 5) || chr(65 + k % 4) as registration_group
from school s, name, generate_series(1, s.pupils) k;
create index on pupil (n, k);
insert into child (school_id, id, legal_given_name, legal_family_name, date_of_birth, year_group,
  registration_group, sort_name, created_at, changed_at)
select school_id, id, given, family, date '2010-09-01' + (k * 37 % 1500), year_group,
       registration_group, lower(family || ' ' || given), now(), now()
from pupil order by school_id, id;
insert into child_name_token (school_id, id, token)
select school_id, id, lower(word) from pupil, unnest(array[given, family]) word;
insert into name_token (school_id, id, token)
select school_id, pg_temp.id_at(now()), token
from (select distinct school_id, token from child_name_token) known;

-- step: concerns
create temp table worry as
select s.n, s.id as school_id, s.pupils, at, pg_temp.id_at(at) as id,
       case when random() < 0.6 then 1 + floor(random() * greatest(1, s.pupils / 10))::int
            else 1 + floor(random() * s.pupils)::int end as first_child,
       case when random() < 0.15 then 1 + floor(random() * s.pupils)::int end as second_child,
       5 + floor(random() * (10 + s.pupils / 16))::int as reporter,
       1 + floor(random() * 3)::int as owner, random() < 0.3 as open, random() as dice
from school s,
     lateral (select now() - random() * interval '700 days' - n * interval '0' as at
              from generate_series(1, s.concerns)) moments;
create temp table told as
select w.*, r.id as reporter_id, o.id as owner_id,
       (array['raised', 'acknowledged', 'triaged', 'in_progress', 'monitoring'])
         [1 + floor(w.dice * 5)::int] as open_state,
       extract(year from at at time zone 'UTC')::int as year,
       row_number() over (partition by w.school_id, extract(year from at at time zone 'UTC')
                          order by at) as number
from worry w join person r on r.n = w.n and r.k = w.reporter
             join person o on o.n = w.n and o.k = w.owner;
insert into reference_counter (school_id, kind, year, last)
select school_id, 'C', year, max(number) from told group by school_id, year;
insert into concern (school_id, id, reference, reporter_id, recorded_at, occurred_at,
  occurred_precision, place, source, immediacy, reported_categories, told_already, state,
  confidentiality, level, primary_category, categories, owner_id, due_at, due_rule, outcome,
  ended_at, changed_at)
select school_id, id, 'C-' || year || '-' || reference_number(number::int, secret), reporter_id, at,
       at - interval '1 hour' * (dice * 30), 'about', 'classroom', 'staff_observation', 'routine',
       '{not_sure}', '[]', case when open then open_state else 'closed' end,
       case when dice < 0.75 then 'K3' when dice < 0.85 then 'K2' when dice < 0.97 then 'K4'
            else 'K5' end,
       1 + floor(dice * 4)::int, 'neglect', '{neglect}', owner_id, at + interval '14 days',
       'acknowledge', case when open then null else 'advice_given' end,
       case when open then null else at + interval '20 days' end, at
from told join reference_counter using (school_id, year) order by at;

-- step: children of concerns
create temp table part as
select t.n, t.school_id, t.id as concern_id, t.at, t.dice, t.reporter_id, t.owner_id, p.id as child_id,
       c.position,
       case when t.dice < 0.75 then 'K3' when t.dice < 0.85 then 'K2' when t.dice < 0.97 then 'K4'
            else 'K5' end as class
from told t
cross join lateral (values (t.first_child, 0), (nullif(t.second_child, t.first_child), 1))
  as c(k, position)
join pupil p on p.n = t.n and p.k = c.k;
insert into concern_child (school_id, id, child_id, role, position)
select school_id, concern_id, child_id, case position when 0 then 'subject' else 'witness' end,
       position
from part order by at;

-- step: accounts
insert into account_statement (school_id, id, concern_id, position, kind, text)
select school_id, pg_temp.id_at(at), id, 0, 'observed', pg_temp.said(3) from told order by at;
insert into account_statement (school_id, id, concern_id, position, kind, text, prompted_by)
select school_id, pg_temp.id_at(at), id, 1, 'child_said', pg_temp.said(1), 'How are you today?'
from told where dice < 0.5 order by at;
insert into concern_event (school_id, id, concern_id, verb, at, by_id, by_role, to_state)
select school_id, pg_temp.id_at(at), id, 'raised', at, reporter_id, 'staff', 'raised'
from told order by at;
insert into trail (school_id, id, at, actor_id, actor_role, verb, noun, noun_id)
select school_id, pg_temp.id_at(at), at, reporter_id, 'staff', 'concern.raised', 'concern', id
from told order by at;

-- step: decisions, actions and comments
create temp table more as
select t.school_id, t.id as concern_id, t.owner_id, t.at + interval '2 days' * t.dice as at, kind,
       pg_temp.id_at(t.at + interval '2 days' * t.dice) as id
from told t, unnest(array['decision', 'action', 'comment']) with ordinality as k(kind, place)
where (t.dice * 7 + k.place * 0.37)::numeric % 1 < 0.45;
insert into decision (school_id, id, concern_id, kind, question, options, decision, reason, advice,
  decided_by, decided_at, recorded_at)
select school_id, id, concern_id, 'triage', 'What should be done first?', '{}', pg_temp.said(1),
       pg_temp.said(2), '[]', owner_id, at, at
from more where kind = 'decision' order by at;
insert into action (school_id, id, concern_id, what, owner_id, due_at, state, outcome, set_by, set_at,
  ended_by, ended_at, changed_at)
select school_id, id, concern_id, pg_temp.said(1), owner_id, at + interval '7 days', 'done',
       'Spoken with the family.', owner_id, at, owner_id, at + interval '5 days', at
from more where kind = 'action' order by at;
insert into comment (school_id, id, concern_id, text, author_id, recorded_at)
select school_id, id, concern_id, pg_temp.said(2), owner_id, at
from more where kind = 'comment' order by at;

-- step: chronology
insert into chronology_entry (school_id, id, child_id, occurred_at, occurred_precision, recorded_at,
  late, kind, thing_id, concern_id, confidentiality, author_id, author_role)
select school_id, pg_temp.id_at(at), child_id, at - interval '1 hour' * (dice * 30), 'about', at,
       dice > 0.8, 'concern', concern_id, concern_id, class, reporter_id, 'staff'
from part order by at;
insert into chronology_entry (school_id, id, child_id, occurred_at, occurred_precision, recorded_at,
  late, kind, thing_id, concern_id, confidentiality, author_id, author_role)
select m.school_id, pg_temp.id_at(m.at), p.child_id, m.at, 'exact', m.at, false, m.kind, m.id,
       m.concern_id, p.class, m.owner_id, 'dsl'
from more m join part p using (school_id, concern_id) order by m.at;
