"""What came of handing over, as it is answered."""

from typing import Any
from uuid import UUID

from app.core.pointers import pointer
from app.db.unit_of_work import UnitOfWork
from app.domain.duty.hand_over.commands import HandedOver


async def handed_over(work: UnitOfWork, staff_id: UUID, result: HandedOver) -> dict[str, Any]:
    """The things that moved or would, and those that stand in the way."""
    able = [item for item in result.checked if item.problem is None]
    counts: dict[str, int] = {}
    for item in able:
        counts[item.thing.resource_type] = counts.get(item.thing.resource_type, 0) + 1
    people = await work.accounts.people(staff_id, *(item.to for item in result.checked))
    return {
        "staff": people.get(staff_id),
        "moved": result.moved,
        "counts": counts,
        "items": [
            pointer(item.thing.resource_type, item.thing.id) | {"to": people.get(item.to)}
            for item in able
        ],
        "problems": [
            pointer(item.thing.resource_type, item.thing.id)
            | {"to": people.get(item.to), "reason_code": item.problem}
            for item in result.checked
            if item.problem is not None
        ],
        "at": work.now,
    }
