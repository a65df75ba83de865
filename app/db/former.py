"""SQL for a child and everyone merged into them.

A row under a former id (a name that an alert matched, a row of a plan) is about the child who
goes on: a person locked out from one is locked out from both.
"""

# ruff: noqa: S608 - statements are joined from constants; values are always bound


def with_later(children: str, school: str) -> str:
    """The ids in an array and those they were merged into, however far; one a row."""
    return f"""
(with recursive later(id) as (
   select unnest({children})
   union
   select c.merged_into from later join child c
     on c.school_id = {school} and c.id = later.id and c.merged_into is not null)
 select later.id from later)"""


def with_former(child: str, school: str) -> str:
    """`child` itself, even if null, and everyone merged into it, however far; one id a row."""
    return f"""
(with recursive former(id) as (
   select {child}
   union
   select unnest(c.merged_from) from former join child c
     on c.school_id = {school} and c.id = former.id)
 select former.id from former)"""


FORMER_NAMES = f"""
select coalesce(json_agg(n.names), '[]')
from {with_former("c.id", "$1")} k
cross join lateral (
  select to_jsonb(m) as names from child m
  where m.school_id = $1 and m.id = k.id and m.id <> c.id
  union all
  select f.before from fact_change f
  where f.school_id = $1 and f.noun_id = k.id and f.noun = 'child') n
"""
"""What a child, or one merged into them, was called before: texts still say it."""
