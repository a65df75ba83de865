"""Find possible duplicates of a pupil; only a person merges them."""

from uuid import UUID

from app.core.words import Permission
from app.db.repositories.concern_facts import Pupil
from app.db.repositories.record import child_merges as stored
from app.db.unit_of_work import UnitOfWork
from app.domain.access.child_access.queries import child_for, opens_child, record_child_opened
from app.domain.record.children.queries import Record

SHOWN = ("id", "name", "date_of_birth", "year_group", "registration_group", "roll_status")
REASONS = {"same_name": "name", "same_day": "date_of_birth", "same_address": "address"}
MOST = 20


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
