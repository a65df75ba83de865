"""What the adult register shows beside its concerns: reports that could not be taken.

Every statement has the actor's school as `$1`, the actor as `$2` and the day as `$3`.
"""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from app.core.words import Actor
from app.db.models.adults.adult_register import HEADS
from app.db.models.base import TODAY

HOLDS_HEAD = f"(select true {HEADS.replace(TODAY, '$3::date')} and m.staff_id = {{}} limit 1)"
IS_HEAD = HOLDS_HEAD.format("$2::uuid")
ABOUT_HEAD_INCOMPLETE = f"(u.about_head or {HOLDS_HEAD.format('any(u.barred)')} is true)"


@dataclass(frozen=True, slots=True)
class AdultSight:
    """How far one actor sees in the adult register, as its rules have it."""

    actor: Actor
    day: date
    reads: bool
    is_chair: bool

    @property
    def values(self) -> tuple[UUID, UUID, date]:
        """`$1` to `$3` of every statement."""
        return self.actor.school_id, self.actor.id, self.day


def incomplete_visible_to(sight: AdultSight) -> str:
    """The condition that keeps reports that could not be taken (alias `u`) this actor may read.

    The chair reads those about a head, and the one that no head may read and that is theirs.
    """
    mine = "false"
    if sight.reads:
        chair = f"u.keeper_id = $2::uuid or {ABOUT_HEAD_INCOMPLETE}"
        mine = chair if sight.is_chair else f"not {ABOUT_HEAD_INCOMPLETE}"
    return (
        "(u.register = 'adults' and $2::uuid <> all(u.barred) and "
        f"not ({ABOUT_HEAD_INCOMPLETE} and coalesce({IS_HEAD}, false)) and ({mine}))"
    )
