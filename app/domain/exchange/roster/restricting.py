"""A roster lifts no bar: leads learn where it wrote of a barred person, or of a possible match."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any
from uuid import UUID

from app.db.models import Contact
from app.db.unit_of_work import UnitOfWork
from app.domain.record.children.records import hard_mark
from app.domain.record.children.restricted import as_somebody, restricted_match
from app.domain.record.children.telling import tell_of_telling


async def tell_of_restricted(work: UnitOfWork) -> None:
    """Alert the leads of each child where the import that was just merged touched a bar."""
    rows = sorted(await work.rosters.near_bars(), key=_child)
    touched = [
        child_id
        for child_id, changed in groupby(rows, key=_child)
        if _touches(work, await work.children.contacts_of(child_id), list(changed))
    ]
    await tell_of_telling(work, touched)


def _child(row: Any) -> UUID:
    return UUID(str(row["child_id"]))


def _touches(work: UnitOfWork, contacts: Sequence[Contact], changed: Sequence[Any]) -> bool:
    """Whether a changed contact is barred and has moved, or may be one that is barred."""
    moved = {row["contact_id"]: row["moved"] for row in changed}
    return any(
        (moved[one.id] and hard_mark(one, work.today) is not None)
        or restricted_match(as_somebody(one), contacts, work.today)
        for one in contacts
        if one.id in moved
    )
