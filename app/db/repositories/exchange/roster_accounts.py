"""SQL for the school email addresses and user names of pupils in a roster.

Accounts are handed on, so they match nobody. One that two pupils claim goes to neither, another
child's stays with that child, and a person's additions and endings stay.
Statements take the binds of `roster_plans` and `roster_merges`.
"""

from app.db.new_ids import NEW_ID

KNOWN = """
insert into known_account (id, child_id, system, value, owned)
select id, child_id, system, value, source = :source
from child_identifier
where school_id = :school_id and system in ('email', 'username') and valid_to is null
"""

# An account ends if the file gives its child another one, or lets the child go. A blank cell
# changes nothing.
ENDS = """
update known_account k set ends = true
from (
  select n.id from known_account n
  join (select distinct s.local_id, a.system
        from staged_account a join staged_person s using (position)) said
    on said.local_id = n.child_id and said.system = n.system
  left join (select s.local_id, a.system, a.value
             from staged_account a join staged_person s using (position)) same
    on same.local_id = n.child_id and same.system = n.system and same.value = n.value
  where n.owned and same.value is null
  union
  select n.id from known_account n
  join staged_leaver v on v.local_id = n.child_id and v.kind = 'child' and v.ends
  where n.owned) v
where v.id = k.id
"""

TWICE = """
with claimed as (
  select a.system, a.value from staged_account a join staged_person s using (position)
  group by a.system, a.value having count(distinct coalesce(s.local_id, s.new_id)) > 1),
dropped as (
  delete from staged_account a using claimed c, staged_person s
  where a.system = c.system and a.value = c.value and s.position = a.position
    and not exists (
      select from known_account k
      where k.child_id = s.local_id and k.system = a.system and k.value = a.value)
  returning s.line)
insert into staged_fault (line, kind, code)
select distinct line, 'child', 'roster.account_twice' from dropped
"""

TAKEN = """
with dropped as (
  delete from staged_account a using staged_person s, known_account k
  where s.position = a.position and k.system = a.system and k.value = a.value and not k.ends
    and k.child_id is distinct from s.local_id
  returning s.line)
insert into staged_fault (line, kind, code)
select distinct line, 'child', 'roster.account_taken' from dropped
"""

HELD_ALREADY = """
delete from staged_account a using staged_person s, known_account k
where s.position = a.position and k.child_id = s.local_id and k.system = a.system
  and k.value = a.value
"""

ENDED_BY_A_PERSON = """
delete from staged_account a using staged_person s, child_identifier i
where s.position = a.position and i.school_id = :school_id and i.child_id = s.local_id
  and i.system = a.system and i.value = a.value and i.ended_by is not null
"""

FATES = """
update staged_person s
set fate = case when s.fate = 'unchanged' then 'accounts' else s.fate end,
    fields = case when 'identifiers' = any(s.fields) then s.fields
                  else s.fields || array['identifiers'] end
from (
  select a.position from staged_account a
  union
  select p.position from staged_person p
  join known_account k on k.child_id = p.local_id and k.ends) v
where v.position = s.position and s.kind = 'child' and s.fate in ('unchanged', 'changed')
"""
"""`accounts` is the fate of a child with no other change: corrections by hand stay."""

PLAN = (
    KNOWN, "analyze known_account", "analyze staged_account", ENDS, TWICE, TAKEN, HELD_ALREADY,
    ENDED_BY_A_PERSON, FATES,
)  # fmt: skip

CHILDREN = """
update child c set version = c.version + 1, changed_at = :now
from staged_person s
where c.school_id = :school_id and c.id = s.local_id and s.kind = 'child' and s.fate = 'accounts'
"""

# Children who were marked as leavers before; `LEAVERS` tells of the others.
LEFT_BEFORE = """
with gone as (
  update child c set version = c.version + 1, changed_at = :now
  from (select distinct k.child_id from known_account k
        join staged_leaver v on v.local_id = k.child_id and v.kind = 'child' and v.ends
        where k.ends) v
  where c.school_id = :school_id and c.id = v.child_id and c.roll_status = 'left'
  returning c.id)
insert into staged_change (verb, noun, noun_id, child_id, fields)
select 'child.changed', 'child', id, id, array['identifiers'] from gone
"""

ENDED = """
update child_identifier i set valid_to = greatest(i.valid_from, :today)
from known_account k
where i.school_id = :school_id and i.id = k.id and k.ends
"""

ADDED = f"""
insert into child_identifier
  (school_id, id, child_id, system, value, source, valid_from, import_id, created_at)
select :school_id, {NEW_ID}, v.local_id, v.system, v.value, :source, :today, :import_id, :now
from (select distinct s.local_id, a.system, a.value
      from staged_account a join staged_person s using (position) where s.kind = 'child') v
on conflict do nothing
"""
"""A person may have added it meanwhile."""

MERGE = (CHILDREN, LEFT_BEFORE, ENDED, ADDED)
"""Runs after new children are known, and before leavers are marked."""
