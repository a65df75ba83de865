"""Stopping what would still be sent to a family, in the moment in which a death is confirmed."""

from uuid import UUID

from sqlalchemy import select

from app.core.words import AuditEvent, Permission
from app.db.models import BereavementCase, RecipientLink
from app.db.repositories.safety import bereavement as stored
from app.db.unit_of_work import Job, UnitOfWork
from app.domain.access.checks.sharing import share_for
from app.domain.errors import StateConflict
from app.domain.etags import check_version
from app.domain.safety.bereavement.errors import PartNotFound
from app.domain.safety.bereavement.sight import case_for, require_writer, touch
from app.domain.sharing.recipients.links import MAIL


async def pause_family(work: UnitOfWork, child_id: UUID) -> None:
    """Pause every living link to the child's contacts: nothing is mailed or opened by it.

    Other systems of the school learn of it in the same commit, by the child's id alone.
    """
    ids = await stored.family_links(await work.driver(), work.actor.school_id, child_id)
    for link in await _links(work, ids):
        link.paused_at = work.now
        await work.recipients.end_sessions(link.id, work.now)
        _record(work, AuditEvent.LINK_PAUSED, link)
    work.record(AuditEvent.CONTACT_PAUSED, "child", child_id, child_id=child_id)


async def resume_family(work: UnitOfWork, child_id: UUID) -> None:
    """The confirmation was a mistake: what was paused goes on."""
    ids = await stored.paused_links(await work.driver(), work.actor.school_id, child_id)
    for link in await _links(work, ids):
        _resume(work, link)
    work.record(AuditEvent.CONTACT_RESUMED, "child", child_id, child_id=child_id)


async def resume_link(
    work: UnitOfWork, case_id: UUID, link_id: UUID, version: int
) -> BereavementCase:
    """A lead has decided that one link may be mailed and opened again.

    The version is of the case, which shows the links: whoever writes to a bereaved family has
    read how it stands. Raises as `case_for`, `PermissionMissing`, `VersionStale`, `PartNotFound`,
    as `share_for`, `StateConflict`.
    """
    case = await case_for(work, case_id, lock=True)
    require_writer(work.actor)
    check_version(case, version)
    link = await work.recipients.lock(RecipientLink, link_id)
    if case.child_id is None or link is None or link.share_id is None:
        raise PartNotFound
    ids = await stored.paused_links(await work.driver(), case.school_id, case.child_id)
    if link.id not in ids:
        raise PartNotFound
    await share_for(work, link.share_id, Permission.SHARE_READ)
    if link.ended_at is not None or link.expires_at <= work.now:
        raise StateConflict("This link has ended; share again where the family wants to read it.")
    _resume(work, link)
    touch(work, case)
    return case


def _resume(work: UnitOfWork, link: RecipientLink) -> None:
    link.paused_at = None
    _record(work, AuditEvent.LINK_RESUMED, link)
    if link.mailed_at is None and link.address is not None and link.ended_at is None:
        work.enqueue(Job(MAIL, {"link_id": str(link.id)}))


def _record(work: UnitOfWork, did: AuditEvent, link: RecipientLink) -> None:
    work.record(did, link.noun, link.thing_id, details={"link_id": str(link.id)})


async def _links(work: UnitOfWork, ids: list[UUID]) -> list[RecipientLink]:
    if not ids:
        return []
    found = await work.session.scalars(
        select(RecipientLink)
        .where(RecipientLink.school_id == work.actor.school_id, RecipientLink.id.in_(ids))
        .order_by(RecipientLink.id)
        .with_for_update(of=RecipientLink, key_share=True)
        .execution_options(populate_existing=True)
    )
    return list(found)
