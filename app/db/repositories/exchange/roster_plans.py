"""SQL that compares a staged roster with the school: who is known, new, changed, or leaving.

Every statement takes `:school_id`, `:source` and `:complete`; `complete` means that anyone missing
from the file has gone.
"""

from sqlalchemy import text

from app.db.new_ids import NEW_ID
from app.db.repositories.exchange import roster_accounts, roster_frozen, roster_other_pupils

LINKS = """
update staged_person s
set local_id = l.local_id, old_hash = l.row_hash, old_also_at = l.also_at,
    returns = l.gone_at is not null, linked = true
from roster_link l
where l.school_id = :school_id and l.source = :source and l.kind = s.kind
  and l.source_id = s.source_id and s.kind in ('child', 'staff')
"""

# Since a person merged them, two rows of a file may be about one child: the row of the child who
# went on counts, and the other is read for its contacts.
MERGED_TWICE = """
with numbered as (
  select s.position, row_number() over (
           partition by s.local_id order by exists (
             select from child_merge_row r
             join child_merge m on m.school_id = :school_id and m.id = r.merge_id
                               and m.state = 'merged'
             where r.school_id = :school_id and r.tab = 'roster_link' and r.row_id = l.id),
           s.position) as nth
  from staged_person s
  join child c on c.school_id = :school_id and c.id = s.local_id and c.merged_from <> '{}'
  join roster_link l on l.school_id = :school_id and l.source = :source and l.kind = 'child'
                    and l.source_id = s.source_id
  where s.kind = 'child' and s.linked),
aside as (
  update staged_person s set kind = 'merged' from numbered n
  where n.position = s.position and n.nth > 1 returning s.line)
insert into staged_fault (line, kind, code)
select line, 'child', 'roster.record_kept' from aside
"""

# Copied beside the staged rows so that the planner has their statistics: joined on a system alone,
# a few wrong estimates make a large school wait for hours.
KNOWN_IDENTIFIERS = """
insert into known_identifier (id, child_id, system, value, replaceable)
select id, child_id, system, value, source = :source or system = 'upn'
from child_identifier
where school_id = :school_id and valid_to is null and system not in ('email', 'username')
"""

IDENTIFIERS_TWICE = """
with numbered as (
  select i.ctid as place, s.line,
         row_number() over (partition by i.system, i.value order by not s.linked, i.position) as nth
  from staged_identifier i join staged_person s using (position)),
dropped as (
  delete from staged_identifier i using numbered n where i.ctid = n.place and n.nth > 1
  returning n.line)
insert into staged_fault (line, kind, code)
select line, 'child', 'roster.identifier_twice' from dropped
"""

# A child is matched by UPN only if no other row of the file is about that child, and nothing says
# that it is somebody else's.
MATCH_BY_UPN = f"""
update staged_person s set local_id = i.child_id
from staged_identifier n, known_identifier i, child c
where n.position = s.position and n.system = 'upn' and s.kind = 'child' and s.local_id is null
  and i.system = 'upn' and i.value = n.value and c.school_id = :school_id and c.id = i.child_id
  and {roster_other_pupils.IS_ANOTHER} is not true
  and not exists (
    select from roster_link l join staged_person o on o.source_id = l.source_id
    where l.school_id = :school_id and l.source = :source and l.kind = 'child'
      and l.local_id = i.child_id and l.gone_at is null and o.kind = 'child')
"""

IDENTIFIERS_TAKEN = """
with dropped as (
  delete from staged_identifier n using staged_person s, known_identifier i
  where s.position = n.position and i.system = n.system and i.value = n.value
    and i.child_id is distinct from s.local_id
  returning s.line)
insert into staged_fault (line, kind, code)
select line, 'child', 'roster.identifier_taken' from dropped
"""

RENUMBERED = """
update staged_person s set renumbered = true
from (
  select distinct n.position
  from staged_identifier n
  join staged_person p on p.position = n.position and p.local_id is not null
  left join known_identifier i
    on i.child_id = p.local_id and i.system = n.system and i.value = n.value
  where i.id is null) v
where v.position = s.position
"""

# Fields missing from the file never empty known ones.
CHILD_FIELDS = """
update staged_person s
set date_of_birth = v.date_of_birth, sex = v.sex, year_group = v.year_group,
    registration_group = v.registration_group, known_given = v.known_given,
    known_family = v.known_family, middle = v.middle, keeps_known = v.keeps_known,
    fields = v.fields
from (
  select p.position, r.*,
    (p.known_given is null and c.known_given_name is not null)
      or (p.known_family is null and c.known_family_name is not null) as keeps_known,
    array_remove(array[
      case when c.legal_given_name is distinct from p.given then 'legal_given_name' end,
      case when c.legal_family_name is distinct from p.family then 'legal_family_name' end,
      case when c.middle_names is distinct from r.middle then 'middle_names' end,
      case when c.known_given_name is distinct from r.known_given then 'known_given_name' end,
      case when c.known_family_name is distinct from r.known_family then 'known_family_name' end,
      case when c.date_of_birth is distinct from r.date_of_birth then 'date_of_birth' end,
      case when c.sex is distinct from r.sex then 'sex' end,
      case when c.year_group is distinct from r.year_group then 'year_group' end,
      case when c.registration_group is distinct from r.registration_group
           then 'registration_group' end,
      case when c.roll_status <> 'on_roll' then 'roll_status' end], null)
    || case when p.renumbered then array['identifiers'] else '{}' end as fields
  from staged_person p
  join child c on c.school_id = :school_id and c.id = p.local_id
  cross join lateral (
    select coalesce(p.date_of_birth, c.date_of_birth) as date_of_birth,
           coalesce(p.sex, c.sex) as sex,
           coalesce(p.year_group, c.year_group) as year_group,
           coalesce(p.registration_group, c.registration_group) as registration_group,
           coalesce(p.known_given, c.known_given_name) as known_given,
           coalesce(p.known_family, c.known_family_name) as known_family,
           coalesce(p.middle, c.middle_names) as middle) r
  where p.kind = 'child' and (p.old_hash is distinct from p.row_hash or p.returns)) v
where v.position = s.position
"""

CHILD_FATES = """
update staged_person set fate = case when local_id is null then 'new' else 'changed' end
where kind = 'child' and (local_id is null or fields <> '{}')
"""

STAFF_EMAIL_TWICE = """
with numbered as (
  select position,
         row_number() over (partition by lower(email) order by not linked, position) as nth
  from staged_person where kind = 'staff'),
dropped as (
  update staged_person s set kind = 'other' from numbered n
  where n.position = s.position and n.nth > 1 returning s.line)
insert into staged_fault (line, kind, code)
select line, 'staff', 'roster.email_twice' from dropped
"""

STAFF_ACCOUNTS = """
update staged_person s set local_id = a.id from account a
where s.kind = 'staff' and s.local_id is null and a.email_key = lower(s.email)
"""

STAFF_TWICE = """
with numbered as (
  select position, row_number() over (partition by local_id order by not linked, position) as nth
  from staged_person where kind = 'staff' and local_id is not null),
dropped as (
  update staged_person s set kind = 'other' from numbered n
  where n.position = s.position and n.nth > 1 returning s.line)
insert into staged_fault (line, kind, code)
select line, 'staff', 'roster.email_twice' from dropped
"""

# A roster never changes the address a person signs in with: that would hand over the account.
STAFF_EMAIL_DIFFERS = """
insert into staged_fault (line, kind, code)
select s.line, 'staff', 'roster.email_differs'
from staged_person s join account a on a.id = s.local_id
where s.kind = 'staff' and s.linked and a.email_key <> lower(s.email)
"""

STAFF_FATES = f"""
update staged_person s
set fate = case when v.id is null then 'new' when v.fields <> '{{}}' then 'changed'
                else 'unchanged' end,
    fields = coalesce(v.fields, '{{}}')
from (
  select p.position, t.id,
    case when t.source = :source and (p.old_hash is distinct from p.row_hash or p.returns)
          and not {roster_other_pupils.IS_ANOTHER_ADULT}
      then array_remove(array[
        case when t.name is distinct from p.name then 'name' end,
        case when coalesce(t.new_phone, t.phone)
               is distinct from coalesce(p.phone, t.new_phone, t.phone) then 'phone' end], null)
      else '{{}}' end as fields
  from staged_person p
  left join staff t on t.school_id = :school_id and t.id = p.local_id
  left join account a on a.id = t.id
  where p.kind = 'staff') v
where v.position = s.position
"""

REACHED_ANEW = text("""
select local_id from staged_person
where kind = 'staff' and fate = 'changed' and 'phone' = any(fields) order by local_id
""")

CONTACTS = f"""
insert into staged_contact
  (line, source_id, link_source, child_id, new_id, row_hash, name, email, phone, contact_kind)
select distinct on (p.source_id, k.child_id)
       p.line, p.source_id, p.source_id || ' ' || k.source_id, k.child_id, {NEW_ID}, p.row_hash,
       p.name, p.email, p.phone, p.contact_kind
from staged_person p
join (select user_id, agent_id from staged_agent
      union select agent_id, user_id from staged_agent) a on a.user_id = p.source_id
join (select s.source_id, coalesce(s.local_id, s.new_id) as child_id
      from staged_person s where s.kind in ('child', 'merged')
      union all
      select l.source_id, l.local_id from roster_link l
      where l.school_id = :school_id and l.source = :source and l.kind = 'child'
        and l.gone_at is null and not :complete
        and not exists (select from staged_person s where s.source_id = l.source_id)) k
  on k.source_id = a.agent_id
where p.kind = 'contact'
order by p.source_id, k.child_id, p.line
"""

CONTACT_LINKS = """
update staged_contact s
set local_id = coalesce(c.merged_into, c.id), old_hash = l.row_hash,
    returns = l.gone_at is not null, linked = true
from roster_link l, contact c
where l.school_id = :school_id and l.source = :source and l.kind = 'contact'
  and l.source_id = s.link_source and c.school_id = :school_id and c.id = l.local_id
"""

CONTACT_ROWS = """
update staged_contact s set local_id = c.id from contact c
where s.local_id is null and c.school_id = :school_id and c.source = :source
  and c.source_id = s.source_id and c.child_id = s.child_id and c.merged_into is null
"""

# Kind, name and addresses come from the roster. Restrictions, what they may be told, parental
# responsibility and a kind that a person made more exact never change.
CONTACT_FIELDS = """
update staged_contact s
set email = coalesce(s.email, c.email), phone = coalesce(s.phone, c.phone),
    contact_kind = case when c.kind in ('parent', 'carer', 'other_relative')
                        then s.contact_kind else c.kind end,
    fields = array_remove(array[
      case when c.name is distinct from s.name then 'name' end,
      case when c.email is distinct from coalesce(s.email, c.email) then 'email' end,
      case when c.phone is distinct from coalesce(s.phone, c.phone) then 'phone' end,
      case when c.kind in ('parent', 'carer', 'other_relative')
             and c.kind <> s.contact_kind then 'kind' end,
      case when s.returns and c.valid_to is not null then 'valid_to' end], null)
from contact c
where c.school_id = :school_id and c.id = s.local_id
  and (s.old_hash is distinct from s.row_hash or s.returns)
"""

CONTACT_FATES = """
update staged_contact set fate = case when local_id is null then 'new' else 'changed' end
where local_id is null or fields <> '{}'
"""

# Missing staff are counted until somebody ends their membership.
LEAVING = """
insert into staged_leaver (link_id, kind, local_id, ends)
select l.id, l.kind, l.local_id, k.local_id is null
from roster_link l
left join staged_person p on p.source_id = l.source_id
left join (select distinct local_id from staged_person where kind = 'child') k
  on k.local_id = l.local_id
where l.school_id = :school_id and l.source = :source and l.kind in ('child', 'staff')
  and (l.gone_at is null or l.kind = 'staff')
  and (p.kind = 'gone' or (:complete and p.kind is null))
"""

# A contact that people have written about stays, even if the roster drops it.
LEAVING_CONTACTS = """
insert into staged_leaver (link_id, kind, local_id, ends)
select l.id, 'contact', c.id,
       c.valid_to is null and c.parental_responsibility = 'unknown'
       and c.contact_allowed = 'unknown' and c.restriction is null and c.may_be_told is null
       and not c.alleged_source_of_harm and c.court_orders = '[]'::jsonb
from roster_link l
join contact c on c.school_id = :school_id and c.id = l.local_id
join staged_person k on k.kind = 'child' and k.local_id = c.child_id
where l.school_id = :school_id and l.source = :source and l.kind = 'contact'
  and l.gone_at is null
  and not exists (select from staged_contact s where s.link_source = l.source_id)
  and not exists (select from staged_contact s where s.local_id = c.id)
  and (:complete or exists (
    select from staged_person p where p.kind = 'gone' and p.source_id = c.source_id))
"""

PLAN = tuple(
    text(statement)
    for statement in (
        LINKS, MERGED_TWICE, KNOWN_IDENTIFIERS, "analyze known_identifier",
        roster_other_pupils.LEFT_OUT, IDENTIFIERS_TWICE, MATCH_BY_UPN, IDENTIFIERS_TAKEN,
        "analyze staged_person", RENUMBERED, CHILD_FIELDS, CHILD_FATES,
        STAFF_EMAIL_TWICE, STAFF_ACCOUNTS, STAFF_TWICE, STAFF_EMAIL_DIFFERS, STAFF_FATES,
        CONTACTS, "analyze staged_contact", CONTACT_LINKS, CONTACT_ROWS, CONTACT_FIELDS,
        CONTACT_FATES, LEAVING, LEAVING_CONTACTS,
    )
)  # fmt: skip
ANY_FROZEN = text(roster_frozen.ANY)
FROZEN = tuple(map(text, roster_frozen.PLAN))
"""Runs after `PLAN` if a file of the school is frozen."""
ACCOUNTS = tuple(map(text, roster_accounts.PLAN))
"""The last statements of a plan."""

FIGURES = text("""
select
  (select count(*) from child c where c.school_id = :school_id and c.roll_status = 'on_roll')
    as on_roll,
  (select count(distinct c.id) from staged_leaver v
   join child c on c.school_id = :school_id and c.id = v.local_id
   where v.kind = 'child' and v.ends and c.roll_status <> 'left') as leaving,
  (select count(*) from known_identifier where replaceable) as identifiers,
  (select count(*) from staged_identifier n
   join staged_person s on s.position = n.position and s.fate = 'changed'
   join known_identifier i on i.child_id = s.local_id and i.system = n.system
   where i.value <> n.value and i.replaceable) as identifiers_replaced,
  (select count(*) from known_account where owned) as accounts,
  (select count(*) from known_account k
   where k.ends and not exists (
     select from staged_leaver v
     where v.kind = 'child' and v.ends and v.local_id = k.child_id)) as accounts_replaced
""")

LEAVER = """
with leaver as (
  select distinct c.id from staged_leaver v
  join child c on c.school_id = :school_id and c.id = v.local_id
  where v.kind = 'child' and v.ends and c.roll_status <> 'left')
"""
TO_LOOK_AT = text(f"""
{LEAVER},
kept as (
  select l.id as child_id, coalesce(
    (select max(e.created_at) from enrolment e
     where e.school_id = :school_id and e.child_id = l.id and e.valid_to is null),
    '-infinity') as since
  from leaver l where :every
  union all
  select w.child_id, w.put_at as since from support_list_entry w
  where w.school_id = :school_id and w.ended_at is null
  union all
  select p.child_id, p.made_at from support_plan p
  where p.school_id = :school_id and p.ended_at is null
  union all
  select cc.child_id, h.begun_at from self_harm h
  join concern_child cc on cc.school_id = :school_id and cc.id = h.id
  where h.school_id = :school_id and h.state <> 'closed')
select l.id from leaver l join kept k on k.child_id = l.id
group by l.id
having not exists (
  select from task t
  where t.school_id = :school_id and t.child_id = l.id and t.kind = 'leaver_check'
    and t.ended_at >= max(k.since))
order by l.id
""")
"""Leavers with support in school whose leaving no lead has checked since it began; with `:every`,
also all others that no lead has checked since they came.
"""

COUNTS = text("""
select kind, case fate when 'accounts' then 'changed' else fate end as fate, count(*) as number
from staged_person where kind in ('child', 'staff') group by 1, 2
union all
select 'contact', fate, count(*) from staged_contact group by fate
union all
select v.kind, 'left', count(distinct v.local_id) from staged_leaver v
where v.ends or v.kind = 'staff' group by v.kind
union all
select 'enrolment', case when e.id is null then 'new' else 'unchanged' end, count(*)
from staged_person s
left join enrolment e on e.school_id = :school_id and e.child_id = s.local_id
                     and e.valid_to is null
where s.kind = 'child' and (e.id is not null or s.fate in ('new', 'changed')) group by 2
union all
select 'enrolment', 'left', count(distinct e.id) from staged_leaver v
join enrolment e on e.school_id = :school_id and e.child_id = v.local_id and e.valid_to is null
where v.kind = 'child' and v.ends
union all
select f.kind, 'problems', count(*) from staged_fault f group by f.kind
union all
select 'contact', 'elsewhere', count(*) from staged_person p
where p.kind = 'contact'
  and not exists (select from staged_contact c where c.source_id = p.source_id)
union all
select 'child', 'elsewhere', count(*) from staged_person p
where p.kind = 'gone'
  and not exists (
    select from staged_leaver v
    join roster_link l on l.school_id = :school_id and l.id = v.link_id
    where l.source_id = p.source_id)
""")

FATES = text("""
select s.line, case
  when s.kind = 'gone' then case when v.source_id is null then 'unchanged' else 'left' end
  when s.kind = 'other' then 'problem'
  when s.fate = 'accounts' then 'changed'
  when s.fate = 'unchanged' and exists (
    select from staged_contact c where c.line = s.line and c.fate in ('new', 'changed'))
  then 'changed' else s.fate end as fate
from staged_person s
left join (
  select l.source_id from staged_leaver w
  join roster_link l on l.school_id = :school_id and l.id = w.link_id
  where w.kind = 'child') v on v.source_id = s.source_id
where s.kind in ('child', 'gone', 'other')
""")
"""The plan's result for each child, in files with contacts on their child's line."""

FAULTS = text("select line, code from staged_fault order by line, code")
