"""Sanctions and exclusions soon after a disclosure: a lead reviews each with a reason.

Those without an earlier disclosure are discarded at once; the data has no other use.
"""

import hashlib
from datetime import date, time, timedelta
from typing import Any, Final
from uuid import UUID

from app.core.ids import new_id
from app.core.words import AuditEvent, Permission
from app.db.cards import picked
from app.db.models import Sanction
from app.db.repositories.record import attendance as stored
from app.db.repositories.safety import sanctions
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.common.deadlines.commands import calendar_of
from app.domain.duty.tasks.commands import SetTask, finish_all, set_task
from app.domain.errors import ChildNotFound
from app.domain.etags import check_version
from app.domain.safety.records.commands import KeepRecord, child_to_keep_safe, keep_record
from app.domain.safety.records.queries import child_to_read
from app.domain.safety.sanctions.errors import SanctionLookedAt, SanctionNotFound
from app.domain.safety.sanctions.kind import SANCTION
from app.domain.steps import record_row, sees
from app.formats.calendars import LONGEST_SEARCH, SchoolCalendar

NOUN: Final = "sanction"
KIND: Final = "sanction"
TASK: Final = "sh_sanction"
WITHIN: Final = 5
"""School days after a disclosure within which a lead reviews a sanction."""


async def record_sanction(
    work: UnitOfWork, child_id: UUID, kind: str, day: date, school_reason: str
) -> None:
    """Take in a sanction; its sender never learns whether it was saved.

    Raises `PermissionMissing`, `ChildNotFound`.
    """
    policy.require(work.actor, Permission.ATTENDANCE_SEND)
    work.record(AuditEvent.SANCTION_TAKEN, "child", None)
    driver, school_id = await work.driver(), work.actor.school_id
    calendar = await calendar_of(work)
    since = calendar.at(school_days_back(calendar, day, WITHIN), time())
    known = await stored.looked_after(driver, school_id, [child_id])
    if not known:
        raise ChildNotFound
    child_id = known[0]["id"]
    if known[0]["died"] or not await sanctions.event_since(driver, school_id, child_id, since):
        return
    row = Sanction(
        school_id=school_id, id=new_id(), child_id=child_id, kind=kind, day=day,
        school_reason=school_reason, sent_by=work.actor.id, sent_at=work.now,
        record_id=None, looked_at=None, version=1,
    )  # fmt: skip
    digest = hashlib.sha256(school_reason.encode()).hexdigest()  # another reason, another look
    task = SetTask(
        TASK, child_id=child_id, about=(NOUN, row.id),
        facts={"kind": kind, "on": day.isoformat()},
        dedupe=f"sanction:{child_id}:{kind}:{day}:{digest}",
    )  # fmt: skip
    if await set_task(work, task) is not None:  # otherwise it was sent before
        work.children.add(row)


def school_days_back(calendar: SchoolCalendar, day: date, count: int) -> date:
    """The day so many school days before a day."""
    left = count
    for _ in range(LONGEST_SEARCH):
        day -= timedelta(1)
        left -= calendar.is_school_day(day)
        if not left:
            break
    return day


async def review_sanction(
    work: UnitOfWork, child_id: UUID, sanction_id: UUID, version: int, decision: str, reason: str
) -> Sanction:
    """Record a lead's review of a sanction, with decision and reason.

    Raises as `child_to_keep_safe`, `SanctionNotFound`, `VersionStale`, `SanctionLookedAt`.
    """
    child = await child_to_keep_safe(work, child_id)
    row = await work.children.lock(Sanction, sanction_id)
    if row is None or row.child_id != child_id:
        raise SanctionNotFound
    check_version(row, version)
    if row.looked_at is not None:
        raise SanctionLookedAt
    content = {
        "kind": row.kind, "on": row.day.isoformat(), "school_reason": row.school_reason,
        "look": decision, "reason": reason,
    }  # fmt: skip
    command = KeepRecord(KIND, content, "A lead looked at a sanction that followed what was told.")
    record = await keep_record(work, child, command)
    await work.driver()
    row.record_id, row.looked_at, row.version = record.id, work.now, row.version + 1
    record_row(work, AuditEvent.SANCTION_LOOKED_AT, row, child_id=child_id)
    await finish_all(work, [TASK], about_id=row.id, outcome=decision)
    return row


async def open_sanction(work: UnitOfWork, child_id: UUID, sanction_id: UUID) -> Sanction:
    """Open a saved sanction. Raises as `child_to_read`, `SanctionNotFound`."""
    await child_to_read(work, child_id)
    row = await work.children.find(Sanction, sanction_id)
    if row is None or row.child_id != child_id or not await sees(work, SANCTION, sanction_id):
        raise SanctionNotFound
    record_row(work, AuditEvent.RECORD_OPENED, row, child_id=child_id, details={"kind": KIND})
    return row


def to_response(row: Sanction) -> dict[str, Any]:
    """Build the answer for a sanction."""
    return {
        **picked(
            row, "id", "child_id", "kind", "school_reason", "sent_at", "looked_at", "record_id",
        ),
        "on": row.day.isoformat(),
    }  # fmt: skip
