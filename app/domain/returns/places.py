"""Places on the site that need something done: whoever sees to one learns what, never why."""

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select

from app.core.behind import ANYONE
from app.core.ids import new_id
from app.core.words import Did, Permission
from app.db.models import SiteSpot, Staff, Task
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.owners.settling import people_here
from app.domain.returns.errors import SpotNotFound, SpotOwnerUnsuitable
from app.domain.tasks.setting import SetTask, set_task

NOUN: Final = "site_spot"
TASK: Final = "place_attention"
HELD: Final = "Needs attention; the reason is held by the lead."


@dataclass(frozen=True, slots=True)
class NoteSpot:
    """Where, what is to be done, why (for leads alone), and who does it."""

    id: UUID | None
    place: str
    needs: str
    reason: str | None
    owner_id: UUID | None


async def note_spot(work: UnitOfWork, wish: NoteSpot) -> SiteSpot:
    """Note a place and give somebody the task.

    Raises `PermissionMissing`, `SpotOwnerUnsuitable`.
    """
    policy.require(work.actor, Permission.SAFETY_WRITE)
    if wish.owner_id is not None and not await people_here(work, [wish.owner_id]):
        raise SpotOwnerUnsuitable
    row = SiteSpot(
        school_id=work.actor.school_id, id=wish.id or new_id(), place=wish.place,
        needs=wish.needs, reason=wish.reason, noted_by=work.actor.id, noted_at=work.now,
    )  # fmt: skip
    work.concerns.add(row)
    work.record(Did.SITE_SPOT_NOTED, NOUN, row.id)
    await set_task(
        work,
        SetTask(TASK, about=(NOUN, row.id), confidentiality=ANYONE, owner_id=wish.owner_id),
    )
    return row


async def open_spot(work: UnitOfWork, spot_id: UUID) -> dict[str, Any]:
    """A place for whoever sees to it, and for leads, who also learn why.

    Raises `PermissionMissing`, `SpotNotFound`.
    """
    policy.require(work.actor, Permission.TASK_DO)
    row = await work.concerns.find(SiteSpot, spot_id)
    if row is None:
        raise SpotNotFound
    if not policy.may(work.actor, Permission.WATCH_READ) and not await _has_task(work, spot_id):
        raise SpotNotFound
    work.record(Did.SITE_SPOT_OPENED, NOUN, row.id)
    return await shown(work, row)


async def _has_task(work: UnitOfWork, spot_id: UUID) -> bool:
    me = work.actor.id
    found = await work.session.scalar(
        select(Task.id)
        .where(
            Task.school_id == work.actor.school_id, Task.about_id == spot_id, Task.kind == TASK,
            (Task.owner_id == me) | (Task.cover_id == me),
        )
        .limit(1)
    )  # fmt: skip
    return found is not None


async def shown(work: UnitOfWork, row: SiteSpot) -> dict[str, Any]:
    """A place as this reader may see it."""
    noted_by = await work.staff.find(Staff, row.noted_by)
    leads = bool(policy.may(work.actor, Permission.WATCH_READ))
    return {
        "id": row.id,
        "place": row.place,
        "needs": row.needs,
        "why": row.reason if leads and row.reason is not None else HELD,
        "noted_by": {"id": row.noted_by, "name": noted_by.name if noted_by else ""},
        "noted_at": row.noted_at,
    }
