"""SQL that carries a compared roster into the school's record, set by set, with its trail.

Every statement takes `:school_id`, `:source`, `:import_id`, `:now` and `:today`.
"""

from sqlalchemy import text

from app.db.new_ids import ACCOUNT_ID, NEW_ID
from app.db.repositories.exchange import roster_accounts

BARRED = (
    "(c.may_be_told is false or c.alleged_source_of_harm or c.contact_allowed = 'no'"
    " or c.court_orders <> '[]'::jsonb)"
)
"""Whether something may bar a contact `c`: the domain checks more closely."""

NEW_CHILDREN = """
insert into child (school_id, id, legal_given_name, legal_family_name, middle_names,
                   known_given_name, known_family_name, date_of_birth, sex, year_group,
                   registration_group, sort_name, created_at, changed_at)
select :school_id, new_id, given, family, middle, known_given, known_family, date_of_birth, sex,
       year_group, registration_group, sort_name, :now, :now
from staged_person where kind = 'child' and fate = 'new'
"""

NEW_CHILDREN_ARE_KNOWN = """
update staged_person set local_id = new_id where kind = 'child' and fate = 'new'
"""

CHANGED_CHILDREN = """
update child c
set legal_given_name = s.given, legal_family_name = s.family, middle_names = s.middle,
    known_given_name = s.known_given, known_family_name = s.known_family,
    date_of_birth = s.date_of_birth, sex = s.sex, year_group = s.year_group,
    registration_group = s.registration_group, sort_name = s.sort_name, roll_status = 'on_roll',
    version = c.version + 1, changed_at = :now
from staged_person s
where c.school_id = :school_id and c.id = s.local_id and s.kind = 'child' and s.fate = 'changed'
"""

OLD_TOKENS = """
delete from child_name_token t using staged_person s
where t.school_id = :school_id and t.id = s.local_id and s.kind = 'child' and s.fate = 'changed'
  and not s.keeps_known and t.token <> all(s.tokens)
  and not exists (select from child c where c.school_id = :school_id and c.id = t.id
                                        and c.merged_from <> '{}')
"""

TOKENS = """
insert into child_name_token (school_id, id, token)
select :school_id, s.local_id, word.token
from staged_person s cross join lateral unnest(s.tokens) word(token)
where s.kind = 'child' and s.fate in ('new', 'changed')
on conflict do nothing
"""

# Always in the same order, so that two works that add the same words wait and do not deadlock.
WORDS = f"""
insert into name_token (school_id, id, token)
select :school_id, {NEW_ID}, w.token
from (select distinct word.token
      from staged_person s cross join lateral unnest(s.tokens) word(token)
      where s.kind = 'child' and s.fate in ('new', 'changed')) w
where not exists (select from name_token n where n.school_id = :school_id and n.token = w.token)
order by w.token
on conflict (school_id, token) do nothing
"""

OLD_IDENTIFIERS = """
update child_identifier i set valid_to = :today
from (
  select k.id from staged_identifier n
  join staged_person s on s.position = n.position and s.fate = 'changed'
  join known_identifier k on k.child_id = s.local_id and k.system = n.system
  where k.value <> n.value and k.replaceable) v
where i.school_id = :school_id and i.id = v.id
"""

IDENTIFIERS = f"""
insert into child_identifier
  (school_id, id, child_id, system, value, source, valid_from, import_id, created_at)
select :school_id, {NEW_ID}, s.local_id, n.system, n.value, :source, :today, :import_id, :now
from staged_identifier n join staged_person s on s.position = n.position
where s.kind = 'child' and s.fate in ('new', 'changed')
  and not exists (
    select from child_identifier i
    where i.school_id = :school_id and i.system = n.system and i.value = n.value
      and i.valid_to is null)
"""

ENROLMENTS = f"""
insert into enrolment (school_id, id, child_id, valid_from, source, import_id, created_at)
select :school_id, {NEW_ID}, s.local_id,
       case when e.child_id is null then least(coalesce(s.begins, :today), :today)
            else :today end,
       :source, :import_id, :now
from staged_person s
left join (select child_id, bool_or(valid_to is null) as open
           from enrolment where school_id = :school_id group by child_id) e
  on e.child_id = s.local_id
where s.kind = 'child' and s.fate in ('new', 'changed') and e.open is not true
"""

LEAVERS = """
with gone as (
  update child c set roll_status = 'left', version = c.version + 1, changed_at = :now
  from (select distinct local_id from staged_leaver where kind = 'child' and ends) v
  where c.school_id = :school_id and c.id = v.local_id and c.roll_status <> 'left'
  returning c.id)
insert into staged_change (verb, noun, noun_id, child_id, fields)
select 'child.changed', 'child', id, id,
       array['roll_status'] || case when exists (
         select from known_account k where k.ends and k.child_id = gone.id)
       then array['identifiers'] else array[]::text[] end
from gone
"""

ENDED_ENROLMENTS = """
update enrolment e set valid_to = greatest(e.valid_from, :today), ended_import_id = :import_id
from (select distinct local_id from staged_leaver where kind = 'child' and ends) v
where e.school_id = :school_id and e.child_id = v.local_id and e.valid_to is null
"""

NEW_ACCOUNTS = f"""
insert into account (id, email, created_at)
select {ACCOUNT_ID}, email, :now from staged_person
where kind = 'staff' and fate = 'new' and local_id is null
order by lower(email)
on conflict (email_key) do nothing
"""

ACCOUNTS_ARE_KNOWN = """
update staged_person s set local_id = a.id from account a
where s.kind = 'staff' and s.local_id is null and a.email_key = lower(s.email)
"""

NEW_STAFF = """
insert into staff (school_id, id, name, email, phone, source, source_id, created_at, changed_at)
select :school_id, local_id, name, email, phone, :source, source_id, :now, :now
from staged_person where kind = 'staff' and fate = 'new'
"""

# Only a person who was never here gets a role: one that was withdrawn does not come back.
MEMBERSHIPS = f"""
with added as (
  insert into membership (school_id, id, staff_id, role, valid_from, created_at)
  select :school_id, {NEW_ID}, local_id, 'staff', :today, :now
  from staged_person where kind = 'staff' and fate = 'new'
  returning id)
insert into staged_change (verb, noun, noun_id, fields)
select 'membership.added', 'membership', id, array['role'] from added
"""

FORMER_NAMES = f"""
insert into staff_name (school_id, id, staff_id, name, until)
select :school_id, {NEW_ID}, t.id, t.name, :now
from staged_person s join staff t on t.school_id = :school_id and t.id = s.local_id
where s.kind = 'staff' and s.fate = 'changed' and t.name <> s.name
"""

AT_ONCE = """(t.phone is null and
  (t.accepted_at is null or t.id <> all (cast(:watchers as uuid[]))))"""
# A new number that replaces another counts once the person confirms it; so does the first
# number of a person who leads safeguarding: see `people.reach`.
CHANGED_STAFF = f"""
update staff t
set name = s.name, version = t.version + 1, changed_at = :now,
    phone = case when {AT_ONCE} then s.phone else t.phone end,
    new_phone = case when s.phone is null then t.new_phone
                     when not {AT_ONCE} and s.phone is distinct from t.phone then s.phone end,
    reach_changed_at = case
      when s.phone is null then t.reach_changed_at
      when not {AT_ONCE} and s.phone is distinct from t.phone
        and s.phone is distinct from t.new_phone then :now
      when ({AT_ONCE} or s.phone = t.phone) and t.new_email is null then null
      else t.reach_changed_at end
from staged_person s
where t.school_id = :school_id and t.id = s.local_id and s.kind = 'staff' and s.fate = 'changed'
"""

NEW_CONTACTS = """
insert into contact (school_id, id, child_id, kind, name, email, phone, source, source_id,
                     valid_from, created_at, changed_at)
select :school_id, new_id, child_id, contact_kind, name, email, phone, :source, source_id, :today,
       :now, :now
from staged_contact where fate = 'new'
"""

# A bar is about a person: if the file gives a barred contact another name or address, the
# former one stays beside it.
CHANGED_CONTACTS = f"""
update contact c
set name = s.name, email = s.email, phone = s.phone, kind = s.contact_kind,
    typed_by = case when c.email is distinct from s.email then null else c.typed_by end,
    known_before = case
      when {BARRED} and (c.name, c.email, c.phone) is distinct from (s.name, s.email, s.phone)
      then c.known_before || jsonb_build_array(
             jsonb_build_object('name', c.name, 'email', c.email, 'phone', c.phone))
      else c.known_before end,
    valid_to = case when 'valid_to' = any(s.fields) then null else c.valid_to end,
    version = c.version + 1, changed_at = :now
from staged_contact s
where c.school_id = :school_id and c.id = s.local_id and s.fate = 'changed'
"""

ENDED_CONTACTS = """
with gone as (
  update contact c set valid_to = :today, version = c.version + 1, changed_at = :now
  from (select distinct local_id from staged_leaver where kind = 'contact' and ends) v
  where c.school_id = :school_id and c.id = v.local_id
  returning c.id, c.child_id)
insert into staged_change (verb, noun, noun_id, child_id, fields)
select 'contact.ended', 'contact', id, child_id, array['valid_to'] from gone
"""

LINKS = f"""
insert into roster_link
  (school_id, id, source, kind, source_id, local_id, row_hash, also_at, import_id)
select :school_id, {NEW_ID}, :source, v.kind, v.source_id, v.local_id, v.row_hash,
       coalesce(v.also_at, '{{}}'), :import_id
from (
  select kind, source_id, local_id, row_hash, also_at from staged_person
  where kind in ('child', 'staff')
    and (not linked or returns or old_hash is distinct from row_hash
         or coalesce(old_also_at, '{{}}') <> coalesce(also_at, '{{}}'))
  union all
  select 'contact', link_source, coalesce(local_id, new_id), row_hash, null from staged_contact
  where not linked or returns or old_hash is distinct from row_hash) v
on conflict (school_id, source, kind, source_id) do update
set row_hash = excluded.row_hash, also_at = excluded.also_at, import_id = excluded.import_id,
    gone_at = null
"""

LINKS_GONE = """
update roster_link l set gone_at = :now, import_id = :import_id
from staged_leaver v
where l.school_id = :school_id and l.id = v.link_id and l.gone_at is null
"""

CHANGES = """
insert into staged_change (verb, noun, noun_id, child_id, before_hash, after_hash, fields)
select case fate when 'new' then 'child.added' else 'child.changed' end, 'child', local_id,
       local_id, old_hash, row_hash, fields
from staged_person where kind = 'child' and fate in ('new', 'changed', 'accounts')
union all
select case fate when 'new' then 'staff.added' else 'staff.changed' end, 'staff', local_id,
       null, old_hash, row_hash, fields
from staged_person where kind = 'staff' and fate in ('new', 'changed')
union all
select case fate when 'new' then 'contact.added' else 'contact.changed' end, 'contact',
       coalesce(local_id, new_id), child_id, old_hash, row_hash, fields
from staged_contact where fate in ('new', 'changed')
"""

MERGE = tuple(
    text(statement)
    for statement in (
        NEW_CHILDREN, NEW_CHILDREN_ARE_KNOWN, CHANGED_CHILDREN, OLD_TOKENS, TOKENS, WORDS,
        OLD_IDENTIFIERS, IDENTIFIERS, *roster_accounts.MERGE, ENROLMENTS, LEAVERS, ENDED_ENROLMENTS,
        NEW_ACCOUNTS,
        ACCOUNTS_ARE_KNOWN, NEW_STAFF, MEMBERSHIPS, FORMER_NAMES, CHANGED_STAFF, NEW_CONTACTS,
        CHANGED_CONTACTS, ENDED_CONTACTS, LINKS, LINKS_GONE, CHANGES,
    )
)  # fmt: skip

NEAR_BARS = text(f"""
select s.child_id, coalesce(s.local_id, s.new_id) as contact_id,
       s.fields && array['name', 'email', 'phone'] as moved
from staged_contact s
where s.fate in ('new', 'changed')
  and exists (select from contact c
              where c.school_id = :school_id and c.child_id = s.child_id and {BARRED})
""")
"""The file's changes to contacts of children who have one that may be barred."""

WHO = f"""cast(:school_id as uuid), {NEW_ID}, cast(:at as timestamptz), cast(:actor_id as uuid),
  cast(:actor_role as text), cast(:session_id as uuid), cast(:request_id as text)"""
# One entry for each child, with the changes to their contacts.
TRAIL = text(f"""
insert into trail (school_id, id, at, actor_id, actor_role, session_id, request_id, verb, noun,
                   noun_id, child_id, before_hash, after_hash, details)
select {WHO}, c.verb, c.noun, c.noun_id, c.child_id, c.before_hash, c.after_hash,
       jsonb_build_object('import_id', cast(cast(:import_id as uuid) as text),
                          'fields', to_jsonb(c.fields))
from staged_change c where c.child_id is null
union all
select {WHO},
       coalesce(min(c.verb) filter (where c.noun = 'child'), 'child.changed'), 'child', c.child_id,
       c.child_id, min(c.before_hash) filter (where c.noun = 'child'),
       min(c.after_hash) filter (where c.noun = 'child'),
       jsonb_build_object('import_id', cast(cast(:import_id as uuid) as text),
                          'fields', coalesce(jsonb_agg(distinct f.field)
                            filter (where f.field is not null), '[]'::jsonb))
       || case when bool_or(c.noun = 'contact') then jsonb_build_object('contacts', jsonb_agg(
            distinct jsonb_build_object('id', c.noun_id, 'did', c.verb, 'fields', c.fields))
            filter (where c.noun = 'contact')) else '{{}}'::jsonb end
from staged_change c
left join lateral unnest(
  case c.noun when 'contact' then array['contacts'] else c.fields end) f(field) on true
where c.child_id is not null
group by c.child_id
""")
