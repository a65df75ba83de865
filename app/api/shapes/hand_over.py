"""What came of handing over, as it is answered."""

from datetime import datetime
from typing import Any

from app.core.pointers import pointer
from app.domain.duty.hand_over.commands import HandedOver, HandOver


def handed_over(wish: HandOver, found: HandedOver, at: datetime) -> dict[str, Any]:
    """The things that moved or would, and those that stand in the way."""
    able = [one for one in found.checked if one.problem is None]
    counts: dict[str, int] = {}
    for one in able:
        counts[one.thing.noun] = counts.get(one.thing.noun, 0) + 1
    return {
        "staff_id": wish.staff_id,
        "moved": found.moved,
        "counts": counts,
        "items": [pointer(one.thing.noun, one.thing.id) | {"to": one.to} for one in able],
        "problems": [
            pointer(one.thing.noun, one.thing.id) | {"to": one.to, "reason_code": one.problem}
            for one in found.checked
            if one.problem is not None
        ],
        "at": at,
    }
