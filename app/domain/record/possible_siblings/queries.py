"""Find possible siblings of a child; a person confirms or dismisses each."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any
from uuid import UUID

from app.core.vocabularies.children import SIBLING_KINDS
from app.core.words import Permission
from app.db.repositories.concern_facts import Pupil
from app.db.repositories.record import possible_siblings
from app.db.unit_of_work import UnitOfWork
from app.domain.access.child_access.queries import child_for, opens_child, record_child_opened
from app.domain.record.children.queries import Record
from app.domain.record.possible_siblings import rules

SHOWN = ("name", "date_of_birth", "year_group", "registration_group", "roll_status")


async def open_possible_siblings(work: UnitOfWork, child_id: UUID) -> list[Record]:
    """List children who share a contact's address or number, or a home, and log the view.

    Leaves out children whose record this reader may not open, and those who are or once were
    connected with the child as siblings, or were dismissed by a person. Raises `PermissionMissing`,
    `ChildNotFound`, `OutsideCohort`, `FileLocked`, `FileFrozen`.
    """
    child = await child_for(work, child_id, Permission.CHILD_SAFEGUARD, adds=True)
    driver, school_id = await work.driver(), work.actor.school_id
    own = _reaches(await possible_siblings.own_reaches(driver, school_id, child.id, work.today))
    rows = await possible_siblings.like_reaches(
        driver, school_id, child.id, work.today, rules.looked_for(own), SIBLING_KINDS
    )
    rows = [row for row in rows if _opens(work, row)]
    record_child_opened(work, child, "possible_siblings")
    cards = {row["child_id"]: row for row in rows}
    shared = rules.shared_by_child(own, _reaches(rows))
    return [
        {
            "child": {"id": id_, **{name: summary[name] for name in SHOWN}},
            "shared": [asdict(item) for item in shared[id_]],
            "same_household": any(item.by == rules.ADDRESS for item in shared[id_]),
            "permissions": ["add_relationship", "dismiss_possible_sibling"],
        }
        for id_, summary in cards.items()
        if id_ in shared
    ]


def _opens(work: UnitOfWork, row: Any) -> bool:
    pupil = Pupil(row["child_id"], row["year_group"], row["registration_group"])
    return opens_child(work.actor, pupil) and pupil.id not in work.actor.conflicts.limited


def _reaches(rows: Sequence[Any]) -> list[rules.Reach]:
    return [
        rules.Reach(
            row["child_id"], row["contact_id"], row["kind"], row["email"], row["phone"],
            row["address"],
        )
        for row in rows
    ]  # fmt: skip
