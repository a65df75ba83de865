"""Reintegrations: set, changed as more is known, met about, and looked at after ninety days."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from app.core.words import AuditEvent
from app.db.models import Reintegration, SafetyRecord
from app.db.unit_of_work import UnitOfWork
from app.domain.common.deadlines.commands import calendar_of, start_clock
from app.domain.common.owners.queries import people_here
from app.domain.duty.tasks.commands import SetTask, finish_all, open_tasks, owner_for, set_task
from app.domain.errors import require_row
from app.domain.etags import check_version
from app.domain.safety.check_in_schedules.commands import drop_first_days, make_first_days
from app.domain.safety.records.commands import (
    KeepRecord,
    amend_record,
    child_to_keep_safe,
    keep_record,
)
from app.domain.safety.reintegrations.errors import (
    ReintegrationAdultUnsuitable,
    ReintegrationEnded,
    ReintegrationNotFound,
)
from app.domain.safety.reintegrations.kind import REINTEGRATION
from app.domain.safety.support_list.commands import put_on_list, take_off_list
from app.domain.steps import check_changes, new, record_row, touch
from app.formats.calendars import SchoolCalendar

NOUN: Final = "reintegration"
KIND: Final = "reintegration"
MEETING, DAY_90 = "reintegration_meeting", "reintegration_day_90"
FIRST_DAYS: Final = 5
SUPPORT_LIST_DAYS: Final = 90
MORE_KNOWN: Final = "More is known about the reintegration."


@dataclass(frozen=True, slots=True)
class CreateReintegration:
    """A reintegration as a lead records it; `content` is saved as answered."""

    id: UUID | None
    concern_id: UUID | None
    content: Mapping[str, Any]
    expected_on: date | None
    returned_on: date | None
    adult_id: UUID | None


async def create_reintegration(
    work: UnitOfWork, child_id: UUID, command: CreateReintegration
) -> Reintegration:
    """Record that a child is to come back; sets the meeting and the review at 90 days.

    Raises as `child_to_keep_safe` and `keep_record`, `ReintegrationAdultUnsuitable`.
    """
    child = await child_to_keep_safe(work, child_id, lock=True)
    await _check_adult(work, command.adult_id, {child_id, command.concern_id})
    record = await keep_record(
        work,
        child,
        KeepRecord(KIND, command.content, _summary(command), concern_id=command.concern_id),
    )
    await work.driver()
    row = new(
        work, Reintegration, command, child_id=child_id, record_id=record.id, met_at=None,
        ended_at=None,
    )  # fmt: skip
    work.children.add(row)
    record_row(work, AuditEvent.REINTEGRATION_SET, row, child_id=child_id)
    calendar = await calendar_of(work)
    await _set_outstanding(work, row, record, calendar)
    if row.returned_on is not None:
        await _set_first_days(work, row, calendar)
    await _put_on_support_list(work, row, calendar)
    return row


async def update_reintegration(
    work: UnitOfWork, child_id: UUID, reintegration_id: UUID, version: int,
    fields: Mapping[str, Any], reason: str | None,
) -> Reintegration:  # fmt: skip
    """Update a reintegration: the earlier record stays, and due work moves with the dates.

    Raises as `reintegration_to_change`, `ReintegrationAdultUnsuitable`.
    """
    row, record = await reintegration_to_change(work, child_id, reintegration_id, version)
    content = {**record.content, **fields["content"]}
    days = {name: fields[name] for name in ("expected_on", "returned_on") if name in fields}
    came = days.get("returned_on", row.returned_on) != row.returned_on
    for name, value in days.items():
        setattr(row, name, value)
    command = KeepRecord(KIND, content, _summary(row))
    await _keep_again(work, row, record, command, reason or MORE_KNOWN)
    calendar = await calendar_of(work)
    if days:
        await _move(work, row, calendar)
        await _put_on_support_list(work, row, calendar)
    if came:
        await _set_first_days(work, row, calendar)
    return row


async def meet(
    work: UnitOfWork, child_id: UUID, reintegration_id: UUID, version: int, held: Mapping[str, Any]
) -> Reintegration:
    """Record that the meeting was held, or agreed without one, and its outcome.

    Raises as `reintegration_to_change`.
    """
    row, record = await reintegration_to_change(work, child_id, reintegration_id, version)
    row.met_at = datetime.fromisoformat(held["at"])
    command = KeepRecord(
        KIND, {**record.content, "met": dict(held)}, "Return: the meeting was held."
    )
    await _keep_again(work, row, record, command, "The meeting was held.")
    await finish_all(work, [MEETING], about_id=row.id, outcome="met")
    return row


async def look_after_90_days(
    work: UnitOfWork,
    child_id: UUID,
    reintegration_id: UUID,
    version: int,
    findings: Mapping[str, Any],
) -> Reintegration:
    """Record a lead's review and decision after 90 days, which ends the reintegration.

    Raises as `reintegration_to_change`.
    """
    row, record = await reintegration_to_change(work, child_id, reintegration_id, version)
    content = {**record.content, "day_90": dict(findings)}
    command = KeepRecord(KIND, content, "Return: looked at again after ninety days.")
    await _keep_again(work, row, record, command, "Looked at again after ninety days.")
    row.ended_at = work.now
    await finish_all(work, [DAY_90, MEETING], about_id=row.id, outcome="looked_at")
    await take_off_list(work, (NOUN, row.id), reason=findings["found"])
    return row


async def reintegration_to_change(
    work: UnitOfWork, child_id: UUID, reintegration_id: UUID, version: int
) -> tuple[Reintegration, SafetyRecord]:
    """The open reintegration, locked, at the version the client last saw, with its newest record.

    Raises as `child_to_keep_safe`, `ReintegrationNotFound`, `VersionStale`, `ReintegrationEnded`.
    """
    await child_to_keep_safe(work, child_id)
    row = await work.children.lock(Reintegration, reintegration_id)
    if row is None or row.child_id != child_id:
        raise ReintegrationNotFound
    await check_changes(work, REINTEGRATION, row)
    record = require_row(
        await work.children.find(SafetyRecord, row.record_id), ReintegrationNotFound
    )
    check_version(row, version)
    if row.ended_at is not None:
        raise ReintegrationEnded
    return row, record


async def _keep_again(
    work: UnitOfWork, row: Reintegration, record: SafetyRecord, command: KeepRecord, reason: str
) -> None:
    amended = await amend_record(work, record, command, reason)
    await work.driver()
    row.record_id = amended.id
    touch(work, row)
    record_row(work, AuditEvent.REINTEGRATION_CHANGED, row)


def _summary(about: CreateReintegration | Reintegration) -> str:
    if about.returned_on is not None:
        return f"Return to school on {about.returned_on:%-d %B %Y}."
    if about.expected_on is not None:
        return f"Return to school, expected on {about.expected_on:%-d %B %Y}."
    return "Return to school; the day is not known yet."


async def _check_adult(
    work: UnitOfWork, person: UUID | None, about: Collection[UUID | None]
) -> None:
    if person is None:
        return
    result = await people_here(work, [person])
    if not result or not result[0].locked_out.isdisjoint(about):
        raise ReintegrationAdultUnsuitable


async def _set_outstanding(
    work: UnitOfWork, row: Reintegration, record: SafetyRecord, calendar: SchoolCalendar
) -> None:
    """Set the meeting and the review at ninety days, both for the lead."""
    owner: UUID | None = None
    for kind in (MEETING, DAY_90):
        rule_id, since = _limit(work, row, kind, calendar)
        command = SetTask(
            kind, child_id=row.child_id, concern_id=row.concern_id, about=(NOUN, row.id),
            confidentiality=record.confidentiality, rule_id=rule_id, since=since,
        )  # fmt: skip
        owner = owner or await owner_for(work, command)
        await set_task(work, replace(command, owner_id=owner))


def _limit(
    work: UnitOfWork, row: Reintegration, kind: str, calendar: SchoolCalendar
) -> tuple[str, datetime]:
    """Limit and start: the day of return; if it is unknown, someone has to find out."""
    day = row.returned_on or row.expected_on
    if day is None:
        return ("sh.reintegration_day_90" if kind == DAY_90 else "task.do"), work.now
    if kind == DAY_90:
        return "sh.reintegration_day_90", calendar.at(day, calendar.opens)
    return "sh.reintegration_meeting", max(calendar.at(day, calendar.opens), work.now)


async def _move(work: UnitOfWork, row: Reintegration, calendar: SchoolCalendar) -> None:
    """Move due work to the present day of return."""
    for task in await open_tasks(work, kinds=[MEETING, DAY_90], about_id=row.id):
        rule_id, since = _limit(work, row, task.kind, calendar)
        await start_clock(work, task, rule_id, since=since)
        touch(work, task)


async def _set_first_days(work: UnitOfWork, row: Reintegration, calendar: SchoolCalendar) -> None:
    """Set check-ins on each of the first five school days; earlier ones for it end."""
    if row.returned_on is None:
        await drop_first_days(work, row.id)
        return
    await make_first_days(work, row, school_days_from(calendar, row.returned_on, FIRST_DAYS))


def school_days_from(calendar: SchoolCalendar, first: date, count: int) -> Sequence[date]:
    """The first `count` school days from a day, inclusive; holidays are skipped."""
    days: list[date] = []
    for gap in range(FIRST_DAYS * SUPPORT_LIST_DAYS):
        day = first + timedelta(gap)
        if calendar.is_school_day(day):
            days.append(day)
        if len(days) == count:
            break
    return days


async def _put_on_support_list(
    work: UnitOfWork, row: Reintegration, calendar: SchoolCalendar
) -> None:
    """Put the child on the support list until the review at ninety days."""
    day = row.returned_on or row.expected_on or calendar.local(work.now).date()
    until = calendar.at(day + timedelta(SUPPORT_LIST_DAYS), calendar.closes)
    await put_on_list(work, row.child_id, "reintegration", source=(NOUN, row.id), until=until)
