"""Record that someone is not at school, and ask who stands in for their check-ins at once."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from app.core.words import AuditEvent, Permission
from app.db.models import Staff, StaffAway
from app.db.reading import Reading
from app.db.repositories.safety import check_ins as stored
from app.db.unit_of_work import UnitOfWork
from app.domain import policy
from app.domain.common.alerts.commands import tell_of_absence
from app.domain.common.deadlines.commands import calendar_of
from app.domain.duty.cover.commands import tell_where_left
from app.domain.errors import PermissionMissing, StaffNotFound
from app.domain.etags import check_version, etag
from app.domain.safety.check_in_schedules.commands import look_for_cover
from app.domain.safety.check_ins.errors import AwayNotFound, AwayUnsuitable
from app.domain.safety.check_ins.queries import who_is_here
from app.domain.safety.staff_absences.schemas import AbsenceIn
from app.domain.steps import new, record_row

LONGEST = timedelta(days=366)
MOST = 200


async def record_absence(work: UnitOfWork, body: AbsenceIn) -> StaffAway:
    """Record an absence: your own, or anyone's if you set cover; alert heads to uncovered days.

    Raises `PermissionMissing`, `StaffNotFound`, `AwayUnsuitable`.
    """
    _require(work, body.staff_id)
    if await work.staff.find(Staff, body.staff_id) is None:
        raise StaffNotFound
    calendar = await calendar_of(work)
    today = calendar.local(work.now).date()
    if not today <= body.valid_from < body.valid_to <= body.valid_from + LONGEST:
        raise AwayUnsuitable
    away = new(work, StaffAway, body, said_by=work.actor.id, said_at=work.now)
    work.staff.add(away)
    record_row(
        work, AuditEvent.AWAY_SAID, away,
        details={
            "staff_id": str(body.staff_id), "valid_from": body.valid_from.isoformat(),
            "valid_to": body.valid_to.isoformat(),
        },
    )  # fmt: skip
    await work.session.flush()
    await tell_of_absence(work, body.staff_id)
    await _look_for_covers(work, body.staff_id)
    await tell_where_left(work, body.staff_id, body.valid_from, body.valid_to)
    return away


async def _look_for_covers(work: UnitOfWork, staff_id: UUID) -> None:
    school_id = work.actor.school_id
    theirs = await stored.lock_check_ins_with(work.session, school_id, staff_id, work.now)
    if not theirs:
        return
    named = [person for their in theirs for person in (their.owner_id, their.cover_id)]
    here = await who_is_here(work, named, max(their.due_at for their in theirs))
    for check_in in theirs:
        await look_for_cover(work, check_in, here)


async def end_absence(work: UnitOfWork, away_id: UUID, version: int) -> None:
    """End an absence; others keep the work they have taken over.

    Raises `PermissionMissing`, `AwayNotFound`, `VersionStale`.
    """
    away = await work.staff.lock(StaffAway, away_id)
    if away is None or away.ended_at is not None:
        raise AwayNotFound
    _require(work, away.staff_id)
    check_version(away, version)
    away.ended_at, away.ended_by = work.now, work.actor.id
    away.version += 1
    record_row(work, AuditEvent.AWAY_ENDED, away, details={"staff_id": str(away.staff_id)})
    await tell_of_absence(work, away.staff_id)


def _require(work: UnitOfWork, staff_id: UUID) -> None:
    policy.require(work.actor, Permission.TASK_DO)
    if staff_id != work.actor.id and not policy.may(work.actor, Permission.COVER_SET):
        raise PermissionMissing


async def list_absences(reading: Reading) -> list[dict[str, Any]]:
    """List who is away now or will be, soonest first."""
    policy.require(reading.actor, Permission.COVER_SET)
    today = reading.today
    rows = await stored.away_list(reading.driver, reading.actor.school_id, today, MOST)
    return [
        {
            "id": row["id"], "staff": {"id": row["staff_id"], "name": row["name"]},
            "valid_from": row["valid_from"], "valid_to": row["valid_to"],
            "etag": etag(row["version"]),
        }
        for row in rows
    ]  # fmt: skip
