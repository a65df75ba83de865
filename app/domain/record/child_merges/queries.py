"""Find possible duplicates of a pupil; only a person merges them."""

from typing import Final, NamedTuple
from uuid import UUID

import orjson

from app.core.words import Permission
from app.db.models import Child
from app.db.repositories.concern_facts import Pupil
from app.db.repositories.record import child_merges as stored
from app.db.unit_of_work import UnitOfWork
from app.domain.access.child_access.queries import child_for, opens_child, record_child_opened
from app.domain.access.grants.queries import sees_live_grant
from app.domain.kinds import KINDS, facts_by_key
from app.domain.record.child_merges import rules
from app.domain.record.children.queries import Record

SHOWN = ("id", "name", "date_of_birth", "year_group", "registration_group", "roll_status")
REASONS = {"same_name": "name", "same_day": "date_of_birth", "same_address": "address"}
MOST = 20
KINDS_OF: Final = {
    "concerns": "concern", "transfers": "transfer", "cases": "bereavement_case",
    "support_plans": "support_plan", "safety_plans": "safety_plan",
}  # fmt: skip


class InTheWay(NamedTuple):
    """What prevents a merge: codes of what the actor may read, and whether there is more."""

    blocked_by: list[str]
    is_hidden: bool
    plans: int
    """The highest plan number of the remaining child."""


async def in_the_way(work: UnitOfWork, merged: Child, child: Child) -> InTheWay:
    """Find what prevents the merge of one child into the other."""
    driver, school_id = await work.driver(), work.actor.school_id
    standing = await stored.standing(driver, school_id, merged.id, child.id, work.today, work.now)
    rows = await stored.cohorts(driver, school_id, work.today)
    cohorts = [orjson.loads(row["cohort"]) for row in rows]
    sees_more = rules.sees_more(cohorts, child, merged)
    keys = [(kind, id_) for name, kind in KINDS_OF.items() for id_ in standing[name]]
    facts = await facts_by_key(driver, school_id, keys)
    seen = {
        name: [id_ for id_ in standing[name] if KINDS[kind].shows(work.actor, facts[kind, id_])]
        for name, kind in KINDS_OF.items()
    }
    both = (merged.id, child.id)
    granted = standing["granted"] and await sees_live_grant(driver, work.actor, work.now, both)
    every, told = (
        rules.blocked_by(item, sees_more=sees_more)
        for item in (standing, {**standing, **seen, "granted": granted})
    )
    return InTheWay(told, len(every) > len(told), int(standing["plans"]))


async def open_possible_duplicates(work: UnitOfWork, child_id: UUID) -> list[Record]:
    """List children who may be the same pupil, likeliest first, and log the view.

    Leaves out children whose record this reader may not open. Raises `PermissionMissing`,
    `ChildNotFound`, `OutsideCohort`, `FileLocked`.
    """
    child = await child_for(work, child_id, Permission.CHILD_SAFEGUARD, adds=True)
    rows = await stored.alike(await work.driver(), work.actor.school_id, child.id, MOST)
    record_child_opened(work, child, "possible_duplicates")
    items = []
    for row in rows:
        pupil = Pupil(row["id"], row["year_group"], row["registration_group"])
        if opens_child(work.actor, pupil) and pupil.id not in work.actor.conflicts.limited:
            number = ["number"] if row["number"] is not None else []
            codes = [*number, *(word for name, word in REASONS.items() if row[name])]
            facts = {name: row[name] for name in SHOWN}
            items.append({**facts, "reason_codes": codes, "permissions": ["merge_child"]})
    return items
