"""SQL: a child and everybody who was merged into them.

What stands under a former id for a while, or always (names that an alert fitted, rows of a plan),
is about the child who goes on: who is locked out from one is locked out from both.
"""

# ruff: noqa: S608 - statements are joined from constants; values are always bound


def with_later(children: str, school: str) -> str:
    """The ids in an array, one a row, and those they were merged into, however far."""
    return f"""
(with recursive later(id) as (
   select unnest({children})
   union
   select c.merged_into from later join child c
     on c.school_id = {school} and c.id = later.id and c.merged_into is not null)
 select later.id from later)"""


def with_former(child: str, school: str) -> str:
    """The ids, one a row: `child` itself, null too, and who was merged into it, however far."""
    return f"""
(with recursive former(id) as (
   select {child}
   union
   select unnest(c.merged_from) from former join child c
     on c.school_id = {school} and c.id = former.id)
 select former.id from former)"""
