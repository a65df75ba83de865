"""Conditions about files that have gone to another school, for statements of every area."""

CHILD_LOCKED = """
exists (select from file_lock l
        where l.school_id = {school} and l.child_id = {child} and l.unlocked_at is null)
"""
IS_LOCKED = "bool_and(l.id is not null and c.recorded_at <= l.locked_at)"
LOCKS = """
left join file_lock l on l.school_id = $1 and l.child_id = cc.child_id and l.unlocked_at is null
"""
CONCERN_LOCKED = f"""
coalesce((select {IS_LOCKED} from concern_child cc {LOCKS}
          where cc.school_id = $1 and cc.id = c.id), false)
"""
"""`locked` of `CONCERN_STANDING`, of a concern `c` of the school `$1`."""
