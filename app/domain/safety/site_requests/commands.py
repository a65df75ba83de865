"""Places on the site that need work: the person asked learns what to do, never why."""

from typing import Any, Final
from uuid import UUID

from app.core.behind import ANYONE
from app.core.words import AuditEvent, Permission
from app.db.models import SiteRequest, Staff
from app.db.repositories.duty.tasks import is_with
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.common.owners.queries import people_here
from app.domain.duty.tasks.commands import SetTask, set_task
from app.domain.errors import require_row
from app.domain.safety.site_requests.errors import SiteRequestNotFound, SiteRequestOwnerUnsuitable
from app.domain.safety.site_requests.schemas import SiteRequestIn
from app.domain.steps import new, record_row

NOUN: Final = "site_request"
TASK: Final = "place_attention"
HELD: Final = "Needs attention; the reason is held by the lead."


async def create_site_request(work: UnitOfWork, body: SiteRequestIn) -> SiteRequest:
    """Record a place and set someone the task.

    Raises `PermissionMissing`, `SiteRequestOwnerUnsuitable`.
    """
    policy.require(work.actor, Permission.SAFETY_WRITE)
    if body.owner_id is not None and not await people_here(work, [body.owner_id]):
        raise SiteRequestOwnerUnsuitable
    row = new(work, SiteRequest, body, noted_by=work.actor.id, noted_at=work.now)
    work.concerns.add(row)
    record_row(work, AuditEvent.SITE_REQUEST_NOTED, row)
    await set_task(
        work,
        SetTask(TASK, about=(NOUN, row.id), confidentiality=ANYONE, owner_id=body.owner_id),
    )
    return row


async def open_site_request(work: UnitOfWork, site_request_id: UUID) -> dict[str, Any]:
    """Open one for the person with its task, and for leads, who also learn the reason.

    Raises `PermissionMissing`, `SiteRequestNotFound`.
    """
    policy.require(work.actor, Permission.TASK_DO)
    row = require_row(await work.concerns.find(SiteRequest, site_request_id), SiteRequestNotFound)
    if not policy.may(work.actor, Permission.SUPPORT_LIST_READ) and not await _has_task(
        work, site_request_id
    ):
        raise SiteRequestNotFound
    record_row(work, AuditEvent.SITE_REQUEST_OPENED, row)
    return await to_response(work, row)


async def _has_task(work: UnitOfWork, site_request_id: UUID) -> bool:
    me = work.actor
    return await is_with(work.session, me.school_id, TASK, site_request_id, me.id)


async def to_response(work: UnitOfWork, row: SiteRequest) -> dict[str, Any]:
    """A place as this reader may see it."""
    noted_by = await work.staff.find(Staff, row.noted_by)
    leads = bool(policy.may(work.actor, Permission.SUPPORT_LIST_READ))
    return {
        "id": row.id,
        "place": row.place,
        "needs": row.needs,
        "reason": row.reason if leads and row.reason is not None else HELD,
        "noted_by": {"id": row.noted_by, "name": noted_by.name if noted_by else ""},
        "noted_at": row.noted_at,
    }
