"""SQL that keeps a roster from changing a child whose file is frozen after a death.

The file's rows about them are left out with a note, are compared again with the next import, and
take them off no roll. Statements take the binds of `roster_plans`.
"""

ANY = """
select exists (
  select from frozen_file z where z.school_id = :school_id and z.undone_at is null)
"""
"""Whether there is a frozen file: most schools have none, and the rest is then skipped."""

FROZEN = (
    "(select z.child_id from frozen_file z where z.school_id = :school_id and z.undone_at is null)"
)

# The few frozen ones first: checking every pupil took minutes.
CHILDREN = f"""
with frozen as materialized (
  select s.position from staged_person s where s.kind = 'child' and s.local_id in {FROZEN}),
given as materialized (
  select a.position, a.system, a.value, s.local_id
  from frozen f join staged_person s on s.position = f.position
  join staged_account a on a.position = f.position),
moved as (
  select g.position from given g
  left join child_identifier i
    on i.school_id = :school_id and i.child_id = g.local_id and i.system = g.system
   and i.value = g.value
  where i.id is null),
kept as (
  update staged_person s
  set fate = 'unchanged', fields = '{{}}', renumbered = false,
      row_hash = coalesce(s.old_hash, s.row_hash)
  from frozen f
  where s.position = f.position
    and (s.fate = 'changed' or s.position in (select m.position from moved m))
  returning s.line)
insert into staged_fault (line, kind, code) select line, 'child', 'roster.record_kept' from kept
"""

ACCOUNTS = f"""
delete from staged_account a using staged_person s
where s.position = a.position and s.kind = 'child' and s.local_id in {FROZEN}
"""

CONTACTS = f"""
with kept as (
  delete from staged_contact s where s.child_id in {FROZEN} returning s.line, s.fate)
insert into staged_fault (line, kind, code)
select distinct line, 'contact', 'roster.record_kept' from kept where fate <> 'unchanged'
"""

LEAVERS = f"""
with kept as (
  delete from staged_leaver v
  where (v.kind = 'child' and v.local_id in {FROZEN})
     or (v.kind = 'contact' and v.local_id in (
       select c.id from contact c where c.school_id = :school_id and c.child_id in {FROZEN}))
  returning v.ends)
insert into staged_fault (line, kind, code)
select 0, 'child', 'roster.record_kept' from kept having bool_or(ends)
"""

PLAN = (CHILDREN, ACCOUNTS, CONTACTS, LEAVERS)
"""Run where `ANY` is true."""
