"""Finding conflicts in the roster: staff who are a child's family, and the child's household."""

import json
from collections.abc import Collection
from uuid import UUID

from app.core.words import BY_HAND, Role
from app.db.models import Conflict
from app.db.repositories.access import conflicts as stored
from app.db.unit_of_work import UnitOfWork
from app.domain.access.conflicts import rules
from app.domain.access.conflicts.asking import answered, ask_to_confirm, say_ground
from app.domain.access.conflicts.moving import candidates_for, move_work
from app.domain.alerts.telling import tell


async def find_conflicts(work: UnitOfWork, *, by_roster: bool = False) -> int:
    """Begin what the roster says now and doubt what it says no more; answers how many changed.

    What a person typed is suggested, and a second one is asked whether it is so; they stay asked
    where its ground is gone, unless a roster (`by_roster`) takes back what it said itself.
    Call it whenever contacts, relationships or addresses of staff changed: it is one statement,
    and a second time changes nothing. Open work of those who are locked out moves at once, and
    leads and heads are told where it is about somebody who reads.
    """
    changed = await stored.find_from_roster(
        await work.driver(), work.acting(), rules.FAMILY, rules.HOUSEHOLD,
        [role.value for role in rules.LEAD_ORDER], BY_HAND, by_roster=by_roster,
    )  # fmt: skip
    if changed["found"]:
        await move_work(work)
    for conflict_id, becomes in json.loads(changed["tasks"]).items():
        await _follow(work, UUID(conflict_id), becomes, told=changed["sighted"])
    if changed["sighted"]:
        await tell_leads(work, changed["sighted"])
    return int(changed["changed"])


async def _follow(
    work: UnitOfWork, conflict_id: UUID, becomes: str, *, told: Collection[UUID]
) -> None:
    """What a suggestion's question to a second person becomes."""
    if becomes == "asked":
        await _ask(work, conflict_id, told=told)
    elif becomes in ("doubted", "borne_out"):
        await say_ground(work, conflict_id, gone=becomes == "doubted")
    else:
        await answered(work, conflict_id, becomes)


async def _ask(work: UnitOfWork, conflict_id: UUID, *, told: Collection[UUID]) -> None:
    row = await work.concerns.find(Conflict, conflict_id)
    if row is not None:
        await ask_to_confirm(work, row, tells=row.staff_id not in told)


async def tell_leads(work: UnitOfWork, about: Collection[UUID]) -> None:
    """Alert every lead and head that somebody who reads was found to have a conflict.

    Not the person it is about; an administrator where there is nobody else.
    """
    people = await candidates_for(work, None, [])
    only = next(iter(about)) if len(set(about)) == 1 else None
    others = [one for one in people if one.id != only]
    told = {one.id for one in others if one.role in rules.LEAD_ORDER}
    told = told or {one.id for one in others if one.role == Role.SCHOOL_ADMIN}
    for person in sorted(told):
        tell(work, person, "conflict_found", urgent=True)
