"""Pure rules: who vouches for an export of the whole school, and how long it can be fetched."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from app.core.words import Permission
from app.domain.common.owners.rules import Person

ASKED, APPROVED, RUNNING, READY = "asked", "approved", "running", "ready"
REFUSED, CANCELLED, FAILED, EXPIRED = "refused", "cancelled", "failed", "expired"
LIVE: Final = frozenset({ASKED, APPROVED, RUNNING, READY})
TO_WRITE: Final = frozenset({APPROVED, RUNNING})
STANDING: Final = 2
"""People who have to vouch for it; one of them reads every class."""
SEALED: Final = "K5"
APPROVED_WITHIN: Final = timedelta(days=14)
KEPT: Final = timedelta(days=7)
NO_ROOM, FAULT = "no_room", "fault"
SENTENCES: Final = {
    NO_ROOM: "The file could not be stored: the store is full or does not answer. Order it again.",
    FAULT: "The file could not be written because of a fault in Cairn, which has been reported.",
}


def is_enough(approvals: Sequence[Mapping[str, Any]]) -> bool:
    """Whether as many people stand for it as have to."""
    people = {approval["by"] for approval in approvals}
    return len(people) >= STANDING and any(approval["reads_sealed"] for approval in approvals)


def is_second(actor_id: UUID, orderer: UUID | None, approvals: Iterable[Mapping[str, Any]]) -> bool:
    """Whether someone may vouch for it: not the person who ordered it, nor one who already has.

    `orderer` also made the key that ordered it; None if unknown.
    """
    return orderer not in (None, actor_id) and str(actor_id) not in {
        approval["by"] for approval in approvals
    }


def lacks_reader(approvals: Sequence[Mapping[str, Any]]) -> bool:
    """Whether enough people vouch for it and none of them reads every class."""
    return len(approvals) >= STANDING and not is_enough(approvals)


def still_standing(
    approvals: Sequence[Mapping[str, Any]], people: Iterable[Person]
) -> list[dict[str, Any]]:
    """Approvals of people who are here and may still give them, with the classes they read now."""
    classes: dict[UUID, set[str]] = {}
    for person in people:
        held = [
            rights for rights in person.rights if Permission.TRANSFER_APPROVE in rights.permissions
        ]
        if held:
            classes[person.id] = {name for rights in held for name in rights.classes}
    return [
        {**approval, "reads_sealed": SEALED in classes[by]}
        for approval in approvals
        if (by := UUID(approval["by"])) in classes
    ]


def state_at(state: str, expires_at: datetime, now: datetime) -> str:
    """The state, even before anyone has noticed that it has expired."""
    return EXPIRED if state in LIVE and now >= expires_at else state
