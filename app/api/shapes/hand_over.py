"""What came of handing over, as it is answered."""

from typing import Any
from uuid import UUID

from app.core.pointers import pointer
from app.db.unit_of_work import UnitOfWork
from app.domain.duty.hand_over.commands import HandedOver


async def handed_over(work: UnitOfWork, staff_id: UUID, found: HandedOver) -> dict[str, Any]:
    """The things that moved or would, and those that stand in the way."""
    able = [one for one in found.checked if one.problem is None]
    counts: dict[str, int] = {}
    for one in able:
        counts[one.thing.noun] = counts.get(one.thing.noun, 0) + 1
    people = await work.accounts.people(staff_id, *(one.to for one in found.checked))
    return {
        "staff": people.get(staff_id),
        "moved": found.moved,
        "counts": counts,
        "items": [
            pointer(one.thing.noun, one.thing.id) | {"to": people.get(one.to)} for one in able
        ],
        "problems": [
            pointer(one.thing.noun, one.thing.id)
            | {"to": people.get(one.to), "reason_code": one.problem}
            for one in found.checked
            if one.problem is not None
        ],
        "at": work.now,
    }
