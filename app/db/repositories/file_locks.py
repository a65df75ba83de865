"""Conditions about closed files, for statements of every area.

A file is closed once it has gone to another school or its child has died.
"""

from collections.abc import Container, Iterable
from dataclasses import dataclass
from datetime import datetime

CHILD_LOCKED = """
exists (select from file_lock l
        where l.school_id = {school} and l.child_id = {child} and l.unlocked_at is null)
"""
IS_LOCKED = "bool_and(l.id is not null and c.recorded_at <= l.locked_at)"
LOCKS = """
left join file_lock l on l.school_id = $1 and l.child_id = cc.child_id and l.unlocked_at is null
"""
FROZEN_AT = """
(select f.frozen_at from frozen_file f
 where f.school_id = {school} and f.child_id = {child} and f.undone_at is null)
"""
FREEZES = """
left join frozen_file f on f.school_id = $1 and f.child_id = cc.child_id and f.undone_at is null
"""
IS_FROZEN = "bool_and(f.id is not null and c.recorded_at <= f.frozen_at)"
IS_HELD = "bool_or(f.id is not null and c.recorded_at <= f.frozen_at)"
CONCERN_CLOSED = f"""
(select array[{IS_LOCKED}, {IS_FROZEN}, {IS_HELD}] from concern_child cc {LOCKS} {FREEZES}
 where cc.school_id = $1 and cc.id = c.id)
"""
"""`locked`, `frozen` and `held` of `CONCERN_STANDING`, of a concern `c` of the school `$1`."""


CHILD_CLOSED = (CHILD_LOCKED, FROZEN_AT)
"""The fields of `Closed` for a child, column by column."""


@dataclass(frozen=True, slots=True)
class Closed:
    """How far a child's file is closed."""

    locked: bool = False
    """Another school has the file."""
    frozen_at: datetime | None = None
    """When the child's death was confirmed."""

    def freezes(self, written_at: datetime | None = None) -> bool:
        """Whether an entry of that time, or of any, cannot change because the file is frozen."""
        return self.frozen_at is not None and (written_at is None or written_at <= self.frozen_at)

    def shuts(self, written_at: datetime | None = None) -> bool:
        """Whether an entry of that time, or of any, cannot change because the file is closed."""
        return self.locked or self.freezes(written_at)

    def takes(self, verbs: Iterable[str], *, ends: Container[str] = ()) -> list[str]:
        """The verbs that are still possible; a locked file allows only those in `ends`."""
        return [verb for verb in verbs if not self.freezes() and (not self.locked or verb in ends)]


OPEN = Closed()
