"""Sharing exceptions: two people agree, each with a reason, that someone barred may be told."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from app.core.ids import new_id
from app.core.moments import written
from app.core.schemas import ReasonIn
from app.core.words import AuditEvent, Permission
from app.db.models import Child, Contact, SharingException
from app.db.repositories.file_locks import Closed
from app.db.repositories.sharing import sharing_exceptions as stored
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.access.child_access.queries import child_for
from app.domain.access.closed_files.queries import check_unlocked, closed_file
from app.domain.common.deadlines.commands import calendar_of, check_furthest
from app.domain.common.deadlines.errors import DueTimePassed
from app.domain.common.deadlines.rules import rule_on
from app.domain.errors import SecondPersonNeeded
from app.domain.etags import check_version, etag
from app.domain.record.contacts.errors import ContactNotFound
from app.domain.record.contacts.queries import hard_mark
from app.domain.sharing.informing_parents.queries import codes_of_mark
from app.domain.sharing.sharing_exceptions.errors import (
    BarChanged,
    NothingBars,
    SharingExceptionNotFound,
    SharingExceptionOver,
)
from app.domain.steps import new, record_row, touch

HOLDS: Final = "sh.sharing_exception"
MAY: Final = Permission.CONCERN_DECIDE


async def request_sharing_exception(
    work: UnitOfWork, child_id: UUID, contact_id: UUID, reason: str, until: datetime | None,
    sharing_exception_id: UUID | None = None,
) -> SharingException:  # fmt: skip
    """Request that someone barred may be told: nothing changes until a second person agrees.

    Raises `PermissionMissing`, `ChildNotFound`, `ConflictOfInterest`, `OutsideCohort`,
    `ContactNotFound`, `NothingBars`, `FileLocked`, `DueTimePassed`, `DueTooFar`.
    """
    child = await _child(work, child_id)
    mark = hard_mark(await _contact(work, child, contact_id), work.today)
    if mark is None:
        raise NothingBars
    sharing_exception = new(
        work, SharingException, id=sharing_exception_id or new_id(), child_id=child.id,
        contact_id=contact_id, mark=mark, asked_by=work.actor.id, asked_at=work.now,
        asked_reason=reason, until=await _until(work, until),
    )  # fmt: skip
    work.children.add(sharing_exception)
    _trace(work, sharing_exception, AuditEvent.SHARING_EXCEPTION_ASKED, reason)
    return sharing_exception


async def agree_sharing_exception(
    work: UnitOfWork,
    child_id: UUID,
    sharing_exception_id: UUID,
    version: int,
    body: ReasonIn,
) -> SharingException:
    """Agree as the second person: it holds from now on, for a while.

    Raises as `request_sharing_exception`, `SharingExceptionNotFound`, `VersionStale`,
    `SharingExceptionOver`, `SecondPersonNeeded`, `BarChanged`.
    """
    child = await _child(work, child_id)
    sharing_exception = await _sharing_exception(work, child, sharing_exception_id, version)
    if sharing_exception.asked_by == work.actor.id or sharing_exception.agreed_by is not None:
        raise SecondPersonNeeded
    contact = await _contact(work, child, sharing_exception.contact_id)
    if hard_mark(contact, work.today) != sharing_exception.mark:
        raise BarChanged
    sharing_exception.agreed_by, sharing_exception.agreed_at, sharing_exception.agreed_reason = (
        work.actor.id,
        work.now,
        body.reason,
    )
    touch(work, sharing_exception)
    _trace(work, sharing_exception, AuditEvent.SHARING_EXCEPTION_AGREED, body.reason)
    return sharing_exception


async def end_sharing_exception(
    work: UnitOfWork,
    child_id: UUID,
    sharing_exception_id: UUID,
    version: int,
    body: ReasonIn,
) -> SharingException:
    """End a sharing exception; one person is enough. Raises as `agree_sharing_exception`."""
    child = await _child(work, child_id)
    sharing_exception = await _sharing_exception(work, child, sharing_exception_id, version)
    sharing_exception.ended_at, sharing_exception.ended_by, sharing_exception.end_reason = (
        work.now,
        work.actor.id,
        body.reason,
    )
    touch(work, sharing_exception)
    _trace(work, sharing_exception, AuditEvent.SHARING_EXCEPTION_ENDED, body.reason)
    return sharing_exception


async def list_sharing_exceptions(work: UnitOfWork, child_id: UUID) -> list[dict[str, Any]]:
    """List a child's sharing exceptions, newest first, and log the view. Raises as `child_for`."""
    child = await child_for(work, child_id, Permission.SAFETY_READ)
    record_row(
        work, AuditEvent.CHILD_OPENED, child, child_id=child.id,
        details={"part": "sharing_exceptions"},
    )  # fmt: skip
    rows = await stored.of_child(await work.driver(), work.actor.school_id, child.id)
    closed = await closed_file(work, child.id)
    return [_to_response(work, row, closed) for row in rows]


async def whole(work: UnitOfWork, sharing_exception: SharingException) -> dict[str, Any]:
    """Build the answer for a sharing exception."""
    await work.session.flush()
    driver = await work.driver()
    (row,) = await stored.of_child(
        driver, work.actor.school_id, sharing_exception.child_id, sharing_exception.id
    )
    return _to_response(work, row, await closed_file(work, sharing_exception.child_id))


async def _child(work: UnitOfWork, child_id: UUID) -> Child:
    policy.require(work.actor, Permission.SAFETY_READ)
    child = await child_for(work, child_id, MAY, lock=True)
    await check_unlocked(work, child.id)
    return child


async def _contact(work: UnitOfWork, child: Child, contact_id: UUID) -> Contact:
    contact = await work.children.find(Contact, contact_id)
    if contact is None or contact.child_id != child.id:
        raise ContactNotFound
    return contact


async def _sharing_exception(
    work: UnitOfWork, child: Child, sharing_exception_id: UUID, version: int
) -> SharingException:
    sharing_exception = await work.children.lock(SharingException, sharing_exception_id)
    if sharing_exception is None or sharing_exception.child_id != child.id:
        raise SharingExceptionNotFound
    check_version(sharing_exception, version)
    if sharing_exception.ended_at is not None or sharing_exception.until <= work.now:
        raise SharingExceptionOver
    return sharing_exception


async def _until(work: UnitOfWork, until: datetime | None) -> datetime:
    if until is None:
        calendar = await calendar_of(work)
        return rule_on(HOLDS, calendar.local(work.now).date()).due(work.now, calendar)
    if until <= work.now:
        raise DueTimePassed
    await check_furthest(work, until, HOLDS)
    return until


def _trace(
    work: UnitOfWork, sharing_exception: SharingException, did: AuditEvent, reason: str
) -> None:
    record_row(
        work, did, sharing_exception, reason=reason,
        after={"reason": reason, "mark": sharing_exception.mark,
        "until": written(sharing_exception.until)},
        details={"contact_id": str(sharing_exception.contact_id)},
    )  # fmt: skip


def _state(work: UnitOfWork, row: Any) -> str:
    if row["ended_at"] is not None:
        return "ended"
    if row["until"] <= work.now:
        return "over"
    return "stands" if row["agreed_at"] is not None else "asked"


def _to_response(work: UnitOfWork, row: Any, closed: Closed) -> dict[str, Any]:
    state = _state(work, row)
    verbs = []
    if policy.may(work.actor, MAY) and state in ("asked", "stands"):
        mine = row["asked_by"] == work.actor.id
        verbs = (
            ["end_sharing_exception"]
            if mine or state == "stands"
            else ["agree_sharing_exception", "end_sharing_exception"]
        )
    return {
        "id": row["id"],
        "child_id": row["child_id"],
        "contact": {"id": row["contact_id"], "name": row["contact_name"]},
        "bars": codes_of_mark(row["mark"]),
        "state": state,
        **{
            name: row[name]
            for name in (
                "asked_at", "asked_reason", "agreed_at", "agreed_reason", "until", "ended_at",
                "end_reason",
            )
        },
        **{
            name: row[name] and {"id": row[name], "name": row[f"{name}_name"]}
            for name in ("asked_by", "agreed_by", "ended_by")
        },
        "etag": etag(row["version"]),
        "permissions": closed.takes(verbs),
    }  # fmt: skip
