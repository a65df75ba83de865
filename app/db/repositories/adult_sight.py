"""What of a concern about an adult decides who sees it: for a single one, and as a filter.

`adult_concerns.rules.may_see_adult_concern` decides from `SIGHT`; `visible_to` is the same rule
as SQL, and a property test holds them together. Every statement has the actor's school as `$1`,
the actor as `$2` and the day as `$3`.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from app.core.words import Actor
from app.db.paging import Conditions

HOLDS_HEAD = """
(select true from membership m where m.school_id = $1 and m.staff_id = {}
   and m.role = 'headteacher' and m.valid_from <= $3::date
   and (m.valid_to is null or m.valid_to > $3::date) limit 1)
"""
ABOUT_HEAD = f"(c.about_head or {HOLDS_HEAD.format('c.staff_id')} is true)"
IS_HEAD = HOLDS_HEAD.format("$2::uuid")
SIGHT = f"""
select c.id, coalesce(c.staff_id = $2::uuid, false) as is_subject,
       $2::uuid = any(c.locked_out) as is_locked_out,
       coalesce(c.case_manager_id = $2::uuid, false) as is_case_manager,
       c.reporter_id = $2::uuid as is_reporter, c.pending is not null as waits_for_signature,
       {ABOUT_HEAD} as about_head, coalesce({IS_HEAD}, false) as is_head
from adult_concern c where c.school_id = $1 and c.id = $4::uuid
"""
ABOUT_HEAD_UNFINISHED = f"(u.about_head or {HOLDS_HEAD.format('any(u.barred)')} is true)"


@dataclass(frozen=True, slots=True)
class AdultSight:
    """How far one actor sees in the adult register, as its rules have it."""

    actor: Actor
    day: date
    reads: bool
    is_chair: bool
    can_manage: bool

    @property
    def values(self) -> tuple[UUID, UUID, date]:
        """`$1` to `$3` of every statement."""
        return self.actor.school_id, self.actor.id, self.day


def visible_to(sight: AdultSight, where: Conditions) -> None:
    """Add the conditions that keep the concerns (alias `c`) this actor may read whole."""
    where.add("c.school_id = $1")
    where.add("c.staff_id is distinct from $2::uuid and $2::uuid <> all(c.locked_out)")
    where.add(f"not ({ABOUT_HEAD} and coalesce({IS_HEAD}, false))")
    ways = []
    if sight.can_manage:
        ways.append("c.case_manager_id = $2::uuid")
    if sight.reads and sight.is_chair:
        ways.append(f"c.pending is not null or {ABOUT_HEAD}")
    elif sight.reads:
        ways.append(f"not {ABOUT_HEAD}")
    where.add("(" + " or ".join(f"({way})" for way in ways) + ")" if ways else "false")


def conditions(sight: AdultSight, *more: Any) -> Conditions:
    """Conditions that begin with whom they are for; `more` values follow as `$4` and so on."""
    where = Conditions(*sight.values, *more)
    visible_to(sight, where)
    return where


def unfinished_visible_to(sight: AdultSight) -> str:
    """The condition that keeps reports that could not be taken (alias `u`) this actor may read.

    The chair reads those about a head, and the one that no head may read and that is theirs.
    """
    mine = "false"
    if sight.reads:
        chair = f"u.keeper_id = $2::uuid or {ABOUT_HEAD_UNFINISHED}"
        mine = chair if sight.is_chair else f"not {ABOUT_HEAD_UNFINISHED}"
    return (
        "(u.register = 'adults' and $2::uuid <> all(u.barred) and "
        f"not ({ABOUT_HEAD_UNFINISHED} and coalesce({IS_HEAD}, false)) and ({mine}))"
    )
